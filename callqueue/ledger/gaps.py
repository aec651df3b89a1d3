"""Declaring gaps that last: begun when noticed, ended when evidence is whole again."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.fold_store import save_gaps
from callqueue.ledger.tables import GAP


async def declare_gap(connection: AsyncConnection, journal: str, gap: Gap) -> None:
    """Add a gap; the same one (kind, beginning, call) is added once."""
    await save_gaps(connection, journal, [gap])


async def end_gaps(connection: AsyncConnection, journal: str, kind: GapKind, ended: int) -> None:
    """End whatever gap of this kind still lasts."""
    statement = update(GAP).where(GAP.c.journal == journal, GAP.c.kind == kind, GAP.c.ended.is_(None))
    await connection.execute(statement.values(ended=ended))


async def is_lasting(connection: AsyncConnection, journal: str, kind: GapKind) -> bool:
    """Whether a gap of this kind has begun and not ended."""
    query = select(GAP.c.id).where(GAP.c.journal == journal, GAP.c.kind == kind, GAP.c.ended.is_(None)).limit(1)
    return (await connection.execute(query)).first() is not None
