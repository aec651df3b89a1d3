"""What the rooms above ask of the kept recordings."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.tables import recording

CHUNK = 500
"""Ids asked for at once; databases limit the parameters of a statement."""


@dataclass(frozen=True)
class Recording:
    """A kept sound; the columns of `recordings.tables.recording`."""

    id: str
    kind: str
    call_id: str
    channel_id: str
    stint: int
    started_ms: int
    duration_ms: int
    path: str
    bytes: int
    sha256: str
    damaged: bool = False
    caller: str | None = None
    language: str | None = None


async def add_recording(connection: AsyncConnection, kept: Recording) -> None:
    """Enter a recording; one that is there already stays as it is."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    await connection.execute(insert(recording).values(asdict(kept)).on_conflict_do_nothing())


async def is_kept(connection: AsyncConnection, recording_id: str) -> bool:
    query = select(recording.c.id).where(recording.c.id == recording_id)
    return (await connection.execute(query)).first() is not None


async def recordings_of(connection: AsyncConnection, call_ids: Collection[str]) -> Sequence[Recording]:
    """The recordings of these calls, oldest first."""
    wanted = sorted(call_ids)
    found: list[Recording] = []
    for start in range(0, len(wanted), CHUNK):
        query = select(recording).where(recording.c.call_id.in_(wanted[start : start + CHUNK]))
        found += [Recording(**row) for row in (await connection.execute(query)).mappings()]
    return sorted(found, key=lambda kept: kept.started_ms)
