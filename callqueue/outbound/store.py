"""Reading and changing calls that are owed, and their attempts. Every function works inside its caller's transaction.

A call's row is always locked before its attempts' rows, and the closing's lock last: so no two workers wait for each
other on PostgreSQL. SQLite has one writer at a time anyway.
"""

from collections.abc import Collection
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.outbound.model import CALLBACK, Attempt, AttemptOutcome, OutboundCall, Result, State, attempt_of, call_of
from callqueue.outbound.tables import DO_NOT_CALL, OUTBOUND_ATTEMPT, OUTBOUND_CALL

CALL, ATTEMPT = OUTBOUND_CALL.c, OUTBOUND_ATTEMPT.c
CLOSING_LOCK = 5_021_421
PLANNING_LOCK = 5_021_422
"""Keys of PostgreSQL's advisory locks."""
FEW = 500


def live_attempt() -> ColumnElement[bool]:
    """Of a call: an attempt has begun and not ended."""
    return exists().where(ATTEMPT.outbound_id == CALL.id, ATTEMPT.ended_ms.is_(None))


async def calls_where(
    connection: AsyncConnection, *conditions: ColumnElement[bool], order: tuple[Any, ...] = (),
    limit: int | None = None, lock: bool = False, skip_locked: bool = False,
) -> list[OutboundCall]:
    """Calls, in the order of their places unless another is given; `lock` keeps others from changing them."""
    query: Select[Any] = select(OUTBOUND_CALL).where(*conditions)
    query = query.order_by(*(order or (CALL.priority.desc(), CALL.place_ms, CALL.id))).limit(limit)
    if lock:  # SQLite has no such clause and needs none
        query = query.with_for_update(skip_locked=skip_locked)
    return [call_of(row) for row in (await connection.execute(query)).mappings()]


async def find_call(connection: AsyncConnection, call_id: str, *, lock: bool = False) -> OutboundCall | None:
    found = await calls_where(connection, CALL.id == call_id, lock=lock)
    return found[0] if found else None


async def known_ids(connection: AsyncConnection, call_ids: Collection[str]) -> set[str]:
    """Those of these ids under which there is a call, open or closed."""
    found: set[str] = set()
    wanted = sorted(set(call_ids))
    for first in range(0, len(wanted), FEW):
        query = select(CALL.id).where(CALL.id.in_(wanted[first:first + FEW]))
        found |= set((await connection.execute(query)).scalars())
    return found


async def find_promise(
    connection: AsyncConnection, number: str, queue: str, *, lock: bool = False,
) -> OutboundCall | None:
    """The callback that is open to this number for this queue."""
    same = and_(CALL.purpose == CALLBACK, CALL.number == number, CALL.queue == queue, CALL.state != State.CLOSED)
    found = await calls_where(connection, same, lock=lock)
    return found[0] if found else None


async def insert_call(connection: AsyncConnection, call: OutboundCall) -> bool:
    """Keep a new call; False when one with its id, or an open one like it, is there."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    result = await connection.execute(dialect.insert(OUTBOUND_CALL).values(**asdict(call)).on_conflict_do_nothing())
    return result.rowcount == 1


async def change_call(
    connection: AsyncConnection, call_id: str, *conditions: ColumnElement[bool], **values: Any,
) -> bool:
    """Change a call if the conditions hold; whether they did."""
    statement = update(OUTBOUND_CALL).where(CALL.id == call_id, *conditions).values(**values)
    return (await connection.execute(statement)).rowcount == 1


async def close_call(connection: AsyncConnection, call_id: str, result: Result, by: str, now_ms: int) -> bool:
    """Settle a call that is not settled yet; False when it is.

    Closings are numbered one after the other in the order in which they become visible, so who reads them behind a
    number misses none.
    """
    number = await _next_closing(connection)
    return await change_call(
        connection, call_id, CALL.state != State.CLOSED,
        state=State.CLOSED, result=result, closed_by=by, closed_ms=now_ms, closing=number,
    )


async def insert_closed(
    connection: AsyncConnection, call: OutboundCall, result: Result, by: str, now_ms: int,
) -> OutboundCall:
    """Keep a new call that is settled at once; returns it."""
    number = await _next_closing(connection)
    closed = replace(call, state=State.CLOSED, result=result, closed_by=by, closed_ms=now_ms, closing=number)
    await insert_call(connection, closed)
    return closed


async def _next_closing(connection: AsyncConnection) -> int:
    await lock(connection, CLOSING_LOCK)
    return int((await connection.execute(select(func.max(CALL.closing)))).scalar_one() or 0) + 1


async def attempts_of(connection: AsyncConnection, call_ids: Collection[str]) -> list[Attempt]:
    """All attempts of these calls, in their order."""
    found: list[Attempt] = []
    wanted = sorted(set(call_ids))
    for first in range(0, len(wanted), FEW):
        query = select(OUTBOUND_ATTEMPT).where(ATTEMPT.outbound_id.in_(wanted[first:first + FEW]))
        query = query.order_by(ATTEMPT.outbound_id, ATTEMPT.n)
        found += [attempt_of(row) for row in (await connection.execute(query)).mappings()]
    return found


async def idle_since(connection: AsyncConnection, since_ms: int) -> dict[str, int]:
    """For how many milliseconds agents were held idle by attempts from that moment on, by call; where they were."""
    query = (
        select(ATTEMPT.outbound_id, func.sum(ATTEMPT.idle_ms))
        .where(ATTEMPT.claimed_ms >= since_ms, ATTEMPT.idle_ms > 0).group_by(ATTEMPT.outbound_id)
    )
    return {name: int(idle_ms) for name, idle_ms in await connection.execute(query)}


async def find_attempt(connection: AsyncConnection, channel_id: str) -> Attempt | None:
    query = select(OUTBOUND_ATTEMPT).where(ATTEMPT.channel_id == channel_id)
    row = (await connection.execute(query)).mappings().first()
    return attempt_of(row) if row else None


async def insert_attempt(connection: AsyncConnection, attempt: Attempt) -> None:
    await connection.execute(insert(OUTBOUND_ATTEMPT).values(**asdict(attempt)))


async def change_attempt(connection: AsyncConnection, channel_id: str, **values: Any) -> bool:
    """Change an attempt that has not ended; whether there was one."""
    statement = update(OUTBOUND_ATTEMPT).where(ATTEMPT.channel_id == channel_id, ATTEMPT.ended_ms.is_(None))
    return (await connection.execute(statement.values(**values))).rowcount == 1


async def outcomes_of(connection: AsyncConnection, call_id: str) -> list[AttemptOutcome]:
    """Of the attempts that have ended, in their order."""
    ended = [attempt.outcome for attempt in await attempts_of(connection, [call_id])]
    return [outcome for outcome in ended if outcome is not None]


async def count_asked(connection: AsyncConnection, purpose: str, number: str, since_ms: int) -> int:
    """Calls of this purpose asked for to this number; those merged into another are requests too."""
    query = select(func.count()).select_from(OUTBOUND_CALL).where(
        CALL.number == number, CALL.asked_ms >= since_ms, CALL.purpose == purpose)
    return int((await connection.execute(query)).scalar_one())


async def count_before(connection: AsyncConnection, queue: str, place_ms: int, priority: int, now_ms: int) -> int:
    """Calls owed by this queue that come before such a place."""
    ahead = or_(CALL.priority > priority, and_(CALL.priority == priority, CALL.place_ms < place_ms))
    query = select(func.count()).select_from(OUTBOUND_CALL).where(
        CALL.queue == queue, CALL.state != State.CLOSED, ahead, CALL.next_attempt_ms <= now_ms)
    return int((await connection.execute(query)).scalar_one())


async def wants_no_calls(connection: AsyncConnection, number: str) -> bool:
    query = select(DO_NOT_CALL.c.number).where(DO_NOT_CALL.c.number == number)
    return (await connection.execute(query)).first() is not None


async def lock(connection: AsyncConnection, key: int) -> None:
    """Wait for one of our locks, held until the transaction ends."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def try_lock(connection: AsyncConnection, key: int) -> bool:
    """The same without waiting; False while somebody else holds it."""
    if connection.dialect.name != "postgresql":
        return True
    return bool((await connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key})).scalar_one())
