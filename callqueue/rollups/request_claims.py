"""The ledger's half of days of requests: a claim that stands as long as nothing of such a day has changed here.

What is claimed, and why both stores have a part in it, is told in `reports.callers.request_days`.
"""

from collections.abc import Collection

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.tables import CALL, REFUSAL, STINT
from callqueue.rollups.store import lock_rollups
from callqueue.rollups.tables import REQUEST_CLAIM
from foundation.calendars import Interval
from foundation.request_days import touched

FEW = 500
SECOND_US = 1_000_000


async def claim_requests(connection: AsyncConnection, day: Interval, token: int) -> None:
    """From now on this token stands for the day, until something of it changes or somebody else claims it."""
    await lock_rollups(connection)
    await connection.execute(
        delete(REQUEST_CLAIM).where(REQUEST_CLAIM.c.start < day.end, REQUEST_CLAIM.c.end > day.start))
    await connection.execute(insert(REQUEST_CLAIM), {"start": day.start, "end": day.end, "token": token})


async def read_claims(connection: AsyncConnection) -> dict[Interval, int]:
    """Days that stand, and the token of each."""
    query = select(REQUEST_CLAIM.c.start, REQUEST_CLAIM.c.end, REQUEST_CLAIM.c.token)
    return {Interval(start, end): token for start, end, token in await connection.execute(query)}


async def has_claims(connection: AsyncConnection) -> bool:
    return (await connection.execute(select(REQUEST_CLAIM.c.start).limit(1))).first() is not None


async def throw_claims_away(connection: AsyncConnection, instants: Collection[float]) -> None:
    """Those of days to whose calls something of these instants may belong; under the lock of roll-ups."""
    last = (await connection.execute(select(func.max(REQUEST_CLAIM.c.end)))).scalar()
    for start, end in touched(instants):
        if last is not None and start < last:
            await connection.execute(
                delete(REQUEST_CLAIM).where(REQUEST_CLAIM.c.end > start, REQUEST_CLAIM.c.start <= end))


async def moments_of_calls(connection: AsyncConnection, call_ids: Collection[str]) -> list[float]:
    """When these calls began, or came to queues, as far as the ledger knows, in epoch seconds."""
    wanted, found = sorted(call_ids), list[float]()
    for first in range(0, len(wanted), FEW):
        few = wanted[first:first + FEW]
        for table, at, second in (
                (CALL, CALL.c.started_us, SECOND_US), (STINT, STINT.c.entered, 1), (REFUSAL, REFUSAL.c.at, 1)):
            moments = (await connection.execute(select(at).where(table.c.call_id.in_(few)))).scalars()
            found += [moment / second for moment in moments]
    return found


async def first_moment(connection: AsyncConnection) -> float | None:
    """Before it the ledger knows of no call."""
    moments = [
        (await connection.execute(select(func.min(at)))).scalar() for at in (STINT.c.entered, REFUSAL.c.at)]
    began = (await connection.execute(select(func.min(CALL.c.started_us)))).scalar()
    known = [*moments, None if began is None else began / SECOND_US]
    return min((at for at in known if at is not None), default=None)
