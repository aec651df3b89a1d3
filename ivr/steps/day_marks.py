"""New steps throw away, in their own transaction, what was made of the days in which their calls began.

Whoever makes such a day (`reports.menus.menu_days`) claims it first and stores it under that claim alone: steps that
came while he was reading took the claim away, so what he made without them is forgotten. Days of requests are thrown
away with them (`foundation.request_days`).
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.request_days import mark_request_days
from ivr.steps.steps import BEGAN, Kind
from ivr.tables import ivr_day, ivr_step

SECOND_MS = 1000


async def lock_days(connection: AsyncConnection) -> None:
    """Who marks or claims waits for the others who do; SQLite's write lock does it by itself."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('pasokh ivr day'))"))


async def mark_days(connection: AsyncConnection, call_ids: Collection[str]) -> None:
    """Throw away the days of these calls, whose steps this transaction has written."""
    await lock_days(connection)
    step, day = ivr_step.c, ivr_day.c
    began = select(step.at_ms).where(
        step.call_id.in_(sorted(call_ids)), step.kind == Kind.CALL.value, step.result == BEGAN)
    moments = sorted((await connection.execute(began)).scalars())
    await mark_request_days(connection, [moment / SECOND_MS for moment in moments])
    last = (await connection.execute(select(func.max(ivr_day.c.end)))).scalar()
    if last is None or not _any_between(moments, 0, last * SECOND_MS):
        return
    days = (await connection.execute(select(day.start, day.end))).all()
    touched = [start for start, end in days if _any_between(moments, start * SECOND_MS, end * SECOND_MS)]
    await connection.execute(delete(ivr_day).where(day.start.in_(touched)))


def _any_between(moments: Sequence[int], start: int, end: int) -> bool:
    place = bisect_left(moments, start)
    return place < len(moments) and moments[place] < end
