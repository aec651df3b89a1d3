"""The disk is full: with space kept aside nothing is lost; without it whatever is lost is declared."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.sipp import Caller, CallTruth, call, calling
from callqueue.ledger.evidence import GapKind
from callqueue.ledger.stint import Outcome
from tests.support.agreement import disagreements, witnesses_of
from tests.support.live_calls import numbers, served_by, settled_stints, to
from tests.support.live_line import LiveLine, Moment
from tests.support.live_start import line_at
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

MEGABYTE = 1 << 20
DISK = 128 * MEGABYTE
PAGE = 4096
SCARCE = 6 * MEGABYTE
"""Less than what makes the reserve be given up."""


@pytest.fixture(scope="module")
def small_disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="pasokh-disk-", dir="/tmp"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("only root may mount a small disk, and not in every container")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture(scope="module")
def cramped_line(small_disk: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveLine]:
    with line_at(small_disk / "site", model) as line:
        line.sipp = tmp_path_factory.mktemp("sipp")  # the telephones have a disk of their own
        yield line


def fill(line: LiveLine, leave: int) -> Path:
    """Take all space but `leave` bytes."""
    filler = line.home.root / f"filler-{leave}"
    with filler.open("wb") as file:
        while (space := _free(line) - leave) > 0:
            with suppress(OSError):  # the site has written in between
                os.posix_fallocate(file.fileno(), 0, space)
                break
    return filler


def _free(line: LiveLine) -> int:
    status = os.statvfs(line.home.root)
    return status.f_bavail * status.f_frsize


async def test_a_disk_that_runs_full_loses_nothing_with_the_reserve_and_declares_what_it_loses_without(
    cramped_line: LiveLine,
) -> None:
    line = cramped_line
    since = line.now()
    scarce, lost, after = ([to("insurance", number) for number in numbers(first, 2)]
                           for first in (4001000, 4002000, 4003000))
    async with line.staffed(line.phone("a101", talk=1)) as agents:
        await eventually(lambda: _reserve_is(line, held=True), "the reserve is taken")
        filler = fill(line, SCARCE)
        await eventually(lambda: _reserve_is(line, held=False), "the reserve is given up")
        truth = await call(line.target, scarce, line.sipp)
        await _assert_told_truly(line, since, scarce, truth, await served_by(agents))

        full = fill(line, 0)
        truth = await call(line.target, lost, line.sipp)
        assert all(one.answered for one in truth)
        full.unlink()
        filler.unlink()
        await eventually(lambda: _reserve_is(line, held=True), "the reserve is taken again")
        truth = await call(line.target, after, line.sipp)
        served = await served_by(agents)
        await _assert_told_truly(line, since, after, truth, served)
    await _assert_losses_are_declared(line, since, lost, served)


async def test_a_caller_whose_end_the_full_disk_swallowed_is_ended_by_the_channels_events_and_lies_in_a_gap(
    cramped_line: LiveLine,
) -> None:
    line = cramped_line
    since = line.now()
    await eventually(lambda: _reserve_is(line, held=True), "the reserve is taken")
    fillers = [fill(line, SCARCE)]
    await eventually(lambda: _reserve_is(line, held=False), "the reserve is given up")
    async with calling(line.target, [to("idle", "09124004000")], line.sipp):
        await line.written("ENTERQUEUE", since)
        _use_up_the_last_page(line.home.queue_log, *line.home.logs.iterdir())
        _begin_a_page(line.home.cel_log)  # which has room for the rest of this call
        fillers.append(fill(line, 0))
        killed = line.kill("recordings")  # which the supervisor cannot even log
    await line.quiet()
    assert line.events("ABANDON", since) == []
    for filler in fillers:
        filler.unlink()
    await line.ready("recordings", but=killed)
    await call(line.target, [to("idle", "09124004001", patience=4)], line.sipp)
    await settled_stints(line, since, ["09124004001"])

    assert any(gap.kind is GapKind.DISK_FULL and gap.ended for gap in await line.gaps(since))

    async def interrupted() -> bool:
        stints = {stint.caller: stint for stint in await line.stints(since)}
        return stints["09124004000"].outcome is Outcome.INTERRUPTED

    await eventually(interrupted, "the end that only the channel's events have ends the waiting", 90)
    (swallowed,) = [stint for stint in await line.stints(since) if stint.caller == "09124004000"]
    gaps = [gap for gap in await line.gaps(since) if gap.kind is GapKind.JOURNAL_LOST]
    assert swallowed.call_id in {gap.call_id for gap in gaps}


def _use_up_the_last_page(*files: Path) -> None:
    """So that a full disk takes not one line more."""
    for path in files:
        with path.open("ab") as file:
            file.write(b"x" * (-path.stat().st_size % PAGE - 1) + b"\n")


def _begin_a_page(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x" * (-path.stat().st_size % PAGE) + b"\n")


async def _reserve_is(line: LiveLine, *, held: bool) -> bool:
    return (line.home.root / "reserve").exists() is held


async def _assert_told_truly(
    line: LiveLine, since: Moment, callers: list[Caller], truth: list[CallTruth], served: list[CallTruth],
) -> None:
    witnesses = witnesses_of(truth, served)
    stints = await settled_stints(line, since, [caller.number for caller in callers])
    assert [disagreements(stint, witnesses[str(stint.caller)]) for stint in stints] == [[] for _ in callers]


async def _assert_losses_are_declared(
    line: LiveLine, since: Moment, callers: list[Caller], served: list[CallTruth],
) -> None:
    """Every call that an agent served and the ledger does not know lies in a declared gap."""
    known = {stint.caller for stint in await line.stints(since) if stint.outcome is Outcome.ANSWERED}
    gaps = [gap for gap in await line.gaps(since) if gap.kind in {GapKind.DISK_FULL, GapKind.JOURNAL_LOST}]
    assert gaps
    for one in served:
        if one.caller in {caller.number for caller in callers} - known and one.answered:
            assert any(gap.started - 1 <= one.answered <= (gap.ended or one.answered) + 1 for gap in gaps), (one, gaps)
