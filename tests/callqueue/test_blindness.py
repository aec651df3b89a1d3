import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.floor.blindness import Blindness, GapSpool
from callqueue.journal.check import JournalCheck
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.store import read_gaps
from callqueue.ledger.tables import SOURCE, STINT
from foundation.database import LEDGER, Database
from tests.support.floor_table import events_of
from tests.support.stores import make_tables


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    await make_tables(database, LEDGER)
    yield database
    await database.close()


async def written(ledger: Database) -> list[Gap]:
    async with ledger.read() as connection:
        return await read_gaps(connection, 0, 1 << 40)


async def test_a_lost_link_is_one_gap_that_is_open_and_then_closed(ledger: Database, tmp_path: Path) -> None:
    spool = GapSpool(ledger, "site")
    blindness = Blindness(spool, tmp_path / "alive", 1000.0)
    blindness.end(1000.2)
    blindness.begin(1010.9, "cut")
    await spool.deliver()
    assert await written(ledger) == [Gap(GapKind.BLIND, 1010, None, "", "cut")]
    blindness.begin(1011.5, "again")
    blindness.end(1020.1)
    await spool.deliver()
    await spool.deliver()
    assert await written(ledger) == [Gap(GapKind.BLIND, 1010, 1021, "", "cut")]


async def test_a_quick_start_is_no_gap_and_a_late_one_is(ledger: Database, tmp_path: Path) -> None:
    spool = GapSpool(ledger, "site")
    Blindness(spool, tmp_path / "alive", 1000.0).end(1000.9)
    assert len(spool) == 0
    late = Blindness(spool, tmp_path / "alive", 1000.0)
    late.tick(1000.5)
    late.tick(1001.5)
    late.tick(1002.5)
    await spool.deliver()
    assert await written(ledger) == [Gap(GapKind.BLIND, 1000, None, "", "nobody was watching")]
    late.end(1005)
    await spool.deliver()
    assert await written(ledger) == [Gap(GapKind.BLIND, 1000, 1005, "", "nobody was watching")]


async def test_the_time_after_a_killed_process_is_a_gap(ledger: Database, tmp_path: Path) -> None:
    spool = GapSpool(ledger, "site")
    sign = tmp_path / "alive"
    first = Blindness(spool, sign, 1000.0)
    first.tick(1000.0)
    assert not sign.exists()
    first.end(1000.5)
    first.tick(1001.0)
    os.utime(sign, (1001, 1001))
    Blindness(spool, sign, 1030.0).end(1031.0)
    await spool.deliver()
    assert await written(ledger) == [Gap(GapKind.BLIND, 1001, 1031, "", "nobody was watching")]


async def test_the_next_process_goes_on_with_the_gap_that_a_stop_began(ledger: Database, tmp_path: Path) -> None:
    spool = GapSpool(ledger, "site")
    sign = tmp_path / "alive"
    stopped = Blindness(spool, sign, 1000.0)
    stopped.end(1000.1)
    stopped.tick(1000.5)
    os.utime(sign, (1000.5, 1000.5))
    stopped.begin(1001.2, "Asterisk is shutting down")
    await spool.deliver()
    Blindness(spool, sign, 1030.0).end(1031.0)
    await spool.deliver()
    assert await written(ledger) == [Gap(GapKind.BLIND, 1001, 1031, "", "Asterisk is shutting down")]


async def test_no_blindness_lasts_once_the_floor_is_seen(ledger: Database, tmp_path: Path) -> None:
    spool = GapSpool(ledger, "site")
    spool.add(Gap(GapKind.BLIND, 900, None, "", "left open by a process that died"))
    await spool.deliver()
    blindness = Blindness(spool, tmp_path / "alive", 1000.0)
    blindness.end(1000.2)
    blindness.begin(1010.0, "cut")
    blindness.end(1012.0)
    await spool.deliver()
    assert [gap.ended for gap in await written(ledger)] == [1012, 1012]


async def test_gaps_wait_in_memory_for_a_database_that_is_away(ledger: Database, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    away = Database(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
    spool = GapSpool(away, "site")
    spool.add(Gap(GapKind.BLIND, 5, 9))
    with pytest.raises(SQLAlchemyError):
        await spool.deliver()
    assert len(spool) == 1
    folder.mkdir()
    await make_tables(away, LEDGER)
    await spool.deliver()
    assert await written(away) == [Gap(GapKind.BLIND, 5, 9)]
    await away.close()


JOINED = """
    100 QueueCallerJoin q=insurance ch=c1 call=L1
    101 QueueCallerJoin q=insurance ch=c2 call=L2
    101 QueueCallerLeave q=insurance ch=c2 call=L2
"""


async def read_journal_to(connection: AsyncConnection, position: int) -> None:
    row = dict.fromkeys(("head_length", "inode", "tail_length", "line_number", "updated"), 0)
    texts = dict.fromkeys(("path", "head_hash", "tail_hash", "recent"), "")
    await connection.execute(insert(SOURCE).values(
        **row, **texts, journal="site", kind="journal", state="live", position=position,
    ))


async def write_stint(connection: AsyncConnection, channel_id: str) -> None:
    await connection.execute(insert(STINT).values(
        journal="site", channel_id=channel_id, number=1, call_id="L1", queue="insurance", origin="direct", entered=100,
        outcome="waiting", reconciled=False, source_id=1, offset=0,
    ))


async def test_a_join_that_the_journal_does_not_have_is_a_gap_with_its_call(ledger: Database, tmp_path: Path) -> None:
    queue_log = tmp_path / "queue_log"
    queue_log.write_text("x" * 50)
    check = JournalCheck("site", queue_log)
    for at, event in events_of(JOINED):
        check.on_event(event, at)
    async with ledger.write() as connection:
        await write_stint(connection, "c1")
        assert await check.find_lost(connection, 120) == []
        assert await check.find_lost(connection, 140) == []
        assert len(check) == 2
        await read_journal_to(connection, 50)
        [gap] = await check.find_lost(connection, 140)
        assert (gap.kind, gap.started, gap.call_id) == (GapKind.JOURNAL_LOST, 101, "L2")
        assert len(check) == 0
        assert await check.find_lost(connection, 999) == []


async def test_a_journal_that_is_only_late_is_no_loss(ledger: Database, tmp_path: Path) -> None:
    queue_log = tmp_path / "queue_log"
    queue_log.write_text("x" * 50)
    check = JournalCheck("site", queue_log)
    for at, event in events_of(JOINED):
        check.on_event(event, at)
    async with ledger.write() as connection:
        await read_journal_to(connection, 49)
        assert await check.find_lost(connection, 9999) == []
        assert len(check) == 2
