"""Short messages to agents: each lies on the agent's desk until he has read it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_softphone.supervisor_refusals import UnknownMessageError
from agent_softphone.supervisor_tables import FLOOR_MESSAGE
from foundation.bus import ROOT, Picture, instant

TOPIC: Final = f"{ROOT}/messages/"
STATUS: Final = f"{ROOT}/messages"
"""Whether somebody keeps the topics below it."""
LONGEST: Final = 500
TABLE: Final = FLOOR_MESSAGE.c


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    agent: str
    sender: str
    text: str
    sent_ms: int


async def send(connection: AsyncConnection, agent: str, sender: str, text: str, now_ms: int) -> Message:
    made = Message(secrets.token_hex(8), agent, sender, text, now_ms)
    await connection.execute(insert(FLOOR_MESSAGE).values(
        id=made.id, agent=agent, sender=sender, text=text, sent_ms=now_ms,
    ))
    return made


async def unread(connection: AsyncConnection, agent: str) -> list[Message]:
    """The agent's, the oldest first."""
    query = select(FLOOR_MESSAGE).where(TABLE.agent == agent, TABLE.read_ms.is_(None)).order_by(TABLE.sent_ms, TABLE.id)
    return [
        Message(row.id, row.agent, row.sender, row.text, row.sent_ms) for row in await connection.execute(query)
    ]


async def mark_read(connection: AsyncConnection, message: str, agent: str, now_ms: int) -> None:
    """
    Raises:
        UnknownMessageError: it is read already, or another's.
    """  # noqa: D212
    query = update(FLOOR_MESSAGE).where(TABLE.id == message, TABLE.agent == agent, TABLE.read_ms.is_(None))
    if (await connection.execute(query.values(read_ms=now_ms))).rowcount != 1:
        raise UnknownMessageError(message=message[:40])


async def pictures(connection: AsyncConnection) -> Mapping[str, Picture]:
    """Topic to picture of every agent with unread messages. Their words stay in the database."""
    query = (
        select(TABLE.agent, func.count().label("unread"), func.max(TABLE.sent_ms).label("newest"))
        .where(TABLE.read_ms.is_(None)).group_by(TABLE.agent)
    )
    return {
        f"{TOPIC}{row.agent}": {"agent": row.agent, "unread": row.unread, "newest": instant(row.newest / 1000)}
        for row in await connection.execute(query)
    }
