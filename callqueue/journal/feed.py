"""Lines of a journal into the ledger's tables, in one transaction, each line counted once.

A line is known by its journal, its second, its text, and which of the equal lines of that second it is. So the same
lines read again under another name, or from an overlapping file, change nothing, and truly equal lines all count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.journal.events import BadLine, Event
from callqueue.journal.parser import parse_line
from callqueue.ledger.driver_rows import insert_rows
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.fold import Ledger
from callqueue.ledger.fold_store import insert_new, load_ledger, save_changes, save_gaps
from callqueue.ledger.gap_details import Form, write_detail
from callqueue.ledger.tables import BAD_LINE, LINE, ORPHAN, SOURCE
from callqueue.records.bookmarks import Bookmark, last_instant
from callqueue.records.lines import Line

APART_SECONDS = 3600
"""Lines further apart are looked up apart, so one line with a wrong clock does not load years."""
AROUND_SECONDS = 2

LineKey = tuple[int, int, int]
"""Second, digest, and which of the equal ones."""


@dataclass(slots=True)
class Fed:
    """What became of a batch."""

    lines: int = 0
    new: int = 0
    orphans: int = 0
    bad: list[tuple[int, BadLine]] = field(default_factory=list)
    """Line number and reason."""


class LineCounter:
    """Numbers equal lines within one second. Between batches it keeps the seconds around the last line."""

    def __init__(self, journal: str, recent: str = "") -> None:
        self._digest = blake2b(digest_size=8, key=journal.encode()[:64])
        self.last_at: int | None = None
        self._seen: dict[tuple[int, int], int] = {}
        for word in recent.split():
            at, digest, times = word.split(":")
            self._seen[int(at), int(digest)] = int(times)
            self.last_at = int(at)

    def key(self, at: int, text: bytes) -> LineKey:
        hashed = self._digest.copy()
        hashed.update(text)
        digest = int.from_bytes(hashed.digest(), "big", signed=True)
        self.last_at = at
        nth = self._seen.get((at, digest), 0) + 1
        self._seen[at, digest] = nth
        return at, digest, nth

    def forget(self) -> None:
        last_at = self.last_at or 0
        self._seen = {pair: times for pair, times in self._seen.items() if abs(pair[0] - last_at) <= AROUND_SECONDS}

    def recent(self) -> str:
        """What a counter that goes on after this batch needs to know."""
        self.forget()
        return " ".join(f"{at}:{digest}:{times}" for (at, digest), times in sorted(self._seen.items()))


Sound = tuple[Line, Event, LineKey]


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that have been understood and numbered; no database has been asked about them yet."""

    lines: Sequence[Line]
    sound: list[Sound]
    bad: list[tuple[int, BadLine]]
    """Line number and reason."""
    last_at: int | None
    """Of the last sound line so far."""


def read_batch(lines: Sequence[Line], counter: LineCounter, zone: ZoneInfo | None = None) -> Batch:
    """The next lines, understood and numbered."""
    sound: list[Sound] = []
    bad: list[tuple[int, BadLine]] = []
    for line in lines:
        event = parse_line(line.text, zone)
        if isinstance(event, BadLine):
            bad.append((line.number, event))
        else:
            sound.append((line, event, counter.key(event.at, line.text)))
    return Batch(lines, sound, bad, counter.last_at)


async def feed(connection: AsyncConnection, bookmark: Bookmark, batch: Batch) -> Fed:
    """Leave out what is known, fold and store. `bookmark` says whose lines they are and must be stored."""
    await _save_bad(connection, bookmark, batch.lines, batch.bad)
    if not batch.sound:
        return Fed(len(batch.lines), bad=batch.bad)
    known = await _load_known(connection, {at for _, _, (at, _, _) in batch.sound})
    ledger = await _begin_fold(connection, bookmark, batch)
    orphans = _fold(ledger, batch.sound, known)
    await save_changes(connection, bookmark.journal, ledger)
    new = [key for _, _, key in batch.sound if key not in known] if known else [key for _, _, key in batch.sound]
    await insert_rows(connection, LINE, ("at", "digest", "nth"), new)
    if orphans:
        await connection.execute(insert(ORPHAN), [_orphan_row(bookmark.journal, *one) for one in orphans])
    return Fed(len(batch.lines), len(new), len(orphans), batch.bad)


async def _begin_fold(connection: AsyncConnection, bookmark: Bookmark, batch: Batch) -> Ledger:
    channels = {channel for _, event, _ in batch.sound if (channel := getattr(event, "channel_id", None))}
    last_at = bookmark.last_at
    if last_at is None and bookmark.kind == "journal":
        last_at = await last_instant(connection, bookmark.journal)
    first_at = batch.sound[0][1].at
    return await load_ledger(connection, bookmark.journal, channels, first_at, last_at, source_id=bookmark.id or 0)


def _fold(ledger: Ledger, sound: list[Sound], known: set[LineKey]) -> list[Sound]:
    """Those that speak of no stint that any line has opened."""
    orphans = []
    for one in sound:
        line, event, key = one
        if key in known:
            ledger.pass_over(event)
        elif not ledger.take(event, line.offset):
            orphans.append(one)
    return orphans


def _clusters(seconds: Iterable[int]) -> Iterable[tuple[int, int]]:
    first = last = None
    for second in sorted(seconds):
        if first is None or last is None:
            first = second
        elif second - last > APART_SECONDS:
            yield first, last
            first = second
        last = second
    if first is not None and last is not None:
        yield first, last


async def _load_known(connection: AsyncConnection, seconds: set[int]) -> set[LineKey]:
    known: set[LineKey] = set()
    for first, last in _clusters(seconds):
        query = select(LINE.c.at, LINE.c.digest, LINE.c.nth).where(LINE.c.at >= first, LINE.c.at <= last)
        known.update((at, digest, nth) for at, digest, nth in await connection.execute(query))
    return known


async def _save_bad(
    connection: AsyncConnection, bookmark: Bookmark, lines: Sequence[Line], bad: list[tuple[int, BadLine]],
) -> None:
    """What was bad in an earlier import may be sound now, with a time zone given."""
    if bookmark.kind == "import" and lines:
        await connection.execute(delete(BAD_LINE).where(
            BAD_LINE.c.source_id == bookmark.id, BAD_LINE.c.offset.between(lines[0].offset, lines[-1].offset)))
    if not bad:
        return
    first = lines[0].number
    rows = [
        {"source_id": bookmark.id or 0, "offset": lines[number - first].offset, "line_number": number,
         "text": line.text, "reason": line.reason}
        for number, line in bad
    ]
    await connection.execute(insert_new(connection, BAD_LINE), rows)


def _orphan_row(journal: str, line: Line, event: Event, _key: LineKey) -> dict[str, Any]:
    channel = getattr(event, "channel_id", "")
    rest = line.text.decode("utf-8", "replace").partition("|")[2]
    return {"journal": journal, "at": event.at, "channel_id": channel, "text": f"{event.at}|{rest}"}


class JournalSink:
    """The follower's way into the ledger."""

    async def take(self, connection: AsyncConnection, bookmark: Bookmark, lines: list[Line]) -> Bookmark:
        recent = bookmark.recent or await self._recent_before(connection, bookmark)
        counter = LineCounter(bookmark.journal, recent)
        await feed(connection, bookmark, read_batch(lines, counter))
        last_at = counter.last_at if counter.last_at is not None else bookmark.last_at
        return replace(bookmark, last_at=last_at, recent=counter.recent())

    async def _recent_before(self, connection: AsyncConnection, bookmark: Bookmark) -> str:
        """A rotation may fall between two equal lines of one second."""
        query = (
            select(SOURCE.c.recent)
            .where(SOURCE.c.journal == bookmark.journal, SOURCE.c.kind == bookmark.kind, SOURCE.c.id != bookmark.id,
                   SOURCE.c.last_at.is_not(None))
            .order_by(SOURCE.c.last_at.desc()).limit(1)
        )
        return (await connection.execute(query)).scalar_one_or_none() or ""

    async def on_lost(self, connection: AsyncConnection, bookmark: Bookmark) -> None:
        detail = write_detail(Form.NO_FILE, path=bookmark.path, position=bookmark.position)
        await save_gaps(connection, bookmark.journal, [Gap(GapKind.FILE_LOST, bookmark.last_at or 0, None, "", detail)])
