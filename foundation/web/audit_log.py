"""Who did what and when: entries that no program of ours can change, and no database connection of ours either."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.web.tables import audit

LONGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done, or refused."""

    actor: str
    """A user's id, or `command:NAME` for who typed a command on the machine."""
    action: str
    """Like `user.roles` or `recording.heard`: stable words, the noun first."""
    subject: str = ""
    """The id of what it was done to."""
    detail: Mapping[str, Any] | None = None
    """Facts that JSON can hold; no passwords."""
    address: str = ""
    """Whence it came."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at_ms: int
    act: Act


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; what is empty does not narrow."""

    actor: str = ""
    action: str = ""
    """An action, or the noun that actions begin with."""
    subject: str = ""
    before: int | None = None
    """Only entries older than the one of this id: the next page."""


async def record(connection: AsyncConnection, act: Act, now_ms: int) -> None:
    """Add an entry, in the transaction of what it tells about."""
    values = {
        "at_ms": now_ms, "actor": act.actor[:80], "address": act.address[:45], "action": act.action[:60],
        "subject": act.subject[:100], "detail": json.dumps(act.detail or {}, ensure_ascii=False, sort_keys=True),
    }
    await connection.execute(insert(audit).values(values))


async def read_audit(database: Database, wanted: Wanted, limit: int = 50) -> list[Entry]:
    """The newest entries first, `LONGEST_PAGE` at most."""
    conditions = [column == value for column, value in (
        (audit.c.actor, wanted.actor), (audit.c.subject, wanted.subject),
    ) if value]
    if wanted.action:
        exact = audit.c.action == wanted.action
        conditions.append(exact | audit.c.action.startswith(f"{wanted.action}.", autoescape=True))
    if wanted.before is not None:
        conditions.append(audit.c.id < wanted.before)
    query = select(audit).where(and_(True, *conditions)).order_by(audit.c.id.desc()).limit(min(limit, LONGEST_PAGE))  # noqa: FBT003
    async with database.read() as connection:
        rows = (await connection.execute(query)).all()
    return [
        Entry(row.id, row.at_ms, Act(row.actor, row.action, row.subject, json.loads(row.detail), row.address))
        for row in rows
    ]
