"""Sound that must go, goes: every file of it. The row stays without its caller, so counts stay and nothing that is left
over of the call is ever kept again.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy import select, update

from foundation.database import Database
from foundation.paths import Home
from recordings.archive.kept_file import HALF, files_of, settle
from recordings.archive.legs import SIDES
from recordings.tables import recording

SWEPT = 200
"""How many of the last deletions are looked at again after a start; one at most can have been interrupted."""


@dataclass(frozen=True)
class Deleted:
    """What went."""

    recording_id: str
    files: tuple[str, ...]
    """Their names."""
    bytes: int


async def delete_sound(home: Home, database: Database, recording_id: str, now_ms: int) -> Deleted | None:
    """Delete a recording's sound for good: its file in whatever codec, halves of it, legs that are left over.

    It is entered first, so whatever interrupts it, `sweep` ends it. Doing it again deletes what is still there.
    None: there is no such recording.
    """
    table = recording.c
    async with database.write() as connection:
        path = (await connection.execute(select(table.path).where(table.id == recording_id))).scalar()
        if path is None:
            return None
        await connection.execute(
            update(recording).where(table.id == recording_id, table.deleted_ms.is_(None))
            .values(deleted_ms=now_ms, caller=None),
        )
    return await asyncio.to_thread(_remove, home, recording_id, path)


async def sweep(home: Home, database: Database) -> list[Deleted]:
    """End deletions that a crash interrupted; returns those that had left something."""
    query = select(recording.c.id, recording.c.path).where(recording.c.deleted_ms.is_not(None))
    async with database.read() as connection:
        rows = (await connection.execute(query.order_by(recording.c.deleted_ms.desc()).limit(SWEPT))).all()
    ended = [await asyncio.to_thread(_remove, home, row.id, row.path) for row in rows]
    return [one for one in ended if one.files]


def _remove(home: Home, recording_id: str, path: str) -> Deleted:
    kept = home.recordings_store / path
    halves = kept.parent.glob(f"{recording_id}.*{HALF}") if kept.parent.is_dir() else ()
    legs = (home.recordings_raw / f"{recording_id}-{side}.wav" for side in SIDES)
    found = [one for one in (*files_of(kept), *halves, *legs) if one.exists()]
    size = 0
    for one in found:
        size += one.stat().st_size
        one.unlink()
    for folder in {one.parent for one in found}:
        settle(folder)
    return Deleted(recording_id, tuple(one.name for one in found), size)
