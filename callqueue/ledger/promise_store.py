"""The journal's word on promised calls: storing what a batch of lines said, and reading it.

It is evidence: the promises themselves live in the main store (`callqueue.outbound.tables`), which takes up from here
what it was not there to hear, and asks here what became of an attempt after a crash.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.journal.events import (
    CallbackAttempted,
    CallbackClosed,
    CallbackEnded,
    CallbackEvent,
    CallbackRequested,
)
from callqueue.ledger.promise_tables import CALLBACK_ATTEMPT, CALLBACK_CLOSURE, CALLBACK_REQUEST
from callqueue.ledger.stint import Outcome
from callqueue.ledger.tables import CALL, SOURCE, STINT

FEW = 500
"""Values in one IN list."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A promise that was given, as its CALLBACK_REQUESTED line has it."""

    id: int
    """Grows in the order of reading: a bookmark."""
    journal: str
    promise: str
    at: int
    channel_id: str
    """Empty when nobody was on the line."""
    call_id: str
    queue: str
    number: str | None
    place_ms: int
    priority: int
    language: str
    channel: str
    not_before_ms: int | None
    tracking: str | None
    """The code that he was told."""
    due_ms: int | None
    """The time that he was told."""
    stint_number: int | None
    """Of the stint that was left for it; None: a virtual stint."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt."""

    journal: str
    channel_id: str
    promise: str
    number: int
    queue: str | None
    purpose: str | None
    at: int
    outcome: str | None
    """None while the journal has no line of it."""
    cause: str | None
    ended: int | None


@dataclass(frozen=True, slots=True)
class Settled:
    """How a promise ended."""

    journal: str
    promise: str
    at: int
    queue: str | None
    channel_id: str
    result: str
    by: str


@dataclass(frozen=True, slots=True)
class AttemptEvidence:
    """What both durable records know of one attempt, by its channel's id."""

    channel_id: str
    tried: Tried | None = None
    """The journal's lines about it."""
    dialled: bool = False
    """CEL saw its channel."""
    over: bool = False
    """CEL saw its end."""
    joined: int | None = None
    """When it entered the queue, in epoch seconds."""
    answered: int | None = None
    """When an agent answered it there."""
    waited: Outcome | None = None
    """How its waiting there ended."""
    picked_up_us: int | None = None
    """When the called side answered, in epoch microseconds."""
    cause: int | None = None
    """Why its channel ended, by Q.850."""


async def save_callbacks(
    connection: AsyncConnection, journal: str, events: Sequence[CallbackEvent], stints: dict[str, int],
) -> None:
    """Store what the lines of one batch said.

    Args:
        connection: of the ledger's store, in the transaction of the batch.
        journal: who wrote the lines.
        events: in the journal's order.
        stints: promise to the number of the stint that was left for it.
    """
    for event in events:
        match event:
            case CallbackRequested():
                await _save_request(connection, journal, event, stints)
            case CallbackAttempted():
                await _save_attempt(connection, journal, event)
            case CallbackEnded():
                await _save_end(connection, journal, event)
            case CallbackClosed():
                await _save_closure(connection, journal, event)


async def _save_request(
    connection: AsyncConnection, journal: str, event: CallbackRequested, stints: dict[str, int],
) -> None:
    if event.promise is None:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    await connection.execute(dialect.insert(CALLBACK_REQUEST).on_conflict_do_nothing(), {
        "journal": journal, "promise": event.promise, "at": event.at, "channel_id": event.channel_id,
        "call_id": event.call_id or event.channel_id, "queue": event.queue, "number": event.number,
        "place_ms": event.place_ms or event.at * 1000, "priority": event.priority, "language": event.language,
        "channel": event.channel, "not_before_ms": event.not_before_ms, "tracking": event.tracking,
        "due_ms": event.due_ms, "stint_number": stints.get(event.promise),
    })


def _attempt_row(journal: str, event: CallbackAttempted | CallbackEnded) -> dict[str, object]:
    return {
        "journal": journal, "channel_id": event.channel_id, "promise": event.promise, "number": event.number,
        "queue": event.queue, "at": event.at,
    }


async def _save_attempt(connection: AsyncConnection, journal: str, event: CallbackAttempted) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    await connection.execute(
        dialect.insert(CALLBACK_ATTEMPT).on_conflict_do_nothing(),
        {**_attempt_row(journal, event), "purpose": event.purpose},
    )


async def _save_end(connection: AsyncConnection, journal: str, event: CallbackEnded) -> None:
    """The first word on an attempt counts; one whose beginning a full disk swallowed is known by its end."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    await connection.execute(
        dialect.insert(CALLBACK_ATTEMPT).on_conflict_do_nothing(), _attempt_row(journal, event))
    own = (CALLBACK_ATTEMPT.c.journal == journal, CALLBACK_ATTEMPT.c.channel_id == event.channel_id)
    await connection.execute(
        update(CALLBACK_ATTEMPT).where(*own, CALLBACK_ATTEMPT.c.outcome.is_(None))
        .values(outcome=event.outcome, cause=event.cause, ended=event.at))


async def _save_closure(connection: AsyncConnection, journal: str, event: CallbackClosed) -> None:
    own = (CALLBACK_CLOSURE.c.journal == journal, CALLBACK_CLOSURE.c.promise == event.promise)
    await connection.execute(delete(CALLBACK_CLOSURE).where(*own))
    await connection.execute(insert(CALLBACK_CLOSURE), {
        "journal": journal, "promise": event.promise, "at": event.at, "queue": event.queue,
        "channel_id": event.channel_id, "result": event.result, "by": event.by,
    })


# -- reading

async def read_promises_to_keep(connection: AsyncConnection, bookmark: int, limit: int = FEW) -> list[Asked]:
    """Promises given on the site's own line and not settled, in the order of reading, behind `bookmark` (the `id` of
    the last one taken; 0: all).

    Those of an imported log are another line's, or long ago: a report has them, nobody is called for them. One that the
    journal knows as settled is not open again because the main store has lost it.
    """
    own = select(SOURCE.c.journal).where(SOURCE.c.kind == "journal")
    query = (
        select(*(CALLBACK_REQUEST.c[field.name] for field in fields(Asked)))
        .where(CALLBACK_REQUEST.c.id > bookmark, CALLBACK_REQUEST.c.journal.in_(own),
               CALLBACK_REQUEST.c.promise.not_in(select(CALLBACK_CLOSURE.c.promise)))
        .order_by(CALLBACK_REQUEST.c.id).limit(limit)
    )
    return [Asked(*row) for row in await connection.execute(query)]


async def read_requests(connection: AsyncConnection, start: int, end: int) -> list[Asked]:
    """Promises given in the interval, in the order of asking."""
    return await _asked(connection, CALLBACK_REQUEST.c.at >= start, CALLBACK_REQUEST.c.at < end)


async def read_promise_names(
    connection: AsyncConnection, start: int, end: int, queues: Collection[str] | None,
) -> list[str]:
    """The ids of the promises given in the interval in these queues (None: any), those merged into others too."""
    query = select(CALLBACK_REQUEST.c.promise).where(CALLBACK_REQUEST.c.at >= start, CALLBACK_REQUEST.c.at < end)
    if queues is not None:
        query = query.where(CALLBACK_REQUEST.c.queue.in_(sorted(queues)))
    return list((await connection.execute(query)).scalars())


async def read_requests_due(connection: AsyncConnection, start: int, end: int) -> list[Asked]:
    """Promises that were given in the interval, or whose wished-for time lies in it."""
    request = CALLBACK_REQUEST.c
    return await _asked(connection, or_(
        and_(request.at >= start, request.at < end),
        and_(request.not_before_ms >= start * 1000, request.not_before_ms < end * 1000)))


async def read_requests_of(connection: AsyncConnection, numbers: Collection[str]) -> list[Asked]:
    """All promises that were given to these numbers."""
    return [
        one for few in _fews(numbers) for one in await _asked(connection, CALLBACK_REQUEST.c.number.in_(few))
    ]


async def read_requests_of_calls(connection: AsyncConnection, calls: Collection[str]) -> list[Asked]:
    """All promises that were given in these calls."""
    return [one for few in _fews(calls) for one in await _asked(connection, CALLBACK_REQUEST.c.call_id.in_(few))]


async def read_requests_named(connection: AsyncConnection, promises: Collection[str]) -> list[Asked]:
    """The requests of these promises."""
    return [
        one for few in _fews(promises) for one in await _asked(connection, CALLBACK_REQUEST.c.promise.in_(few))
    ]


async def _asked(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Asked]:
    query = (
        select(*(CALLBACK_REQUEST.c[field.name] for field in fields(Asked)))
        .where(*conditions).order_by(CALLBACK_REQUEST.c.at, CALLBACK_REQUEST.c.id)
    )
    return [Asked(*row) for row in await connection.execute(query)]


async def read_attempts(connection: AsyncConnection, promises: Collection[str]) -> list[Tried]:
    """All attempts of these promises, in their order."""
    columns = [CALLBACK_ATTEMPT.c[field.name] for field in fields(Tried)]
    found: list[Tried] = []
    for few in _fews(promises):
        query = select(*columns).where(CALLBACK_ATTEMPT.c.promise.in_(few))
        found += [Tried(*row) for row in await connection.execute(query)]
    return sorted(found, key=lambda one: (one.promise, one.number, one.at))


async def read_settled(connection: AsyncConnection, promises: Collection[str]) -> list[Settled]:
    """How these promises ended; those that are still open have none."""
    columns = [CALLBACK_CLOSURE.c[field.name] for field in fields(Settled)]
    found: list[Settled] = []
    for few in _fews(promises):
        query = select(*columns).where(CALLBACK_CLOSURE.c.promise.in_(few))
        found += [Settled(*row) for row in await connection.execute(query)]
    return found


async def read_attempt_evidence(
    connection: AsyncConnection, channel_ids: Collection[str],
) -> dict[str, AttemptEvidence]:
    """What became of attempts, by their channels' ids; one of which neither record knows anything is not there."""
    found = {channel_id: AttemptEvidence(channel_id) for channel_id in channel_ids}
    columns = [CALLBACK_ATTEMPT.c[field.name] for field in fields(Tried)]
    for few in _fews(channel_ids):
        query = select(*columns).where(CALLBACK_ATTEMPT.c.channel_id.in_(few))
        for row in await connection.execute(query):
            found[row.channel_id] = replace(found[row.channel_id], tried=Tried(*row))
        for row in await connection.execute(select(CALL).where(CALL.c.call_id.in_(few))):
            found[row.call_id] = replace(
                found[row.call_id], dialled=True, over=row.ended_us is not None, picked_up_us=row.picked_up_us,
                cause=row.cause)
        for row in await connection.execute(select(STINT).where(STINT.c.channel_id.in_(few), STINT.c.number == 1)):
            found[row.channel_id] = replace(
                found[row.channel_id], joined=row.entered, answered=row.answered, waited=Outcome(row.outcome))
    return {each: evidence for each, evidence in found.items() if evidence != AttemptEvidence(each)}


def _fews(values: Iterable[str]) -> Iterable[Sequence[str]]:
    wanted = sorted(set(values))
    return (wanted[first:first + FEW] for first in range(0, len(wanted), FEW))
