"""Roll-ups on their way into the database and out of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics.tally import CallsTally, PromisesTally
from callqueue.rollups.tables import ROLLUP
from foundation.calendars import Interval

CELL = 900
"""Seconds."""
CELLS, DAYS = 0, 1
"""Levels."""
FEW = 400


class Kind(StrEnum):
    """What changes apart from each other is kept apart."""

    CALLS = "calls"
    PROMISES = "promises"
    AGENTS = "agents"
    """What all agents together were, by their queues."""
    TIMESHEETS = "timesheets"
    """What each of them did."""
    ARRIVALS = "arrivals"
    """How many entered in each quarter of an hour, and how long they were willing to wait."""
    PASSING = "passing"
    """Who passed callers on, who got them, and who asked colleagues."""
    RINGS = "rings"
    """What agents picked up and what they did not, by the hour of the day."""
    PLACES = "places"
    """Callers by their area codes, and how they were served."""
    PEOPLE = "people"
    """Who called again, and who did so although he had spoken with somebody."""
    HOURS = "hours"
    """The week by hour: calls, and agents' time."""


@dataclass(slots=True)
class CallsPart:
    """All queues' tallies of a time."""

    queues: dict[str, CallsTally] = field(default_factory=dict)
    lost_in_menu: int = 0


@dataclass(slots=True)
class PromisesPart:
    queues: dict[str, PromisesTally] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """A roll-up that there is, without its content."""

    level: int
    interval: Interval


def cell_of(instant: float) -> int:
    return int(instant // CELL) * CELL


async def lock_rollups(connection: AsyncConnection) -> None:
    """Who marks or claims waits for the others who do; SQLite's write lock does it by itself."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('pasokh rollup'))"))


async def read_stored(
    connection: AsyncConnection, kind: Kind, level: int, interval: Interval, *, rules: str, now: int,
) -> list[Stored]:
    """Those that lie wholly in the interval and hold at `now`, in order."""
    query = (
        select(ROLLUP.c.start, ROLLUP.c.end)
        .where(ROLLUP.c.kind == kind.value, ROLLUP.c.level == level, ROLLUP.c.start >= interval.start,
               ROLLUP.c.start < interval.end, ROLLUP.c.end <= interval.end, ROLLUP.c.made <= now,
               ROLLUP.c.rules == rules)
        .order_by(ROLLUP.c.start)
    )
    return [Stored(level, Interval(start, end)) for start, end in await connection.execute(query)]


async def read_contents(
    connection: AsyncConnection, kind: Kind, wanted: Sequence[Stored],
) -> dict[Stored, tuple[str, bytes]]:
    """As they are kept: counts, and numbers."""
    found: dict[Stored, tuple[str, bytes]] = {}
    asked = {(each.level, each.interval.start): each for each in wanted}
    query = select(ROLLUP.c.level, ROLLUP.c.start, ROLLUP.c.counts, ROLLUP.c.numbers).where(
        ROLLUP.c.kind == kind.value, ROLLUP.c.made.is_not(None))
    for few in _runs(wanted):
        for level, start, counts, numbers in await connection.execute(query.where(or_(*few))):
            stored = asked.get((level, start))
            if stored is not None:
                found[stored] = counts, numbers
    return found


def _runs(wanted: Sequence[Stored]) -> Iterable[list[ColumnElement[bool]]]:
    """Conditions for runs of neighbours, a few at a time."""
    runs: list[list[int]] = []
    for each in sorted(wanted, key=lambda one: (one.level, one.interval.start)):
        if runs and runs[-1][0] == each.level and runs[-1][2] == each.interval.start:
            runs[-1][2] = each.interval.end
        else:
            runs.append([each.level, each.interval.start, each.interval.end])
    for first in range(0, len(runs), FEW):
        yield [
            and_(ROLLUP.c.level == level, ROLLUP.c.start >= start, ROLLUP.c.start < end)
            for level, start, end in runs[first:first + FEW]
        ]
