"""Reading a file that grows, is rotated, copied and truncated: every line exactly once.

The position is stored in the transaction that stores the lines, so a crash between the two cannot part them. After a
rotation or truncation, and at every start, all files beside the followed one are looked at by content; unread rests
are read in the order of their first lines, the live file last.
"""

import asyncio
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.records.bookmarks import (
    SPAN,
    Bookmark,
    MovedError,
    add_bookmark,
    finish_bookmarks,
    load_bookmarks,
    lock_journal,
    move_bookmark,
)
from callqueue.records.lines import Line, LineSplitter
from foundation.database import Database
from foundation.service import back_off

BLOCK = 256 * 1024
POLL_SECONDS = 0.2
PACKED = (".gz", ".xz", ".bz2", ".zst", ".half")

log = structlog.get_logger()


class Sink(Protocol):
    """Stores a file's lines in the follower's transaction."""

    async def take(self, connection: AsyncConnection, bookmark: Bookmark, lines: list[Line]) -> Bookmark:
        """Store `lines`; returns the bookmark with whatever the sink wants to find there at the next batch."""

    async def on_lost(self, connection: AsyncConnection, bookmark: Bookmark) -> None:
        """The rest of a file is nowhere: declare the gap."""


@dataclass(slots=True)
class _Reading:
    """The file being read."""

    path: Path
    descriptor: int
    bookmark: Bookmark
    splitter: LineSplitter

    @classmethod
    def begin(cls, path: Path, descriptor: int, bookmark: Bookmark) -> "_Reading":
        return cls(path, descriptor, bookmark, LineSplitter(bookmark.position, bookmark.line_number))

    @property
    def size(self) -> int:
        return os.fstat(self.descriptor).st_size

    def is_at(self, path: Path) -> bool:
        try:
            there, here = path.stat(), os.fstat(self.descriptor)
        except FileNotFoundError:
            return False
        return (there.st_ino, there.st_dev) == (here.st_ino, here.st_dev)

    def is_cut(self) -> bool:
        """Truncated, or truncated and grown again past the position."""
        return self.size < self.splitter.scanned or not self.bookmark.fits(self.descriptor)


class Follower:
    """Follows one path for one journal.

    Args:
        kind: `journal` or `cel`: bookmarks of a kind belong together.
    """

    def __init__(self, database: Database, path: Path, journal: str, kind: str, sink: Sink) -> None:
        self._database = database
        self._path = path
        self._new = Bookmark(journal, kind, str(path))
        self._sink = sink
        self._finished: set[int | None] = set()
        self._beside: frozenset[tuple[str, int]] = frozenset()
        self._reading: _Reading | None = None
        self.caught_up_at: float | None = None
        """When the end of the live file was last seen with everything before it stored (the clock's seconds)."""
        self.lines = 0
        """Lines stored by this follower."""

    async def run(self, clock: Callable[[], float]) -> None:
        """Follow for ever; a database or file that is away is waited for."""
        wait = back_off()
        while True:
            began = clock()
            try:
                more = await self.step()
                wait = back_off()
            except (SQLAlchemyError, OSError, MovedError) as error:
                self.close()
                seconds = wait()
                log.warning("follower waits", path=str(self._path), error=str(error)[:300], seconds=round(seconds, 1))
                await asyncio.sleep(seconds)
                continue
            if not more:
                self.caught_up_at = began if self._reading is not None else self.caught_up_at
                await asyncio.sleep(POLL_SECONDS)
            else:
                await asyncio.sleep(0)

    def close(self) -> None:
        """Forget the open file; the next step looks where everything stands."""
        if self._reading is not None:
            os.close(self._reading.descriptor)
            self._reading = None

    async def step(self) -> bool:
        """Read one block; False when there is nothing to read at the moment."""
        if self._reading is None and not await self._open_next():
            return False
        reading = self._reading
        if reading is None:
            return False
        if reading.is_cut() or self._beside != self._siblings():
            self.close()  # a new sibling may hold lines that come before those to be read here
            return await self._open_next()
        data = os.pread(reading.descriptor, BLOCK, reading.splitter.scanned)
        if data and reading.is_cut():
            return True  # between the look and the read; the next step sorts it out
        if data:
            await self._store(reading, data)
            return True
        return await self._leave_if_done(reading)

    async def _store(self, reading: _Reading, data: bytes) -> None:
        lines = reading.splitter.feed(data)
        if not lines:
            return
        before = reading.bookmark
        after = before.at(reading.descriptor, reading.splitter.position, reading.splitter.number)
        async with self._database.write() as connection:
            await lock_journal(connection, before.journal)
            if before.id is None:
                await self._refuse_if_known(connection, reading)
                after = await add_bookmark(connection, after)
                await finish_bookmarks(connection, after.journal, after.kind, after.id)
                marked = await self._sink.take(connection, after, lines)
                await move_bookmark(connection, after, marked)
            else:
                marked = await self._sink.take(connection, after, lines)
                await move_bookmark(connection, before, marked)
        reading.bookmark = marked
        self.lines += len(lines)

    async def _refuse_if_known(self, connection: AsyncConnection, reading: _Reading) -> None:
        """Two readers that find a new file at once must not both enter it: one of the two would seem to vanish."""
        known = await load_bookmarks(connection, self._new.journal, self._new.kind)
        if any(mark.position and mark.fits(reading.descriptor) for mark in known):
            raise MovedError(f"{reading.path}: another reader has begun it")

    async def _leave_if_done(self, reading: _Reading) -> bool:
        """Go on to the next file when nobody writes to this one any more."""
        if reading.is_at(self._path) or not await self._has_successor(reading):
            return False  # Asterisk writes to a renamed file until it opens the new one
        if reading.size > reading.splitter.scanned:
            return True
        log.info("file read to its end", path=str(reading.path), bytes=reading.splitter.position)
        self._finished.add(reading.bookmark.id)
        self.close()
        return await self._open_next()

    async def _has_successor(self, reading: _Reading) -> bool:
        """Whether lines are written elsewhere by now."""
        own = os.fstat(reading.descriptor).st_ino
        others = [file for file in await self._look() if file.inode != own]
        return any(file.size > file.bookmark.position for file in others)

    def _siblings(self) -> frozenset[tuple[str, int]]:
        """Names and inodes of the files that `survey` would look at."""
        try:
            with os.scandir(self._path.parent) as entries:
                return frozenset((entry.name, entry.inode()) for entry in entries if is_sibling(entry.name, self._path))
        except FileNotFoundError:
            return frozenset()

    async def _open_next(self) -> bool:
        """Open the first file with an unread rest."""
        self._beside = self._siblings()
        for file in await self._look():
            with suppress(FileNotFoundError):
                descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
                self._reading = _Reading.begin(file.path, descriptor, file.bookmark)
                return True
        return False

    async def _look(self) -> list["Found"]:
        """What is worth reading, in the order to read it."""
        async with self._database.read() as connection:
            known = await load_bookmarks(connection, self._new.journal, self._new.kind)
        found = survey(self._path, known, self._new)
        if any(file.path == self._path for file in found):
            await self._declare_lost([mark for mark in known if mark.live and mark.id not in self._finished], found)
        return [
            file for file in found
            # The rest of a finished file, if any, is a half line that nobody will complete.
            if file.path == self._path or (file.is_worth_reading and file.bookmark.id not in self._finished)
        ]

    async def _declare_lost(self, live: list[Bookmark], found: list["Found"]) -> None:
        for mark in live:
            if any(file.bookmark.id == mark.id for file in found):
                continue
            log.error("a followed file has vanished; lines may be lost", path=mark.path, position=mark.position)
            async with self._database.write() as connection:
                await self._sink.on_lost(connection, mark)
                await move_bookmark(connection, mark, replace(mark, live=False))


@dataclass(frozen=True, slots=True)
class Found:
    """A file beside the followed path, with the bookmark that fits it best."""

    path: Path
    size: int
    bookmark: Bookmark
    first_time: str
    changed_ns: int
    inode: int

    @property
    def is_followed(self) -> bool:
        """The file that was being read last; Asterisk may still write to it."""
        return self.bookmark.id is not None and self.bookmark.live

    @property
    def is_worth_reading(self) -> bool:
        return self.is_followed or self.size > self.bookmark.position

    def age(self, live: Path) -> tuple[bool, bool, str, int]:
        """Sorts the order in which the files were written."""
        return (self.path == live, not self.is_followed, self.first_time, self.changed_ns)


def is_sibling(name: str, live: Path) -> bool:
    """Whether a file of that name may hold what was once in the live file."""
    return name.startswith(live.name) and not name.endswith(PACKED)


def survey(live: Path, known: list[Bookmark], new: Bookmark) -> list[Found]:
    """The followed file and its rotated siblings, oldest first, the live one last.

    A file that only repeats the beginning of another (a copy being made) is left out.
    """
    try:
        paths = [path for path in live.parent.iterdir() if is_sibling(path.name, live) and path.is_file()]
    except FileNotFoundError:
        return []
    found = [file for path in paths if (file := _inspect(path, known, new))]
    kept = [file for file in found if file.path == live or not any(_repeats(file, other, live) for other in found)]
    return sorted(kept, key=lambda file: file.age(live))


def _inspect(path: Path, known: list[Bookmark], new: Bookmark) -> Found | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        log.warning("file beside the followed one cannot be read", path=str(path), error=str(error))
        return None
    try:
        fitting = [mark for mark in known if mark.position and mark.fits(descriptor)]
        best = max(fitting, key=lambda mark: mark.position, default=new)
        first = re.match(rb'"?([0-9][0-9 :T.-]*)', os.pread(descriptor, 64, 0))
        first_time = first[1].decode() if first else ""
        status = os.fstat(descriptor)
        best = replace(best, path=str(path))
        return Found(path, status.st_size, best, first_time, status.st_mtime_ns, status.st_ino)
    finally:
        os.close(descriptor)


def _repeats(file: Found, other: Found, live: Path) -> bool:
    """Whether all of `file` is the beginning of `other`; of two equal ones the live one counts."""
    if file.path == other.path or file.size > other.size or file.first_time != other.first_time:
        return False
    if file.size == other.size and other.path != live and file.path.name < other.path.name:
        return False
    try:
        with file.path.open("rb") as short, other.path.open("rb") as long:
            if short.read(SPAN) != long.read(min(SPAN, file.size)):
                return False
            while part := short.read(BLOCK):
                if part != long.read(len(part)):
                    return False
    except FileNotFoundError:
        return False
    return True
