"""An agent's conversations: notes as they are typed, what became of the call, and which still lacks that."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_softphone.desk.tables import DESK_CALL

TABLE = DESK_CALL.c
LONGEST_NOTES: Final = 8000
CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class DeskCall:
    """A row of `desk_call`."""

    call_id: str
    agent: str
    queue: str
    number: str | None
    language: str | None
    proved: bool
    promise: str | None
    began_ms: int
    notes: str = ""
    typed_ms: int = 0
    subject: str | None = None
    disposition: str | None = None
    settled_ms: int | None = None


async def begin_call(connection: AsyncConnection, call: DeskCall) -> None:
    """Note that the conversation began; one that is there already stays as it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    await connection.execute(dialect.insert(DESK_CALL).values(asdict(call)).on_conflict_do_nothing())


async def find_call(connection: AsyncConnection, call_id: str, agent: str) -> DeskCall | None:
    query = select(DESK_CALL).where(TABLE.call_id == call_id, TABLE.agent == agent)
    row = (await connection.execute(query)).mappings().one_or_none()
    return DeskCall(**row) if row else None


async def last_call(connection: AsyncConnection, agent: str) -> DeskCall | None:
    """The one that began last."""
    query = select(DESK_CALL).where(TABLE.agent == agent).order_by(TABLE.began_ms.desc(), TABLE.call_id.desc()).limit(1)
    row = (await connection.execute(query)).mappings().one_or_none()
    return DeskCall(**row) if row else None


async def save_notes(connection: AsyncConnection, call: DeskCall) -> bool:
    """Keep what is typed so far (`notes`, `subject`, `typed_ms`); False: later typing is kept already."""
    done = await connection.execute(
        update(DESK_CALL).where(
            TABLE.call_id == call.call_id, TABLE.agent == call.agent, TABLE.typed_ms <= call.typed_ms,
        ).values(notes=call.notes[:LONGEST_NOTES], subject=call.subject, typed_ms=call.typed_ms),
    )
    return done.rowcount == 1


async def settle(connection: AsyncConnection, call: DeskCall, now_ms: int) -> None:
    """Say what became of the call; said again, the last word counts."""
    await connection.execute(
        update(DESK_CALL).where(TABLE.call_id == call.call_id, TABLE.agent == call.agent).values(
            notes=call.notes[:LONGEST_NOTES], subject=call.subject, disposition=call.disposition, settled_ms=now_ms,
            typed_ms=call.typed_ms,
        ),
    )


async def calls_named(connection: AsyncConnection, call_ids: Collection[str]) -> Sequence[DeskCall]:
    """What was noted of these calls, by whomever."""
    wanted, found = sorted(call_ids), list[DeskCall]()
    for first in range(0, len(wanted), CHUNK):
        query = select(DESK_CALL).where(TABLE.call_id.in_(wanted[first : first + CHUNK])).order_by(TABLE.began_ms)
        found += [DeskCall(**row) for row in (await connection.execute(query)).mappings()]
    return found


async def calls_without_queue(
    connection: AsyncConnection, number: str, since_ms: int, limit: int,
) -> Sequence[DeskCall]:
    """Conversations with this number that no queue gave: passed on, or called out; the newest first."""
    query = select(DESK_CALL).where(TABLE.number == number, TABLE.queue == "", TABLE.began_ms >= since_ms)
    rows = await connection.execute(query.order_by(TABLE.began_ms.desc()).limit(limit))
    return [DeskCall(**row) for row in rows.mappings()]


async def unsettled(connection: AsyncConnection, agents: Collection[str], since_ms: int) -> dict[str, DeskCall]:
    """Each agent's last conversation since then, if nobody has said what became of it."""
    theirs = TABLE.agent.in_(sorted(agents))
    query = select(DESK_CALL).where(theirs, TABLE.began_ms >= since_ms).order_by(TABLE.began_ms)
    last = {row["agent"]: DeskCall(**row) for row in (await connection.execute(query)).mappings()}
    return {agent: call for agent, call in last.items() if call.disposition is None}
