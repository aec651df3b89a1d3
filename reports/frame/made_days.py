"""Days that are added up once, so that reports of long times need not read what they were made of."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from foundation.calendars import Interval, day_start

PAUSE_SECONDS = 60.0
BUSY_SECONDS = 5.0
"""After so long the thread ends, so that a service that stops has not long to wait."""

log = structlog.get_logger()

Make = Callable[[float], Awaitable[bool]]
"""Make days until nothing is missing, or so many seconds have passed; whether there is more to do."""


async def keep_made(what: str, make: Make) -> None:
    """For ever; in a thread of its own, for it is work and pages must not wait."""
    async def some() -> bool:
        return await make(BUSY_SECONDS)

    while True:
        more = False
        try:
            more = await asyncio.to_thread(lambda: asyncio.run(some()))
        except (SQLAlchemyError, OSError) as error:
            log.warning("days are not added up", what=what, error=f"{type(error).__name__}: {error}".splitlines()[0])
        await asyncio.sleep(0 if more else PAUSE_SECONDS)


def days_of(interval: Interval, zone: ZoneInfo) -> Iterator[Interval]:
    """Days of the zone that overlap the interval, the newest first."""
    day = datetime.fromtimestamp(max(interval.end, interval.start), zone).date()
    while (found := _day(day, zone)).end > interval.start:
        yield found
        day -= timedelta(days=1)


def _day(day: date, zone: ZoneInfo) -> Interval:
    start, end = (int(day_start(each, zone).timestamp()) for each in (day, day + timedelta(days=1)))
    return Interval(start, end)


def between(interval: Interval, made: Iterable[Interval]) -> list[Interval]:
    """What is left of the interval beside days in it, in order."""
    found, start = [], interval.start
    for day in made:
        if start < day.start:
            found.append(Interval(start, day.start))
        start = day.end
    return [*found, Interval(start, interval.end)] if start < interval.end else found
