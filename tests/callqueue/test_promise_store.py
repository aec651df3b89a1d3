"""Journal lines about promised calls into the ledger, and read again as evidence."""

from pathlib import Path

from callqueue.journal.importing import import_journal
from callqueue.ledger.promise_store import (
    read_attempt_evidence,
    read_attempts,
    read_requests,
    read_requests_after,
    read_requests_named,
    read_settled,
)
from callqueue.ledger.stint import Outcome
from callqueue.ledger.store import read_stints
from foundation.database import Database

NOON = 1_800_000_000
EVER = 9_999_999_999
PLACE = NOON * 1000 + 250


def journal(table: str) -> str:
    lines = []
    for line in table.strip().splitlines():
        seconds, *fields = line.split()
        lines.append("|".join([str(NOON + int(seconds)), *fields]) + "\n")
    return "".join(lines)


STORY = journal(f"""
    0  c1     medical NONE STINT              c1|09121112233|direct||1
    0  c1     medical NONE ENTERQUEUE         ||1
    40 c1     medical NONE EXITWITHKEY        5|1|1|40
    55 c1     medical NONE CALLBACK_REQUESTED cb-1|09121112233|{PLACE}|2|fa|queue|c1|
    60 NONE   medical NONE CALLBACK_REQUESTED cb-2|02144445555|{PLACE + 60000}|0|tr|web||{PLACE + 99000}
    90 cb-1-1 medical NONE CALLBACK_ATTEMPT   cb-1|1|callback
    99 cb-1-1 medical NONE CALLBACK_RESULT    cb-1|1|no_answer|19
    190 cb-1-2 medical NONE CALLBACK_ATTEMPT  cb-1|2|callback
    201 cb-1-2 medical NONE STINT             cb-1-2|09121112233|callback|cb-1|1
    201 cb-1-2 medical NONE ENTERQUEUE        |09121112233|1
    204 cb-1-2 medical a101 CONNECT           3|x1|2
    204 cb-1-2 medical NONE CALLBACK_RESULT   cb-1|2|reached|16
    204 cb-1-2 medical NONE CALLBACK_CLOSED   cb-1|reached|dialler
    240 cb-1-2 medical a101 COMPLETECALLER    3|36|1
    300 r-9-1  NONE    NONE CALLBACK_RESULT   r-9|1|busy|17
""")


async def filled(database: Database, folder: Path, text: str = STORY) -> None:
    path = folder / "queue_log"
    path.write_text(text)
    await import_journal(database, path, journal="site")


async def test_a_promise_is_kept_with_all_that_keeping_it_needs(ledger_database: Database, tmp_path: Path) -> None:
    await filled(ledger_database, tmp_path)
    async with ledger_database.read() as connection:
        first, second = await read_requests(connection, NOON, NOON + 100)
        assert [one.promise for one in await read_requests_after(connection, first.id)] == ["cb-2"]
        assert await read_requests_named(connection, ["cb-2"]) == [second]
    assert (first.promise, first.number, first.place_ms, first.priority) == ("cb-1", "09121112233", PLACE, 2)
    assert (first.language, first.channel, first.call_id, first.stint_number) == ("fa", "queue", "c1", 1)
    assert (second.channel_id, second.queue, second.not_before_ms) == ("", "medical", PLACE + 99000)
    assert second.stint_number is None, "asked for outside a queue: a virtual stint"


async def test_the_stint_that_was_left_names_its_promise(ledger_database: Database, tmp_path: Path) -> None:
    await filled(ledger_database, tmp_path)
    async with ledger_database.read() as connection:
        left, back = await read_stints(connection, "medical", NOON, EVER)
    assert (left.outcome, left.promise) == (Outcome.LEFT_FOR_CALLBACK, "cb-1")
    assert (back.outcome, back.promise) == (Outcome.ANSWERED, "cb-1")


async def test_attempts_are_told_with_what_came_of_them(ledger_database: Database, tmp_path: Path) -> None:
    await filled(ledger_database, tmp_path)
    async with ledger_database.read() as connection:
        tried = await read_attempts(connection, ["cb-1", "cb-2", "r-9"])
        settled = await read_settled(connection, ["cb-1", "cb-2"])
    assert [(one.channel_id, one.number, one.outcome, one.cause) for one in tried] == [
        ("cb-1-1", 1, "no_answer", "19"), ("cb-1-2", 2, "reached", "16"), ("r-9-1", 1, "busy", "17"),
    ]
    assert [(one.promise, one.result, one.by, one.at) for one in settled] == [
        ("cb-1", "reached", "dialler", NOON + 204)]


async def test_evidence_tells_an_attempt_that_was_answered_from_one_never_made(
    ledger_database: Database, tmp_path: Path,
) -> None:
    await filled(ledger_database, tmp_path)
    async with ledger_database.read() as connection:
        found = await read_attempt_evidence(connection, ["cb-1-1", "cb-1-2", "cb-2-1"])
    assert sorted(found) == ["cb-1-1", "cb-1-2"]
    assert (found["cb-1-1"].joined, found["cb-1-1"].tried is not None) == (None, True)
    assert (found["cb-1-2"].joined, found["cb-1-2"].answered) == (NOON + 201, NOON + 204)


async def test_lines_that_are_read_twice_promise_once(ledger_database: Database, tmp_path: Path) -> None:
    await filled(ledger_database, tmp_path)
    await filled(ledger_database, tmp_path, STORY + journal(f"""
        310 c9 medical NONE ENTERQUEUE         ||1
        320 c9 medical NONE EXITWITHKEY        5|1|1|10
        325 c9 medical NONE CALLBACK_REQUESTED cb-1|09121112233|{PLACE}|2|fa|queue|c9|
    """))
    async with ledger_database.read() as connection:
        assert len(await read_requests(connection, 0, EVER)) == 2, "the second call's request is the same promise"
        last = (await read_stints(connection, "medical", NOON, EVER))[-1]
    assert (last.outcome, last.promise) == (Outcome.LEFT_FOR_CALLBACK, "cb-1")
