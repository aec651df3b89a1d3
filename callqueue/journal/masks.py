"""When calls were masked in their recordings, by the journal's lines."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.tables import CALL, MASK


@dataclass(frozen=True, slots=True)
class MaskedTime:
    """Nothing of the call was heard in its recordings; epoch milliseconds."""

    agent: str
    by: str
    start: int
    end: int
    why: str | None
    """Why it ended; None: no line says so, `end` is the limit or the call's end."""


async def masks_of_calls(connection: AsyncConnection, calls: Collection[str]) -> list[MaskedTime]:
    """All masks of these calls, in the order of beginning."""
    query = (
        select(MASK, CALL.c.ended_us.label("call_ended_us")).outerjoin(CALL, CALL.c.call_id == MASK.c.call_id)
        .where(MASK.c.call_id.in_(sorted(calls))).order_by(MASK.c.started_us)
    )
    found = []
    for row in await connection.execute(query):
        ends = [row.until_us, *([row.call_ended_us] if row.call_ended_us is not None else [])]
        end = row.ended_us if row.ended_us is not None else max(row.started_us, min(ends))
        found.append(MaskedTime(row.agent, row.by, row.started_us // 1000, end // 1000, row.why))
    return found
