"""How other rooms read the steps of callers."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.steps.steps import BEGAN, Kind, Step
from ivr.tables import ivr_step

COLUMNS = (
    ivr_step.c.call_id, ivr_step.c.number, ivr_step.c.at_ms, ivr_step.c.kind, ivr_step.c.name, ivr_step.c.key,
    ivr_step.c.result, ivr_step.c.ms, ivr_step.c.caller,
)


DAY = 86_400
FEW = 500
WINDOW_SECONDS = 3600
"""A month of a busy line does not fit into memory at once."""


async def stream_paths(connection: AsyncConnection, start: int, end: int) -> AsyncIterator[tuple[Step, ...]]:
    """The same as `read_paths`, one call after the other, without holding all of them."""
    for first in range(start, end, WINDOW_SECONDS):
        for path in await read_paths(connection, first, min(first + WINDOW_SECONDS, end)):
            yield path


async def read_paths_of_calls(connection: AsyncConnection, call_ids: Collection[str]) -> list[tuple[Step, ...]]:
    """All steps of each of these calls, as far as it came to the menus."""
    wanted, found = sorted(call_ids), list[tuple[Step, ...]]()
    for first in range(0, len(wanted), FEW):
        query = select(*COLUMNS).where(ivr_step.c.call_id.in_(wanted[first:first + FEW]))
        ordered = query.order_by(ivr_step.c.call_id, ivr_step.c.number)
        found += _paths((await connection.execute(ordered)).all())
    return found


async def read_path(connection: AsyncConnection, call_id: str) -> tuple[Step, ...]:
    """All steps of one call, as far as they have been delivered."""
    query = select(*COLUMNS).where(ivr_step.c.call_id == call_id).order_by(ivr_step.c.number)
    return tuple(_step(row) for row in (await connection.execute(query)).all())


@dataclass(frozen=True, slots=True)
class Chosen:
    """A call that came to the menus, and the services and boxes that it was led to."""

    call_id: str
    at: float
    """When it came, in epoch seconds."""
    caller: str | None
    services: frozenset[str]


async def read_chosen(connection: AsyncConnection, start: int, end: int) -> list[Chosen]:
    """The calls that came to the menus in `start <= instant < end`; actions within a day of coming count."""
    step = ivr_step.c
    began = select(step.call_id, step.at_ms, step.caller).where(
        step.at_ms >= start * 1000, step.at_ms < end * 1000, step.kind == Kind.CALL.value, step.result == BEGAN)
    actions = select(step.call_id, step.name).where(
        step.at_ms >= start * 1000, step.at_ms < (end + DAY) * 1000,
        step.kind.in_([Kind.SERVICE.value, Kind.VOICE_MESSAGE.value]))
    services: defaultdict[str, set[str]] = defaultdict(set)
    for row in await connection.execute(actions):
        services[row.call_id].add(row.name)
    return [
        Chosen(row.call_id, row.at_ms / 1000, row.caller, frozenset(services.get(row.call_id, ())))
        for row in await connection.execute(began.order_by(step.at_ms, step.call_id))
    ]


async def read_beginnings(connection: AsyncConnection, call_ids: Collection[str]) -> dict[str, float]:
    """When these calls came to the menus, in epoch seconds; those that never came there are not in it."""
    wanted, found = sorted(call_ids), dict[str, float]()
    for first in range(0, len(wanted), FEW):
        query = select(ivr_step.c.call_id, ivr_step.c.at_ms).where(
            ivr_step.c.call_id.in_(wanted[first:first + FEW]), ivr_step.c.number == 1)
        found |= {row.call_id: row.at_ms / 1000 for row in await connection.execute(query)}
    return found


async def read_paths(connection: AsyncConnection, start: int, end: int) -> list[tuple[Step, ...]]:
    """All steps of each call that began in `start <= instant < end` (epoch seconds), in the order of beginning."""
    began = select(ivr_step.c.call_id).where(
        ivr_step.c.at_ms >= start * 1000, ivr_step.c.at_ms < end * 1000,
        ivr_step.c.kind == Kind.CALL.value, ivr_step.c.result == BEGAN,
    )
    query = select(*COLUMNS).where(ivr_step.c.call_id.in_(began)).order_by(ivr_step.c.call_id, ivr_step.c.number)
    paths = _paths((await connection.execute(query)).all())
    return sorted(paths, key=lambda path: (path[0].at, path[0].call_id))


def _paths(rows: Iterable[Any]) -> list[tuple[Step, ...]]:
    """Of steps in the order of calls and numbers."""
    return [tuple(map(_step, path)) for _, path in groupby(rows, itemgetter(0))]


def _step(row: Any) -> Step:
    call_id, number, at_ms, *rest = row  # by place: this is done millions of times
    return Step(call_id, number, at_ms / 1000, *rest)
