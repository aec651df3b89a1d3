"""A result is told by one call however often anybody is killed; what the caller says moves the case once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from callqueue.outbound.calls import Outbound, OutboundResult
from callqueue.outbound.model import AttemptOutcome, Result
from callqueue.outbound.model import State as CallState
from callqueue.outbound.tables import OUTBOUND_CALL
from callqueue.outbound.worker import OutboundWorker
from followups.cases.case import Case, Channel, ToldBy
from followups.cases.contacts import Address, Person
from followups.cases.lifecycle import Closing, State
from followups.cases.store import events_of
from followups.cases.words import CaseWords
from followups.telling.heard import Answer, Heard, Hearing, heard_of
from followups.telling.heard_spool import HeardSpool
from followups.telling.result_sounds import UNSPOKEN
from followups.telling.store import tellings_of
from followups.telling.teller import Teller, teller
from followups.telling.telling import Outcome, Telling, read_reference, reference_of
from foundation.catalogue import load_catalogue
from foundation.gateway_tables import email_outbox, sms_outbox
from foundation.paths import CHECKOUT
from foundation.settings import Settings
from tests.support.case_site import NUMBER, SARA, WISH, CaseSite, case_site

GATEWAY = {"url": "http://127.0.0.1:9", "token": "secret"}
CASE_TEXTS = CHECKOUT / "followups" / "texts.yaml"
OUT: dict[str, Any] = {"sip": {"trunk": {"proxy": "127.0.0.1:5080"}}, "sms": GATEWAY, "email": GATEWAY}
HOUR_MS = 3_600_000


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path, database_url) as made:
        yield made


class KilledError(BaseException):
    """The process is gone at this moment."""


def with_settings(site: CaseSite, **more: Any) -> Settings:
    return Settings.model_validate({**site.settings.model_dump(mode="json"), **OUT, **more})


def made(site: CaseSite, **more: Any) -> Teller:
    return teller(site.home, with_settings(site, **more), site.database, site.clock)


def spoken(site: CaseSite, case: Case, name: str = "part-01.alaw") -> None:
    """The sound of the case's result is there."""
    folder = made(site).sounds.folder(case.code, case.reopened)
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"\xd5" * 80)


async def resolved(site: CaseSite, *, sound: bool = True, **wish: Any) -> Case:
    case = await site.opened(**wish)
    case = await site.office.desk.resolve(case.code, "The months were found and added.", SARA)
    if sound:
        spoken(site, case)
    return case


async def now(site: CaseSite, case: Case) -> Case:
    return await site.office.reading.case(case.code, SARA)


async def calls(site: CaseSite) -> list[Any]:
    async with site.database.read() as connection:
        return list((await connection.execute(select(OUTBOUND_CALL).order_by(OUTBOUND_CALL.c.asked_ms))).all())


async def deeds(site: CaseSite, case: Case) -> list[str]:
    """The history since the result was written."""
    async with site.database.read() as connection:
        events = await events_of(connection, case.code)
    more = [one.detail.get("outcome") or one.detail.get("answer") or "" for one in events]
    lines = [f"{one.deed.value} {word}".strip() for one, word in zip(events, more, strict=True)]
    return lines[lines.index("resolved") + 1:]


async def telling(site: CaseSite, case: Case) -> Telling:
    async with site.database.read() as connection:
        return (await tellings_of(connection, case.code))[-1]


async def dialled(site: CaseSite, *outcomes: AttemptOutcome) -> None:
    """The dialler tries the one call that is owed, in permitted hours."""
    worker = OutboundWorker(site.database, with_settings(site), "node", site.clock)
    for outcome in outcomes:
        due = max([one.next_attempt_ms for one in await calls(site) if one.state == CallState.OPEN], default=0)
        site.clock.now = max(site.clock.now, due)
        [call] = await worker.claim(lambda line: [one.id for one in line.due])
        attempt = await worker.begin_attempt(call.id)
        assert await worker.mark_dialled(attempt)
        await worker.record(attempt.channel_id, outcome)


def word(site: CaseSite, case: Case, answer: Answer | None = None, how: ToldBy = ToldBy.CALL) -> Heard:
    call_id = "ob-1-1" if how is ToldBy.CALL else "17.5"
    return Heard(f"{call_id}-{case.code}", case.code, case.reopened, how, call_id, site.clock.now, answer)


async def written(site: CaseSite) -> list[tuple[str, str]]:
    async with site.database.read() as connection:
        sms = (await connection.execute(select(sms_outbox))).all()
        mails = (await connection.execute(select(email_outbox))).all()
    found = [("sms", f"{one.number} {one.text}") for one in sms]
    return [*found, *(("email", f"{one.address} {one.text}") for one in mails)]


def test_a_reference_names_the_case_and_which_of_its_results() -> None:
    assert read_reference(reference_of("464531279", 2)) == ("464531279", 2)
    assert [read_reference(text) for text in (None, "", "x", "464531279/", "464531279/-1")] == [None] * 5


async def test_a_result_is_told_by_one_call(site: CaseSite) -> None:
    case = await resolved(site)
    for _ in range(3):
        await made(site).look()
    [call] = await calls(site)
    assert (call.purpose, call.reference, call.number, call.queue) == ("result", f"{case.code}/0", NUMBER, None)
    await dialled(site, AttemptOutcome.REACHED)
    HeardSpool(site.home).keep(word(site, case))
    HeardSpool(site.home).keep(word(site, case, Answer.SOLVED))
    for _ in range(3):
        await made(site).look()
    found = await now(site, case)
    assert (found.state, found.told_by, found.closing) == (State.CLOSED, ToldBy.CALL, Closing.SOLVED)
    assert await deeds(site, case) == ["telling", "told", "closed", "telling told"]
    assert ((await telling(site, case)).outcome, len(await calls(site))) == (Outcome.TOLD, 1)


async def test_nobody_is_called_before_the_result_can_be_heard(site: CaseSite) -> None:
    case = await resolved(site, sound=False)
    assert (await made(site).look()).ordered == 0
    spoken(site, case)
    assert (await made(site).look()).ordered == 1


async def test_results_of_the_night_are_told_in_permitted_hours(site: CaseSite) -> None:
    site.clock.now += 12 * HOUR_MS
    await resolved(site)
    await made(site).look()
    [call] = await calls(site)
    assert call.not_before_ms == call.next_attempt_ms == site.clock.now + 11 * HOUR_MS


async def test_not_solved_opens_the_case_again_and_its_next_result_is_told_too(site: CaseSite) -> None:
    case = await resolved(site)
    await made(site).look()
    await dialled(site, AttemptOutcome.REACHED)
    site.clock.now += HOUR_MS
    HeardSpool(site.home).keep(word(site, case, Answer.NOT_SOLVED))
    await made(site).look()
    again = await now(site, case)
    assert (again.state, again.reopened, again.clock_ms, again.result) == (State.REOPENED, 1, site.clock.now, None)
    assert again.due_ms is not None
    assert case.due_ms is not None
    assert again.due_ms >= case.due_ms
    assert await deeds(site, case) == ["telling", "told", "reopened not_solved", "telling told"]
    second = await site.office.desk.resolve(case.code, "Now they are there.", SARA)
    spoken(site, second)
    await made(site).look()
    assert [one.reference for one in await calls(site)] == [f"{case.code}/0", f"{case.code}/1"]


@pytest.mark.parametrize(("outcomes", "outcome"), [
    ([AttemptOutcome.NO_ANSWER, AttemptOutcome.BUSY, AttemptOutcome.NOT_CONFIRMED], Outcome.UNREACHABLE),
    ([AttemptOutcome.WRONG_PERSON] * 2, Outcome.WRONG_PERSON),
])
async def test_whom_no_call_reaches_is_written_to_and_his_result_waits(
    site: CaseSite, outcomes: list[AttemptOutcome], outcome: Outcome,
) -> None:
    case = await resolved(site)
    await made(site).look()
    await dialled(site, *outcomes)
    for _ in range(2):
        await made(site).look()
    found = await telling(site, case)
    assert (found.outcome, found.tries, found.written) == (outcome, len(outcomes), "sms")
    assert (await now(site, case)).state is State.RESOLVED
    [(_, text)] = await written(site)
    assert text.startswith(NUMBER)
    assert "months" not in text
    assert await deeds(site, case) == ["telling", f"telling {outcome}"]


@pytest.mark.parametrize(("wish", "more", "outcome", "ways"), [
    ({"person": Person("زهرا", "", (Address(WISH.channel, NUMBER),))}, {"sip": {}}, Outcome.NO_LINE, "sms"),
    ({"person": Person("زهرا", "", (Address(WISH.channel, "00905321234567"),))}, {}, Outcome.REFUSED, "sms"),
    ({"person": Person("زهرا")}, {}, Outcome.NO_NUMBER, ""),
    ({"person": Person("زهرا", "", (Address(Channel.WEB, "zahra@example.org"),))}, {}, Outcome.NO_NUMBER, "email"),
])
async def test_who_cannot_be_called_is_written_to_at_once(
    site: CaseSite, wish: dict[str, Any], more: dict[str, Any], outcome: Outcome, ways: str,
) -> None:
    case = await resolved(site, **wish)
    await made(site, **more).look()
    found = await telling(site, case)
    assert (found.outcome, found.outbound_id, found.written) == (outcome, None, ways)
    assert await calls(site) == []
    assert len(await written(site)) == (1 if ways else 0)


async def test_who_wants_no_calls_is_not_called(site: CaseSite) -> None:
    await Outbound(site.database, with_settings(site)).add_do_not_call(NUMBER, "sara", "asked")
    case = await resolved(site)
    await made(site).look()
    assert (await telling(site, case)).outcome is Outcome.REFUSED


async def test_a_result_that_cannot_be_spoken_is_written_of(site: CaseSite) -> None:
    case = await resolved(site, sound=False)
    spoken(site, case, UNSPOKEN)
    await made(site).look()
    assert ((await telling(site, case)).outcome, await calls(site)) == (Outcome.NO_SOUND, [])


async def test_who_wants_no_call_about_it_is_left_alone_and_his_result_waits(site: CaseSite) -> None:
    case = await resolved(site)
    await made(site).look()
    await dialled(site, AttemptOutcome.CANCELLED)
    await made(site).look()
    assert ((await telling(site, case)).outcome, await written(site)) == (Outcome.CANCELLED, [])
    assert (await now(site, case)).state is State.RESOLVED


async def test_the_history_says_in_words_how_it_was_told(site: CaseSite) -> None:
    case = await resolved(site)
    await made(site).look()
    await dialled(site, AttemptOutcome.NO_ANSWER, AttemptOutcome.REACHED)
    HeardSpool(site.home).keep(word(site, case, Answer.NOT_SOLVED))
    await made(site).look()
    words = CaseWords(site.office.book, load_catalogue([CASE_TEXTS]).texts("en"))
    view = await site.office.reading.view(case.code, SARA)
    said = " | ".join(words.detail(event) for event in view.events)
    assert "the caller's answer: not solved" in said
    assert "outcome: told; tries: no answer, reached" in said
    told = await site.office.reading.told(case.code, SARA)
    assert [one.outcome for one in told.tellings] == [Outcome.TOLD]
    assert [one.answer for one in told.heard] == [Answer.NOT_SOLVED]


async def test_who_called_first_is_not_called_any_more(site: CaseSite) -> None:
    case = await resolved(site)
    await made(site).look()
    HeardSpool(site.home).keep(word(site, case, how=ToldBy.OWN_CALL))
    assert (await made(site).look()).withdrawn == 1
    await made(site).look()
    [call] = await calls(site)
    found = await now(site, case)
    assert (call.result, found.state, found.told_by) == (Result.CANCELLED, State.TOLD, ToldBy.OWN_CALL)
    assert (await telling(site, case)).outcome is Outcome.SETTLED


async def test_the_word_of_an_older_result_moves_nothing(site: CaseSite) -> None:
    case = await resolved(site)
    await site.office.desk.reopen(case.code, "he came to the desk", SARA)
    hearing = Hearing(site.office.clock.changes, site.office.book)
    await hearing.take(word(site, case, Answer.SOLVED))
    assert (await now(site, case)).state is State.REOPENED
    async with site.database.read() as connection:
        assert [one.answer for one in await heard_of(connection, case.code)] == [Answer.SOLVED]


async def test_a_broken_file_is_put_aside_and_holds_up_nobody(site: CaseSite) -> None:
    case, spool = await resolved(site), HeardSpool(site.home)
    spool.keep(word(site, case, Answer.SOLVED))
    (spool.folder / "a.json").write_text("{", encoding="utf-8")
    await made(site).look()
    assert (await now(site, case)).state is State.CLOSED
    assert [path.name for path in spool.folder.iterdir()] == ["a.bad"]


def killing(act: Callable[..., Awaitable[Any]], at: list[int]) -> Callable[..., Awaitable[Any]]:
    """Do it, and be killed after it, or before it, when its turn has come."""
    async def done(*arguments: Any, **more: Any) -> Any:
        at[0] -= 1
        if at[0] == 0:
            raise KilledError
        found = await act(*arguments, **more)
        at[0] -= 1
        if at[0] == 0:
            raise KilledError
        return found

    return done


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=st.lists(st.integers(1, 9), max_size=6), answer=st.sampled_from([None, *Answer]), split=st.booleans())
async def test_whoever_is_killed_whenever_one_call_is_ordered_and_one_word_is_taken(
    tmp_path_factory: pytest.TempPathFactory, kills: list[int], answer: Answer | None, *, split: bool,
) -> None:
    """The service is killed before or after any of its transactions, and begins again."""
    async with case_site(tmp_path_factory.mktemp("site")) as site:
        case = await resolved(site)
        await _live_on(site, kills[::2])
        [call] = await calls(site)
        await dialled(site, AttemptOutcome.REACHED)
        spool = HeardSpool(site.home)
        heard = replace(word(site, case), id=f"{call.id}-1-{case.code}")
        if split:
            spool.keep(heard)
            await _live_on(site, kills[1::2])
        spool.keep(replace(heard, answer=answer))
        await _live_on(site, kills[1::2])
        history = await deeds(site, case)
        assert len(await calls(site)) == 1
        assert history.count("told") == 1
        last = {None: None, Answer.SOLVED: "closed", Answer.NOT_SOLVED: "reopened not_solved",
                Answer.AGENT: "telling agent"}[answer]
        assert sorted(history) == sorted(["telling", "told", *([last] if last else []), "telling told"])
        assert (await telling(site, case)).outcome is Outcome.TOLD


async def test_a_service_that_is_killed_at_every_step_in_turn_does_each_thing_once(site: CaseSite) -> None:
    case = await resolved(site)
    await _live_on(site, list(range(1, 8)))
    await dialled(site, AttemptOutcome.REACHED)
    HeardSpool(site.home).keep(word(site, case, Answer.NOT_SOLVED))
    await _live_on(site, list(range(1, 8)))
    assert len(await calls(site)) == 1
    assert await deeds(site, case) == ["telling", "told", "reopened not_solved", "telling told"]


async def _live_on(site: CaseSite, kills: list[int]) -> None:
    for kill in [*kills, 0]:
        at, one = [kill], made(site)
        broken = replace(one, hear=killing(one.hear, at), outbound=_KilledOutbound(one.outbound, at))  # type: ignore[arg-type]
        for _ in range(2):
            try:
                await broken.look()
            except KilledError:
                break


class _KilledOutbound:
    """The desk of calls, of which each use may be the last."""

    def __init__(self, outbound: Outbound, at: list[int]) -> None:
        self.place_within = killing(outbound.place_within, at)
        self.results_since: Callable[..., Awaitable[list[OutboundResult]]] = killing(outbound.results_since, at)
        self.cancel, self.find = outbound.cancel, outbound.find
