"""What the planning of agents reads from the ledger: sums that the database makes, however many stints there are."""

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.stint import Origin, Outcome
from callqueue.tables import REFUSAL, STINT

CALLED_BY_US = (Origin.CALLBACK.value, Origin.FOLLOWUP.value)


def _among(column: ColumnElement[str], queues: Collection[str] | None) -> ColumnElement[bool]:
    return column.is_not(None) if queues is None else column.in_(queues)


async def count_arrivals(
    connection: AsyncConnection, queues: Collection[str] | None, origins: Collection[Origin], *, start: int, end: int,
    step: int,
) -> Mapping[int, int]:
    """Stints of these origins that entered the queues (None: all), by `entered // step`; steps without any are left
    out.
    """
    index = (STINT.c.entered // step).label("index")
    query = select(index, func.count()).where(
        _among(STINT.c.queue, queues), STINT.c.origin.in_([origin.value for origin in origins]),
        STINT.c.entered >= start, STINT.c.entered < end,
    ).group_by(index)
    return {int(at): int(count) for at, count in (await connection.execute(query)).all()}


async def count_refusals(connection: AsyncConnection, queues: Collection[str] | None, start: int, end: int) -> int:
    query = select(func.count()).select_from(REFUSAL).where(
        _among(REFUSAL.c.queue, queues), REFUSAL.c.at >= start, REFUSAL.c.at < end)
    return int((await connection.execute(query)).scalar_one())


async def sum_waits(
    connection: AsyncConnection, queue: str, start: int, end: int, ignored: int,
) -> tuple[int, float]:
    """Callers who gave up after more than `ignored` seconds, and the seconds beyond it that all callers waited."""
    wait = func.coalesce(STINT.c.wait_ms / 1000.0, STINT.c.wait)
    gave_up = and_(STINT.c.outcome == Outcome.ABANDONED.value, wait > ignored)
    query = select(
        func.coalesce(func.sum(case((gave_up, 1), else_=0)), 0),
        func.coalesce(func.sum(case((wait > ignored, wait - ignored), else_=0)), 0),
    ).where(
        STINT.c.queue == queue, STINT.c.entered >= start, STINT.c.entered < end,
        STINT.c.origin.not_in(CALLED_BY_US), STINT.c.wait.is_not(None),
    )
    abandoned, waited = (await connection.execute(query)).one()
    return int(abandoned), float(waited)


async def queues_of(connection: AsyncConnection, start: int, end: int) -> list[str]:
    """Queues that somebody entered in the time."""
    query = select(STINT.c.queue).where(STINT.c.entered >= start, STINT.c.entered < end).distinct()
    return sorted(name for (name,) in (await connection.execute(query)).all())
