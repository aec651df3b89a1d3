"""Who listened to a recording, when and why: written before the sound is given, and never changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.listening.tables import LISTEN

LONGEST_REASON = 500


class Purpose(StrEnum):
    """Why somebody listens."""

    QUALITY = "quality"
    COMPLAINT = "complaint"
    CASE = "case"
    """To go on with what a caller wants."""
    TRAINING = "training"
    LEGAL = "legal"
    """A court, an auditor or the caller himself has asked for it."""
    TECHNICAL = "technical"


MACHINE = "machine"
"""In place of a role: he who sits at the machine."""


class Way(StrEnum):
    PAGE = "page"
    TELEPHONE = "telephone"
    COMMAND = "command"
    """Typed on the machine."""


@dataclass(frozen=True, slots=True)
class Listen:
    recording_id: str
    at_ms: int
    listener: str
    role: str
    purpose: str
    reason: str = ""
    way: str = Way.PAGE.value


@dataclass(frozen=True, slots=True)
class Kept:
    """A listen with its place in the log."""

    id: int
    listen: Listen


@dataclass(frozen=True, slots=True)
class WantedListens:
    """Which are asked for; what is empty does not narrow."""

    listener: str = ""
    recording_id: str = ""
    purpose: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    before: int | None = None
    """Only those older than the one of this id: the next page."""


async def add_listen(connection: AsyncConnection, listen: Listen) -> None:
    """Write it down; in the transaction that gives the sound free."""
    values = asdict(listen) | {
        "listener": listen.listener[:80], "reason": listen.reason[:LONGEST_REASON], "way": str(listen.way),
    }
    await connection.execute(insert(LISTEN).values(values))


async def last_listen(connection: AsyncConnection, recording_id: str, listener: str, since_ms: int) -> Listen | None:
    """What this listener said when he opened the recording last, if that was not before `since_ms`."""
    query = (
        select(LISTEN).where(
            LISTEN.c.recording_id == recording_id, LISTEN.c.listener == listener, LISTEN.c.at_ms >= since_ms,
            LISTEN.c.way == Way.PAGE.value)
        .order_by(LISTEN.c.id.desc()).limit(1)
    )
    found = await _listens(connection, query)
    return found[0].listen if found else None


async def find_listens(connection: AsyncConnection, wanted: WantedListens, limit: int) -> Sequence[Kept]:
    """The newest first."""
    query = select(LISTEN).order_by(LISTEN.c.id.desc()).limit(limit)
    for column, value in (
        (LISTEN.c.listener, wanted.listener), (LISTEN.c.recording_id, wanted.recording_id),
        (LISTEN.c.purpose, wanted.purpose),
    ):
        query = query.where(column == value) if value else query
    if wanted.since_ms is not None:
        query = query.where(LISTEN.c.at_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        query = query.where(LISTEN.c.at_ms < wanted.until_ms)
    if wanted.before is not None:
        query = query.where(LISTEN.c.id < wanted.before)
    return await _listens(connection, query)


async def _listens(connection: AsyncConnection, query: Select[tuple[object, ...]]) -> list[Kept]:
    rows = (await connection.execute(query)).mappings()
    names = Listen.__dataclass_fields__
    return [Kept(int(row["id"]), Listen(**{name: row[name] for name in names})) for row in rows]
