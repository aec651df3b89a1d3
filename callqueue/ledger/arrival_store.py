"""What the planning of agents reads from the ledger: sums that the database makes, however many stints there are."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.stint import Origin, Outcome
from callqueue.ledger.tables import REFUSAL, STINT
from callqueue.metrics.rules import Rulebook

QUARTER = 900
"""Seconds."""
CALLED_BY_US = (Origin.CALLBACK.value, Origin.FOLLOWUP.value)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Stints of one origin that entered one queue in one quarter of an hour."""

    quarter: int
    """Its number since the epoch."""
    queue: str
    origin: str
    count: int
    gave_up: int
    """Callers among them who hung up after more than the queue's S."""
    waited_ms: int
    """Milliseconds beyond S that all of them waited."""


async def count_arrivals(connection: AsyncConnection, rules: Rulebook, start: int, end: int) -> list[Arrived]:
    """All that entered in the time."""
    quarter = (STINT.c.entered // QUARTER).label("quarter")
    wait = func.coalesce(STINT.c.wait_ms, cast(STINT.c.wait, BigInteger) * 1000)
    long = and_(STINT.c.wait.is_not(None), STINT.c.origin.not_in(CALLED_BY_US), wait > _ignored_ms(rules))
    gave_up = and_(long, STINT.c.outcome == Outcome.ABANDONED.value)
    query = select(
        quarter, STINT.c.queue, STINT.c.origin, func.count(), func.sum(case((gave_up, 1), else_=0)),
        func.sum(case((long, wait - _ignored_ms(rules)), else_=0)),
    ).where(STINT.c.entered >= start, STINT.c.entered < end).group_by(quarter, STINT.c.queue, STINT.c.origin)
    return [
        Arrived(int(at), queue, origin, count, int(quitters), int(waited))
        for at, queue, origin, count, quitters, waited in (await connection.execute(query)).all()
    ]


def _ignored_ms(rules: Rulebook) -> ColumnElement[int]:
    others = literal(rules.default.short_abandon * 1000)
    known = [(STINT.c.queue == queue, each.short_abandon * 1000) for queue, each in rules.by_queue.items()]
    return case(*known, else_=others) if known else others


async def count_refusals(connection: AsyncConnection, queues: Collection[str] | None, start: int, end: int) -> int:
    among = REFUSAL.c.queue.is_not(None) if queues is None else REFUSAL.c.queue.in_(queues)
    query = select(func.count()).select_from(REFUSAL).where(among, REFUSAL.c.at >= start, REFUSAL.c.at < end)
    return int((await connection.execute(query)).scalar_one())
