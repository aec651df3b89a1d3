"""How long every report of a great site takes, and some of them beside the same straight from the evidence."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.progress import Progress, Tell
from bench.year import DAY, QUEUES, Plan
from bench.year_site import YearSite
from callqueue.queues.rules import rulebook
from callqueue.rollups.build import RollupMaker
from callqueue.rollups.store import CELL, Kind
from callqueue.rollups.tables import ROLLUP
from foundation.calendars import Interval, Step, iso
from foundation.database import Database, Store
from foundation.request_days import REQUEST_DAY
from foundation.settings import Queue, Settings
from ivr.tables import ivr_day
from reports.agents.agents import AgentsQuery, build_agents_report
from reports.callers.request_days import RequestDayMaker, standing
from reports.catalog import REPORTS
from reports.frame.parameters import STEP, Pairs, ParameterError
from reports.frame.report import Context, Report, make_sheet
from reports.frame.tables import report_texts
from reports.menus.menu_days import MenuDayMaker
from reports.menus.menus import build_menus_report
from reports.queues.queue import QueueQuery, ReportError, build_queue_report
from reports.staffing.reading import learn_from_ledger, measure

ZONE = ZoneInfo("Asia/Tehran")
END = int(datetime(2026, 3, 21, tzinfo=ZONE).timestamp())
"""The new year's midnight."""
ROUNDS = 3
PATIENCE = 5.0
"""Seconds after which a report is not made again."""
SETTINGS = Settings(queues={name: Queue() for name in QUEUES})

Build = Callable[[AsyncConnection], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds: of the clock, and of our own process's processors (a server's are not in it)."""

    clock: float
    cpu: float


@dataclass(frozen=True, slots=True)
class TimedSheet:
    """One report as its page makes it; the fastest of some rounds."""

    report: str
    time: str
    """What it was asked for."""
    took: Took
    refusal: str = ""
    """What it says where it refuses."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One report from roll-ups, and the same straight from the evidence."""

    name: str
    took: Took
    straight: Took | None = None

    @property
    def ratio(self) -> float | None:
        """How many times as long the evidence takes."""
        return None if self.straight is None else self.straight.cpu / self.took.cpu


@dataclass
class Measured:
    database: str
    days: int
    """That were asked about."""
    filled_days: int
    stints: int
    fill_seconds: dict[str, float] = field(default_factory=dict)
    made: dict[str, float] = field(default_factory=dict)
    """Seconds of the clock in which what was missing was made: roll-ups of the ledger, days of the menus and of
    requests.
    """
    sheets: list[TimedSheet] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)

    def as_json(self) -> str:
        return json.dumps([asdict(self), {each.name: each.ratio for each in self.compared}], indent=2)


async def measure_reports(site: YearSite, plan: Plan | None, tell: Tell) -> Measured:
    """Fill what is missing of the site, make what reports read, and time every report of the plan's days.

    Raises:
        YearError: what is there cannot be used.
    """
    filled = await site.fill(plan, Plan(END), tell)
    asked = filled.plan if plan is None else plan
    now = asked.end + 2 * DAY
    async with site.open(Store.LEDGER) as ledger, site.open(Store.MAIN) as main:
        measured = Measured(
            ledger.engine.dialect.name, asked.days, filled.plan.days, filled.stints, dict(filled.seconds))
        measured.made["rollups"] = await make_rollups(ledger, asked, now, tell)
        measured.made["menu_days"] = await make_menu_days(main, asked, now, tell)
        measured.made["request_days"] = await make_request_days(main, ledger, asked, now, tell)
        async for timed in time_catalogue(site, asked, now):
            tell(f"{timed.report}, {timed.time}: {timed.refusal or f'{timed.took.clock:.2f} s'}")
            measured.sheets.append(timed)
        for asking in comparisons(asked, now):
            tell(asking.name)
            measured.compared.append(await _compare(main if asking.store is Store.MAIN else ledger, asking))
    return measured


# -- making what reports read

async def make_rollups(database: Database, plan: Plan, now: int, tell: Tell) -> float:
    """From the ledger, as the service does; in how many seconds. Made are the newest first, and no more than asked."""
    await _forget_claims(database, ROLLUP)
    maker = RollupMaker(database, rulebook(SETTINGS), (), ZONE)
    before = there = await _rollups(database, plan)
    whole = len(Kind) * plan.days * (DAY // CELL + 1)
    progress = Progress("roll-ups", max(1, whole - before), tell)
    while there < whole and await maker.step(now):
        there = await _rollups(database, plan)
        progress.reached(there - before)
    return progress.seconds


async def _forget_claims(database: Database, table: Table) -> None:
    """Those of a run that was stopped; here the clock stands still, so they would never grow old."""
    async with database.write() as connection:
        await connection.execute(delete(table).where(table.c.made.is_(None)))


async def _rollups(database: Database, plan: Plan) -> int:
    made = select(func.count()).where(
        ROLLUP.c.start >= plan.start, ROLLUP.c.end <= plan.end, ROLLUP.c.made.is_not(None))
    async with database.read() as connection:
        return int((await connection.execute(made)).scalar_one())


async def make_menu_days(database: Database, plan: Plan, now: int, tell: Tell) -> float:
    await _forget_claims(database, ivr_day)
    maker, there = MenuDayMaker(database, ZONE), await _menu_days(database, plan)
    progress, before = Progress("days of the menus added up", max(1, plan.days - there), tell), there
    while there < plan.days and await maker.step(now):
        there = await _menu_days(database, plan)
        progress.reached(there - before)
    return progress.seconds


async def _menu_days(database: Database, plan: Plan) -> int:
    made = select(func.count()).where(
        ivr_day.c.start >= plan.start, ivr_day.c.end <= plan.end, ivr_day.c.made.is_not(None))
    async with database.read() as connection:
        return int((await connection.execute(made)).scalar_one())


async def make_request_days(main: Database, ledger: Database, plan: Plan, now: int, tell: Tell) -> float:
    await _forget_claims(main, REQUEST_DAY)
    maker, there = RequestDayMaker(main, ledger, ZONE), await _request_days(main, ledger, plan)
    progress, before = Progress("days of requests added up", max(1, plan.days - there), tell), there
    while there < plan.days and await maker.step(now):
        there = await _request_days(main, ledger, plan)
        progress.reached(there - before)
    return progress.seconds


async def _request_days(main: Database, ledger: Database, plan: Plan) -> int:
    async with main.read() as main_connection, ledger.read() as ledger_connection:
        days = await standing(main_connection, ledger_connection)
    return sum(plan.start <= day.start and day.end <= plan.end for day in days)


# -- every report, as its page makes it

def askings(report: Report, plan: Plan) -> Iterator[tuple[str, Pairs]]:
    """As a manager asks: all days, all days by month, the last day."""
    def of(start: int) -> list[tuple[str, str]]:
        return [("from", iso(start, ZONE)), ("to", iso(plan.end, ZONE))]

    yield "all days", of(plan.start)
    if STEP in report.parameters:
        yield "by month", [*of(plan.start), (STEP.name, Step.MONTH.value)]
    yield "one day", of(plan.end - DAY)


async def time_catalogue(site: YearSite, plan: Plan, now: int) -> AsyncIterator[TimedSheet]:
    context = Context(site.home, site.settings, report_texts("en"), now)
    for report in REPORTS:
        for name, pairs in askings(report, plan):
            yield await time_sheet(report, name, pairs, context)


async def time_sheet(report: Report, name: str, pairs: Pairs, context: Context) -> TimedSheet:
    async def make() -> None:
        await make_sheet(report, context, report.read(pairs, context))

    try:
        return TimedSheet(report.name, name, await _fastest(make))
    except ParameterError as error:
        refusal = context.texts(f"report.refused.{error.name}", **error.values)
    except ReportError as error:
        refusal = str(error)
    return TimedSheet(report.name, name, Took(0, 0), refusal)


async def _fastest(make: Callable[[], Awaitable[object]]) -> Took:
    found: list[Took] = []
    for _ in range(ROUNDS):
        began, cpu = time.perf_counter(), time.process_time()
        await make()
        found.append(Took(time.perf_counter() - began, time.process_time() - cpu))
        if found[0].clock > PATIENCE:
            break
    return min(found, key=lambda took: took.cpu)


# -- the same beside the evidence

@dataclass(frozen=True, slots=True)
class Asking:
    name: str
    build: Build
    straight: Build | None = None
    """The same without roll-ups."""
    store: Store = Store.LEDGER


def comparisons(plan: Plan, now: int) -> list[Asking]:
    """A day with and without roll-ups, and what planning reads."""
    day = Interval(plan.end - DAY, plan.end)
    return [
        _of_queues("queues, one day", QueueQuery(day), now),
        _of_queues("queues, one day by hour", QueueQuery(day, step=Step.HOUR), now),
        _of_queues("queues, 09:07 to 11:52", QueueQuery(Interval(day.start + 32_820, day.start + 42_720)), now),
        _of_agents("agents, one day", AgentsQuery(day), now),
        _of_agents("agents, 09:07 to 11:52", AgentsQuery(Interval(day.start + 32_820, day.start + 42_720)), now),
        _of_menus("menus, one day", day, now),
        Asking("staffing: history", lambda connection: learn_from_ledger(connection, (), SETTINGS, now)),
        Asking("staffing: handle time and patience", lambda connection: measure(connection, (), SETTINGS, now)),
    ]


def _of_queues(name: str, query: QueueQuery, now: int) -> Asking:
    return Asking(
        name, lambda connection: build_queue_report(connection, query, SETTINGS, now),
        lambda connection: build_queue_report(connection, query, SETTINGS, now, rolled_up=False))


def _of_agents(name: str, query: AgentsQuery, now: int) -> Asking:
    return Asking(
        name, lambda connection: build_agents_report(connection, query, SETTINGS, now),
        lambda connection: build_agents_report(connection, query, SETTINGS, now, rolled_up=False))


def _of_menus(name: str, interval: Interval, now: int) -> Asking:
    return Asking(
        name, lambda connection: build_menus_report(connection, None, interval, ZONE, now=now, settings=SETTINGS),
        lambda connection: build_menus_report(
            connection, None, interval, ZONE, now=now, settings=SETTINGS, from_days=False), Store.MAIN)


async def _compare(database: Database, asking: Asking) -> Compared:
    async def with_connection(build: Build) -> None:
        async with database.read() as connection:
            await build(connection)

    straight = asking.straight
    found = Compared(asking.name, await _fastest(lambda: with_connection(asking.build)))
    if straight is None:
        return found
    return replace(found, straight=await _fastest(lambda: with_connection(straight)))
