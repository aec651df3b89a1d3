"""Supervisors and managers who take calls for a while: logged in as agents, and out again when their time is over.

The end stands in the database before the shift begins, so it outlives every service. A shift is ended by one statement
that only one can win, and only the session that it began is logged out: who has logged in anew since then stays.
"""

from dataclasses import dataclass
from enum import Enum, auto

from sqlalchemy import ColumnElement, Row, Update, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_softphone.supervisor_tables import FLOOR_SHIFT

TABLE = FLOOR_SHIFT.c
LOGGING_IN_MS = 15_000
"""Within this time a shift's session must have begun; after it, whoever began it is gone."""


@dataclass(frozen=True, slots=True)
class Shift:
    agent: str
    user: str
    begun_ms: int
    until_ms: int
    session_ms: int | None = None
    """When the session began; None while it is only beginning, or when nobody could write it down."""


class Due(Enum):
    """What an open shift needs now."""

    NOTHING = auto()
    LOG_OUT = auto()
    CLOSE = auto()
    """Its session is over already, or never began."""


def due(shift: Shift, session_ms: int | None, now_ms: int) -> Due:
    """`session_ms`: when the agent's present session began; None: he is logged out."""
    if session_ms is None:
        waiting = shift.session_ms is None and now_ms < shift.begun_ms + LOGGING_IN_MS
        return Due.NOTHING if waiting else Due.CLOSE
    own = session_ms == shift.session_ms if shift.session_ms is not None else session_ms >= shift.begun_ms
    if not own:
        return Due.CLOSE
    return Due.LOG_OUT if shift.until_ms <= now_ms else Due.NOTHING


async def begin(connection: AsyncConnection, shift: Shift) -> None:
    await connection.execute(insert(FLOOR_SHIFT).values(
        agent=shift.agent, begun_ms=shift.begun_ms, user=shift.user, until_ms=shift.until_ms,
    ))


async def remember_session(connection: AsyncConnection, shift: Shift, session_ms: int) -> None:
    await connection.execute(_this(shift).values(session_ms=session_ms))


async def open_shift(connection: AsyncConnection, agent: str) -> Shift | None:
    found = await _open(connection, TABLE.agent == agent)
    return found[-1] if found else None


async def open_shifts(connection: AsyncConnection) -> list[Shift]:
    return await _open(connection)


async def end(connection: AsyncConnection, shift: Shift, by: str, now_ms: int) -> bool:
    """False: somebody has ended it already."""
    query = _this(shift).where(TABLE.ended_ms.is_(None)).values(ended_ms=now_ms, ended_by=by)
    return (await connection.execute(query)).rowcount == 1


def _this(shift: Shift) -> Update:
    return update(FLOOR_SHIFT).where(TABLE.agent == shift.agent, TABLE.begun_ms == shift.begun_ms)


async def _open(connection: AsyncConnection, *where: ColumnElement[bool]) -> list[Shift]:
    query = select(FLOOR_SHIFT).where(TABLE.ended_ms.is_(None), *where).order_by(TABLE.until_ms)
    return [_shift(row) for row in await connection.execute(query)]


def _shift(row: Row[*tuple[object, ...]]) -> Shift:
    return Shift(row.agent, row.user, row.begun_ms, row.until_ms, row.session_ms)
