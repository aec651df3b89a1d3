"""How far the durable records have been read, and what could not be."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.tables import BAD_LINE, ORPHAN, SOURCE, STINT


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One file that is followed or was imported."""

    kind: str
    journal: str
    path: str
    position: int
    size: int | None
    """Bytes in the file now, None when it is not there."""
    lines: int
    bad_lines: int
    last_at: int | None
    live: bool

    @property
    def behind(self) -> int | None:
        """Bytes written but not read yet."""
        return None if self.size is None else max(0, self.size - self.position)


@dataclass(frozen=True, slots=True)
class BadLineStatus:
    path: str
    line_number: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class JournalStatus:
    sources: tuple[SourceStatus, ...]
    open_stints: int
    orphans: int
    """Lines about stints whose beginning has never been read."""


async def read_status(connection: AsyncConnection) -> JournalStatus:
    bad = select(BAD_LINE.c.source_id, func.count().label("bad")).group_by(BAD_LINE.c.source_id).subquery()
    query = select(SOURCE, func.coalesce(bad.c.bad, 0).label("bad")).outerjoin(
        bad, bad.c.source_id == SOURCE.c.id).order_by(SOURCE.c.id)
    sources = tuple(
        SourceStatus(row.kind, row.journal, row.path, row.position, _size(row.path), row.line_number, row.bad,
                     row.last_at, row.state == "live")
        for row in await connection.execute(query)
    )
    stints = select(func.count()).select_from(STINT).where(STINT.c.finished.is_(None))
    orphans = select(func.count()).select_from(ORPHAN)
    return JournalStatus(
        sources, int((await connection.execute(stints)).scalar_one()),
        int((await connection.execute(orphans)).scalar_one()),
    )


async def read_bad_lines(connection: AsyncConnection, limit: int) -> list[BadLineStatus]:
    """The newest bad lines."""
    query = (
        select(SOURCE.c.path, BAD_LINE.c.line_number, BAD_LINE.c.reason, BAD_LINE.c.text)
        .join(SOURCE, SOURCE.c.id == BAD_LINE.c.source_id)
        .order_by(BAD_LINE.c.source_id.desc(), BAD_LINE.c.offset.desc()).limit(limit)
    )
    return [BadLineStatus(*row) for row in await connection.execute(query)]


def _size(path: str) -> int | None:
    try:
        return Path(path).stat().st_size
    except OSError:
        return None
