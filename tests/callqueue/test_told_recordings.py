"""Recordings learn from the ledger whose they are, and which moment of the call each place in them is."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from callqueue.cel.conversation_tables import CONVERSATION
from callqueue.ledger.tables import CALL, LEG, MASK, STINT
from callqueue.ledger.told_recordings import PATIENCE_MS, Together, masked_places, places, tell_some
from foundation.database import LEDGER, MAIN, Database
from recordings.archive.manifest import manifest_of
from recordings.store import Recording, add_recording
from recordings.tables import recording
from tests.support.stores import make_tables

CALL_ID = "p-1795310000.0"
BEGAN = 1_795_310_000_000
TALKED = BEGAN + 30_000


@pytest.fixture
async def stores(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    main, ledger = Database(database_url), Database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    await make_tables(main, MAIN)
    await make_tables(ledger, LEDGER)
    yield main, ledger
    await main.close()
    await ledger.close()


def kept(part: str = "", started_ms: int = TALKED + 700, duration_ms: int = 9000) -> Recording:
    return Recording(
        f"{CALL_ID}_{CALL_ID}_1{part}", "call", CALL_ID, CALL_ID, 1, started_ms, duration_ms, "x.wav", 1, "0" * 64)


async def prove(ledger: Database, *stays: tuple[int, int | None]) -> None:
    """A call, its stint, and the caller's stays in bridges (ms after TALKED)."""
    async with ledger.write() as connection:
        await connection.execute(insert(CALL).values(
            call_id=CALL_ID, channel="PJSIP/trunk-1", started_us=BEGAN * 1000, queued=True, interrupted=False))
        await connection.execute(insert(STINT).values(
            journal="p", channel_id=CALL_ID, number=1, call_id=CALL_ID, queue="medical", origin="direct",
            entered=BEGAN // 1000 + 10, outcome="answered", caller="09121234567", agent="a101",
            answered=TALKED // 1000, finished=TALKED // 1000 + 9, reconciled=True, source_id=1, offset=0,
        ))
        for start, end in stays:
            await connection.execute(insert(LEG).values(
                channel_id=CALL_ID, entered_us=(TALKED + start) * 1000, bridge=f"b{start}", call_id=CALL_ID,
                channel="PJSIP/trunk-1", left_us=None if end is None else (TALKED + end) * 1000, interrupted=False))


async def told(main: Database) -> list[Recording]:
    async with main.read() as connection:
        rows = (await connection.execute(select(recording).order_by(recording.c.id))).mappings()
        return [Recording(**row) for row in rows]


def test_places_follow_the_stays_in_bridges() -> None:
    stays = [Together(1000, 4000), Together(10_000, 12_000), Together(20_000, 20_500)]
    assert places(stays) == [(0, 1000), (3000, 10_000), (5000, 20_000)]
    assert places([]) == []


async def test_queue_agent_caller_and_times_are_told_once_the_ledger_knows_them(
    stores: tuple[Database, Database],
) -> None:
    main, ledger = stores
    async with main.write() as connection:
        await add_recording(connection, kept())
    now = TALKED + 10_000
    assert not await tell_some(main, ledger, lambda: now)
    await prove(ledger, (0, 4000), (6000, None))
    assert not await tell_some(main, ledger, lambda: now)  # the second stay is not over
    async with ledger.write() as connection:
        await connection.execute(LEG.update().where(LEG.c.left_us.is_(None)).values(left_us=(TALKED + 11_000) * 1000))
    assert await tell_some(main, ledger, lambda: now)
    [row] = await told(main)
    assert (row.queue, row.agent, row.caller, row.call_started_ms) == ("medical", "a101", "09121234567", BEGAN)
    assert row.parts is not None
    assert json.loads(row.parts) == [[0, TALKED], [4000, TALKED + 6000]]
    assert row.started_ms == TALKED
    assert not await tell_some(main, ledger, lambda: now)


def test_masks_lie_where_the_recording_has_that_moment_of_the_call() -> None:
    stays = [Together(1000, 4000), Together(10_000, 14_000)]
    assert masked_places(stays, [(500, 1500), (3500, 10_500), (13_000, 90_000)], 6800) == [
        (0, 500), (2500, 3500), (6000, 6800)]
    assert masked_places(stays, [(4000, 10_000), (14_000, 15_000)], 7000) == []


async def test_a_masked_part_is_told_and_one_that_no_line_ends_lasts_to_its_limit(
    stores: tuple[Database, Database],
) -> None:
    main, ledger = stores
    async with main.write() as connection:
        await add_recording(connection, kept())
    await prove(ledger, (0, 9000))
    async with ledger.write() as connection:
        for start, until, end in ((1000, 99_000, 2500), (4000, 6000, None), (8000, 99_000, None)):
            await connection.execute(insert(MASK).values(
                call_id=CALL_ID, started_us=(TALKED + start) * 1000, channel_id=CALL_ID, agent="a101", by="sara",
                until_us=(TALKED + until) * 1000, ended_us=None if end is None else (TALKED + end) * 1000))
    assert await tell_some(main, ledger, lambda: TALKED + 30_000)
    [row] = await told(main)
    assert row.masks == [(1000, 2500), (4000, 6000), (8000, 9000)]
    assert [(one.from_ms, one.to_ms) for one in manifest_of(CALL_ID, [row]).recordings[0].masked] == row.masks


async def test_what_the_ledger_never_learns_is_told_without_after_a_while(stores: tuple[Database, Database]) -> None:
    main, ledger = stores
    async with main.write() as connection:
        await add_recording(connection, kept())
    await prove(ledger)
    assert not await tell_some(main, ledger, lambda: TALKED + 10_000)
    assert await tell_some(main, ledger, lambda: TALKED + 10_000 + PATIENCE_MS)
    [row] = await told(main)
    assert (row.queue, row.parts, row.started_ms) == ("medical", None, TALKED + 700)


async def test_a_later_voice_of_the_stint_is_the_colleague_s(stores: tuple[Database, Database]) -> None:
    main, ledger = stores
    async with main.write() as connection:
        await add_recording(connection, kept(".1", TALKED + 20_300, 5000))
    await prove(ledger, (0, 9000), (20_000, 25_000))
    async with ledger.write() as connection:
        for agent, start, end in (("a101", 0, 9), ("a108", 20, 25)):
            await connection.execute(insert(CONVERSATION).values(
                channel_id=agent, started_us=(TALKED + start * 1000) * 1000, agent=agent, call_id=CALL_ID,
                ended_us=(TALKED + end * 1000) * 1000, kind="transfer", interrupted=False))
    assert await tell_some(main, ledger, lambda: TALKED + 30_000)
    [row] = await told(main)
    assert (row.agent, row.parts) == ("a108", json.dumps([[0, TALKED + 20_000]]))


async def test_a_later_voice_may_come_to_a_caller_who_stays_in_his_bridge(stores: tuple[Database, Database]) -> None:
    main, ledger = stores
    async with main.write() as connection:
        await add_recording(connection, kept(".1", TALKED + 20_300, 5000))
    await prove(ledger, (0, 9000), (10_000, 25_400))
    assert await tell_some(main, ledger, lambda: TALKED + 30_000)
    [row] = await told(main)
    assert (row.parts, row.started_ms) == (json.dumps([[0, TALKED + 20_300]]), TALKED + 20_300)
