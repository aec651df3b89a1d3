"""Whether the roll-ups say what the ledger says: each is made again and compared."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.rollups.kinds import ROLLUPS
from callqueue.rollups.make import LONGEST
from callqueue.rollups.model import Rollup, Terms
from callqueue.rollups.store import CELLS, DAYS, Kind, Stored
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


async def check_rollups(connection: AsyncConnection, terms: Terms, since: int = 0) -> AsyncIterator[Checked]:
    """Make every roll-up that ends after `since` (epoch seconds) again from the ledger, as it would have been made at
    its moment: each kind's quarters and then its days, oldest first.
    """
    for rollup in ROLLUPS.values():
        query = (
            select(ROLLUP.c.level, ROLLUP.c.start, ROLLUP.c.end, ROLLUP.c.made)
            .where(ROLLUP.c.kind == rollup.kind.value, ROLLUP.c.made.is_not(None),
                   ROLLUP.c.rules == rollup.rules_hash(terms), ROLLUP.c.end > since)
            .order_by(ROLLUP.c.level, ROLLUP.c.start)
        )
        for run, made in _runs((await connection.execute(query)).all()):
            parts = await rollup.read(connection, run)
            should = await rollup.make(connection, [each.interval for each in run], terms, made)
            for each, part in zip(run, should.parts, strict=True):
                yield _compared(rollup, each.interval, parts[each], part)


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


def _compared(rollup: Rollup[Any], interval: Interval, says: Any, should: Any) -> Checked:
    left, right = rollup.encode(rollup.ordered(says)), rollup.encode(rollup.ordered(should))
    if left == right:
        return Checked(rollup.kind, interval)
    return Checked(rollup.kind, interval, f"{left[0]} {left[1].hex()}", f"{right[0]} {right[1].hex()}")
