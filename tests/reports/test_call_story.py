"""A call's story from real journal and CEL lines, and from whatever evidence there may be."""

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.cel.conversations import Kind, Talk
from callqueue.ledger.call_reading import AgentRing, CallEvidence, CallFacts
from callqueue.ledger.evidence import Gap, GapKind, Refused, Ring
from callqueue.ledger.stint import Ending, Origin, Outcome, Refusal, Stint
from followups.book.book import load_case_book
from followups.book.causes import load_causes
from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import LANGUAGES, Agent, Language, Queue, Settings, Site
from ivr.steps.steps import Step
from reports.cases.names import CaseNames
from reports.frame.sheets import sheet_json, sheet_table
from reports.story.compose import Evidence, compose_story
from reports.story.model import Lane, Source, Story, What
from reports.story.reading import UnknownCallError, call_story
from reports.story.sheet import story_sheet
from reports.story.timeline import draw
from reports.story.words import StoryTeller, story_texts
from tests.support.evidence_site import AT
from tests.support.stores import make_tables
from tests.support.story_site import CONSULTATION, KEPT, LEFT, LONG, NUMBER, PROMISE, keep_traces, tell_calls

NOW_MS = (AT + 5000) * 1000


@pytest.fixture
async def stores(ledger_database: Database, tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    """The ledger and the main store, with everything of the calls in `story_site`."""
    main = Database(f"sqlite+aiosqlite:///{tmp_path}/main.sqlite")
    await make_tables(main, MAIN)
    await tell_calls(ledger_database, tmp_path / "log")
    await keep_traces(main)
    yield ledger_database, main
    await main.close()


async def story(stores: tuple[Database, Database], call_id: str) -> Story:
    async with stores[0].read() as ledger, stores[1].read() as main:
        return await call_story(ledger, main, call_id, NOW_MS)


def told(story: Story, *lanes: Lane) -> list[str]:
    """Lines of `second length what agent detail`."""
    return [
        f"{(event.at_ms / 1000 - AT):g} {event.seconds(NOW_MS):g} {event.what} {event.agent or '-'} "
        f"{event.detail or '-'}"
        for event in story.events if event.lane in lanes
    ]


async def test_a_call_is_told_from_the_menus_to_the_end(stores: tuple[Database, Database]) -> None:
    found = await story(stores, LONG)
    assert told(found, Lane.CALL) == ["-30 0 came_in - -", "140.3 0 ended_by_caller - -"]
    assert told(found, Lane.MENUS) == [
        "-29 9 menu - chosen", "-20 8 menu - wrong_key", "-12 8 menu - chosen", "-4 1 action - failed",
        "-0.2 0 left_menus - queued",
    ]
    assert told(found, Lane.QUEUES) == ["0 18.01 waited a102 answered"]
    assert told(found, Lane.AGENTS) == [
        "2 10.1 rang_unanswered a101 -", "14 4.05 rang a102 -", "18.11 59.99 talked a102 transfer",
        "40 36 held a102 -", "46 4 rang a103 -", "50.1 28 consulted a102 -", "50.1 28 consulted a103 -",
        "78 0 handed_over a102 -", "78.2 61.8 took_over a103 -",
    ]
    assert told(found, Lane.SOUND) == ["18 60 recorded - -", "60.25 10.25 masked a102 wish"]
    assert [event.more for event in found.of(Lane.SOUND)] == ["1", "sara"], "words of the transcript; who masked it"
    assert (found.caller, found.joined) == (NUMBER, (CONSULTATION,))
    assert found.totals.wait == 18.01
    assert found.totals.talk == pytest.approx(59.99 - 36 + 61.8)
    assert found.totals.hold == 36


async def test_a_consultation_leads_to_the_callers_call(stores: tuple[Database, Database]) -> None:
    assert (await story(stores, CONSULTATION)).events == (await story(stores, LONG)).events


async def test_a_promise_is_followed_to_its_end_and_back(stores: tuple[Database, Database]) -> None:
    left = await story(stores, LEFT)
    assert told(left, Lane.PROMISES) == [
        "230 0 callback_asked - -", "600 15 callback_tried - busy", "900 101 callback_tried - reached",
        "1001 0 callback_closed - reached",
    ]
    assert [event.reference for event in left.events if event.what is What.CALLBACK_TRIED] == [f"{PROMISE}-1", KEPT]
    assert [event.name for event in left.of(Lane.SOUND)] == ["director"]
    kept = await story(stores, KEPT)
    assert (kept.promise, kept.asked_in, kept.caller) == (PROMISE, LEFT, "09351112233")
    assert told(kept, Lane.CALL, Lane.QUEUES, Lane.AGENTS) == [
        "900 0 called_out - reached", "911 2 waited a101 answered", "913 87 talked a101 caller",
    ]


async def test_the_store_of_the_ledger_may_be_gone_and_a_call_may_be_unknown(
    stores: tuple[Database, Database],
) -> None:
    async with stores[1].read() as main:
        alone = await call_story(None, main, LONG, NOW_MS)
        assert told(alone, Lane.CALL, Lane.MENUS)[:2] == ["-29.4 0 came_in - -", "-29 9 menu - chosen"]
        with pytest.raises(UnknownCallError, match="unknown-call"):
            await call_story(None, main, "s-99", NOW_MS)


def settings(language: Language) -> Settings:
    return Settings(site=Site(language=language, timezone="UTC"), queues={"operator": Queue(), "pensions": Queue()},
                    agents={"a102": Agent(name="Sara", queues={"operator": 0})})


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_told_in_every_language_and_hides_the_number(
    stores: tuple[Database, Database], tmp_path: Path, language: Language,
) -> None:
    site = settings(language)
    book, home = load_case_book(Home(tmp_path), site, lambda: NOW_MS), Home(tmp_path)
    names = CaseNames(book, load_causes(home), site, story_texts(language), book.zone)
    teller = StoryTeller(site, names, names.texts)
    for call_id in (LONG, LEFT, KEPT):
        sheet = story_sheet(await story(stores, call_id), names, teller, now=NOW_MS // 1000, whole_numbers=False)
        text = sheet_json(sheet)
        assert NUMBER not in text
        assert "09351112233" not in text
        assert json.loads(text)["call_id"] == call_id
        assert sheet_table(sheet, site, names.texts)
    assert all(f"story.what.{what}" in names.texts.messages for what in What)
    assert all(f"story.lane.{lane}" in names.texts.messages for lane in Lane)
    assert all(f"story.source.{source}" in names.texts.messages for source in Source)


# -- whatever the evidence is

seconds = st.integers(AT, AT + 500)
milliseconds = st.integers(AT * 1000, (AT + 500) * 1000)


@st.composite
def a_stint(draw: st.DrawFn, number: int) -> Stint:
    entered, wait, talk = draw(seconds), draw(st.integers(0, 90)), draw(st.integers(0, 90))
    outcome = draw(st.sampled_from(Outcome))
    answered = outcome is Outcome.ANSWERED
    return Stint(
        "c", "c", number, "operator", draw(st.sampled_from(Origin)), entered, outcome,
        wait=None if outcome is Outcome.WAITING else wait, agent="a101" if answered else None,
        answered=entered + wait if answered else None,
        finished=None if outcome is Outcome.WAITING else entered + wait + (talk if answered else 0),
        talk=talk if answered else None, ending=Ending.CALLER if answered else None,
        spoke=draw(st.sampled_from([None, True, False])) if answered else None,
        wait_ms=draw(st.none() | st.integers(0, 90_000)) if outcome is not Outcome.WAITING else None,
    )


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    stints = [draw(a_stint(number)) for number in range(1, draw(st.integers(1, 4)))]
    talks = []
    for stint in stints:
        if stint.answered is not None and draw(st.booleans()):
            start, length = draw(milliseconds), draw(st.integers(1, 60_000))
            hold = draw(st.integers(0, length))
            talks.append(Talk("a101", f"x{stint.number}", "c", Kind.DIRECT, start, start + length,
                              stint=("c", stint.number), holds=((start, start + hold),) if hold else ()))
    ringing = [AgentRing("a101", f"x{n}", at, draw(st.none() | st.just(at + 900)))
               for n, at in enumerate(draw(st.lists(milliseconds, max_size=3)), 1)]
    ended = draw(st.none() | milliseconds)
    facts = CallFacts("c", AT * 1000, ended, None, draw(st.booleans()), draw(st.booleans()), 16)
    ledger = CallEvidence(
        "c", call=draw(st.none() | st.just(facts)), stints=stints, talks=talks, ringing=ringing,
        rings=[Ring(draw(seconds), "operator", "a102", "c", 900) for _ in range(draw(st.integers(0, 2)))],
        refused=[Refused(draw(seconds), "operator", Refusal.FULL, "c", "c")],
        gaps=[Gap(GapKind.BLIND, AT, draw(st.none() | st.just(AT + 9)))],
    )
    steps = [Step("c", n, at, "menu", "main", "1", "chosen", 500)
             for n, at in enumerate(sorted(draw(st.lists(st.integers(AT, AT + 99), max_size=3))), 1)]
    return Evidence(ledger, steps)


@given(evidence(), st.randoms(use_true_random=False))
def test_every_record_is_told_once_whatever_order_it_is_read_in(found: Evidence, dice: random.Random) -> None:
    made = compose_story(found, NOW_MS)
    ledger = found.ledger
    counted = Counter(event.what for event in made.events)
    assert [event.at_ms for event in made.events] == sorted(event.at_ms for event in made.events)
    assert all(event.until_ms is None or event.until_ms >= event.at_ms for event in made.events)
    assert counted[What.WAITED] == len(ledger.stints)
    assert counted[What.MENU] == len(found.steps)
    assert counted[What.RANG] + counted[What.RANG_UNANSWERED] == len(ledger.ringing) + len(ledger.rings)
    assert counted[What.HELD] == sum(len(talk.holds) for talk in ledger.talks)
    answered = [stint for stint in ledger.stints if stint.answered is not None]
    assert counted[What.TALKED] + counted[What.NEVER_SPOKE] == len(answered)
    assert counted[What.REFUSED] == counted[What.GAP] == 1
    waits = [stint.wait_ms / 1000 if stint.wait_ms is not None
             else NOW_MS / 1000 - stint.entered if stint.wait is None else stint.wait for stint in ledger.stints]
    assert made.totals.wait == (pytest.approx(sum(waits)) if waits else None)
    shuffled = {name: dice.sample(list(getattr(ledger, name)), len(getattr(ledger, name)))
                for name in ("stints", "talks", "ringing", "rings")}
    fields = {name: getattr(ledger, name) for name in CallEvidence.__dataclass_fields__}
    again = compose_story(Evidence(CallEvidence(**{**fields, **shuffled}), found.steps), NOW_MS)
    assert again.events == made.events


@given(evidence(), st.booleans())
def test_every_event_of_the_call_stands_on_the_drawing_within_its_edges(found: Evidence, mirrored: bool) -> None:
    made = compose_story(found, NOW_MS)
    plain, drawn = draw(made, NOW_MS), draw(made, NOW_MS, mirrored=mirrored)
    end = max(made.began_ms + 1000, NOW_MS if made.ended_ms is None else made.ended_ms)
    seen = {mark.number for line in drawn.lines for mark in line.marks}
    during = {number for number, event in enumerate(made.events, 1) if event.at_ms <= end
              and (event.until_ms is None or event.until_ms >= made.began_ms)}
    assert seen == during
    assert 1 <= len(drawn.ticks) <= 7
    for line, same in zip(drawn.lines, plain.lines, strict=True):
        for mark, other in zip(line.marks, same.marks, strict=True):
            assert -0.01 <= mark.left <= mark.left + mark.width <= 100.01
            assert mark.left == pytest.approx(100 - other.left - other.width if mirrored else other.left, abs=0.01)
