"""What this room knows of one caller, beside the sound itself."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Store
from foundation.erasure import Alias, Step, number_step
from recordings.keeping.keeping import Thing
from recordings.keeping.tables import HOLD
from recordings.messages.messages import MessageState
from recordings.store import CHUNK
from recordings.tables import recording, voice_message

STEPS: tuple[Step, ...] = (
    number_step("recordings", Store.MAIN, recording, "caller"),
    number_step("voice messages and call-back requests", Store.MAIN, voice_message, "caller", "callback_number"),
    number_step("holds that were lifted", Store.MAIN, HOLD, "reference"),
)


async def calls_of(connection: AsyncConnection, alias: Alias) -> set[str]:
    """Calls in which he left a message, or that were recorded."""
    numbers = sorted(alias.both)
    found: set[str] = set()
    for query in (
        select(voice_message.c.call_id).where(
            or_(voice_message.c.caller.in_(numbers), voice_message.c.callback_number.in_(numbers))),
        select(recording.c.call_id).where(recording.c.caller.in_(numbers)),
    ):
        found.update((await connection.execute(query)).scalars())
    return found


async def callers_of(connection: AsyncConnection, call_ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """Call and number of those who left messages in these calls."""
    wanted, found = sorted(call_ids), []
    for first in range(0, len(wanted), CHUNK):
        query = select(voice_message.c.call_id, voice_message.c.caller, voice_message.c.callback_number).where(
            voice_message.c.call_id.in_(wanted[first:first + CHUNK]))
        for row in await connection.execute(query):
            found += [(row.call_id, number) for number in (row.caller, row.callback_number) if number]
    return found


async def things_of(connection: AsyncConnection, call_ids: Collection[str]) -> list[Thing]:
    """The sound that is kept of these calls."""
    wanted, found = sorted(call_ids), []
    for first in range(0, len(wanted), CHUNK):
        some = recording.c.call_id.in_(wanted[first:first + CHUNK])
        query = select(recording).where(some, recording.c.deleted_ms.is_(None)).order_by(recording.c.started_ms)
        found += [
            Thing(row.kind, row.id, row.started_ms, row.call_id, row.queue, row.bytes, row.sha256)
            for row in await connection.execute(query)
        ]
    return found


async def open_messages(connection: AsyncConnection, alias: Alias) -> list[str]:
    """His messages that somebody still has to see to."""
    table, numbers = voice_message.c, sorted(alias.forms)
    query = select(table.id).where(
        or_(table.caller.in_(numbers), table.callback_number.in_(numbers)), table.state != MessageState.CLOSED.value)
    return sorted((await connection.execute(query)).scalars())


async def close_messages(connection: AsyncConnection, message_ids: Collection[str], by: str, now_ms: int) -> None:
    await connection.execute(
        update(voice_message).where(voice_message.c.id.in_(sorted(message_ids)))
        .values(state=MessageState.CLOSED.value, closed_ms=now_ms, closed_by=by))


__all__ = [
    "STEPS", "callers_of", "calls_of", "close_messages", "open_messages", "things_of",
]
