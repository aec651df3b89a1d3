"""Replacing one caller's number in the durable records, so that ledger, positions and a rebuilt ledger stay equal.

The number that is put in is as long as the old one, so every position stays. Only files that Asterisk has done with are
written anew, beside the old one, and then take its name. Before that, what is known of the old file (hashes at its
position, digests of its lines) is entered for the new one too; what is known of the old ones goes last, when no file
has the number any more. So a crash at any moment leaves files that are known, whichever of both they are, and the
follower of the service, which goes on all the time, counts no line twice.
"""

import asyncio
import bz2
import gzip
import lzma
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.journal.events import BadLine
from callqueue.journal.feed import LineCounter
from callqueue.journal.parser import parse_line
from callqueue.ledger.fold_store import insert_new
from callqueue.ledger.tables import LINE, SOURCE
from callqueue.records.bookmarks import Bookmark, MovedError, load_bookmarks, lock_journal
from callqueue.records.follow import Follower, Sink
from foundation.database import Database
from foundation.erasure import Alias

HALF = ".half"
NUMBER_FIELDS = {"STINT": 1, "ENTERQUEUE": 1, "CALLBACK_REQUESTED": 1, "BLINDTRANSFER": 0, "TRANSFER": 0}
"""Which datum of a journal line is a number; elsewhere ten bare digits may be anything."""
FIRST_DATUM = 5
TRIES = 50
PACKED: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}


Rotate = Callable[[Path], Awaitable[None]]
"""Gives the live file, where there is one, another name, and begins a new one with a line in it."""


class UnreadableLogError(Exception):
    """A file may have the number and cannot be written anew; the text names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """One of the two durable records."""

    kind: str
    """`journal` or `cel`, as bookmarks name it."""
    live: Path
    journal: str
    sink: Sink

    def replaced(self, line: bytes, alias: Alias) -> bytes:
        """A line with the number replaced; as long as before."""
        text = line.decode("latin-1")
        return (_in_fields(text, alias) if self.kind == "journal" else alias.within(text)).encode("latin-1")

    def files(self) -> list[Path]:
        """The live file and all that were rotated away from it, also packed ones.

        Raises:
            UnreadableLogError: one is packed in a way that we cannot read.
        """
        if not self.live.parent.is_dir():
            return []
        found = sorted(
            path for path in self.live.parent.iterdir()
            if path.name.startswith(self.live.name) and path.is_file() and not path.name.endswith(HALF)
        )
        for path in found:
            if path.suffix == ".zst":
                raise UnreadableLogError(f"{path}: unpack it (zstd -d) or remove it first; it may have the number")
        return found

    def mentioning(self, alias: Alias) -> list[Path]:
        """Those in which the number stands."""
        return [path for path in self.files() if any(old != new for old, new in self._lines(path, alias))]

    def changed(self, path: Path, alias: Alias) -> list[tuple[bytes, bytes]]:
        """Its lines in which the number stands, as they are and as they shall be; without their ends."""
        return [(_bare(old), _bare(new)) for old, new in self._lines(path, alias) if old != new]

    def write_anew(self, path: Path, alias: Alias) -> Path:
        """The file as it shall be, beside the old one, with its age and rights."""
        half, status = path.with_name(path.name + HALF), path.stat()
        with _open(path, "wb", half) as file:
            for _, new in self._lines(path, alias):
                file.write(new)
        descriptor = os.open(half, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        half.chmod(status.st_mode & 0o777)
        os.utime(half, ns=(status.st_atime_ns, status.st_mtime_ns))
        return half

    def _lines(self, path: Path, alias: Alias) -> Iterator[tuple[bytes, bytes]]:
        with _open(path, "rb") as file:
            for line in file:
                yield line, self.replaced(line, alias)


def _open(path: Path, mode: str, place: Path | None = None) -> IO[bytes]:
    opener = PACKED.get(path.suffix)
    found: IO[bytes] = opener(place or path, mode) if opener else (place or path).open(mode)
    return found


def _in_fields(line: str, alias: Alias) -> str:
    fields = line.split("|")
    if len(fields) <= FIRST_DATUM:
        return alias.within(line)
    place = NUMBER_FIELDS.get(fields[4])
    for number in range(FIRST_DATUM, len(fields)):
        field = fields[number]
        bare = field.rstrip("\r\n")
        certain = alias.within(field)
        exact = alias.forms.get(bare) if number - FIRST_DATUM == place else None
        fields[number] = certain if exact is None else exact + field[len(bare):]
    return "|".join(fields)


def _bare(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


class JournalEraser:
    """Replaces one number in one record."""

    def __init__(self, ledger: Database, record: Record, alias: Alias, rotate: Rotate) -> None:
        self._ledger, self._record, self._alias, self._rotate = ledger, record, alias, rotate

    async def run(self) -> int:
        """Replace it everywhere; returns how many lines were changed now. After a crash it is run again.

        Raises:
            UnreadableLogError: a file cannot be written anew; nothing was changed in it.
        """
        found = await asyncio.to_thread(self._record.mentioning, self._alias)
        if found:
            await self._catch_up()
        if self._record.live in found or await self._is_followed(found):
            await self._rotate(self._record.live)
            await self._catch_up()
            found = await asyncio.to_thread(self._record.mentioning, self._alias)
        changed = 0
        for path in found:
            changed += await self._replace(path)
        await self._forget_old()
        return changed

    async def _is_followed(self, paths: Sequence[Path]) -> bool:
        """Whether one of the rotated files is still the one that was read last: nothing came after it."""
        async with self._ledger.read() as connection:
            known = await load_bookmarks(connection, self._record.journal, self._record.kind)
        for path in paths:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                if any(mark.live and mark.position and mark.fits(descriptor) for mark in known):
                    return True
            finally:
                os.close(descriptor)
        return False

    async def _catch_up(self) -> None:
        """Read everything that is there, so that no file is being read that is written anew."""
        follower = Follower(
            self._ledger, self._record.live, self._record.journal, self._record.kind, self._record.sink)
        try:
            for _ in range(TRIES):
                try:
                    while await follower.step():
                        pass
                except MovedError:  # the service's follower was quicker
                    follower.close()
                    continue
                return
        finally:
            follower.close()

    async def _replace(self, path: Path) -> int:
        record, alias = self._record, self._alias
        changed = await asyncio.to_thread(record.changed, path, alias)
        half = await asyncio.to_thread(record.write_anew, path, alias)
        async with self._ledger.write() as connection:
            await lock_journal(connection, record.journal)
            await self._enter_new_marks(connection, path, half)
            if record.kind == "journal":
                await self._enter_new_digests(connection, changed)
        half.replace(path)
        return len(changed)

    async def _enter_new_marks(self, connection: AsyncConnection, path: Path, half: Path) -> None:
        if path.suffix in PACKED:
            return  # such files are never read
        old, new = os.open(path, os.O_RDONLY), os.open(half, os.O_RDONLY)
        try:
            known = await load_bookmarks(connection, self._record.journal, self._record.kind)
            for mark in known:
                if not mark.position or not mark.fits(old) or mark.fits(new):
                    continue
                if mark.live:
                    raise UnreadableLogError(f"{path}: is still being read; begin again in a moment")
                after = replace(mark.at(new, mark.position, mark.line_number), inode=mark.inode)
                if not any(_same(one, after) for one in known):
                    await connection.execute(insert(SOURCE).values(**_row(after), state=f"for:{mark.id}", updated=0))
        finally:
            os.close(old)
            os.close(new)

    async def _enter_new_digests(self, connection: AsyncConnection, changed: list[tuple[bytes, bytes]]) -> None:
        for (at, old), (_, new) in self._digests(changed):
            query = select(LINE.c.nth).where(LINE.c.at == at, LINE.c.digest == old)
            rows = [{"at": at, "digest": new, "nth": nth} for nth in (await connection.execute(query)).scalars()]
            if rows:
                await connection.execute(insert_new(connection, LINE), rows)

    async def _forget_old(self) -> None:
        """What is known of files that have the number, when there are none any more."""
        undone = [
            pair for path in await asyncio.to_thread(self._record.mentioning, self._alias.back)
            for pair in await asyncio.to_thread(self._record.changed, path, self._alias.back)
        ]
        digests = {old: new for (_, new), (_, old) in self._digests(undone)}
        async with self._ledger.write() as connection:
            await lock_journal(connection, self._record.journal)
            await self._take_over_marks(connection)
            if self._record.kind == "journal":
                await self._forget_digests(connection, undone)
                await self._correct_recent(connection, digests)

    async def _take_over_marks(self, connection: AsyncConnection) -> None:
        query = select(SOURCE).where(SOURCE.c.journal == self._record.journal, SOURCE.c.kind == self._record.kind,
                                     SOURCE.c.state.like("for:%"))
        for row in (await connection.execute(query)).all():
            hashes = {name: getattr(row, name) for name in ("head_length", "head_hash", "tail_length", "tail_hash")}
            await connection.execute(update(SOURCE).where(SOURCE.c.id == int(row.state[4:])).values(hashes))
            await connection.execute(delete(SOURCE).where(SOURCE.c.id == row.id))

    async def _forget_digests(self, connection: AsyncConnection, undone: list[tuple[bytes, bytes]]) -> None:
        for _, (at, old) in self._digests(undone):
            await connection.execute(delete(LINE).where(and_(LINE.c.at == at, LINE.c.digest == old)))

    async def _correct_recent(self, connection: AsyncConnection, digests: Mapping[int, int]) -> None:
        for mark in await load_bookmarks(connection, self._record.journal, self._record.kind):
            words = [word.split(":") for word in mark.recent.split()]
            new = " ".join(f"{at}:{digests.get(int(digest), int(digest))}:{times}" for at, digest, times in words)
            if new != mark.recent and not mark.live:
                await connection.execute(update(SOURCE).where(SOURCE.c.id == mark.id).values(recent=new))

    def _digests(
        self, pairs: list[tuple[bytes, bytes]],
    ) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Second and digest of each line as it is and as it shall be."""
        counter = LineCounter(self._record.journal)
        for before, after in pairs:
            event = parse_line(before)
            if not isinstance(event, BadLine):
                yield counter.key(event.at, before)[:2], counter.key(event.at, after)[:2]


def _same(one: Bookmark, other: Bookmark) -> bool:
    def key(mark: Bookmark) -> tuple[object, ...]:
        return (mark.position, mark.head_length, mark.head_hash, mark.tail_length, mark.tail_hash)

    return key(one) == key(other)


def _row(mark: Bookmark) -> dict[str, Any]:
    return {
        "journal": mark.journal, "kind": mark.kind, "path": mark.path, "inode": mark.inode, "position": mark.position,
        "line_number": mark.line_number, "head_length": mark.head_length, "head_hash": mark.head_hash,
        "tail_length": mark.tail_length, "tail_hash": mark.tail_hash, "last_at": None, "recent": "",
    }


__all__ = ["JournalEraser", "Record", "UnreadableLogError"]
