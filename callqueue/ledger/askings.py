"""Who asked for a queue, whether he was let in or not."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.stint import Origin
from callqueue.ledger.tables import REFUSAL, STINT

FEW = 500


class Asked(NamedTuple):
    """A call that came to a queue by itself: nobody passed it on, no queue overflowed."""

    at: int
    """Epoch seconds."""
    call_id: str
    queue: str
    caller: str | None


async def read_askings(connection: AsyncConnection, start: int, end: int) -> list[Asked]:
    """Of `start <= at < end`, in order."""
    return await _read(connection, (STINT.c.entered >= start) & (STINT.c.entered < end),
                       (REFUSAL.c.at >= start) & (REFUSAL.c.at < end))


async def read_askings_of_calls(connection: AsyncConnection, call_ids: Collection[str]) -> list[Asked]:
    """At any time, in order."""
    wanted, found = sorted(call_ids), list[Asked]()
    for first in range(0, len(wanted), FEW):
        few = wanted[first:first + FEW]
        found += await _read(connection, STINT.c.call_id.in_(few), REFUSAL.c.call_id.in_(few))
    return sorted(found)


async def _read(
    connection: AsyncConnection, of_stints: ColumnElement[bool], of_refusals: ColumnElement[bool],
) -> list[Asked]:
    let_in = select(STINT.c.entered, STINT.c.call_id, STINT.c.queue, STINT.c.caller).where(
        STINT.c.origin == Origin.DIRECT.value, of_stints)
    refused = select(REFUSAL.c.at, REFUSAL.c.call_id, REFUSAL.c.queue, REFUSAL.c.caller).where(
        or_(REFUSAL.c.origin.is_(None), REFUSAL.c.origin == Origin.DIRECT.value), of_refusals)
    rows = [*await connection.execute(let_in), *await connection.execute(refused)]
    return sorted((Asked(*row) for row in rows), key=lambda one: one[:3])
