"""The calls that came in from the trunk, by CEL: those that we made ourselves are none."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.promise_tables import CALLBACK_ATTEMPT
from callqueue.ledger.store import DAY, TRUNK_CHANNELS
from callqueue.ledger.tables import CALL

SECOND_US = 1_000_000
FEW = 500


@dataclass(frozen=True, slots=True)
class IncomingCall:
    call_id: str
    at: float
    """When it began, in epoch seconds."""
    is_over: bool


async def read_incoming_calls(connection: AsyncConnection, start: int, end: int) -> list[IncomingCall]:
    """Those that began in `start <= instant < end` (epoch seconds), in the order of beginning."""
    call = CALL.c
    query = select(call.call_id, call.started_us, call.ended_us, call.interrupted).where(
        call.started_us >= start * SECOND_US, call.started_us < end * SECOND_US, call.channel.like(TRUNK_CHANNELS),
        # It has no index by channel: attempts are read once, not for each call.
        call.call_id.not_in(select(CALLBACK_ATTEMPT.c.channel_id).where(
            CALLBACK_ATTEMPT.c.at >= start - DAY, CALLBACK_ATTEMPT.c.at < end + DAY)),
    ).order_by(call.started_us, call.call_id)
    return [
        IncomingCall(row.call_id, row.started_us / SECOND_US, row.ended_us is not None or row.interrupted)
        for row in await connection.execute(query)
    ]


async def known_calls(connection: AsyncConnection, call_ids: Collection[str]) -> set[str]:
    """Those of which CEL knows the beginning, or that we made ourselves."""
    wanted, found = sorted(call_ids), set[str]()
    for first in range(0, len(wanted), FEW):
        few = wanted[first:first + FEW]
        for column in (CALL.c.call_id, CALLBACK_ATTEMPT.c.channel_id):
            found |= set((await connection.execute(select(column).where(column.in_(few)))).scalars())
    return found
