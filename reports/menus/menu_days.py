"""Days of the menus, added up once: what the path report reads instead of all steps, exactly the same either way.

A maker claims a day before he reads its steps and stores what he made under that claim alone; steps that come take it
away (`ivr.steps.day_marks`). So a day that is stored says what its steps say.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.calendars import Interval
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings
from ivr.steps.day_marks import lock_days
from ivr.steps.store import stream_paths
from ivr.tables import ivr_day, ivr_step
from reports.frame.made_days import between, days_of, keep_made
from reports.menus.paths import MILLISECONDS, MenuTally, PathTally

SETTLED = 600
"""Seconds after which a day is thought to be over; steps that come later still count, but cost a second making."""
PUT_OFF = 60
"""Seconds until a day that changed while it was made is tried again."""
ABANDONED = 3600
"""After so many seconds a claim is one of a process that is no more."""
SECOND_MS = 1000


async def keep_menu_days(home: Home, settings: Settings) -> None:
    """For ever; without them the report reads the steps."""
    await keep_made("days of the menus", lambda seconds: _make_days(home, settings, seconds))


async def _make_days(home: Home, settings: Settings, seconds: float) -> bool:
    """Until nothing is missing, or `seconds` have passed; whether there is more to do."""
    database = Database(store_url(home, settings, Store.MAIN))
    try:
        maker, began = MenuDayMaker(database, ZoneInfo(settings.site.timezone)), time.monotonic()
        while await maker.step(int(time.time())):
            if time.monotonic() - began > seconds:
                return True
        return False
    finally:
        await database.close()


class MenuDayMaker:
    """Makes what is missing, one day at a time, the newest first."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database, self._zone = database, zone
        self._claim = random.getrandbits(62)
        self._put_off: dict[int, int] = {}

    async def step(self, now: int) -> bool:
        """Make one; False when nothing is missing that could be made now."""
        day = await self._missing(now)
        if day is None:
            return False
        await self._claim_day(day, now)
        tally = await self._read(day)
        if not await self._store(day, tally, now):
            self._put_off[day.start] = now + PUT_OFF
        return True

    async def _missing(self, now: int) -> Interval | None:
        async with self._database.read() as connection:
            first = (await connection.execute(select(func.min(ivr_step.c.at_ms)))).scalar()
            if first is None:
                return None
            made = select(ivr_day.c.start, ivr_day.c.end).where(ivr_day.c.made.is_not(None))
            there = {(row.start, row.end) for row in await connection.execute(made)}
        for day in days_of(Interval(first // SECOND_MS, now - SETTLED), self._zone):
            if day.end + SETTLED <= now and (day.start, day.end) not in there and (
                    self._put_off.get(day.start, now) <= now):
                return day
        return None

    async def _claim_day(self, day: Interval, now: int) -> None:
        insert = postgresql_insert if self._database.engine.dialect.name == "postgresql" else sqlite_insert
        stale = ivr_day.c.made.is_(None) & (ivr_day.c.claimed < now - ABANDONED)
        other = (ivr_day.c.start == day.start) & (ivr_day.c.end != day.end)  # the site was moved to another zone
        async with self._database.write() as connection:
            await lock_days(connection)
            await connection.execute(delete(ivr_day).where(stale | other))
            await connection.execute(insert(ivr_day).on_conflict_do_nothing().values(
                start=day.start, end=day.end, claim=self._claim, claimed=now))

    async def _read(self, day: Interval) -> PathTally:
        async with self._database.read() as connection:
            return await _tally_steps(connection, [day])

    async def _store(self, day: Interval, tally: PathTally, now: int) -> bool:
        """Whether nothing has changed since it was claimed."""
        counts, lengths = encode(tally)
        async with self._database.write() as connection:
            await lock_days(connection)
            mine = (ivr_day.c.start == day.start, ivr_day.c.claim == self._claim, ivr_day.c.made.is_(None))
            stored = await connection.execute(
                update(ivr_day).where(*mine).values(made=now, counts=counts, lengths=lengths))
        return stored.rowcount > 0


# -- reading

async def read_path_tally(
    connection: AsyncConnection, interval: Interval, zone: ZoneInfo, *, from_days: bool = True,
) -> PathTally:
    """Of all calls that began in the interval: days that are made as they are, the rest from the steps."""
    made = await _made(connection, interval, zone) if from_days else {}
    tally = await _tally_steps(connection, between(interval, made))
    for each in made.values():
        tally.add_tally(each)
    return tally


async def _made(connection: AsyncConnection, interval: Interval, zone: ZoneInfo) -> dict[Interval, PathTally]:
    """Days of the zone that lie wholly in the interval, in order."""
    day = ivr_day.c
    query = select(day.start, day.end, day.counts, day.lengths).where(
        day.start >= interval.start, day.end <= interval.end, day.made.is_not(None)).order_by(day.start)
    wanted = set(days_of(interval, zone))
    return {
        Interval(row.start, row.end): decode(row.counts, row.lengths)
        for row in await connection.execute(query) if Interval(row.start, row.end) in wanted
    }


async def _tally_steps(connection: AsyncConnection, times: Iterable[Interval]) -> PathTally:
    tally = PathTally()
    for each in times:
        async for path in stream_paths(connection, each.start, each.end):
            tally.add(path)
    return tally


# -- as it is kept

def encode(tally: PathTally) -> tuple[str, bytes]:
    """Counts as JSON, and the lengths of stays."""
    menus = dict(sorted(tally.tallies.items()))
    counts = {
        "endings": tally.endings, "busy": tally.busy, "contained": tally.contained, "lost": tally.lost,
        "menus": {name: {"entered": each.entered, "contained": each.contained, "results": each.results,
                         "keys": each.keys} for name, each in menus.items()},
    }
    lengths = b"".join(each.lengths.tobytes() for each in menus.values())
    return json.dumps(counts, sort_keys=True, separators=(",", ":")), lengths


def decode(counts: str, lengths: bytes) -> PathTally:
    content: dict[str, Any] = json.loads(counts)
    tally = PathTally(Counter(content["endings"]), content["busy"], content["contained"], content["lost"])
    first = 0
    for name, each in content["menus"].items():
        stays = np.frombuffer(lengths, MILLISECONDS, each["entered"], first)
        first += stays.nbytes
        tally.tallies[name] = MenuTally(
            each["entered"], each["contained"], Counter(each["results"]), Counter(each["keys"]), more_ms=[stays])
    return tally
