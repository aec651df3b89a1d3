"""Days of the menus against the steps: whatever came, and whenever they were made, no figure differs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from foundation.calendars import Interval
from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.request_days import REQUEST_DAY
from ivr.steps.spool import StepSpool, deliver_file
from ivr.steps.steps import BEGAN, BUSY, Step
from ivr.tables import ivr_day, ivr_step
from reports.menus.menu_days import MenuDayMaker, decode, encode, read_path_tally
from reports.menus.menus import compose_menus_report
from reports.menus.paths import PathTally

DAY = 86_400
ZONES = {
    "America/New_York": datetime(2026, 3, 7, tzinfo=ZoneInfo("America/New_York")),  # clocks go forward on the 8th
    "Asia/Tehran": datetime(2026, 3, 20, tzinfo=ZoneInfo("Asia/Tehran")),
}
MENUS = ("language", "subject", "services")
RESULTS = ("chosen", "announced", "wrong_key", "no_input", "gave_up", "repeat", "hung_up", "too_long")
ENDINGS = ("queued", "goodbye", "hung_up", "failed")

Meanwhile = Callable[[], Awaitable[None]]


async def nothing() -> None:
    pass


class RestlessMaker(MenuDayMaker):
    """While he has read the steps and not stored yet, something happens."""

    meanwhile: Meanwhile = staticmethod(nothing)

    async def _read(self, day: Interval) -> PathTally:
        tally = await super()._read(day)
        await self.meanwhile()
        return tally


class World:
    """Calls of three days, whose steps come in any order and in any company."""

    def __init__(self, database: Database, folder: Path, random: Random) -> None:
        self.database, self.random, self.spool = database, random, StepSpool(Home(folder))
        self.zone = ZoneInfo(random.choice(sorted(ZONES)))
        self.begin = int(ZONES[self.zone.key].timestamp())
        self.now = self.begin + 3 * DAY + random.choice([0, 5000, 100_000])
        self.steps = [step for number in range(random.randint(1, 12)) for step in self._call(f"c{number}")]
        random.shuffle(self.steps)

    def _call(self, call_id: str) -> list[Step]:
        random = self.random
        midnight = self.begin + random.randint(0, 3) * DAY
        at = float(midnight + random.choice([0, -1, 1, -100, 3600, 40_000]) + random.choice([0, 0.4]))
        told: list[tuple[str, str, str | None, str, int]] = [
            ("call", random.choice(["", "", BUSY]), None, BEGAN, 0)]
        for _ in range(random.randint(0, 5)):
            result = random.choice(RESULTS)
            told.append(("menu", random.choice(MENUS), random.choice(["", "1", "7"]), result, random.randint(0, 9000)))
            if random.random() < 0.2:
                told.append(("service", "pension", None, "helped:told", 700))
        if random.random() < 0.8:
            told.append(("call", "operator", None, random.choice(ENDINGS), 0))
        found = []
        for number, (kind, name, key, result, ms) in enumerate(told, 1):
            at += ms / 1000
            found.append(Step(call_id, number, at, kind, name, key, result, ms, "09121234567" if number == 1 else None))
        return found

    async def deliver(self) -> None:
        for _ in range(self.random.randint(1, 6)):
            if self.steps:
                self.spool.keep(self.steps.pop())
        self.spool.rotate()
        for path in self.spool.ready():
            await deliver_file(path, self.database)

    async def make(self) -> None:
        """By one who knows nothing of what was made before, as after a kill; often while steps come."""
        maker = RestlessMaker(self.database, self.zone)
        maker.meanwhile = self.deliver if self.random.random() < 0.5 else nothing
        for _ in range(self.random.randint(1, 5)):
            await maker.step(self.now)

    async def compare(self) -> None:
        start = self.begin + self.random.choice([-DAY, -3600, 0, 0, 1, DAY, 40_000])
        interval = Interval(start, start + self.random.choice([3600, DAY, 2 * DAY, 5 * DAY]))
        async with self.database.read() as connection:
            made, counted = [
                await read_path_tally(connection, interval, self.zone, from_days=from_days)
                for from_days in (True, False)]
        first, second = [compose_menus_report(each, interval, self.zone, now=self.now, lost=0)
                         for each in (made, counted)]
        assert first == second
        assert encode(decode(*encode(made))) == encode(counted)

    async def live(self) -> int:
        """How many days stand at the end."""
        while self.steps:
            await self.random.choice([self.deliver, self.make])()
            await self.compare()
        await self.make()
        for _ in range(4):
            await self.compare()
        async with self.database.read() as connection:
            return int((await connection.execute(select(func.count()).where(ivr_day.c.made.is_not(None)))).scalar_one())


async def _live(url: str, seed: int) -> int:
    database = Database(url)
    try:
        async with database.write() as connection:
            await connection.run_sync(MAIN.create_all, tables=[ivr_step, ivr_day, REQUEST_DAY])
            for table in (ivr_step, ivr_day):
                await connection.execute(delete(table))
        with TemporaryDirectory() as folder:
            return await World(database, Path(folder), Random(seed)).live()  # noqa: S311 - calls, no secrets
    finally:
        await database.close()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_days_say_what_the_steps_say_whatever_comes_while_they_are_made(database_url: str, seed: int) -> None:
    asyncio.run(_live(database_url, seed))


def test_days_are_made_and_kept(database_url: str) -> None:
    assert sum(asyncio.run(_live(database_url, seed)) for seed in range(2)) > 2
