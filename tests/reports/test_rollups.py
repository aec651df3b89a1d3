"""Roll-ups against the ledger: whatever came in, in whatever order, and whenever they were made, no figure differs."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.journal.importing import import_journal
from callqueue.ledger.stint import Origin, Outcome
from callqueue.ledger.store import read_gaps, read_stints
from callqueue.metrics.agent_states import agent_day
from callqueue.metrics.arrivals_tally import add_arrivals
from callqueue.metrics.entries import stint_wait
from callqueue.queues.rules import rulebook
from callqueue.rollups.agents import make_timesheets
from callqueue.rollups.build import RollupMaker
from callqueue.rollups.check import check_rollups
from callqueue.rollups.codec import encode_timesheets
from callqueue.rollups.kinds import CALLS, TIMESHEETS
from callqueue.rollups.reading import Reader
from callqueue.rollups.store import CELL, CELLS, Kind, read_stored
from callqueue.rollups.tables import ROLLUP
from foundation.calendars import Interval, Step, split
from foundation.database import LEDGER, Database
from foundation.settings import Queue, Settings, Site
from reports.agents.agents import AgentsQuery, build_agents_report, together
from reports.frame.reading import read_evidence
from reports.queues.intervals_sheet import week_by_hour
from reports.queues.queue import QueueQuery, QueueReport, build_queue_report, compose
from tests.support.evidence_site import Site as Records
from tests.support.random_journal import LENGTH, RandomLine
from tests.support.recounted import Recounted

ZONES = {
    "America/New_York": datetime(2026, 3, 7, tzinfo=ZoneInfo("America/New_York")),  # clocks go forward on the 8th
    "Asia/Tehran": datetime(2026, 3, 20, tzinfo=ZoneInfo("Asia/Tehran")),  # the year begins on the 21st
    "Asia/Kathmandu": datetime(2025, 12, 31, tzinfo=ZoneInfo("Asia/Kathmandu")),  # +05:45
}


def site_settings(zone: str) -> Settings:
    return Settings(
        site=Site(timezone=zone), shared_numbers=["0915"],
        queues={"operator": Queue(), "pensions": Queue(service_threshold=30, short_abandon=2, contact_window_hours=2)})


class CrashError(Exception):
    pass


Meanwhile = Callable[[], Awaitable[None]]


async def nothing() -> None:
    pass


async def crash() -> None:
    raise CrashError


class RestlessMaker(RollupMaker):
    """While he has read the evidence and not stored yet, something happens."""

    meanwhile: Meanwhile = staticmethod(nothing)

    async def _make(
        self, connection: AsyncConnection, kinds: Sequence[Kind], cells: Sequence[Interval], now: int,
    ) -> dict[Kind, dict[Interval, Any]]:
        parts = await super()._make(connection, kinds, cells, now)
        await self.meanwhile()
        return parts


class World(Recounted):
    """A ledger, what comes into it, and the maker of roll-ups beside it."""

    def __init__(self, database: Database, folder: Path, random: Random) -> None:
        zone = random.choice(sorted(ZONES))
        self.begin = int(ZONES[zone].timestamp())
        now = self.begin + LENGTH + random.choice([0, 7200, 200_000])
        super().__init__(database, site_settings(zone), now, random)
        self.folder = folder
        self.records = Records(database, folder)
        self.records.now = float(self.now)

    async def make(self, steps: int, meanwhile: Meanwhile = nothing) -> None:
        """By a maker who knows nothing of what was made before, as after a crash."""
        maker = RestlessMaker(self.database, rulebook(self.settings), self.settings.shared_numbers, self.zone)
        maker.meanwhile = meanwhile
        with suppress(CrashError):
            for _ in range(steps):
                if not await maker.step(self.now):
                    return

    async def differing(self) -> set[Kind]:
        """Of which kinds any roll-up says something else than the ledger."""
        async with self.database.read() as connection:
            checked = check_rollups(connection, self.terms)
            return {each.kind async for each in checked if not each.agrees}

    async def stale_quarters(self) -> list[Interval]:
        """Those whose timesheets say something else than the ledger."""
        whole = Interval(self.begin - 86400, self.now)
        cells = [Interval(start, start + CELL) for start in range(whole.start, whole.end, CELL)]
        async with self.database.read() as connection:
            stored = await read_stored(connection, Kind.TIMESHEETS, CELLS, whole, rules="", now=self.now)
            says = await TIMESHEETS.read(connection, stored)
            should = dict(zip(cells, await make_timesheets(connection, cells, self.now), strict=True))
        return [each.interval for each in stored
                if encode_timesheets(says[each]) != encode_timesheets(should[each.interval])]

    def query(self) -> QueueQuery:
        start = self.begin + self.random.choice([-86400, 0, 0, 3600, 4 * 900 + 7, 86400])
        end = start + self.random.choice([900, 5000, 86400, LENGTH, LENGTH + 86400])
        step = self.random.choice([Step.NONE, Step.NONE, Step.DAY, Step.HOUR]) if end - start <= 90000 else Step.DAY
        queues = self.random.choice([(), (), ("operator",), ("operator", "pensions")])
        return QueueQuery(Interval(start, end), queues, step)

    async def compare(self, query: QueueQuery) -> None:
        """From roll-ups, from the ledger's tallies, and from the evidence itself."""
        await self.compare_agents(AgentsQuery(query.interval, step=query.step))
        await self.compare_arrivals(query.interval)
        await self.compare_passing(query.interval, query.queues)
        await self.compare_rings(query.interval, query.queues)
        await self.compare_callers(query.interval, query.queues)
        await self.compare_promised(query.interval)
        await self.compare_week(query)
        async with self.database.read() as connection:
            rolled = await build_queue_report(connection, query, self.settings, self.now)
            told = await build_queue_report(connection, query, self.settings, self.now, rolled_up=False)
            rules = rulebook(self.settings)
            evidence = await read_evidence(
                connection, query.interval, rules, self.now, self.settings.shared_numbers)
            gaps = await read_gaps(connection, query.interval.start, query.interval.end)
        plain = compose(query, evidence, gaps, self.settings, now=self.now)
        same(rolled, told, growth=True)
        same(rolled, plain, growth=False)

    async def compare_agents(self, query: AgentsQuery) -> None:
        """From roll-ups, from the ledger day by day, and all at once."""
        async with self.database.read() as connection:
            rolled = await build_agents_report(connection, query, self.settings, self.now)
            told = await build_agents_report(connection, query, self.settings, self.now, rolled_up=False)
            pieces = split(query.interval, query.step, self.zone)
            whole = Interval(query.interval.start, min(query.interval.end, self.now))
            at_once = (await make_timesheets(connection, [whole], self.now))[0]
        assert rolled == told
        assert rolled.sums_up
        assert {row.interval for row in rolled.rows} <= set(pieces)
        assert rolled.total.day == together([agent_day(counts) for _, counts in at_once.rows()])

    async def compare_arrivals(self, interval: Interval) -> None:
        """From roll-ups, and one stint after the other."""
        rules = rulebook(self.settings)
        async with self.database.read() as connection:
            rolled = add_arrivals(await Reader(
                connection, rules, self.now, self.settings.shared_numbers).read_arrivals(interval))
            stints = await read_stints(connection, None, interval.start, interval.end)
        for queue in ("operator", "pensions"):
            mine = [stint for stint in stints if stint.queue == queue]
            for origin in Origin:
                entered = Counter(stint.entered // 900 for stint in mine if stint.origin is origin)
                assert +Counter(dict(rolled.quarters([queue], [origin]))) == entered
            ignored = rules.of(queue).short_abandon
            beyond = [
                (stint, wait - ignored) for stint in mine
                if stint.wait is not None and stint.origin not in {Origin.CALLBACK, Origin.FOLLOWUP}
                and (wait := stint_wait(stint, self.now)) > ignored
            ]
            assert rolled.gave_up[queue] == sum(stint.outcome is Outcome.ABANDONED for stint, _ in beyond)
            assert rolled.waited_ms[queue] == sum(round(wait * 1000) for _, wait in beyond)


def same(left: QueueReport, right: QueueReport, *, growth: bool) -> None:
    for mine, other in zip((left.total, *left.rows), (right.total, *right.rows), strict=True):
        here, there = mine.figures.values(), other.figures.values()
        if not growth:
            here.pop("growth"), there.pop("growth")
        differing = {name: (here[name], there[name]) for name in here if here[name] != there[name]}
        assert not differing, (mine.queue, mine.interval, differing)
    assert replace(left, total=right.total, rows=right.rows) == right


async def empty(database: Database) -> None:
    async with database.write() as connection:
        for table in reversed(LEDGER.sorted_tables):
            await connection.execute(table.delete())


@given(seed=st.integers(0, 1 << 40))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_figure_is_the_same_from_roll_ups_as_from_the_ledger(
    ledger_database: Database, seed: int,
) -> None:
    await live_through(ledger_database, seed)


async def live_through(database: Database, seed: int) -> None:
    """Random days come in piece by piece; roll-ups are made now and then; reports are compared all the time."""
    await empty(database)
    random = Random(seed)  # noqa: S311 - chance, no secret
    with TemporaryDirectory() as folder:
        world = World(database, Path(folder), random)
        line = RandomLine(random, world.begin)
        line.fill(random.choice([5, 20, 60]))
        late = RandomLine(random, world.begin, "other")
        late.fill(random.choice([0, 5, 20]))
        for number, (journal, cel) in enumerate(line.texts(random.choice([1, 2, 4]))):
            pieces = [(journal, cel)]

            async def come_in(pieces: list[tuple[str, str]] = pieces) -> None:
                while pieces:
                    world.records.write(*pieces.pop())
                    await world.records.read()

            await world.make(random.choice([0, 1, 3]), random.choice([nothing, come_in, crash]))
            await come_in()
            await world.make(random.choice([0, 1, 50]))
            if number == 0 and late.journal:
                path = world.folder / "other_queue_log"
                path.write_text(late.texts(1)[0][0])
                await import_journal(database, path, journal="other")
            await world.compare(world.query())
        await world.make(100)
        for _ in range(3):
            await world.compare(world.query())
        world.records.close()


@given(seed=st.integers(0, 1 << 40))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_cel_tells_late_reaches_every_roll_up(sqlite_ledger: Database, seed: int) -> None:
    await empty(sqlite_ledger)
    with TemporaryDirectory() as folder:
        world = World(sqlite_ledger, Path(folder), Random(seed))  # noqa: S311
        line = RandomLine(world.random, world.begin)
        line.fill(25)
        journal, cel = ("".join(f"{text}\n" for _, text in sorted(lines)) for lines in (line.journal, line.cel))
        half = cel.index("\n", len(cel) // 2) + 1 if cel else 0
        for said, told in ((journal, ""), ("", cel[:half]), ("", cel[half:])):
            world.records.write(said, told)
            await world.records.read()
            assert await world.stale_quarters() == []
            await world.make(20)
        world.records.close()


async def rolled_up(ledger: Database) -> World:
    """With a roll-up of everything."""
    with TemporaryDirectory() as folder:
        world = World(ledger, Path(folder), Random(3))  # noqa: S311
        line = RandomLine(world.random, world.begin)
        line.fill(20)
        world.records.write(*line.texts(1)[0])
        await world.records.read()
        await world.make(100)
        world.records.close()
        return world


async def test_a_check_finds_a_roll_up_that_says_something_else_than_the_ledger(sqlite_ledger: Database) -> None:
    world = await rolled_up(sqlite_ledger)

    assert await world.differing() == set()
    async with sqlite_ledger.write() as connection:
        await connection.execute(update(ROLLUP).where(ROLLUP.c.kind == "promises").values(counts='{"x":[{},[],{}]}'))
    assert await world.differing() == {Kind.PROMISES}


async def test_a_check_of_the_week_asks_the_ledger_and_not_the_roll_ups_it_was_put_together_from(
    sqlite_ledger: Database,
) -> None:
    world = await rolled_up(sqlite_ledger)
    async with sqlite_ledger.write() as connection:
        await connection.execute(delete(ROLLUP).where(ROLLUP.c.kind == Kind.HOURS))
        calls = select(ROLLUP.c.level, ROLLUP.c.start, ROLLUP.c.counts, ROLLUP.c.numbers).where(
            ROLLUP.c.kind == Kind.CALLS)
        for level, start, *kept in await connection.execute(calls):
            part = CALLS.decode(*kept)
            for tally in part.queues.values():
                tally.counts["abandoned"] += 1
            which = (ROLLUP.c.kind == Kind.CALLS, ROLLUP.c.level == level, ROLLUP.c.start == start)
            await connection.execute(update(ROLLUP).where(*which).values(counts=CALLS.encode(part)[0]))
    await world.make(100)
    assert await world.differing() == {Kind.CALLS, Kind.HOURS}


async def test_a_call_that_comes_to_light_late_is_told_in_its_hour_of_the_week(
    sqlite_ledger: Database, tmp_path: Path,
) -> None:
    world = World(sqlite_ledger, tmp_path, Random(5))  # noqa: S311
    query = QueueQuery(Interval(world.begin, world.begin + 86400))
    for name, second in (("first", 100), ("late", 700), ("later", 5000)):
        at, log = world.begin + second, tmp_path / name
        log.write_text(f"{at}|{name}|operator|NONE|ENTERQUEUE||0911|1\n{at + 9}|{name}|operator|NONE|ABANDON|1|1|9\n")
        assert not (await import_journal(sqlite_ledger, log, journal=name)).bad
        await world.compare_week(query)
        await world.make(100)
        await world.compare_week(query)
        assert await world.differing() == set()
    async with world.reader() as reader:
        week = await week_by_hour(reader, query)
    assert [hour.values["offered"] for hour in week.values()][:2] == [2, 1]
    world.records.close()


async def test_other_contact_windows_ask_for_other_roll_ups(sqlite_ledger: Database) -> None:
    with TemporaryDirectory() as folder:
        world = World(sqlite_ledger, Path(folder), Random(4))  # noqa: S311
        line = RandomLine(world.random, world.begin)
        line.fill(30)
        world.records.write(*line.texts(1)[0])
        await world.records.read()
        await world.make(100)
        query = QueueQuery(Interval(world.begin, world.begin + LENGTH))
        await world.compare(query)
        world.settings = world.settings.model_copy(update={"queues": {
            "operator": Queue(contact_window_hours=1, service_threshold=5), "pensions": Queue()}})
        await world.compare(query)
        await world.make(100)
        await world.compare(query)
        world.records.close()


async def test_hours_without_roll_ups_are_one_question_before_they_are_counted(sqlite_ledger: Database) -> None:
    asked: list[Interval] = []

    async def refuse(_ledger: AsyncConnection, *times: Interval) -> None:
        asked.extend(times)

    day = Interval(1_789_000_200, 1_789_000_200 + 86_400)
    async with sqlite_ledger.read() as connection:
        reader = Reader(connection, rulebook(site_settings("UTC")), day.end, refuse=refuse)
        await reader.read_kind(CALLS, split(day, Step.HOUR, ZoneInfo("UTC")))
    assert asked == [day]


async def test_years_before_the_first_call_are_not_counted_day_by_day(sqlite_ledger: Database, tmp_path: Path) -> None:
    begin = int(ZONES["Asia/Tehran"].timestamp())
    log = tmp_path / "queue_log"
    log.write_text(f"{begin}|c1|operator|NONE|ENTERQUEUE||0911|1\n{begin + 9}|c1|operator|NONE|ABANDON|1|1|9\n")
    await import_journal(sqlite_ledger, log, journal="s")
    asked: list[str] = []
    listen(sqlite_ledger.engine.sync_engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    ten_years = Interval(begin - 3650 * 86400, begin + 86400)
    query = QueueQuery(ten_years, step=Step.YEAR)
    async with sqlite_ledger.read() as connection:
        report = await build_queue_report(connection, query, site_settings("Asia/Tehran"), begin + 86400)
        reader = Reader(connection, rulebook(site_settings("Asia/Tehran")), begin + 86400, zone=ZoneInfo("Asia/Tehran"))
        week = await week_by_hour(reader, query)
    assert report.total.figures.ledger.offered == 1
    assert sum(hour.values["offered"] or 0 for hour in week.values()) == 1
    assert len(asked) < 500
