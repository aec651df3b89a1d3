"""What the line leans on is cut, killed, rotated or away for a while: calls go on, and nothing is told wrongly."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.sipp import Caller, CallTruth, call, calling
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.stint import Outcome, Stint
from tests.conftest import Postgres
from tests.support.agreement import disagreements, witnesses_of
from tests.support.live_calls import numbers, served_by, settled_stints, to
from tests.support.live_line import LiveLine, Moment
from tests.support.waiting import eventually

pytestmark = pytest.mark.live


async def test_the_journal_is_rotated_truncated_and_replaced_while_calls_flow(line: LiveLine) -> None:
    since = line.now()
    waiting = [to("idle", number, patience=2.5) for number in numbers(3001000, 10)]
    talking = [to("insurance", number) for number in numbers(3002000, 5)]
    async with line.staffed(line.phone("a101", talk=1)) as agents:
        async with calling(line.target, [*waiting, *talking], line.sipp, rate=1.5) as runs:
            for known, change in ((2, rotate), (4, copy_and_truncate), (6, rotate), (8, replace_by_same_inode)):
                await _known_in_ledger(line, since, known)
                await asyncio.to_thread(change, line)
            truth = [one for run in runs for one in await run.finished()]
        served = await served_by(agents)
    await _assert_told_truly(line, since, [*waiting, *talking], truth, served)
    assert [gap for gap in await line.gaps(since) if gap.kind in {GapKind.FILE_LOST, GapKind.JOURNAL_LOST}] == []


def rotate(line: LiveLine) -> None:
    line.console("logger rotate")


def copy_and_truncate(line: LiveLine) -> None:
    """As logrotate's `copytruncate` does; here a line that comes between is copied too."""
    copy = line.home.queue_log.with_name("queue_log-20261122")
    with line.home.queue_log.open("r+b") as live, copy.open("wb") as copied:
        while True:
            copied.write(live.read())
            copied.flush()
            if os.fstat(live.fileno()).st_size == live.tell():
                live.truncate(0)
                return


def replace_by_same_inode(line: LiveLine) -> None:
    """Rotated files are removed, so their inodes are free for the next live file."""
    for path in line.home.asterisk_log.glob("queue_log?*"):
        path.unlink()
    line.console("logger rotate")


async def _known_in_ledger(line: LiveLine, since: Moment, count: int) -> None:
    async def look() -> bool:
        return sum(stint.finished is not None for stint in await line.stints(since)) >= count

    await eventually(look, f"{count} stints are over in the ledger", within=40)


async def _assert_told_truly(
    line: LiveLine, since: Moment, callers: Sequence[Caller], truth: Sequence[CallTruth], served: Sequence[CallTruth],
) -> list[Stint]:
    stints = await settled_stints(line, since, [caller.number for caller in callers])
    witnesses = witnesses_of(truth, served)
    wrong = {stint.caller: disagreements(stint, witnesses[str(stint.caller)]) for stint in stints}
    assert {number: found for number, found in wrong.items() if found} == {}
    assert len(stints) == len(callers)
    return stints


async def test_a_caller_is_in_the_ledger_and_on_the_bus_within_moments(line: LiveLine) -> None:
    since = line.now()
    async with calling(line.target, [to("idle", "09123003000")], line.sipp):
        await line.written("ENTERQUEUE", since)
        await asyncio.gather(
            eventually(lambda: line.stints(since), "the ledger knows the caller"),
            eventually(lambda: _waits(line, 1), "the bus shows the caller"),
        )
    await eventually(lambda: _waits(line, 0), "the bus shows nobody")


async def _waits(line: LiveLine, count: int) -> bool:
    picture = await line.picture("queues/idle")
    return "waiting" in picture and len(picture["waiting"]) == count


async def test_a_cut_ami_connection_is_a_declared_gap_and_the_floor_is_right_again(line: LiveLine) -> None:
    since = line.now()
    async with line.staffed(line.phone("a101")):
        callers = [to("insurance", "09123004000"), to("idle", "09123004001")]
        async with calling(line.target, callers, line.sipp):
            await line.written("CONNECT", since)
            await line.written("ENTERQUEUE", since, 2)
            await asyncio.to_thread(_cut_ami, line)
            await eventually(lambda: _closed_gaps(line, since, GapKind.BLIND), "the blind time is declared and over")
            await eventually(lambda: _waits(line, 1), "the caller who waits is on the bus")
            await eventually(lambda: _talks(line), "the agent who talks is on the bus")
        await eventually(lambda: _waits(line, 0), "nobody is left on the bus")
    stints = await settled_stints(line, since, [caller.number for caller in callers])
    assert {stint.outcome for stint in stints} == {Outcome.ANSWERED, Outcome.ABANDONED}


def _cut_ami(line: LiveLine) -> None:
    sessions = [text.split() for text in line.console("manager show connected").splitlines()]
    for fields in sessions:
        if fields and fields[0] == "pasokh":
            line.console(f"manager kick session {fields[4]}")


async def _closed_gaps(line: LiveLine, since: Moment, kind: GapKind) -> list[Gap]:
    return [gap for gap in await line.gaps(since) if gap.kind is kind and gap.ended is not None]


async def _talks(line: LiveLine) -> bool:
    return (await line.picture("agents/a101")).get("state") == "talking"


async def test_a_killed_broker_comes_back_with_the_present_picture(line: LiveLine) -> None:
    since = line.now()
    async with calling(line.target, [to("idle", "09123005000")], line.sipp):
        await line.written("ENTERQUEUE", since)
        await eventually(lambda: _waits(line, 1), "the bus shows the caller")
        killed = line.kill("mosquitto")
    await line.ready("mosquitto", but=killed)
    await eventually(lambda: _waits(line, 0), "the new broker shows that he has left")
    await eventually(lambda: line.picture("floor"), "the floor is on the bus")


@pytest.mark.postgres
async def test_a_database_that_is_away_stops_no_call_and_misses_none(
    postgres_line: LiveLine, postgres: Postgres,
) -> None:
    line = postgres_line
    since = line.now()
    first, *later = numbers(3006000, 3)
    callers = [to("insurance", number) for number in (first, *later)]
    async with line.staffed(line.phone("a101", talk=2)) as agents:
        truth = await call(line.target, callers[:1], line.sipp)
        await asyncio.to_thread(postgres.stop)
        try:
            truth += await call(line.target, callers[1:], line.sipp)
        finally:
            await asyncio.to_thread(postgres.start)
        served = await served_by(agents)
        stints = await _assert_told_truly(line, since, callers, truth, served)
    assert {stint.outcome for stint in stints} == {Outcome.ANSWERED}


def test_the_folder_of_the_line_is_its_own(line: LiveLine) -> None:
    """Others on this machine may not read what callers said."""
    assert Path(line.home.root).stat().st_mode & 0o077 == 0
