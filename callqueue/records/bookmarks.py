"""How far each file has been read, known by content: hashes of its beginning and of the bytes before the position.

An inode alone proves nothing: it is re-used at once, and a file that was copied and truncated can grow past the
position under the same inode.
"""

import hashlib
import os
import time
from dataclasses import dataclass, replace

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.tables import SOURCE

SPAN = 1024
"""Bytes hashed at the beginning and before the position."""


class MovedError(Exception):
    """Someone else has read on in this file; look again where it stands."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a file has been read; `id` is None until it is stored."""

    journal: str
    kind: str
    path: str
    inode: int = 0
    position: int = 0
    line_number: int = 0
    head_length: int = 0
    head_hash: str = ""
    tail_length: int = 0
    tail_hash: str = ""
    last_at: int | None = None
    recent: str = ""
    live: bool = True
    id: int | None = None

    def fits(self, descriptor: int) -> bool:
        """Whether the open file holds, up to the position, what was read under this bookmark."""
        return self.position == 0 or (
            hash_of(descriptor, 0, self.head_length) == self.head_hash
            and hash_of(descriptor, self.position - self.tail_length, self.tail_length) == self.tail_hash
        )

    def at(self, descriptor: int, position: int, line_number: int) -> "Bookmark":
        """The same file, read up to `position`."""
        length = min(SPAN, position)
        return replace(
            self, inode=os.fstat(descriptor).st_ino, position=position, line_number=line_number,
            head_length=length, head_hash=hash_of(descriptor, 0, length),
            tail_length=length, tail_hash=hash_of(descriptor, position - length, length),
        )


def hash_of(descriptor: int, offset: int, length: int) -> str:
    """Hash of that part of the file, or of what there is of it."""
    return hashlib.blake2b(os.pread(descriptor, length, offset), digest_size=16).hexdigest()


async def lock_journal(connection: AsyncConnection, journal: str) -> None:
    """One writer at a time per journal; SQLite's write lock does it by itself."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"pasokh {journal}"})


async def load_bookmarks(connection: AsyncConnection, journal: str, kind: str) -> list[Bookmark]:
    query = select(SOURCE).where(SOURCE.c.journal == journal, SOURCE.c.kind == kind).order_by(SOURCE.c.id)
    return [
        Bookmark(
            row.journal, row.kind, row.path, row.inode, row.position, row.line_number, row.head_length, row.head_hash,
            row.tail_length, row.tail_hash, row.last_at, row.recent, row.state == "live", row.id,
        )
        for row in await connection.execute(query)
    ]


async def add_bookmark(connection: AsyncConnection, bookmark: Bookmark) -> Bookmark:
    statement = insert(SOURCE).values(**_values(bookmark)).returning(SOURCE.c.id)
    return replace(bookmark, id=(await connection.execute(statement)).scalar_one())


async def move_bookmark(connection: AsyncConnection, before: Bookmark, after: Bookmark) -> None:
    """Store `after` in place of `before`.

    Raises:
        MovedError: the stored position is no longer that of `before`.
    """
    statement = update(SOURCE).where(SOURCE.c.id == before.id, SOURCE.c.position == before.position)
    if (await connection.execute(statement.values(**_values(after)))).rowcount != 1:
        raise MovedError(f"{before.path}: another reader has moved on from byte {before.position}")


async def finish_bookmarks(connection: AsyncConnection, journal: str, kind: str, live_id: int | None) -> None:
    """Mark every file but one as done."""
    statement = update(SOURCE).where(SOURCE.c.journal == journal, SOURCE.c.kind == kind, SOURCE.c.state == "live")
    if live_id is not None:
        statement = statement.where(SOURCE.c.id != live_id)
    await connection.execute(statement.values(state="done"))


async def last_instant(connection: AsyncConnection, journal: str) -> int | None:
    """Instant of the last line read of any of the journal's followed files."""
    query = select(func.max(SOURCE.c.last_at)).where(SOURCE.c.journal == journal, SOURCE.c.kind == "journal")
    found = (await connection.execute(query)).scalar_one()
    return None if found is None else int(found)


def _values(bookmark: Bookmark) -> dict[str, object]:
    return {
        "journal": bookmark.journal, "kind": bookmark.kind, "path": bookmark.path, "inode": bookmark.inode,
        "position": bookmark.position, "line_number": bookmark.line_number,
        "head_length": bookmark.head_length, "head_hash": bookmark.head_hash,
        "tail_length": bookmark.tail_length, "tail_hash": bookmark.tail_hash,
        "last_at": bookmark.last_at, "recent": bookmark.recent, "state": "live" if bookmark.live else "done",
        "updated": int(time.time()),
    }
