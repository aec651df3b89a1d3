"""Tallies of any times: from roll-ups where there are any, from the ledger for the rest; the same either way."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.store import evidence_start
from callqueue.metrics.agents_tally import TimesheetsTally
from callqueue.metrics.arrivals_tally import ArrivalsTally
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.tally import AgentsTally
from callqueue.rollups.kinds import AGENTS, ARRIVALS, CALLS, PROMISES, TIMESHEETS
from callqueue.rollups.make import LONGEST
from callqueue.rollups.model import Made, Part, Rollup, Terms
from callqueue.rollups.store import CELL, CELLS, DAYS, CallsPart, PromisesPart, Stored, read_stored
from foundation.calendars import Interval

EVER = 1 << 62


@dataclass(slots=True)
class Tallies:
    """Of one interval; the parts lie side by side."""

    calls: list[CallsPart] = field(default_factory=list)
    promises: list[PromisesPart] = field(default_factory=list)
    agents: list[AgentsTally] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """How tallies are read.

    Args:
        rules: contact windows, of each queue.
        now: epoch seconds.
        shared: numbers behind which many people stand.
        rolled_up: whether roll-ups may be used; without them all is counted from the ledger.
        zone: in which hours of the day are told.
        refuse: given the ledger and the times that lack roll-ups, raises where too much would have to be counted.
    """

    connection: AsyncConnection
    rules: Rulebook
    now: int
    shared: Collection[str] = ()
    rolled_up: bool = True
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    refuse: Callable[..., Awaitable[None]] | None = None

    @property
    def terms(self) -> Terms:
        return Terms(self.rules, self.shared, self.zone)

    async def read(self, intervals: Sequence[Interval]) -> list[Tallies]:
        """What queues' figures are made of, of each of several intervals side by side."""
        parts = [await self.read_kind(rollup, intervals) for rollup in (CALLS, PROMISES, AGENTS)]
        return [Tallies(*mine) for mine in zip(*parts, strict=True)]

    async def read_calls(self, intervals: Sequence[Interval]) -> list[list[CallsPart]]:
        """Only what calls tell."""
        return await self.read_kind(CALLS, intervals)

    async def read_timesheets(self, intervals: Sequence[Interval]) -> list[list[TimesheetsTally]]:
        """What each agent did."""
        return await self.read_kind(TIMESHEETS, intervals)

    async def read_arrivals(self, interval: Interval) -> list[ArrivalsTally]:
        """How many entered, and how long they waited."""
        return await self.read_whole(ARRIVALS, interval)

    async def read_whole(self, rollup: Rollup[Part], interval: Interval) -> list[Part]:
        """The parts of one kind that make up the interval."""
        (parts,) = await self.read_kind(rollup, [interval])
        return parts

    async def lacking(self, rollup: Rollup[Any], interval: Interval) -> list[Interval]:
        """Where the interval has no roll-ups of one kind."""
        (plan,) = await self._plan(rollup, [interval])
        return [Interval(*piece) for piece in plan.missing]

    async def read_kind(self, rollup: Rollup[Part], intervals: Sequence[Interval]) -> list[list[Part]]:
        """The parts of one kind that make up each interval."""
        plans = await self._plan(rollup, intervals)
        parts = await rollup.read(self.connection, [each for plan in plans for each in plan.stored])
        if self.refuse is not None:
            await self.refuse(self.connection, *_runs(piece for plan in plans for piece in plan.missing))
        quiet = await self._quiet_until() if any(plan.missing for plan in plans) else 0
        for plan in plans:
            plan.missing = [part for piece in plan.missing for part in _cut(*piece, quiet)]
        rests = [Interval(*piece) for plan in plans for piece in plan.missing]
        counted = dict(zip(rests, await self._count(rollup, rests, quiet), strict=True))
        return [
            [*(parts[each] for each in plan.stored), *(counted[Interval(*piece)] for piece in plan.missing)]
            for plan in plans
        ]

    async def _plan(self, rollup: Rollup[Any], intervals: Sequence[Interval]) -> list["_Plan"]:
        plans = [_Plan([(each.start, each.end)] if each.start < each.end else []) for each in intervals]
        if not self.rolled_up:
            return plans
        rules = rollup.rules_hash(self.terms)
        for level in (DAYS, CELLS):
            missing = [piece for plan in plans for piece in plan.missing]
            for run in _runs(missing):
                stored = await read_stored(self.connection, rollup.kind, level, run, rules=rules, now=self.now)
                _share_out(plans, stored)
        return plans

    async def _quiet_until(self) -> int:
        """Before this moment there was no call: months of it are soon counted."""
        begun = await evidence_start(self.connection)
        return EVER if begun is None else begun - LONGEST

    async def _count(self, rollup: Rollup[Part], pieces: Sequence[Interval], quiet: int) -> list[Part]:
        """As many at a time as memory likes."""
        counted: list[Part] = []
        for few in _batches(pieces, quiet):
            counted += (await self.make(rollup, few)).parts
        return counted

    async def make(self, rollup: Rollup[Part], pieces: Sequence[Interval]) -> Made[Part]:
        """Of pieces side by side: from tallies of other kinds where it follows from them, else from the ledger."""
        if rollup.put_together is None or not self.rolled_up:
            return await rollup.make(self.connection, pieces, self.terms, self.now)
        return Made(await rollup.put_together(pieces, self.terms, self.read_kind))


@dataclass(slots=True)
class _Plan:
    """What an interval is put together from."""

    missing: list[tuple[int, int]]
    stored: list[Stored] = field(default_factory=list)


def _runs(pieces: Iterable[tuple[int, int]]) -> list[Interval]:
    """Neighbours joined, those that a cell fits into."""
    runs: list[list[int]] = []
    for start, end in pieces:
        if runs and runs[-1][1] == start:
            runs[-1][1] = end
        else:
            runs.append([start, end])
    return [Interval(start, end) for start, end in runs if end - start >= CELL]


def _share_out(plans: Sequence[_Plan], stored: Sequence[Stored]) -> None:
    """Give each plan those that fit into what it lacks; both are in the order of time."""
    place = 0
    for plan in plans:
        lacking: list[tuple[int, int]] = []
        for start, end in plan.missing:
            at = start
            while place < len(stored) and stored[place].interval.start < at:
                place += 1
            while place < len(stored) and stored[place].interval.end <= end:
                piece = stored[place].interval
                place += 1
                if piece.start < at:
                    continue  # it overlaps one of another zone's days
                if at < piece.start:
                    lacking.append((at, piece.start))
                plan.stored.append(Stored(stored[place - 1].level, piece))
                at = piece.end
            if at < end:
                lacking.append((at, end))
        plan.missing = lacking


def _cut(start: int, end: int, quiet: int) -> Iterable[tuple[int, int]]:
    """Not longer than `LONGEST`, but for the time before `quiet`."""
    empty = min(end, max(start, quiet))
    if start < empty:
        yield start, empty
    for at in range(empty, end, LONGEST):
        yield at, min(at + LONGEST, end)


def _batches(pieces: Iterable[Interval], quiet: int) -> Iterable[list[Interval]]:
    """Side by side, not longer than `LONGEST` together, but for the time before `quiet`."""
    batch: list[Interval] = []
    for piece in pieces:
        if batch and (batch[-1].end != piece.start or (piece.end > quiet and piece.end - batch[0].start > LONGEST)):
            yield batch
            batch = []
        batch.append(piece)
    if batch:
        yield batch
