"""Both durable records as an Asterisk wrote them, through the followers into the ledger, and what goes wrong there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_store import read_conversations, read_ringing
from callqueue.cel.conversations import Kind
from callqueue.floor.blindness import GapSpool
from callqueue.ledger import tables
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.stint import Ending, Outcome
from callqueue.ledger.store import (
    count_lost_in_menu,
    read_agent_events,
    read_agent_states,
    read_gaps,
    read_last_starts,
    read_stints,
)
from callqueue.metrics.agent_time import agent_periods
from callqueue.records.disk import DiskWatch, Reserve, watch_disk
from callqueue.service import evidence, keep_running
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Disk, Queue, Settings
from tests.support.evidence_site import AT, CEL, EVER, JOURNAL, Site, cel

LIMIT = 90.0
@pytest.fixture
async def site(ledger_database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    folder = tmp_path / "log"
    folder.mkdir()
    site = Site(ledger_database, folder)
    yield site
    site.close()


async def test_both_records_together_give_exact_stints(site: Site) -> None:
    site.write(JOURNAL, CEL)
    stints = await site.read()
    answered, abandoned = stints["s-29"], stints["s-28"]
    assert (answered.outcome, answered.caller, answered.spoke) == (Outcome.ANSWERED, "09122222222", True)
    assert (answered.wait_ms, answered.talk_ms, answered.hold_ms) == (310, 970, 0)
    assert (abandoned.outcome, abandoned.wait, abandoned.wait_ms) == (Outcome.ABANDONED, 2, 1200)
    assert await site.gaps() == []


async def test_nobody_knows_of_holds_in_a_conversation_that_nobody_watched(site: Site) -> None:
    site.write(JOURNAL, CEL)
    assert (await site.read())["s-29"].hold_ms == 0
    spool = GapSpool(site.database, "site")
    spool.add(Gap(GapKind.BLIND, AT + 1, AT + 2, "", "the link was lost"))
    await spool.deliver()
    assert (await site.read())["s-29"].hold_ms is None


async def test_a_hold_that_a_crash_ended_lasted_to_the_end_of_the_talk(site: Site) -> None:
    talking = JOURNAL.splitlines(keepends=True)[:5]
    bridged = CEL.splitlines(keepends=True)[:8]
    site.write("".join(talking) + f"{AT + 1}|s-30|NONE|a101|HOLD|s-29|{AT + 1}500000\n", "".join(bridged))
    site.write(f"{AT + 60}|NONE|NONE|NONE|QUEUESTART|\n")
    stint = (await site.read())["s-29"]
    assert (stint.ending, stint.talk_ms, stint.hold_ms) == (Ending.INTERRUPTED, 390, 58_500)


async def test_agents_are_credited_with_their_conversations(site: Site) -> None:
    site.write(JOURNAL, CEL)
    await site.read()
    async with site.database.read() as connection:
        (talk,) = await read_conversations(connection, "a101", AT, AT + 10)
        (ring,) = await read_ringing(connection, AT, AT + 10)
    assert (talk.kind, talk.call_id, talk.stint, talk.end - talk.start) == (Kind.DIRECT, "s-29", ("s-29", 1), 970)
    assert (ring.agent, ring.end - ring.start) == ("a101", 100)


async def test_a_session_is_seen_however_long_ago_it_began(site: Site) -> None:
    old = AT - 400 * 86400
    site.write(f"{old - 9}|NONE|NONE|NONE|QUEUESTART|\n{old - 5}|NONE|NONE|a101|AGENT_LOGIN|PJSIP/a101\n"
               f"{old - 5}|MANAGER|operator|a101|ADDMEMBER|\n{old - 4}|NONE|operator|a101|PAUSE|break\n"
               f"{old - 3}|NONE|operator|a101|UNPAUSE|\n{old - 2}|NONE|NONE|a102|AGENT_LOGIN|PJSIP/a102\n"
               f"{old - 1}|NONE|NONE|a102|AGENT_LOGOUT|x\n{AT + 5}|NONE|NONE|a101|AGENT_LOGOUT|x\n")
    await site.read()
    async with site.database.read() as connection:
        events = [*await read_agent_states(connection, AT), *await read_agent_events(connection, AT, AT + 10)]
        (start,) = await read_last_starts(connection, AT)
    assert {event.journal for event in events} == {"site"}
    assert (start.at, start.journal) == (old - 9, "site")
    periods = agent_periods(events, [start], AT + 10)
    assert [(each.start, each.end) for each in periods["a101"]][-1][1] == AT + 5
    assert periods["a102"][-1].end == old - 1


async def test_who_was_there_is_looked_up_and_not_searched_for_among_all_that_agents_ever_did(
    sqlite_ledger: Database,
) -> None:
    asked: list[tuple[str, tuple[Any, ...]]] = []
    listen(sqlite_ledger.engine.sync_engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    async with sqlite_ledger.read() as connection:
        await read_agent_states(connection, AT)
        for statement, values in [each for each in asked if each[0].lstrip().startswith(("SELECT", "WITH"))]:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            assert not [step.detail for step in plan if step.detail.startswith("SCAN agent_event")]


async def test_a_hold_in_the_journal_is_taken_from_the_talk(site: Site) -> None:
    lines = JOURNAL.splitlines(keepends=True)
    held = [f"{AT + 1}|s-30|operator|a101|HOLD|s-29|{AT + 1}200000\n",
            f"{AT + 1}|s-30|operator|a101|UNHOLD|s-29|{AT + 1}700000\n"]
    site.write("".join([*lines[:5], *held, *lines[5:]]), CEL)
    answered = (await site.read())["s-29"]
    assert (answered.talk_ms, answered.hold_ms) == (470, 500)


async def test_every_byte_alone_with_a_restart_after_each_line_gives_the_same(site: Site) -> None:
    whole = JOURNAL.splitlines(keepends=True)
    for line in whole:
        site.write(journal=line[:7])
        await site.journal.step()
        site.write(journal=line[7:])
        await site.read()
        site.restart()
    for line in CEL.splitlines(keepends=True):
        site.write(cel=line)
        await site.cel.step()
        site.restart()
    stints = await site.read()
    assert (stints["s-29"].talk_ms, stints["s-28"].wait) == (970, 2)
    assert await site.gaps() == []


async def test_equal_lines_of_one_second_count_across_a_restart_and_a_rotation(site: Site) -> None:
    line = f"{AT}|NONE|operator|a101|PAUSE|break\n"
    site.write(journal=line)
    await site.read()
    site.restart()
    site.write(journal=line)
    await site.read()
    site.journal_path.rename(site.journal_path.with_name("queue_log.0"))
    site.restart()
    site.write(journal=line)
    await site.read()
    async with site.database.read() as connection:
        assert len((await connection.execute(select(tables.AGENT_EVENT))).all()) == 3


async def test_what_a_crash_left_open_ends_at_the_next_start(site: Site) -> None:
    site.write("".join(JOURNAL.splitlines(keepends=True)[:5]), "".join(CEL.splitlines(keepends=True)[:8]))
    assert (await site.read())["s-29"].finished is None
    site.write(journal=f"{AT + 30}|NONE|NONE|NONE|QUEUESTART|\n")
    stints = await site.read()
    answered = stints["s-29"]
    assert (answered.ending, answered.talk, answered.talk_ms) == (Ending.INTERRUPTED, 29, 28_890)
    assert (stints["s-28"].outcome, stints["s-28"].wait) == (Outcome.INTERRUPTED, 30)
    async with site.database.read() as connection:
        legs = (await connection.execute(select(tables.LEG.c.interrupted, tables.LEG.c.left_us))).all()
    assert {tuple(leg) for leg in legs} == {(True, (AT + 30) * 1_000_000)}


async def test_a_stay_that_the_journal_does_not_have_is_declared_once(site: Site) -> None:
    site.write("".join(line for line in JOURNAL.splitlines(keepends=True) if "|s-28|" not in line), CEL)
    for _ in range(3):
        await site.read()
    async with site.database.read() as connection:
        lost = [gap for gap in await read_gaps(connection, 0, EVER) if gap.kind is GapKind.JOURNAL_LOST]
    assert [gap.call_id for gap in lost] == ["s-28"]


async def test_a_conversation_that_cel_lost_is_declared(site: Site) -> None:
    site.write(JOURNAL, cel("-99 CHAN_START s-1 s-1 PJSIP/trunk-1 - -"))
    await site.read()
    assert await site.gaps() == [GapKind.CEL_LOST]


async def test_nothing_is_reconciled_before_cel_has_been_read_that_far(site: Site) -> None:
    site.now = AT + 3
    site.write(JOURNAL)
    site.write(cel=CEL)
    assert (await site.read())["s-29"].spoke is None
    site.now = AT + 4
    assert (await site.read())["s-29"].spoke is True


async def test_calls_that_callers_end_before_any_queue_are_lost_and_served_ones_are_not(site: Site) -> None:
    site.write(JOURNAL, CEL + cel(
        "5.0 CHAN_START   s-50 s-50 PJSIP/trunk-50 - -",
        "9.0 HANGUP       s-50 s-50 PJSIP/trunk-50 - caller",
        "9.0 LINKEDID_END s-50 s-50 PJSIP/trunk-50 - -",
        "5.0 CHAN_START   s-51 s-51 PJSIP/trunk-51 - -",
        "9.0 HANGUP       s-51 s-51 PJSIP/trunk-51 - us",
        "9.0 LINKEDID_END s-51 s-51 PJSIP/trunk-51 - -",
    ))
    await site.read()
    async with site.database.read() as connection:
        assert await count_lost_in_menu(connection, AT - 10, AT + 10) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_database_that_is_away_for_a_while_costs_nothing(
    postgres: Any, ledger_database: Database, tmp_path: Path,
) -> None:
    home = Home(tmp_path / "home")
    home.make()
    settings = Settings(queues={"operator": Queue()})
    lines = [f"{AT + number}|s-{number}|operator|NONE|ENTERQUEUE||1|1\n" for number in range(300)]
    work = evidence(home, settings, ledger_database, CollectorRegistry())
    running = [asyncio.create_task(keep_running(name, work[name])) for name in ("journal", "cel", "reconciler")]
    home.queue_log.write_text("".join(lines[:100]))
    await _until_stored(ledger_database, 100)
    await asyncio.to_thread(postgres.stop)
    with home.queue_log.open("a") as file:
        file.writelines(lines[100:200])
    home.queue_log.rename(home.queue_log.with_name("queue_log.1"))
    home.queue_log.write_text("".join(lines[200:]))
    await asyncio.to_thread(postgres.start)
    await _until_stored(ledger_database, 300)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    async with ledger_database.read() as connection:
        assert len(await read_stints(connection, None, 0, EVER)) == 300


async def _until_stored(database: Database, count: int) -> None:
    async with asyncio.timeout(LIMIT):
        while True:
            async with database.read() as connection:
                if len(await read_stints(connection, None, 0, EVER)) >= count:
                    return
            await asyncio.sleep(0.05)


async def test_a_new_line_comes_into_the_ledger_by_itself(sqlite_ledger: Database, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    work = evidence(home, Settings(queues={"operator": Queue()}), sqlite_ledger, CollectorRegistry())
    running = asyncio.create_task(work["journal"]())
    home.queue_log.write_text(f"{AT}|s-1|operator|NONE|ENTERQUEUE||1|1\n")
    await _until_stored(sqlite_ledger, 1)
    with home.queue_log.open("a") as file:
        file.write(f"{AT}|s-2|operator|NONE|ENTERQUEUE||1|1\n")
    await _until_stored(sqlite_ledger, 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_task_that_fails_begins_again_alone() -> None:
    attempts = asyncio.Queue[int]()

    async def fail() -> None:
        attempts.put_nowait(1)
        raise RuntimeError("broken")

    running = asyncio.create_task(keep_running("broken", fail))
    async with asyncio.timeout(LIMIT):
        for _ in range(3):
            await attempts.get()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_the_reserve_takes_real_space_and_gives_it_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, 3 << 20)
    assert not reserve.is_held
    reserve.make()
    assert reserve.path.stat().st_blocks * 512 >= 3 << 20
    reserve.release()
    assert not reserve.is_held


class TellingReserve(Reserve):
    """A reserve on a disk whose free space the test decides."""

    def __init__(self, folder: Path, size: int = 1 << 20) -> None:
        super().__init__(folder, size)
        self.space = 1 << 30

    def free(self) -> int:
        return self.space


class Stubborn(Database):
    """A database that cannot write while its disk is full."""

    takes = False

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        if not self.takes:
            raise OSError("No space left on device")
        async with super().write() as connection:
            yield connection


async def test_a_disk_that_was_full_before_any_reserve_was_taken_is_declared(
    sqlite_ledger: Database, tmp_path: Path,
) -> None:
    reserve = TellingReserve(tmp_path)
    reserve.space = 0
    await DiskWatch(reserve, sqlite_ledger, "site").look(AT)
    assert [(gap.kind, gap.started) for gap in await _until_gap(sqlite_ledger, ended=False)] == [
        (GapKind.DISK_FULL, AT)]
    after_restart = DiskWatch(reserve, sqlite_ledger, "site")
    await after_restart.look(AT + 5)
    reserve.space = 1 << 30
    await after_restart.look(AT + 9)
    assert [(gap.started, gap.ended) for gap in await _until_gap(sqlite_ledger, ended=True)] == [(AT, AT + 9)]
    assert reserve.is_held


async def test_a_full_disk_is_declared_on_a_site_that_keeps_no_reserve(sqlite_ledger: Database, tmp_path: Path) -> None:
    settings = Settings(queues={"operator": Queue()}, disk=Disk(reserve_megabytes=0))
    assert "disk" in evidence(Home(tmp_path), settings, sqlite_ledger, CollectorRegistry())
    reserve = TellingReserve(tmp_path, size=0)
    watch = DiskWatch(reserve, sqlite_ledger, "site")
    for at, free in ((AT, 1 << 30), (AT + 1, 1 << 20), (AT + 2, 1 << 20), (AT + 3, 1 << 30)):
        reserve.space = free
        await watch.look(at)
    assert [(gap.started, gap.ended) for gap in await _until_gap(sqlite_ledger, ended=True)] == [(AT + 1, AT + 3)]
    assert not reserve.path.exists()


async def test_a_full_disk_is_declared_late_when_the_ledger_lies_on_it(sqlite_ledger: Database, tmp_path: Path) -> None:
    reserve = TellingReserve(tmp_path)
    reserve.space = 0
    stubborn = Stubborn(sqlite_ledger.engine.url.render_as_string())
    watch = DiskWatch(reserve, stubborn, "site")
    await watch.look(AT)
    stubborn.takes = True
    reserve.space = 1 << 30
    await watch.look(AT + 3)
    await stubborn.close()
    assert [(gap.started, gap.ended) for gap in await _until_gap(sqlite_ledger, ended=True)] == [(AT, AT + 3)]


async def test_a_full_disk_is_relieved_declared_and_guarded_again(
    sqlite_ledger: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callqueue.records.disk.WATCH_SECONDS", 0.02)
    reserve = TellingReserve(tmp_path)
    running = asyncio.create_task(watch_disk(reserve, sqlite_ledger, "site"))
    await _until(lambda: reserve.is_held)
    reserve.space = 1 << 20
    await _until(lambda: not reserve.is_held)
    (gap,) = await _until_gap(sqlite_ledger, ended=False)
    assert gap.kind is GapKind.DISK_FULL
    reserve.space = 1 << 30
    await _until(lambda: reserve.is_held)
    assert len(await _until_gap(sqlite_ledger, ended=True)) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not is_so():  # noqa: ASYNC110 - the file system is what we wait for
            await asyncio.sleep(0.01)


async def _until_gap(database: Database, *, ended: bool) -> list[Gap]:
    async with asyncio.timeout(LIMIT):
        while True:
            async with database.read() as connection:
                gaps = await read_gaps(connection, 0, EVER)
            if gaps and (gaps[0].ended is not None) is ended:
                return gaps
            await asyncio.sleep(0.01)
