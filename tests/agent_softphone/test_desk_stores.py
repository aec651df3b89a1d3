"""What the desk keeps, on both databases, and its pure parts."""

import asyncio
from array import array
from collections.abc import AsyncIterator
from dataclasses import replace
from math import sin
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_softphone.desk.book import load_desk_book
from agent_softphone.desk.calls import DeskCall, begin_call, calls_named, find_call, save_notes, settle, unsettled
from agent_softphone.desk.day import level_of, own_day, rulebook
from agent_softphone.desk.refusals import DeskRefusalError, NotTakenError, TakenError, UnknownTaskError
from agent_softphone.desk.work import KEPT_HOURS, Hands, TaskKind, TaskResult, WorkDesk
from callqueue.ledger.evidence import Ring
from callqueue.ledger.stint import Outcome
from foundation.catalogue import load_catalogue
from foundation.data_file import DataFileError
from foundation.database import MAIN, Database
from recordings.measuring.waveform import outline, peaks
from recordings.messages.messages import Message, add_message
from tests.support.desk_site import desk_settings, stint
from tests.support.stores import make_tables

NOW = 1_795_328_580_000
HOUR_MS = 3_600_000
CALL = DeskCall("call.1", "a101", "insurance", "09124567890", "fa", proved=False, promise=None, began_ms=NOW)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    await make_tables(made, MAIN)
    yield made
    await made.close()


async def with_message(database: Database) -> WorkDesk:
    async with database.write() as connection:
        await add_message(connection, Message(
            "message-1", "voice_message", "director", "call.0", "09124567890", None, "fa", None, NOW, 4000, "sound-1"))
    return WorkDesk(database)


async def test_a_call_begins_once_and_later_typing_wins(database: Database) -> None:
    async with database.write() as connection:
        await begin_call(connection, CALL)
        await begin_call(connection, replace(CALL, queue="operator"))
        assert await save_notes(connection, replace(CALL, notes="two", typed_ms=20))
        assert not await save_notes(connection, replace(CALL, notes="one", typed_ms=10))
        found = await find_call(connection, "call.1", "a101")
        assert found == replace(CALL, notes="two", typed_ms=20)
        assert set(await unsettled(connection, ["a101", "a102"], NOW - HOUR_MS)) == {"a101"}
        await settle(connection, replace(found, disposition="answered"), NOW + 5)
        assert await unsettled(connection, ["a101"], NOW - HOUR_MS) == {}
        assert [one.disposition for one in await calls_named(connection, ["call.1", "call.2"])] == ["answered"]


async def test_only_the_last_call_can_be_owed_a_result(database: Database) -> None:
    async with database.write() as connection:
        await begin_call(connection, CALL)
        await begin_call(connection, replace(CALL, call_id="call.2", began_ms=NOW + 9, disposition="answered"))
        assert await unsettled(connection, ["a101"], NOW - HOUR_MS) == {}


async def test_of_many_who_take_the_same_work_one_gets_it(database: Database) -> None:
    work = await with_message(database)
    agents = [f"a{number}" for number in range(8)]
    found = await asyncio.gather(
        *(work.take(TaskKind.MESSAGE, "message-1", agent, NOW) for agent in agents), return_exceptions=True)
    assert [type(one) for one in found if one is not None] == [TakenError] * 7
    winner = agents[found.index(None)]
    [task] = await work.open_tasks(Hands(["insurance"]), NOW)
    assert task.owner == winner
    await work.close(task, winner, TaskResult.REACHED, "done", NOW + 5)
    assert await work.open_tasks(Hands(["insurance"]), NOW) == []
    with pytest.raises(UnknownTaskError):
        await work.take(TaskKind.MESSAGE, "message-1", "a9", NOW)


async def test_forgotten_work_may_be_taken_by_another(database: Database) -> None:
    work = await with_message(database)
    await work.take(TaskKind.MESSAGE, "message-1", "a101", NOW)
    with pytest.raises(TakenError):
        await work.take(TaskKind.MESSAGE, "message-1", "a102", NOW + HOUR_MS)
    later = NOW + KEPT_HOURS * HOUR_MS + 1
    await work.take(TaskKind.MESSAGE, "message-1", "a102", later)
    with pytest.raises(NotTakenError):
        await work.give_back(TaskKind.MESSAGE, "message-1", "a101", later)


def test_every_refusal_has_a_text_in_each_language() -> None:
    folder = Path(__file__).parents[2] / "agent_softphone" / "web"
    texts = load_catalogue([folder / "desk_texts.yaml"]).texts("fa")
    for refusal in DeskRefusalError.__subclasses__():
        assert f"desk.refused.{refusal.name}" in texts.messages


def test_a_queue_offers_its_own_results(tmp_path: Path) -> None:
    site = tmp_path / "dispositions.yaml"
    site.write_text(
        "numbers: masked\nqueues: {medical: {required: false, dispositions: [answered, sent-form]}}\n"
        "dispositions:\n  sent-form: {title: {fa: فرم, tr: Form, en: Form}}\n"
        "  abusive: {title: {fa: آزار, tr: Kaba, en: Abusive}, retired: true}\n", encoding="utf-8")
    book = load_desk_book(site)
    assert [one.id for one in book.offered("medical")] == ["answered", "sent-form"]
    assert (book.rule("medical").required, book.rule("insurance").required, book.whole_numbers) == (False, True, False)
    assert "abusive" not in book.rule("insurance").offered
    assert book.title("abusive", "en") == "Abusive"


@pytest.mark.parametrize(("content", "reason"), [
    ("queues: {medical: {dispositions: [nosuch]}}", "no such disposition"),
    ("queues: {medical: {dispositions: []}}", "is empty"),
    ("dispositions: {x: {title: {fa: آ}}}", "no text in tr, en"),
    ("colour: red", "no such setting"),
])
def test_a_wrong_file_says_where_and_why(tmp_path: Path, content: str, reason: str) -> None:
    site = tmp_path / "dispositions.yaml"
    site.write_text(content + "\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=reason):
        load_desk_book(site)


def test_the_own_day_counts_what_began_today() -> None:
    start = NOW // 1000
    stints = [
        stint("c.1", start - 60, answered=start - 30, finished=start + 10),
        stint("c.2", start + 60, answered=start + 90, finished=start + 360, talk_ms=250_500),
    ]
    rings = [Ring(start, "insurance", "a101", "c.3", 3000), Ring(start, "insurance", "a102", "c.4", 3000)]
    day = own_day(stints, rings, "a101", start)
    assert (day.calls, day.talk_seconds, day.rings_missed) == (1, 250.5, 1)


def test_a_queues_level_is_the_headline_of_the_reports() -> None:
    start, rules = NOW // 1000, rulebook(desk_settings())
    stints = [
        stint("c.1", start, wait=5, answered=start + 5, finished=start + 60),
        stint("c.2", start, wait=60, answered=start + 60, finished=start + 90),
        stint("c.3", start, Outcome.ABANDONED, wait=2, finished=start + 2),
        stint("c.4", start, Outcome.ABANDONED, wait=40, finished=start + 40),
    ]
    level = level_of("insurance", stints, rules, start + 600)
    assert level.ratio == pytest.approx(1 / 3)
    assert (level.answered, level.entries, level.threshold) == (2, 4, 20)


@given(st.lists(st.integers(-32768, 32767), max_size=500), st.integers(1, 120))
def test_a_sounds_outline_stays_in_its_frame(samples: list[int], bars: int) -> None:
    levels = peaks(array("h", samples), bars)
    assert len(levels) <= bars
    assert all(0 <= one <= 1 for one in levels)
    assert outline(levels, 40).count("M") == len(levels)


def test_the_loudest_moment_fills_the_picture() -> None:
    sound = array("h", [int(3000 * sin(n)) for n in range(4000)] + [0] * 4000)
    levels = peaks(sound, 10)
    assert max(levels) == 1
    assert levels[-1] == 0
