"""Making roll-ups of what is over, newest first, while evidence goes on coming in.

A maker first claims the times it will read the evidence of. Whatever changes that evidence takes the claim away, in the
transaction of the change; so what was made of older evidence finds no claim to be stored under and is forgotten.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.fold_store import insert_new
from callqueue.ledger.store import evidence_start
from callqueue.metrics.people_tally import AGAIN
from callqueue.metrics.rules import Rulebook, longest_window
from callqueue.rollups.kinds import ROLLUPS
from callqueue.rollups.model import Terms
from callqueue.rollups.people import gather_people
from callqueue.rollups.reading import Reader
from callqueue.rollups.store import CELL, CELLS, DAYS, Kind, Stored, lock_rollups
from callqueue.rollups.tables import ROLLUP, ROLLUP_RULES
from callqueue.rollups.tasks import Task, cells_of, day_of, runs_of, together
from foundation.calendars import Interval
from foundation.database import Database

PUT_OFF = 60
"""Seconds until what could not be stored is tried again."""
ABANDONED = 3600
"""After so many seconds a claim is one of a process that is no more."""
MANY_DAYS = 4
"""Days made at once where a long time lacks them: what lies around them is read once."""


class RollupMaker:
    """Makes what is missing, one task at a time.

    Args:
        database: the ledger's store.
        rules: contact windows of the queues.
        shared: numbers behind which many people stand.
        zone: the site's, by which days are cut.
    """

    def __init__(self, database: Database, rules: Rulebook, shared: Collection[str], zone: ZoneInfo) -> None:
        self._database, self._terms = database, Terms(rules, shared, zone)
        self._claim = random.getrandbits(62)
        self.made = 0
        """Roll-ups stored by this maker."""
        self._put_off: dict[tuple[Kind, int], int] = {}
        """What could not be stored, and when to try again: something in it still goes on, or has just changed."""

    async def step(self, now: int) -> bool:
        """Make some; False when nothing is missing that could be made now."""
        made = self.made
        async with self._database.read() as connection:
            begun = await evidence_start(connection)
        if begun is not None:
            tasks = [task for kind in ROLLUPS if (task := await self._find(kind, begun, now)) is not None]
            for alike in together(tasks):
                await self._do(alike, now)
        return self.made > made

    # -- finding

    async def _find(self, kind: Kind, begun: int, now: int) -> Task | None:
        """What is missing, newest first. Days that lack nothing but their sum get it on the way."""
        run: list[Interval] = []
        for day in await self._lacking_days(kind, begun, now):
            there = await self._there(kind, CELLS, day)
            over = day.end + longest_window(self._terms.rules) <= now and not day.start % CELL and not day.end % CELL
            if over and not there and (not run or run[-1].start == day.end):
                run.append(day)
                if len(run) == MANY_DAYS:
                    break
                continue
            if run:
                break
            cells = [cell for cell in cells_of(day, now) if cell.start not in there and self._is_due(kind, cell, now)]
            if cells:
                return Task(kind, (), tuple(cells))
            if over:
                await self._join(kind, day, now)
        days = tuple(reversed(run))
        return Task(kind, days, tuple(cell for day in days for cell in cells_of(day, now))) if days else None

    async def _lacking_days(self, kind: Kind, begun: int, now: int) -> list[Interval]:
        whole = await self._there(kind, DAYS, Interval(begun - 2 * 86400, now))
        return [day for day in self._days(begun, now) if day.start not in whole]

    async def _there(self, kind: Kind, level: int, within: Interval) -> set[int]:
        async with self._database.read() as connection:
            return await _starts(connection, kind, level, within, self._rules_of(kind))

    def _is_due(self, kind: Kind, cell: Interval, now: int) -> bool:
        return self._put_off.get((kind, cell.start), now) <= now

    def _rules_of(self, kind: Kind) -> str:
        return ROLLUPS[kind].rules_hash(self._terms)

    def _days(self, begun: int, now: int) -> Iterator[Interval]:
        """Days of the site's zone, newest first."""
        day = datetime.fromtimestamp(now, self._terms.zone).date()
        while (interval := day_of(day, self._terms.zone)).end > begun:
            yield interval
            day -= timedelta(days=1)

    # -- making

    async def _do(self, tasks: Sequence[Task], now: int) -> None:
        """Tasks of the same times. What they read is claimed by all of them before it is read."""
        kinds = [task.kind for task in tasks]
        for run in runs_of(tasks[0].cells):
            days = [day for day in tasks[0].days if run[0].start <= day.start and day.end <= run[-1].end]
            for kind in kinds:
                await self._claim_all(kind, run, days, now)
            async with self._database.read() as connection:
                made = await self._make(connection, kinds, run, now)
            for kind, parts in made.items():
                await self._store(kind, run, days, parts, now)

    async def _make(
        self, connection: AsyncConnection, kinds: Sequence[Kind], cells: Sequence[Interval], now: int,
    ) -> dict[Kind, dict[Interval, Any]]:
        """Those that time alone will not change; for several kinds callers are read once."""
        terms = self._terms
        if len(kinds) == 1:
            reader = Reader(connection, terms.rules, now, terms.shared, zone=terms.zone)
            parted = {kind: await reader.make(ROLLUPS[kind], cells) for kind in kinds}
        else:
            people = await gather_people(connection, cells, terms.rules, terms.shared, AGAIN)
            parted = {
                kind: await of_people(connection, people, cells, terms, now)
                for kind in kinds if (of_people := ROLLUPS[kind].of_people)}
        return {
            kind: {cell: made.parts[index] for index, cell in enumerate(cells) if index not in made.growing}
            for kind, made in parted.items()}

    async def _claim_all(self, kind: Kind, cells: Sequence[Interval], days: Sequence[Interval], now: int) -> None:
        async with self._database.write() as connection:
            await lock_rollups(connection)
            await self._agree_on_rules(connection)
            await connection.execute(delete(ROLLUP).where(ROLLUP.c.made.is_(None), ROLLUP.c.claimed < now - ABANDONED))
            rows = [self._row(kind, level, each, now) for level, times in ((CELLS, cells), (DAYS, days))
                    for each in times]
            await connection.execute(insert_new(connection, ROLLUP), rows)

    async def _agree_on_rules(self, connection: AsyncConnection) -> None:
        """What was made under other rules of the site answers another question."""
        each = {kind: rollup.rules_hash(self._terms) for kind, rollup in ROLLUPS.items()}
        window = longest_window(self._terms.rules)
        mine = blake2b("".join(each.values()).encode(), digest_size=16).hexdigest()
        row = (await connection.execute(select(ROLLUP_RULES))).first()
        if row is None:
            await connection.execute(insert(ROLLUP_RULES), {"id": 1, "rules": mine, "window": window})
        elif (row.rules, row.window) != (mine, window):
            for kind, rules in each.items():
                await connection.execute(delete(ROLLUP).where(ROLLUP.c.kind == kind.value, ROLLUP.c.rules != rules))
            await connection.execute(update(ROLLUP_RULES).values(rules=mine, window=window))

    def _row(self, kind: Kind, level: int, interval: Interval, now: int) -> dict[str, object]:
        return {
            "kind": kind.value, "level": level, "start": interval.start, "end": interval.end, "claim": self._claim,
            "claimed": now, "made": None, "rules": self._rules_of(kind), "counts": None, "numbers": None,
        }

    async def _store(
        self, kind: Kind, cells: Sequence[Interval], days: Sequence[Interval], parts: dict[Interval, Any], now: int,
    ) -> None:
        whole = {
            day: ROLLUPS[kind].add([parts[cell] for cell in cells if day.start <= cell.start < day.end], now)
            for day in days
            if all(cell in parts for cell in cells if day.start <= cell.start < day.end)
        }
        mine = (ROLLUP.c.kind == kind.value, ROLLUP.c.claim == self._claim, ROLLUP.c.made.is_(None))
        async with self._database.write() as connection:
            await lock_rollups(connection)
            claimed = await connection.execute(select(ROLLUP.c.level, ROLLUP.c.start).where(*mine))
            still = {(level, start) for level, start in claimed}
            rows = [
                self._row(kind, level, interval, now) | {"counts": counts, "numbers": numbers, "made": now}
                for level, made in ((CELLS, parts), (DAYS, whole)) for interval, part in made.items()
                if (level, interval.start) in still
                for counts, numbers in (ROLLUPS[kind].encode(part),)
            ]
            await connection.execute(delete(ROLLUP).where(*mine))
            if rows:
                await connection.execute(insert(ROLLUP), rows)
        self.made += len(rows)
        stored = {row["start"] for row in rows if row["level"] == CELLS}
        self._put_off |= {(kind, cell.start): now + PUT_OFF for cell in cells if cell.start not in stored}

    async def _join(self, kind: Kind, day: Interval, now: int) -> None:
        """A day of its quarters, when they are all there."""
        async with self._database.write() as connection:
            await lock_rollups(connection)
            there = await _starts(connection, kind, CELLS, day, self._rules_of(kind), made=True)
            wanted = [Stored(CELLS, cell) for cell in cells_of(day, now)]
            if any(each.interval.start not in there for each in wanted):
                return
            parts = await ROLLUPS[kind].read(connection, wanted)
            counts, numbers = ROLLUPS[kind].encode(ROLLUPS[kind].add(list(parts.values()), now))
            row = self._row(kind, DAYS, day, now) | {"counts": counts, "numbers": numbers, "made": now}
            await connection.execute(insert_new(connection, ROLLUP), [row])
            self.made += 1


async def _starts(
    connection: AsyncConnection, kind: Kind, level: int, within: Interval, rules: str, *, made: bool = False,
) -> set[int]:
    """Beginnings of those that there are, or that are being made."""
    query = select(ROLLUP.c.start).where(
        ROLLUP.c.kind == kind.value, ROLLUP.c.level == level, ROLLUP.c.start >= within.start,
        ROLLUP.c.start < within.end, ROLLUP.c.rules == rules)
    if made:
        query = query.where(ROLLUP.c.made.is_not(None))
    return set((await connection.execute(query)).scalars())
