"""Whether the roll-ups say what the ledger says: each is made again and compared."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics.agents_tally import TimesheetsTally
from callqueue.metrics.arrivals_tally import ArrivalsTally
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.tally import AgentsTally
from callqueue.rollups.agents import make_agents, make_timesheets
from callqueue.rollups.make import LONGEST, make_arrivals, make_calls, make_promises
from callqueue.rollups.store import (
    CELLS,
    DAYS,
    CallsPart,
    Kind,
    Part,
    PromisesPart,
    Stored,
    encode,
    read_parts,
    rules_hash,
)
from callqueue.rollups.tables import ROLLUP
from foundation.calendars import Interval


@dataclass(frozen=True, slots=True)
class Checked:
    """One roll-up; `says` and `should` are its content when they differ, empty when they agree."""

    kind: Kind
    interval: Interval
    says: str = ""
    should: str = ""

    @property
    def agrees(self) -> bool:
        return self.says == self.should


async def check_rollups(
    connection: AsyncConnection, rules: Rulebook, shared: Collection[str] = (), since: int = 0,
) -> AsyncIterator[Checked]:
    """Make every roll-up that ends after `since` (epoch seconds) again from the ledger, each kind's quarters and
    then its days, oldest first.
    """
    for kind in Kind:
        wanted = rules_hash(kind, rules, shared)
        query = (
            select(ROLLUP.c.level, ROLLUP.c.start, ROLLUP.c.end, ROLLUP.c.made)
            .where(ROLLUP.c.kind == kind.value, ROLLUP.c.made.is_not(None), ROLLUP.c.rules == wanted,
                   ROLLUP.c.end > since)
            .order_by(ROLLUP.c.level, ROLLUP.c.start)
        )
        for run, made in _runs((await connection.execute(query)).all()):
            parts = await read_parts(connection, kind, run)
            should = await _make(connection, kind, [each.interval for each in run], Asked(rules, shared, made))
            for each, part in zip(run, should, strict=True):
                yield _compared(kind, each.interval, parts[each], part)


def _runs(rows: Iterable[Any]) -> Iterator[tuple[list[Stored], int]]:
    """Quarters of an hour side by side that were made at one moment, a day's at most; each day alone. And when."""
    run: list[Stored] = []
    before = 0
    for level, start, end, made in rows:
        each = Stored(CELLS if level == CELLS else DAYS, Interval(start, end))
        joins = run and run[-1].level == each.level == CELLS and run[-1].interval.end == start and before == made
        if run and not (joins and end - run[0].interval.start <= LONGEST):
            yield run, before
            run = []
        run.append(each)
        before = made
    if run:
        yield run, before


@dataclass(frozen=True, slots=True)
class Asked:
    """By which rules, and at which moment."""

    rules: Rulebook
    shared: Collection[str]
    made: int


async def _make(
    connection: AsyncConnection, kind: Kind, pieces: Sequence[Interval], asked: Asked,
) -> Sequence[Part]:
    """As they would have been made at that moment."""
    match kind:
        case Kind.CALLS:
            return await make_calls(connection, pieces, asked.rules, asked.made, asked.shared)
        case Kind.PROMISES:
            return await make_promises(connection, pieces)
        case Kind.AGENTS:
            return (await make_agents(connection, pieces, asked.made)).tallies
        case Kind.TIMESHEETS:
            return await make_timesheets(connection, pieces, asked.made)
        case Kind.ARRIVALS:
            return await make_arrivals(connection, pieces, asked.rules)


def _compared(kind: Kind, interval: Interval, says: Part, should: Part) -> Checked:
    left, right = encode(_ordered(says)), encode(_ordered(should))
    if left == right:
        return Checked(kind, interval)
    return Checked(kind, interval, f"{left[0]} {left[1].hex()}", f"{right[0]} {right[1].hex()}")


def _ordered(part: Part) -> Part:
    """Lists in one order, for they were put together in several."""
    match part:
        case CallsPart():
            return CallsPart({
                queue: replace(
                    tally, waiting=sorted(tally.waiting), pending=sorted(tally.pending),
                    provisional=sorted(tally.provisional), hung_up_elsewhere=sorted(tally.hung_up_elsewhere))
                for queue, tally in part.queues.items()
            }, part.lost_in_menu)
        case PromisesPart():
            return PromisesPart({
                queue: replace(tally, ready_ms=sorted(tally.ready_ms)) for queue, tally in part.queues.items()})
        case AgentsTally() | TimesheetsTally() | ArrivalsTally():
            return part
