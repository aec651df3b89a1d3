"""How long reports of a great ledger take, each beside the same figures counted from the ledger itself."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bench.filling import fill
from bench.year import DAY, Plan
from callqueue.queue_rules import rulebook
from callqueue.rollup_build import RollupMaker
from foundation.calendars import Interval, Step
from foundation.database import Database
from foundation.settings import Queue, Settings
from reports.agents import AgentsQuery, build_agents_report
from reports.queue import QueueQuery, build_queue_report
from reports.staffing.reading import learn_from_ledger, measure

ZONE = ZoneInfo("Asia/Tehran")
END = int(datetime(2026, 3, 21, tzinfo=ZONE).timestamp())
"""The new year's midnight."""
ROUNDS = 3
LONGEST_BASELINE = 7
"""Days that are counted from the ledger as well; a year of it would take as long as making its roll-ups."""
SETTINGS = Settings(queues={name: Queue() for name in ("operator", "pensions", "medical", "employers", "insurance")})

Tell = Callable[[str], None]
Build = Callable[[AsyncConnection], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Timed:
    """One report; the fastest of `ROUNDS`, in seconds."""

    name: str
    seconds: float
    from_ledger: float | None = None
    """The same figures without roll-ups."""

    @property
    def ratio(self) -> float | None:
        """How many times as long the ledger takes."""
        return None if self.from_ledger is None else self.from_ledger / self.seconds


@dataclass
class Measured:
    database: str
    days: int
    stints: int
    fill_seconds: float = 0.0
    make_seconds: float = 0.0
    """Making all roll-ups from the ledger: what the reports below would take without them, and more."""
    reports: list[Timed] = field(default_factory=list)

    def as_json(self) -> str:
        return json.dumps([asdict(self), {each.name: each.ratio for each in self.reports}], indent=2)


async def measure_reports(database: Database, plan: Plan, tell: Tell) -> Measured:
    """Fill an empty ledger, make its roll-ups, and time the reports."""
    began = time.perf_counter()
    stints = await fill(database, plan, lambda day: tell(f"day {day} of {plan.days}") if day % 30 == 0 else None)
    measured = Measured(database.engine.dialect.name, plan.days, stints, time.perf_counter() - began)
    tell(f"{stints:,} stints in {measured.fill_seconds:.0f} s; making the roll-ups")
    now = plan.end + 2 * DAY
    began = time.perf_counter()
    maker = RollupMaker(database, rulebook(SETTINGS), (), ZONE)
    while await maker.step(now):
        tell(f"{maker.made:,} roll-ups")
    measured.make_seconds = time.perf_counter() - began
    for asked in questions(plan, now):
        tell(asked.name)
        measured.reports.append(await _time(database, asked))
    return measured


@dataclass(frozen=True, slots=True)
class Asked:
    """A report of a time."""

    name: str
    days: float
    build: Build
    baseline: Build | None = None
    """The same without roll-ups."""


def questions(plan: Plan, now: int) -> list[Asked]:
    """Those that the plan's days are enough for."""
    whole, day = Interval(plan.start, plan.end), Interval(plan.end - DAY, plan.end)
    asked = [
        _of_queues("all days, total and each queue", QueueQuery(whole), now),
        _of_queues("all days, one queue", QueueQuery(whole, ("operator",)), now),
        *(_of_queues(f"all days, by {step}", QueueQuery(whole, step=step), now)
          for step in (Step.MONTH, Step.WEEK, Step.DAY)),
        _of_queues("one day", QueueQuery(day), now),
        _of_queues("one day, by hour", QueueQuery(day, step=Step.HOUR), now),
        _of_queues("09:07 to 11:52 of one day", QueueQuery(Interval(day.start + 32_820, day.start + 42_720)), now),
        _of_agents("agents, all days", AgentsQuery(whole), now),
        _of_agents("agents, all days, by month", AgentsQuery(whole, step=Step.MONTH), now),
        _of_agents("agents, one day", AgentsQuery(day), now),
        _of_agents("agents, one day, by hour", AgentsQuery(day, step=Step.HOUR), now),
        _of_agents("agents, 09:07 to 11:52", AgentsQuery(Interval(day.start + 32_820, day.start + 42_720)), now),
        Asked("staffing: history of all days", plan.days, lambda connection: (
            learn_from_ledger(connection, (), SETTINGS, now))),
        Asked("staffing: handle time and patience", plan.days, lambda connection: (
            measure(connection, (), SETTINGS, now))),
    ]
    if plan.days > LONGEST_BASELINE:
        asked.append(_of_queues("one week", QueueQuery(Interval(plan.end - 7 * DAY, plan.end)), now))
    return asked


def _of_queues(name: str, query: QueueQuery, now: int) -> Asked:
    return Asked(
        name, query.interval.seconds / DAY, lambda connection: build_queue_report(connection, query, SETTINGS, now),
        lambda connection: build_queue_report(connection, query, SETTINGS, now, rolled_up=False))


def _of_agents(name: str, query: AgentsQuery, now: int) -> Asked:
    return Asked(
        name, query.interval.seconds / DAY, lambda connection: build_agents_report(connection, query, SETTINGS, now),
        lambda connection: build_agents_report(connection, query, SETTINGS, now, rolled_up=False))


async def _time(database: Database, asked: Asked) -> Timed:
    rolled = await _fastest(database, asked.build, ROUNDS)
    if asked.baseline is None or asked.days > LONGEST_BASELINE:
        return Timed(asked.name, rolled)
    return Timed(asked.name, rolled, await _fastest(database, asked.baseline, 1))


async def _fastest(database: Database, build: Build, rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        async with database.read() as connection:
            began = time.perf_counter()
            await build(connection)
            seconds.append(time.perf_counter() - began)
    return min(seconds)
