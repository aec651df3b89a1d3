"""Lines of a journal into the ledger's tables, in one transaction, each line counted once.

A line is known by its journal, its second, its text, and which of the equal lines of that second it is. So the same
lines read again under another name, or from an overlapping file, change nothing, and truly equal lines all count.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.journal.events import BadLine, Event
from callqueue.journal.parser import parse_line
from callqueue.ledger.changes import Place
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.fold import Ledger
from callqueue.ledger.fold_store import insert_new, load_ledger, save_changes, save_gaps
from callqueue.ledger.tables import BAD_LINE, LINE, ORPHAN, SOURCE
from callqueue.records.bookmarks import Bookmark, last_instant
from callqueue.records.lines import Line

APART_SECONDS = 3600
"""Lines further apart are looked up apart, so one line with a wrong clock does not load years."""
AROUND_SECONDS = 2

INSERT_LINE = {
    "sqlite": "INSERT INTO journal_line (at, digest, nth) VALUES (?, ?, ?)",
    "postgresql": "INSERT INTO journal_line (at, digest, nth) VALUES ($1, $2, $3)",
}
"""Said to the driver itself: this is once for every line, and SQLAlchemy's own way costs four times as much."""

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
        self._key = journal.encode()[:64]
        self.last_at: int | None = None
        self._seen: Counter[tuple[int, int]] = Counter()
        for word in recent.split():
            at, digest, times = word.split(":")
            self._seen[int(at), int(digest)] = int(times)
            self.last_at = int(at)

    def key(self, at: int, text: bytes) -> LineKey:
        digest = int.from_bytes(blake2b(text, digest_size=8, key=self._key).digest(), "big", signed=True)
        self.last_at = at
        nth = self._seen[at, digest] + 1
        self._seen[at, digest] = nth
        return at, digest, nth

    def forget(self) -> None:
        last_at = self.last_at or 0
        kept = {pair: times for pair, times in self._seen.items() if abs(pair[0] - last_at) <= AROUND_SECONDS}
        self._seen = Counter(kept)

    def recent(self) -> str:
        """What a counter that goes on after this batch needs to know."""
        self.forget()
        return " ".join(f"{at}:{digest}:{times}" for (at, digest), times in sorted(self._seen.items()))


@dataclass(frozen=True, slots=True)
class _Read:
    line: Line
    event: Event
    key: LineKey


async def feed(
    connection: AsyncConnection, bookmark: Bookmark, lines: Sequence[Line], counter: LineCounter,
    zone: ZoneInfo | None = None,
) -> Fed:
    """Parse, leave out what is known, fold and store. `bookmark` says whose lines they are and must be stored."""
    fed = Fed(lines=len(lines))
    read = list(_parse(lines, counter, zone, fed))
    await _save_bad(connection, bookmark, lines, fed.bad)
    if not read:
        return fed
    known = await _load_known(connection, {one.key[0] for one in read})
    channels = {channel for one in read if (channel := getattr(one.event, "channel_id", None))}
    last_at = bookmark.last_at if bookmark.last_at is not None else await _last_before(connection, bookmark)
    ledger = await load_ledger(connection, bookmark.journal, channels, read[0].key[0], last_at)
    orphans = _fold(ledger, read, known, bookmark)
    await save_changes(connection, bookmark.journal, ledger)
    new = [one.key for one in read if one.key not in known]
    if new:
        await connection.exec_driver_sql(INSERT_LINE[connection.dialect.name], new)
    if orphans:
        await connection.execute(insert(ORPHAN), [_orphan_row(bookmark.journal, one) for one in orphans])
    fed.new, fed.orphans = len(new), len(orphans)
    return fed


async def _last_before(connection: AsyncConnection, bookmark: Bookmark) -> int | None:
    return await last_instant(connection, bookmark.journal) if bookmark.kind == "journal" else None


def _parse(lines: Sequence[Line], counter: LineCounter, zone: ZoneInfo | None, fed: Fed) -> Iterable[_Read]:
    for line in lines:
        event = parse_line(line.text, zone)
        if isinstance(event, BadLine):
            fed.bad.append((line.number, event))
        else:
            yield _Read(line, event, counter.key(event.at, line.text))


def _fold(ledger: Ledger, read: list[_Read], known: set[LineKey], bookmark: Bookmark) -> list[_Read]:
    orphans = []
    source_id = bookmark.id or 0
    for one in read:
        if one.key in known:
            ledger.pass_over(one.event)
        elif not ledger.take(one.event, Place(source_id, one.line.offset)):
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


def _orphan_row(journal: str, one: _Read) -> dict[str, Any]:
    channel = getattr(one.event, "channel_id", "")
    rest = one.line.text.decode("utf-8", "replace").partition("|")[2]
    return {"journal": journal, "at": one.key[0], "channel_id": channel, "text": f"{one.key[0]}|{rest}"}


class JournalSink:
    """The follower's way into the ledger."""

    async def take(self, connection: AsyncConnection, bookmark: Bookmark, lines: list[Line]) -> Bookmark:
        recent = bookmark.recent or await self._recent_before(connection, bookmark)
        counter = LineCounter(bookmark.journal, recent)
        await feed(connection, bookmark, lines, counter)
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
        detail = f"{bookmark.path}: nowhere any more; read to byte {bookmark.position}, lines behind it may be lost"
        await save_gaps(connection, bookmark.journal, [Gap(GapKind.FILE_LOST, bookmark.last_at or 0, None, "", detail)])
