"""What this room knows of one caller: the days of requests in which his number stands."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.calendars import Interval
from foundation.database import Store
from foundation.erasure import Alias, Row, Step
from foundation.numbered import coded, numbers_of
from foundation.request_days import REQUEST_DAY, lock_request_days
from reports.callers.request_tally import decode

AT_ONCE = 31
"""Days that are read at once."""


async def _with_number(connection: AsyncConnection, alias: Alias) -> list[Interval]:
    """Days in which this number stands."""
    wanted = numbers_of(sorted(code for form in alias.forms if (code := coded(form))))
    day, found = REQUEST_DAY.c, list[Interval]()
    starts = (await connection.execute(select(day.start).where(day.made.is_not(None)))).scalars().all()
    for first in range(0, len(starts), AT_ONCE):
        query = select(day.start, day.end, day.counts, day.numbers, day.ends).where(
            day.start.in_(starts[first:first + AT_ONCE]), day.made.is_not(None))
        for row in await connection.execute(query):
            numbers = decode(row.counts, row.numbers, row.ends).numbers
            if (numbers.searchsorted(wanted, "left") < numbers.searchsorted(wanted, "right")).any():
                found.append(Interval(row.start, row.end))
    return found


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
