"""What the rooms above ask of the kept recordings."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.request_days import mark_request_days
from recordings.tables import recording

CHUNK = 500
"""Ids asked for at once; databases limit the parameters of a statement."""


@dataclass(frozen=True)
class Recording:
    """A kept sound; the columns of `recordings.tables.recording`, whose comments explain them."""

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
    queue: str | None = None
    agent: str | None = None
    call_started_ms: int | None = None
    parts: str | None = None
    codec: str = "wav"
    key: str | None = None
    sound_sha256: str | None = None
    caller_peak: float | None = None
    caller_rms: float | None = None
    agent_peak: float | None = None
    agent_rms: float | None = None
    legs: str | None = None
    archived_ms: int | None = None
    deleted_ms: int | None = None
    masked: str | None = None

    @property
    def masks(self) -> list[tuple[int, int]]:
        """Places (ms) from which to which nothing is heard, for a secret was spoken."""
        return [(start, end) for start, end in json.loads(self.masked or "[]")]


async def add_recording(connection: AsyncConnection, kept: Recording) -> None:
    """Enter a recording; one that is there already stays as it is."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    await connection.execute(insert(recording).values(asdict(kept)).on_conflict_do_nothing())
    await mark_request_days(connection, [kept.started_ms / 1000])  # a case may be linked to it already


async def find_recording(connection: AsyncConnection, recording_id: str) -> Recording | None:
    """The recording of this id, unless its sound was deleted."""
    query = select(recording).where(recording.c.id == recording_id, recording.c.deleted_ms.is_(None))
    row = (await connection.execute(query)).mappings().first()
    return Recording(**row) if row else None


async def replace_file(connection: AsyncConnection, before: Recording, after: Recording) -> bool:
    """Enter another file for a recording. False: meanwhile it was deleted, or replaced by somebody else."""
    table = recording.c
    changed = {name: value for name, value in asdict(after).items() if value != getattr(before, name)}
    done = await connection.execute(
        update(recording).where(table.id == before.id, table.path == before.path, table.deleted_ms.is_(None))
        .values(changed),
    )
    return done.rowcount > 0


async def is_kept(connection: AsyncConnection, recording_id: str) -> bool:
    """Whether it was ever kept: also one that was deleted must not be made again from legs that are left over."""
    query = select(recording.c.id).where(recording.c.id == recording_id)
    return (await connection.execute(query)).first() is not None


async def recordings_of(connection: AsyncConnection, call_ids: Collection[str]) -> Sequence[Recording]:
    """The recordings of these calls, oldest first; without those that were deleted."""
    wanted = sorted(call_ids)
    found: list[Recording] = []
    for start in range(0, len(wanted), CHUNK):
        some = recording.c.call_id.in_(wanted[start : start + CHUNK])
        query = select(recording).where(some, recording.c.deleted_ms.is_(None))
        found += [Recording(**row) for row in (await connection.execute(query)).mappings()]
    return sorted(found, key=lambda kept: kept.started_ms)


async def sound_paths(connection: AsyncConnection, call_ids: Collection[str]) -> Mapping[tuple[str, int], str]:
    """Where in the store the sound of each stint of these calls lies, by its channel and number."""
    wanted, table = sorted(call_ids), recording.c
    found: dict[tuple[str, int], str] = {}
    for start in range(0, len(wanted), CHUNK):
        some = table.call_id.in_(wanted[start : start + CHUNK])
        query = select(table.channel_id, table.stint, table.path).where(some, table.deleted_ms.is_(None))
        for row in await connection.execute(query.order_by(table.started_ms)):
            found[row.channel_id, row.stint] = row.path
    return found
