"""How long reports of a great ledger take, each beside the same figures counted from the ledger itself."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bench.year import DAY, Plan, fill
from callqueue.queue_rules import rulebook
from callqueue.rollup_build import RollupMaker
from foundation.calendars import Interval, Step
from foundation.database import Database
from foundation.settings import Queue, Settings
from reports.agents import AgentsQuery, build_agents_report
from reports.queue import QueueQuery, build_queue_report

ZONE = ZoneInfo("Asia/Tehran")
END = int(datetime(2026, 3, 21, tzinfo=ZONE).timestamp())
"""The new year's midnight."""
ROUNDS = 3
LONGEST_BASELINE = 7
"""Days that are counted from the ledger as well; a year of it would take as long as making its roll-ups."""
SETTINGS = Settings(queues={name: Queue() for name in ("operator", "pensions", "medical", "employers", "insurance")})

Tell = Callable[[str], None]


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
    for name, query in queries(plan):
        tell(name)
        measured.reports.append(await _time(database, name, query, now))
    day = AgentsQuery(Interval(plan.end - DAY, plan.end))
    measured.reports.append(Timed("agents, one day", await _fastest(database, lambda connection: (
        build_agents_report(connection, day, SETTINGS, now)), 1)))
    return measured


def queries(plan: Plan) -> list[tuple[str, QueueQuery]]:
    """Those that the plan's days are enough for."""
    whole = Interval(plan.start, plan.end)
    asked = [
        ("all days, total and each queue", QueueQuery(whole)),
        ("all days, one queue", QueueQuery(whole, ("operator",))),
        ("all days, by month", QueueQuery(whole, step=Step.MONTH)),
        ("all days, by week", QueueQuery(whole, step=Step.WEEK)),
        ("all days, by day", QueueQuery(whole, step=Step.DAY)),
        ("one day", QueueQuery(Interval(plan.end - DAY, plan.end))),
        ("one day, by hour", QueueQuery(Interval(plan.end - DAY, plan.end), step=Step.HOUR)),
        ("09:07 to 11:52 of one day", QueueQuery(Interval(plan.end - DAY + 32_820, plan.end - DAY + 42_720))),
    ]
    if plan.days > LONGEST_BASELINE:
        asked.append(("one week", QueueQuery(Interval(plan.end - 7 * DAY, plan.end))))
    return asked


async def _time(database: Database, name: str, query: QueueQuery, now: int) -> Timed:
    rolled = await _fastest(database, lambda connection: build_queue_report(connection, query, SETTINGS, now), ROUNDS)
    if query.interval.seconds > LONGEST_BASELINE * DAY:
        return Timed(name, rolled)
    return Timed(name, rolled, await _fastest(database, lambda connection: (
        build_queue_report(connection, query, SETTINGS, now, rolled_up=False)), 1))


async def _fastest(database: Database, build: Callable[..., Awaitable[object]], rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        async with database.read() as connection:
            began = time.perf_counter()
            await build(connection)
            seconds.append(time.perf_counter() - began)
    return min(seconds)
