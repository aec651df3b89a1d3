"""What Prometheus reads of a site's operation: the day's service, how quickly the stores answer, the space left.

Floor, journal and calls have gauges of their own in the services that keep them (docs/operating.md). Nothing is
measured while nobody asks.
"""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings
from foundation.web.site import Web
from reports.frame.stores import StoreError
from reports.post.tables import MAIL
from reports.web.wallboard_day import DayFigures, Make

METRICS_OFFSET = 4
EVERY_SECONDS = 30.0
ASKED_SECONDS = 300.0
"""When nobody has asked for so long, nothing is measured."""
FIGURES = {
    "service_level": "pasokh_service_level_today",
    "service_level_human": "pasokh_service_level_human_today",
    "abandonment_rate": "pasokh_abandonment_rate_today",
    "offered": "pasokh_offered_today",
    "answered": "pasokh_answered_today",
    "left_for_callback": "pasokh_left_for_callback_today",
    "interrupted": "pasokh_interrupted_today",
    "occupancy": "pasokh_occupancy_today",
}
"""Of the wallboard's day, by queue; the whole line's stand under the queue `all`. docs/figures.md defines them."""

log = structlog.get_logger()


@dataclass(slots=True)
class Measured:
    """What was measured last."""

    day: DayFigures | None = None
    answers: Mapping[str, float | None] = field(default_factory=dict)
    """Seconds that each store took; None: it did not answer."""
    mails: int | None = None


class Operations(Collector):
    """The gauges."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.measured = Measured()
        self.asked = 0.0
        """When somebody asked last, by the monotonic clock."""

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        """In the thread of the one who asks."""
        self.asked = time.monotonic()
        yield from _of_day(self.measured.day)
        yield from _of_stores(self.measured)
        space = GaugeMetricFamily(
            "pasokh_disk_free_bytes", "Space left where the site keeps its data", labels=["folder"])
        for name, folder in (("home", self._home.root), ("recordings", self._home.recordings_store)):
            space.add_metric([name], shutil.disk_usage(_existing(folder)).free)
        yield space

    async def keep(self, web: Web, make: Make) -> None:
        """Measure again and again, while somebody asks."""
        while True:
            if self.asked and time.monotonic() - self.asked < ASKED_SECONDS:
                self.measured = await measure(web, make)
                await asyncio.sleep(EVERY_SECONDS)
            else:
                await asyncio.sleep(1)


async def measure(web: Web, make: Make) -> Measured:
    """Everything once; what does not answer is missing."""
    answers = {name: await _answer_time(store) for name, store in (("main", web.database), ("ledger", web.ledger))}
    try:
        # In a thread of its own, as for the wallboard: a great day takes a while.
        day = await asyncio.to_thread(make, web.home, web.settings, web.clock() // 1000)
    except StoreError as error:
        log.warning("the day's gauges cannot be made", error=str(error))
        day = None
    return Measured(day, answers, await _waiting_mails(web.database))


async def publish(web: Web, make: Make) -> None:
    """Serve the gauges until cancelled."""
    registry, operations, port = CollectorRegistry(), Operations(web.home), _port(web.settings)
    registry.register(operations)
    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    except OSError as error:
        log.warning("nobody can read the gauges", port=port, error=str(error))
        return
    try:
        await operations.keep(web, make)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _port(settings: Settings) -> int:
    return settings.ports.of("metrics") + METRICS_OFFSET


def _of_day(day: DayFigures | None) -> Iterable[Metric]:
    if day is None:
        return
    of_queue = {"all": day.total, **day.queues}
    for name, gauge in FIGURES.items():
        family = GaugeMetricFamily(gauge, f"{name} of the wallboard's day (docs/figures.md)", labels=["queue"])
        for queue, values in of_queue.items():
            value = values.get(name)
            if value is not None:
                family.add_metric([queue], value)
        yield family
    for state in ("open", "overdue"):
        owed = GaugeMetricFamily(f"pasokh_callbacks_{state}", f"Promised calls that are {state}", labels=["queue"])
        for queue, each in day.owed.items():
            owed.add_metric([queue], getattr(each, state))
        yield owed
    yield GaugeMetricFamily("pasokh_day_balanced", "1 while the day's ledger balances", value=int(day.balanced))
    yield GaugeMetricFamily("pasokh_day_gaps", "Declared gaps in the day's evidence", value=day.gaps)
    yield GaugeMetricFamily("pasokh_day_made_timestamp_seconds", "When the day's figures were made", value=day.made)


def _of_stores(measured: Measured) -> Iterable[Metric]:
    up = GaugeMetricFamily("pasokh_store_up", "1 while the store answers", labels=["store"])
    took = GaugeMetricFamily("pasokh_store_answer_seconds", "How long the store takes to answer", labels=["store"])
    for store, seconds in measured.answers.items():
        up.add_metric([store], int(seconds is not None))
        if seconds is not None:
            took.add_metric([store], seconds)
    yield up
    yield took
    if measured.mails is not None:
        yield GaugeMetricFamily("pasokh_report_mails_waiting", "Reports that are due and not sent",
                                value=measured.mails)


async def _answer_time(database: Database, clock: Callable[[], float] = time.monotonic) -> float | None:
    began = clock()
    try:
        async with database.read() as connection:
            await connection.execute(select(1))
    except (SQLAlchemyError, OSError):
        return None
    return clock() - began


async def _waiting_mails(database: Database) -> int | None:
    query = select(func.count()).select_from(MAIL).where(MAIL.c.state == "waiting")
    try:
        async with database.read() as connection:
            return int((await connection.execute(query)).scalar_one())
    except (SQLAlchemyError, OSError):
        return None


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)
