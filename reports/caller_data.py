"""What this room knows of one caller: the days of requests in which his number stands."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.calendars import Interval
from foundation.database import Store
from foundation.erasure import Alias, Row, Step
from foundation.numbered import Numbers, coded, numbers_of
from foundation.request_days import REQUEST_DAY, lock_request_days
from reports.callers.pulse_calls import decode_quarters
from reports.callers.request_tally import decode

AT_ONCE = 31
"""Days that are read at once."""


async def _with_number(connection: AsyncConnection, alias: Alias) -> list[Interval]:
    """Days in which this number stands."""
    wanted = numbers_of(sorted(code for form in alias.forms if (code := coded(form))))
    day, found = REQUEST_DAY.c, list[Interval]()
    starts = (await connection.execute(select(day.start).where(day.made.is_not(None)))).scalars().all()
    for first in range(0, len(starts), AT_ONCE):
        query = select(REQUEST_DAY).where(day.start.in_(starts[first:first + AT_ONCE]), day.made.is_not(None))
        for row in await connection.execute(query):
            kept = (decode(row.counts, row.numbers, row.ends), decode_quarters(row.quarters, row.arrivals))
            if any(_has_any(content.numbers, wanted) for content in kept):
                found.append(Interval(row.start, row.end))
    return found


def _has_any(numbers: Numbers, wanted: Numbers) -> bool:
    return bool((numbers.searchsorted(wanted, "left") < numbers.searchsorted(wanted, "right")).any())


async def _find(connection: AsyncConnection, alias: Alias) -> list[Row]:
    return [{"start": day.start, "end": day.end} for day in await _with_number(connection, alias)]


async def _erase(connection: AsyncConnection, alias: Alias) -> int:
    """Also those that are being made: who makes them may have read the number."""
    await lock_request_days(connection)
    starts = [day.start for day in await _with_number(connection, alias)]
    day = REQUEST_DAY.c
    gone = await connection.execute(delete(REQUEST_DAY).where(day.start.in_(starts) | day.made.is_(None)))
    return gone.rowcount


STEPS = (Step("days of requests", Store.MAIN, frozenset({REQUEST_DAY.name}), _find, _erase),)
"""To be taken when the number is forgotten everywhere else: a day is made again of what stands there then."""

__all__ = ["STEPS"]
