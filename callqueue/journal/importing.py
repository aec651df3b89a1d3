"""Importing another Asterisk's queue_log, or a copy of our own: repeatable, nothing twice.

A file is read from its beginning every time; which lines are new is decided line by line (see journal.feed), so it
makes no difference whether the file was imported before under another name, has grown since, or overlaps.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.journal.events import BadLine, Started
from callqueue.journal.feed import Fed, LineCounter, feed, read_batch
from callqueue.journal.parser import parse_line
from callqueue.ledger.changes import is_open
from callqueue.ledger.evidence import Mark
from callqueue.ledger.fold import Ledger
from callqueue.ledger.fold_store import FEW, load_ledger, load_open, save_changes
from callqueue.ledger.stint import Stint
from callqueue.ledger.tables import MARKER, ORPHAN
from callqueue.records.bookmarks import SPAN, Bookmark, add_bookmark, load_bookmarks, lock_journal, move_bookmark
from callqueue.records.lines import Line, LineSplitter
from foundation.database import Database

CHUNK = 20_000
"""Lines in one transaction."""
BLOCK = 1024 * 1024
UNNAMED = "import"
"""Journal name of a log whose call ids carry no systemname."""
KIND = "import"

_PREFIX = re.compile(rb"^[^|\n]*\|([A-Za-z][A-Za-z0-9_.-]{0,38})-[0-9]{9,}\.[0-9]+\|", re.MULTILINE)


class NoJournalError(ValueError):
    """The file's lines are none of a queue_log; nothing of it was stored."""


@dataclass(slots=True)
class Imported:
    """What an import did so far."""

    journal: str
    size: int
    position: int = 0
    lines: int = 0
    new: int = 0
    orphans: int = 0
    half_line: bool = False
    """The file's last line has no end; it was left for the next import."""
    bad: list[tuple[int, BadLine]] = field(default_factory=list)

    def add(self, fed: Fed, position: int) -> None:
        self.position = position
        self.lines += fed.lines
        self.new += fed.new
        self.orphans += fed.orphans
        self.bad += fed.bad


def journal_name(beginning: bytes) -> str:
    """The systemname in the call ids, by which our own log is known again; `import` where there is none."""
    found = _PREFIX.search(beginning)
    return found[1].decode() if found else UNNAMED


async def import_journal(
    database: Database, path: Path, *, journal: str | None = None, zone: ZoneInfo | None = None,
    progress: Callable[[Imported], None] = lambda _: None,
) -> Imported:
    """Read the whole file into the ledger, a transaction for each `CHUNK` lines.

    Args:
        database: the ledger's store.
        path: a queue_log.
        journal: name of the Asterisk that wrote it; found in the call ids when not given.
        zone: zone of local time stamps.
        progress: called after each transaction.

    Raises:
        OSError: the file cannot be read.
        NoJournalError: no line of the file's beginning can be read: another kind of file, or a time zone is needed.
        MovedError: another import of the same file goes on beside this one; begun again, nothing counts twice.
    """
    with path.open("rb") as file:
        head = file.read(BLOCK)
        _refuse_strange(head, zone)
        file.seek(0)
        reader = _Importer(database, path, Imported(journal or journal_name(head), os.fstat(file.fileno()).st_size))
        await reader.read(file, head[:SPAN], zone, progress)
    await settle(database, reader.done.journal)
    return reader.done


def _refuse_strange(head: bytes, zone: ZoneInfo | None) -> None:
    """A whole file of bad lines would hide the few that matter."""
    lines = list(LineSplitter().feed(head))
    first: BadLine | None = None
    for line in lines:
        event = parse_line(line.text, zone)
        if not isinstance(event, BadLine):
            return
        first = first or event
    if first is not None:
        raise NoJournalError(f"none of its first {len(lines):,} lines is one of a queue_log; line 1: {first.reason}")


class _Importer:
    def __init__(self, database: Database, path: Path, done: Imported) -> None:
        self._database = database
        self._path = path
        self.done = done
        self._counter = LineCounter(done.journal)

    async def read(
        self, file: BinaryIO, head: bytes, zone: ZoneInfo | None, progress: Callable[[Imported], None],
    ) -> None:
        bookmark, splitter = await self._begin(head), LineSplitter()
        for lines in _chunks(file, splitter):
            position = lines[-1].offset + len(lines[-1].text) + 1
            batch = read_batch(lines, self._counter, zone)
            self._counter.forget()
            after = replace(
                self._moved(bookmark, head[:position], position, lines[-1].number), last_at=batch.last_at)
            async with self._database.write() as connection:
                await lock_journal(connection, self.done.journal)
                fed = await feed(connection, bookmark, batch)
                await move_bookmark(connection, bookmark, after)
            bookmark = after
            self.done.add(fed, position)
            progress(self.done)
        self.done.half_line = splitter.scanned > splitter.position

    async def _begin(self, head: bytes) -> Bookmark:
        """The bookmark of an earlier import of the same content, or a new one; the reading begins at 0 anyway."""
        # A file is known from the first moment on, or two imports begun at once would each enter it for themselves.
        new = self._moved(Bookmark(self.done.journal, KIND, str(self._path)), head, 0, 0)
        async with self._database.write() as connection:
            await lock_journal(connection, new.journal)
            for mark in await load_bookmarks(connection, new.journal, KIND):
                if mark.head_length and _hash(head[:mark.head_length]) == mark.head_hash:
                    return replace(mark, last_at=None)
            return await add_bookmark(connection, new)

    def _moved(self, bookmark: Bookmark, head: bytes, position: int, line_number: int) -> Bookmark:
        return replace(
            bookmark, path=str(self._path), position=position, line_number=line_number,
            head_length=len(head), head_hash=_hash(head), live=False,
        )


def _chunks(file: BinaryIO, splitter: LineSplitter) -> Iterator[list[Line]]:
    lines: list[Line] = []
    while block := file.read(BLOCK):
        lines += splitter.feed(block)
        while len(lines) >= CHUNK:
            yield lines[:CHUNK]
            lines = lines[CHUNK:]
    if lines:
        yield lines


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


async def settle(database: Database, journal: str) -> None:
    """Join what came in another order than it happened: orphans of files imported before, and later restarts."""
    async with database.write() as connection:
        await lock_journal(connection, journal)
        stints = await load_open(connection, journal)
        if not stints:
            return
        await _adopt_orphans(connection, journal, stints)
        await _interrupt_at_restarts(connection, journal)


async def _adopt_orphans(connection: AsyncConnection, journal: str, stints: list[Stint]) -> None:
    entered = {stint.channel_id: stint.entered for stint in stints}
    channels, rows = sorted(entered), []
    for first in range(0, len(channels), FEW):
        query = select(ORPHAN).where(
            ORPHAN.c.journal == journal, ORPHAN.c.channel_id.in_(channels[first:first + FEW]))
        rows += [row for row in await connection.execute(query) if row.at >= entered[row.channel_id]]
    adopted = []
    for row in sorted(rows, key=lambda row: (row.at, row.id)):
        event = parse_line(row.text.encode())
        ledger = await load_ledger(connection, journal, {row.channel_id}, row.at, None)
        if not isinstance(event, BadLine) and ledger.take(event):
            await save_changes(connection, journal, ledger)
            adopted.append(row.id)
    for first in range(0, len(adopted), FEW):
        await connection.execute(delete(ORPHAN).where(ORPHAN.c.id.in_(adopted[first:first + FEW])))


async def _interrupt_at_restarts(connection: AsyncConnection, journal: str) -> None:
    query = select(MARKER.c.at).where(MARKER.c.journal == journal, MARKER.c.mark == Mark.START).order_by(MARKER.c.at)
    starts = list((await connection.execute(query)).scalars())
    for at in starts:
        left = [stint for stint in await load_open(connection, journal) if stint.entered < at and is_open(stint)]
        if left:
            ledger = Ledger(left)
            ledger.take(Started(at))
            ledger.changes.markers.clear()  # it is known already
            await save_changes(connection, journal, ledger)
