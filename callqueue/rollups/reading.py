"""Tallies of any times: from roll-ups where there are any, from the ledger for the rest; the same either way."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics.agents_tally import TimesheetsTally
from callqueue.metrics.arrivals_tally import ArrivalsTally
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.tally import AgentsTally
from callqueue.rollups.agents import make_agents, make_timesheets
from callqueue.rollups.make import LONGEST, make_arrivals, make_calls, make_promises
from callqueue.rollups.store import (
    CELL,
    CELLS,
    DAYS,
    OF_QUEUES,
    CallsPart,
    Kind,
    Part,
    PromisesPart,
    Stored,
    read_parts,
    read_stored,
    rules_hash,
)
from foundation.calendars import Interval


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
    """

    connection: AsyncConnection
    rules: Rulebook
    now: int
    shared: Collection[str] = ()
    rolled_up: bool = True

    async def read(self, intervals: Sequence[Interval]) -> list[Tallies]:
        """What queues' figures are made of, of each of several intervals side by side."""
        found = [Tallies() for _ in intervals]
        for kind in OF_QUEUES:
            for tallies, parts in zip(found, await self.read_kind(kind, intervals), strict=True):
                getattr(tallies, kind.value).extend(parts)
        return found

    async def read_calls(self, intervals: Sequence[Interval]) -> list[list[CallsPart]]:
        """Only what calls tell."""
        found = await self.read_kind(Kind.CALLS, intervals)
        return [[part for part in parts if isinstance(part, CallsPart)] for parts in found]

    async def read_promises(self, interval: Interval) -> list[PromisesPart]:
        """Only what was promised."""
        (parts,) = await self.read_kind(Kind.PROMISES, [interval])
        return [part for part in parts if isinstance(part, PromisesPart)]

    async def read_timesheets(self, intervals: Sequence[Interval]) -> list[list[TimesheetsTally]]:
        """What each agent did."""
        found = await self.read_kind(Kind.TIMESHEETS, intervals)
        return [[part for part in parts if isinstance(part, TimesheetsTally)] for parts in found]

    async def read_arrivals(self, interval: Interval) -> list[ArrivalsTally]:
        """How many entered, and how long they waited."""
        (parts,) = await self.read_kind(Kind.ARRIVALS, [interval])
        return [part for part in parts if isinstance(part, ArrivalsTally)]

    async def read_kind(self, kind: Kind, intervals: Sequence[Interval]) -> list[list[Part]]:
        """The parts of one kind that make up each interval."""
        plans = await self._plan(kind, intervals)
        parts = await read_parts(self.connection, kind, [each for plan in plans for each in plan.stored])
        for plan in plans:
            plan.missing = [part for piece in plan.missing for part in _cut(*piece)]
        rests = [Interval(*piece) for plan in plans for piece in plan.missing]
        counted = dict(zip(rests, await self._count(kind, rests), strict=True))
        return [
            [*(parts[each] for each in plan.stored), *(counted[Interval(*piece)] for piece in plan.missing)]
            for plan in plans
        ]

    async def _plan(self, kind: Kind, intervals: Sequence[Interval]) -> list["_Plan"]:
        plans = [_Plan([(each.start, each.end)] if each.start < each.end else []) for each in intervals]
        if not self.rolled_up:
            return plans
        rules = rules_hash(kind, self.rules, self.shared)
        for level in (DAYS, CELLS):
            missing = [piece for plan in plans for piece in plan.missing]
            for run in _runs(missing):
                stored = await read_stored(self.connection, kind, level, run, rules=rules, now=self.now)
                _share_out(plans, stored)
        return plans

    async def _count(self, kind: Kind, pieces: Sequence[Interval]) -> list[Part]:
        """From the ledger, as many at a time as memory likes."""
        counted: list[Part] = []
        for few in _batches(pieces):
            match kind:
                case Kind.CALLS:
                    counted += await make_calls(self.connection, few, self.rules, self.now, self.shared)
                case Kind.PROMISES:
                    counted += await make_promises(self.connection, few)
                case Kind.AGENTS:
                    counted += (await make_agents(self.connection, few, self.now)).tallies
                case Kind.TIMESHEETS:
                    counted += await make_timesheets(self.connection, few, self.now)
                case Kind.ARRIVALS:
                    counted += await make_arrivals(self.connection, few, self.rules)
        return counted


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


def _cut(start: int, end: int) -> Iterable[tuple[int, int]]:
    for at in range(start, end, LONGEST):
        yield at, min(at + LONGEST, end)


def _batches(pieces: Iterable[Interval]) -> Iterable[list[Interval]]:
    """Side by side, not longer than `LONGEST` together."""
    batch: list[Interval] = []
    for piece in pieces:
        if batch and (batch[-1].end != piece.start or piece.end - batch[0].start > LONGEST):
            yield batch
            batch = []
        batch.append(piece)
    if batch:
        yield batch
