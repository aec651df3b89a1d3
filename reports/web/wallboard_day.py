"""The figures of the wallboard's day: made now and then, once for all who look, by the same rules as every report."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as day_time
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics.figures import Value
from callqueue.outbound.tables import OPEN_CALLBACK, OUTBOUND_CALL
from foundation.calendars import Interval
from foundation.database import Store
from foundation.paths import Home
from foundation.settings import Settings
from foundation.web.site import Web
from reports.frame.stores import StoreError, open_store
from reports.queues.queue import QueueQuery, build_queue_report

FRESH_SECONDS = 5.0
COST = 10
"""Making the figures takes a tenth of the time at most."""
WATCHED_SECONDS = 30.0
"""When nobody has looked for so long, nothing is made."""
TOPIC = "here/wallboard"
"""What pages are told by that there are new figures; it is never on the bus."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Owed:
    """Promised callbacks that have not been kept yet."""

    open: int = 0
    overdue: int = 0
    """Of them, those whose promised time has passed."""


@dataclass(frozen=True, slots=True)
class DayFigures:
    start: int
    """When the day began, in epoch seconds."""
    made: int
    """Epoch seconds."""
    total: Mapping[str, Value]
    """Figures of the whole line by their ids, as in the queue report."""
    queues: Mapping[str, Mapping[str, Value]]
    owed: Mapping[str, Owed]
    """By queue."""
    balanced: bool
    gaps: int
    """Declared gaps in the day's evidence."""


Make = Callable[[Home, Settings, int], DayFigures]


def day_began(now: float, begins: str, zone: ZoneInfo) -> int:
    """Epoch seconds of the last moment before `now` at which the site's day begins.

    Args:
        now: epoch seconds.
        begins: `HH:MM` in `zone`.
        zone: the site's.
    """
    local, hour = datetime.fromtimestamp(now, zone), day_time.fromisoformat(begins)
    today = datetime.combine(local.date(), hour, zone).timestamp()
    if today > now:
        today = datetime.combine(local.date() - timedelta(days=1), hour, zone).timestamp()
    return int(today)


async def read_day(home: Home, settings: Settings, now: int) -> DayFigures:
    """The day up to `now` (epoch seconds), from one picture of each store.

    Raises:
        StoreError
    """
    start = day_began(now, settings.wallboard.day_begins, ZoneInfo(settings.site.timezone))
    interval = Interval(start, now + 1)
    async with open_store(home, settings, Store.LEDGER) as ledger:
        report = await build_queue_report(ledger, QueueQuery(interval), settings, now, growth=False)
    async with open_store(home, settings, Store.MAIN) as main:
        owed = await read_owed(main, now * 1000)
    return DayFigures(
        start, now, report.total.figures.values(),
        {row.queue: row.figures.values() for row in report.rows if row.queue}, owed,
        balanced=report.balanced, gaps=len(report.total.gaps),
    )


async def read_owed(main: AsyncConnection, now_ms: int) -> Mapping[str, Owed]:
    """Open promises of each queue."""
    call = OUTBOUND_CALL.c
    late = func.count().filter(call.due_ms <= now_ms)
    query = select(call.queue, func.count(), late).where(OPEN_CALLBACK, call.queue.is_not(None)).group_by(call.queue)
    return {queue: Owed(count, overdue) for queue, count, overdue in (await main.execute(query)).all()}


def make_day(home: Home, settings: Settings, now: int) -> DayFigures:
    """As `read_day`, in a thread that has no loop."""
    return asyncio.run(read_day(home, settings, now))


@dataclass
class DayKeeper:
    """Holds the newest figures, and makes new ones while somebody looks."""

    make: Make = make_day
    figures: DayFigures | None = None
    _looked: float = 0.0
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def look(self) -> DayFigures | None:
        """The newest figures; None before the first."""
        self._looked = time.monotonic()
        self._wanted.set()
        return self.figures

    async def run(self, web: Web) -> None:
        """Until cancelled."""
        while True:
            await self._wanted.wait()
            if time.monotonic() - self._looked > WATCHED_SECONDS:
                self._wanted.clear()
                continue
            began = time.monotonic()
            await self.renew(web)
            await asyncio.sleep(max(FRESH_SECONDS, COST * (time.monotonic() - began)))

    async def renew(self, web: Web) -> None:
        """Make the figures and tell the pages; what cannot be read leaves the old ones, which tell their age."""
        try:
            # In a thread of its own: a great day's evidence takes a while, and the pages' loop must not wait for it.
            self.figures = await asyncio.to_thread(self.make, web.home, web.settings, web.clock() // 1000)
        except StoreError as error:
            log.warning("the wallboard's figures cannot be made", error=str(error))
        else:
            await web.live.take(TOPIC, {"made": self.figures.made})
