"""Reading and changing what agents shall be. Every change is one statement that says what must be true before it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, case, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.agents.tables import AGENT_SESSION
from callqueue.floor.state import WRAP_UP

TABLE = AGENT_SESSION.c


@dataclass(frozen=True, slots=True)
class Session:
    """A logged-in agent. Instants are epoch seconds."""

    agent: str
    logged_in: float
    changed: float
    pause_reason: str | None = None
    paused: float | None = None
    wrap_up_until: float | None = None
    """Without a pause: how long the next wrap-up is held."""

    def reason_at(self, now: float) -> str | None:
        """Why the agent shall be paused at `now`: a wrap-up whose time is over is none."""
        over = self.wrap_up_until is not None and self.wrap_up_until <= now
        return None if over else self.pause_reason


async def read_sessions(connection: AsyncConnection) -> dict[str, Session]:
    """Everybody who shall be logged in, by id."""
    rows = await connection.execute(select(AGENT_SESSION).where(TABLE.logged_in_ms.is_not(None)))
    return {row.agent: _session(row) for row in rows}


async def read_session(connection: AsyncConnection, agent: str) -> Session | None:
    found = await connection.execute(select(AGENT_SESSION).where(TABLE.agent == agent, TABLE.logged_in_ms.is_not(None)))
    row = found.one_or_none()
    return _session(row) if row else None


async def begin_session(connection: AsyncConnection, agent: str, now: float) -> bool:
    """Log in; False if the agent already is."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"agent": agent, "changed_ms": _ms(now)}
    await connection.execute(insert(AGENT_SESSION).values(row).on_conflict_do_nothing())
    return await _change(connection, now, TABLE.agent == agent, TABLE.logged_in_ms.is_(None), logged_in_ms=_ms(now))


async def end_session(connection: AsyncConnection, agent: str, now: float) -> bool:
    """Log out; False if the agent already is."""
    nothing = {"logged_in_ms": None, "pause_reason": None, "paused_ms": None, "wrap_up_until_ms": None}
    return await _change(connection, now, TABLE.agent == agent, TABLE.logged_in_ms.is_not(None), **nothing)


async def pause_session(connection: AsyncConnection, agent: str, reason: str, now: float) -> None:
    """Pause with `reason`, also in place of another reason; the same again changes nothing."""
    await _change(
        connection, now, TABLE.agent == agent, TABLE.logged_in_ms.is_not(None),
        TABLE.pause_reason.is_distinct_from(reason), pause_reason=reason, paused_ms=_ms(now), wrap_up_until_ms=None,
    )


async def unpause_session(connection: AsyncConnection, agent: str, now: float) -> None:
    await _change(
        connection, now, TABLE.agent == agent, TABLE.pause_reason.is_not(None),
        pause_reason=None, paused_ms=None, wrap_up_until_ms=None,
    )


async def begin_wrap_up(connection: AsyncConnection, agent: str, now: float, until: float) -> bool:
    """Wrap-up until `until`, or for as long as it is held; False if the agent is logged out, or paused for a reason of
    his own.
    """
    free = TABLE.pause_reason.is_(None) | (TABLE.pause_reason == WRAP_UP)
    return await _change(
        connection, now, TABLE.agent == agent, TABLE.logged_in_ms.is_not(None), free,
        pause_reason=WRAP_UP, paused_ms=_ms(now),
        wrap_up_until_ms=case((TABLE.wrap_up_until_ms > _ms(until), TABLE.wrap_up_until_ms), else_=_ms(until)),
    )


async def hold_next_wrap_up(connection: AsyncConnection, agent: str, until: float, now: float) -> None:
    """Let the wrap-up after the present conversation last until then; a pause that he asked for stays as it is."""
    free = TABLE.pause_reason.is_(None) | (TABLE.pause_reason == WRAP_UP)
    await _change(connection, now, TABLE.agent == agent, TABLE.logged_in_ms.is_not(None), free,
                  wrap_up_until_ms=_ms(until))


async def free_next_wrap_up(connection: AsyncConnection, agent: str, now: float) -> None:
    """The wrap-up after the present conversation is as long as usual."""
    mine = (TABLE.agent == agent, TABLE.wrap_up_until_ms.is_not(None))
    await _change(connection, now, *mine, TABLE.pause_reason.is_(None), wrap_up_until_ms=None)
    await _change(connection, now, *mine, TABLE.pause_reason == WRAP_UP, wrap_up_until_ms=_ms(now))


async def end_wrap_up(connection: AsyncConnection, agent: str, now: float) -> bool:
    """End a wrap-up whose time is over; False if there is none."""
    return await _change(
        connection, now, TABLE.agent == agent, TABLE.pause_reason == WRAP_UP, TABLE.wrap_up_until_ms <= _ms(now),
        pause_reason=None, paused_ms=None, wrap_up_until_ms=None,
    )


async def hold_wrap_up(connection: AsyncConnection, agent: str, until: float, now: float) -> bool:
    """Let a wrap-up last until `until`; False if there is none, or it lasts so long already."""
    return await _change(
        connection, now, TABLE.agent == agent, TABLE.pause_reason == WRAP_UP, TABLE.wrap_up_until_ms != _ms(until),
        wrap_up_until_ms=_ms(until),
    )


async def postpone_wrap_up(connection: AsyncConnection, agent: str, until: float, now: float) -> bool:
    """Let a wrap-up last until `until` at least; False if there is none, or it lasts longer."""
    return await _change(
        connection, now, TABLE.agent == agent, TABLE.pause_reason == WRAP_UP, TABLE.wrap_up_until_ms < _ms(until),
        wrap_up_until_ms=_ms(until),
    )


async def _change(
    connection: AsyncConnection, now: float, *where: ColumnElement[bool],
    **values: int | str | ColumnElement[int] | None,
) -> bool:
    result = await connection.execute(update(AGENT_SESSION).where(*where).values(changed_ms=_ms(now), **values))
    return result.rowcount > 0


def _session(row: Row[*tuple[object, ...]]) -> Session:
    return Session(
        row.agent, row.logged_in_ms / 1000, row.changed_ms / 1000, row.pause_reason,
        _seconds(row.paused_ms), _seconds(row.wrap_up_until_ms),
    )


def _ms(at: float) -> int:
    return round(at * 1000)


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000
