"""Voice messages and call-back requests that were taken in: who hears them, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.request_days import mark_request_days
from foundation.settings import RESCUE_BOX
from recordings.messages.spoken import Kind, Spooled
from recordings.store import Recording, find_recording
from recordings.tables import voice_message


class MessageState(StrEnum):
    NEW = "new"
    HEARD = "heard"
    CLOSED = "closed"


@dataclass(frozen=True)
class Message:
    """The columns of `recordings.tables.voice_message`."""

    id: str
    kind: str
    box: str
    call_id: str
    caller: str | None
    callback_number: str | None
    language: str | None
    tracking: str | None
    taken_ms: int
    duration_ms: int
    recording_id: str | None
    state: str = MessageState.NEW
    heard_ms: int | None = None
    heard_by: str | None = None
    closed_ms: int | None = None
    closed_by: str | None = None
    queue: str | None = None


@dataclass(frozen=True)
class Wanted:
    """Which messages; None is any. Times from `since_ms` on, before `until_ms`."""

    box: str | None = None
    state: MessageState | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    queue: str | None = None
    caller: str | None = None
    """Who called, or the number that he left."""
    open: bool | None = None
    """Whether something is still to be done about it."""


class Course(NamedTuple):
    """What became of a message: as much as is counted, for a year has tens of thousands."""

    box: str
    kind: str
    state: str
    taken_ms: int
    duration_ms: int
    heard_ms: int | None
    closed_ms: int | None


def message_of(spooled: Spooled, sound: Recording | None) -> Message | None:
    """The message as it is kept; None where there is nothing to keep."""
    facts = spooled.facts
    number = facts.callback_number or facts.caller
    if sound is not None:
        kind = Kind.VOICE_MESSAGE
    elif number and facts.kind is Kind.CALLBACK_REQUEST:
        kind = Kind.CALLBACK_REQUEST
    elif number and facts.box == RESCUE_BOX:
        kind = Kind.LOST_CALLER
    else:
        return None
    return Message(
        id=spooled.id, kind=kind, box=facts.box, call_id=facts.call_id, caller=facts.caller,
        callback_number=facts.callback_number, language=facts.language, tracking=facts.tracking,
        taken_ms=facts.taken_ms, duration_ms=sound.duration_ms if sound else 0,
        recording_id=sound.id if sound else None, queue=facts.queue,
    )


async def add_message(connection: AsyncConnection, message: Message) -> None:
    """Enter a message; one that is there already stays as it is, and so does a number's open request to a queue."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    await connection.execute(insert(voice_message).values(asdict(message)).on_conflict_do_nothing())
    await mark_request_days(connection, [message.taken_ms / 1000])


async def is_taken(connection: AsyncConnection, message_id: str) -> bool:
    query = select(voice_message.c.id).where(voice_message.c.id == message_id)
    return (await connection.execute(query)).first() is not None


async def open_request(connection: AsyncConnection, number: str, queue: str) -> str | None:
    """The tracking code under which this number waits for this queue's call; None: it does not."""
    table = voice_message.c
    query = select(table.tracking).where(
        table.kind == Kind.CALLBACK_REQUEST.value, table.callback_number == number, table.queue == queue,
        table.state != MessageState.CLOSED.value,
    )
    return (await connection.execute(query)).scalar()


async def messages(connection: AsyncConnection, wanted: Wanted, *, most: int | None = None) -> Sequence[Message]:
    """The messages that are wanted, oldest first; no more than `most`."""
    table = voice_message.c
    query = select(*(table[each.name] for each in fields(Message))).order_by(table.taken_ms, table.id).limit(most)
    return [Message(*row) for row in await connection.execute(_only(query, wanted))]


async def message_courses(connection: AsyncConnection, wanted: Wanted) -> Sequence[Course]:
    """The same messages in any order."""
    query = select(*(voice_message.c[name] for name in Course._fields))
    return [Course(*row) for row in await connection.execute(_only(query, wanted))]


def _only(query: Select[Any], wanted: Wanted) -> Select[Any]:
    table = voice_message.c
    if wanted.box is not None:
        query = query.where(table.box == wanted.box)
    if wanted.state is not None:
        query = query.where(table.state == wanted.state.value)
    if wanted.since_ms is not None:
        query = query.where(table.taken_ms >= wanted.since_ms)
    if wanted.queue is not None:
        query = query.where(table.queue == wanted.queue)
    if wanted.until_ms is not None:
        query = query.where(table.taken_ms < wanted.until_ms)
    if wanted.caller is not None:
        query = query.where((table.caller == wanted.caller) | (table.callback_number == wanted.caller))
    if wanted.open is not None:
        is_closed = table.state == MessageState.CLOSED.value
        query = query.where(~is_closed if wanted.open else is_closed)
    return query


async def messages_named(connection: AsyncConnection, name: str) -> Sequence[Message]:
    """Those with this tracking code or id (its `message-` may be left out)."""
    table = voice_message.c
    named = (table.tracking == name) | (table.id == name) | (table.id == f"message-{name}")
    query = select(voice_message).where(named).order_by(table.taken_ms)
    return [Message(**row) for row in (await connection.execute(query)).mappings()]


async def sound_of(connection: AsyncConnection, message: Message) -> Recording | None:
    """The recording of what was said; None where there is none (any more)."""
    return await find_recording(connection, message.recording_id) if message.recording_id else None


async def mark_heard(connection: AsyncConnection, message_id: str, who: str, at_ms: int) -> None:
    """Note the first who heard it; later ones change nothing."""
    table = voice_message.c
    await connection.execute(
        update(voice_message).where(table.id == message_id, table.state == MessageState.NEW.value)
        .values(state=MessageState.HEARD.value, heard_ms=at_ms, heard_by=who),
    )


async def close_message(connection: AsyncConnection, message_id: str, who: str, at_ms: int) -> bool:
    """Nothing more is to be done about it. False: it was closed already."""
    table = voice_message.c
    done = await connection.execute(
        update(voice_message).where(table.id == message_id, table.state != MessageState.CLOSED.value)
        .values(state=MessageState.CLOSED.value, closed_ms=at_ms, closed_by=who),
    )
    return done.rowcount > 0
