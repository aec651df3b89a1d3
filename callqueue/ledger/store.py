"""How other rooms read the ledger. Every interval is half open: `start <= instant < end`, in epoch seconds (UTC)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Table, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import (
    AgentDeed,
    AgentEvent,
    Call,
    CelReach,
    Gap,
    GapKind,
    Mark,
    Marker,
    Refused,
    Rescue,
    Ring,
)
from callqueue.ledger.promise_tables import CALLBACK_ATTEMPT
from callqueue.ledger.stint import Ending, Origin, Outcome, Refusal, Stint
from callqueue.ledger.tables import (
    AGENT_EVENT,
    AGENT_SEEN,
    CALL,
    GAP,
    IS_LONG,
    LEG,
    MARKER,
    REFUSAL,
    RESCUE,
    RING,
    STINT,
)

TRUNK_CHANNELS = "PJSIP/trunk-%"
SECOND_US = 1_000_000
DAY = 86_400

STINT_COLUMNS = [STINT.c[field.name] for field in fields(Stint)]
FEW_PROMISES = 50
"""Of more, PostgreSQL thinks that it is cheaper to look through the stints of all promises that ever were."""


_ORIGINS: Mapping[str, Origin] = {each.value: each for each in Origin}
_OUTCOMES: Mapping[str, Outcome] = {each.value: each for each in Outcome}
_ENDINGS: Mapping[str | None, Ending | None] = {None: None, **{each.value: each for each in Ending}}
_DEEDS: Mapping[str, AgentDeed] = {each.value: each for each in AgentDeed}


def stint_of(row: RowMapping) -> Stint:
    """The stint in a row of `STINT_COLUMNS`."""
    return _stint(*(row[field.name] for field in fields(Stint)))


def _stint(  # noqa: PLR0917 - a row; this is done millions of times
    call_id: str, channel_id: str, number: int, queue: str, origin: str, entered: int, outcome: str, *rest: Any,
) -> Stint:
    caller, promise, wait, agent, answered, finished, talk, ending, *cel = rest
    return Stint(
        call_id, channel_id, number, queue, _ORIGINS[origin], entered, _OUTCOMES[outcome], caller, promise, wait, agent,
        answered, finished, talk, _ENDINGS[ending], *cel,
    )


async def _rows(connection: AsyncConnection, query: Select[*tuple[Any, ...]]) -> list[Any]:
    return list((await connection.execute(query)).all())


async def _stints(connection: AsyncConnection, query: Select[*tuple[Any, ...]]) -> list[Stint]:
    return [_stint(*row) for row in (await connection.execute(query)).all()]


def _in_queue(table: Table, queue: str | None) -> ColumnElement[bool]:
    return table.c.queue == queue if queue is not None else table.c.queue.is_not(None)


def _within(table: Table, start: int, end: int) -> ColumnElement[bool]:
    return and_(table.c.at >= start, table.c.at < end)


async def read_stints(connection: AsyncConnection, queue: str | None, start: int, end: int) -> list[Stint]:
    """Stints that entered `queue` (None: any) in the interval, in the order of entering."""
    query = (
        select(*STINT_COLUMNS)
        .where(_in_queue(STINT, queue), STINT.c.entered >= start, STINT.c.entered < end)
        .order_by(STINT.c.entered, STINT.c.channel_id, STINT.c.number)
    )
    return await _stints(connection, query)


async def read_stints_of_calls(connection: AsyncConnection, call_ids: Sequence[str]) -> list[Stint]:
    """All stints of these calls, in the order of entering."""
    found: list[Stint] = []
    for first in range(0, len(call_ids), 500):
        query = select(*STINT_COLUMNS).where(STINT.c.call_id.in_(call_ids[first:first + 500]))
        found += await _stints(connection, query)
    return sorted(found, key=lambda stint: (stint.entered, stint.channel_id, stint.number))


async def read_stints_of_callers(
    connection: AsyncConnection, callers: Collection[str], start: int, end: int,
) -> list[Stint]:
    """Stints of these numbers that entered any queue in the interval, in the order of entering."""
    wanted = sorted(callers)
    found: list[Stint] = []
    for first in range(0, len(wanted), 500):
        query = select(*STINT_COLUMNS).where(
            STINT.c.caller.in_(wanted[first:first + 500]), STINT.c.entered >= start, STINT.c.entered < end)
        found += await _stints(connection, query)
    return sorted(found, key=lambda stint: (stint.entered, stint.channel_id, stint.number))


async def read_stints_of_promises(connection: AsyncConnection, promises: Collection[str]) -> list[Stint]:
    """Stints that were left for one of these promises, or that keep one."""
    wanted = sorted(promises)
    found: list[Stint] = []
    for first in range(0, len(wanted), FEW_PROMISES):
        found += await _stints(connection, select(*STINT_COLUMNS).where(
            STINT.c.promise.in_(wanted[first:first + FEW_PROMISES]), STINT.c.promise.is_not(None)))
    return found


async def read_agent_stints(
    connection: AsyncConnection, agent: str | None, start: int, end: int,
) -> list[Stint]:
    """Answered stints whose conversation touches the interval, of `agent` (None: any), in the order of answering."""
    answered = select(*STINT_COLUMNS).where(
        STINT.c.agent == agent if agent is not None else STINT.c.agent.is_not(None), STINT.c.answered < end)
    found: list[Stint] = []
    for some in (
        # Each by an index of its own: nearly all are over within a day.
        (STINT.c.entered >= start - DAY, STINT.c.entered < end, STINT.c.finished >= start),
        (STINT.c.entered < start - DAY, STINT.c.finished >= start, IS_LONG),
    ):
        found += await _stints(connection, answered.where(*some))
    found += [stint for stint in await _open_stints(connection)
              if stint.agent is not None and agent in (None, stint.agent) and (stint.answered or end) < end]
    return sorted(found, key=lambda stint: (stint.answered or 0, stint.channel_id, stint.number))


async def read_served(connection: AsyncConnection, start: int, end: int) -> list[Stint]:
    """Stints that an agent answered in the interval."""
    answered = select(*STINT_COLUMNS).where(
        STINT.c.agent.is_not(None), STINT.c.answered >= start, STINT.c.answered < end)
    found: list[Stint] = []
    for some in (
        # Each by an index of its own, as above.
        (STINT.c.entered >= start - DAY, STINT.c.entered < end),
        (STINT.c.entered < start - DAY, STINT.c.finished >= start, IS_LONG),
    ):
        found += await _stints(connection, answered.where(*some))
    return found + [
        stint for stint in await _open_stints(connection)
        if stint.agent is not None and stint.entered < start - DAY and start <= (stint.answered or end) < end]


async def _open_stints(connection: AsyncConnection) -> list[Stint]:
    """Those without an end: few, and found by the index of them as long as nothing else is asked of the database."""
    return await _stints(connection, select(*STINT_COLUMNS).where(STINT.c.finished.is_(None)))


async def count_stints(connection: AsyncConnection, start: int, end: int, *, limit: int) -> int:
    """How many stints entered in the interval, counted no further than `limit`."""
    some = select(STINT.c.entered).where(STINT.c.entered >= start, STINT.c.entered < end).limit(limit).subquery()
    return int((await connection.execute(select(func.count()).select_from(some))).scalar_one())


async def last_conversation_end(connection: AsyncConnection, start: int, end: int, now: int) -> int:
    """When the last conversation of the stints that entered in the interval ended; `now` if one still lasts, 0 if there
    was none.
    """
    query = select(func.max(func.coalesce(STINT.c.finished, now))).where(
        STINT.c.entered >= start, STINT.c.entered < end, STINT.c.answered.is_not(None))
    return int((await connection.execute(query)).scalar_one() or 0)


async def read_refusals(connection: AsyncConnection, queue: str | None, start: int, end: int) -> list[Refused]:
    query = select(REFUSAL).where(_in_queue(REFUSAL, queue), _within(REFUSAL, start, end)).order_by(
        REFUSAL.c.at, REFUSAL.c.id)
    return [
        Refused(row.at, row.queue, Refusal(row.reason), row.channel_id, row.call_id, row.caller, row.number,
                Origin(row.origin) if row.origin else None)
        for row in await _rows(connection, query)
    ]


async def read_rings(connection: AsyncConnection, queue: str | None, start: int, end: int) -> list[Ring]:
    """Rings that were not picked up."""
    query = select(RING).where(_in_queue(RING, queue), _within(RING, start, end)).order_by(RING.c.at, RING.c.id)
    return [Ring(row.at, row.queue, row.agent, row.channel_id, row.ring_ms) for row in await _rows(connection, query)]


async def read_agent_events(
    connection: AsyncConnection, start: int, end: int, deeds: Collection[AgentDeed] | None = None,
) -> list[AgentEvent]:
    """What agents did (only `deeds`, when given), in order; who was there at `start` is told by `read_agent_states`."""
    query = select(AGENT_EVENT).where(_within(AGENT_EVENT, start, end)).order_by(AGENT_EVENT.c.at, AGENT_EVENT.c.id)
    if deeds is not None:
        query = query.where(AGENT_EVENT.c.deed.in_([deed.value for deed in deeds]))
    return [_agent_event(row) for row in await _rows(connection, query)]


def _agent_event(row: Any) -> AgentEvent:
    return AgentEvent(row.at, row.agent, _DEEDS[row.deed], row.queue, row.reason, row.interface, row.journal)


async def read_agent_states(connection: AsyncConnection, at: int) -> list[AgentEvent]:
    """The deeds that tell who was logged in and paused at `at`, however long before: for each agent and queue the last
    of each kind, in order.
    """
    somewhere, everywhere = AGENT_SEEN.c.queue != "", AGENT_SEEN.c.queue == ""
    rows = [
        *await _rows(connection, _last_deeds(at, somewhere, lambda event, seen: event.c.queue == seen.c.queue)),
        *await _rows(connection, _last_deeds(at, everywhere, lambda event, _seen: event.c.queue.is_(None))),
    ]
    return [_agent_event(row) for row in sorted(rows, key=lambda row: (row.at, row.id))]


def _last_deeds(
    at: int, which: ColumnElement[bool], in_queue: Callable[[Any, Any], ColumnElement[bool]],
) -> Select[*tuple[Any, ...]]:
    """One look into the index for each deed that there is; a search over all that were ever done would take seconds."""
    def same(event: Any, seen: Any) -> ColumnElement[bool]:
        return and_(
            event.c.journal == seen.c.journal, event.c.agent == seen.c.agent, event.c.deed == seen.c.deed,
            in_queue(event, seen),
        )

    earlier = AGENT_EVENT.alias("earlier")
    found = select(func.max(earlier.c.at)).where(same(earlier, AGENT_SEEN), earlier.c.at < at).correlate(AGENT_SEEN)
    # Materialized: else SQLite begins with the deeds, and looks at every one of them.
    last = select(AGENT_SEEN, found.scalar_subquery().label("at")).where(which).cte("last").prefix_with("MATERIALIZED")
    return select(AGENT_EVENT).join(last, and_(same(AGENT_EVENT, last), AGENT_EVENT.c.at == last.c.at))


async def read_last_starts(connection: AsyncConnection, at: int) -> list[Marker]:
    """Each Asterisk's last start before `at`."""
    query = (
        select(MARKER.c.journal, func.max(MARKER.c.at)).where(MARKER.c.mark == Mark.START, MARKER.c.at < at)
        .group_by(MARKER.c.journal)
    )
    return [Marker(last, Mark.START, journal=journal) for journal, last in await _rows(connection, query)]


async def read_markers(connection: AsyncConnection, start: int, end: int) -> list[Marker]:
    """Starts and orderly stops of Asterisk."""
    query = select(MARKER).where(_within(MARKER, start, end)).order_by(MARKER.c.at, MARKER.c.id)
    return [Marker(row.at, Mark(row.mark), row.detail, row.journal) for row in await _rows(connection, query)]


async def read_rescues(connection: AsyncConnection, start: int, end: int) -> list[Rescue]:
    query = select(RESCUE).where(_within(RESCUE, start, end)).order_by(RESCUE.c.at, RESCUE.c.id)
    return [Rescue(row.at, row.channel_id, row.call_id, row.reason) for row in await _rows(connection, query)]


async def read_gaps(connection: AsyncConnection, start: int, end: int) -> list[Gap]:
    """Gaps that touch the interval, also those that still last."""
    query = select(GAP).where(GAP.c.started < end, or_(GAP.c.ended.is_(None), GAP.c.ended >= start)).order_by(
        GAP.c.started, GAP.c.id)
    rows = await _rows(connection, query)
    return [Gap(GapKind(row.kind), row.started, row.ended, row.call_id, row.detail) for row in rows]


def _lost_before_queue(start: int, end: int) -> ColumnElement[bool]:
    """Calls from the trunk that their caller (or a crash) ended before any queue; served ones end with our goodbye.

    Who was put through to an agent's telephone, past the queues, was together with somebody and is not lost. Calls
    that we made ourselves were never anybody's way in.
    """
    return and_(
        CALL.c.started_us >= start * SECOND_US, CALL.c.started_us < end * SECOND_US,
        CALL.c.channel.like(TRUNK_CHANNELS),
        CALL.c.queued.is_(False), or_(CALL.c.hung_up_by_caller.is_(True), CALL.c.interrupted.is_(True)),
        ~exists().where(LEG.c.call_id == CALL.c.call_id),
        ~exists().where(STINT.c.call_id == CALL.c.call_id),
        # These have no index by call: they are read once, not for each call.
        CALL.c.call_id.not_in(select(CALLBACK_ATTEMPT.c.channel_id).where(
            CALLBACK_ATTEMPT.c.at >= start - DAY, CALLBACK_ATTEMPT.c.at < end + DAY)),
        CALL.c.call_id.not_in(select(REFUSAL.c.call_id).where(
            REFUSAL.c.at >= start - DAY, REFUSAL.c.at < end + DAY)),
    )


async def read_lost_in_menu(connection: AsyncConnection, start: int, end: int) -> list[Call]:
    """Calls that began in the interval and were lost before any queue."""
    query = select(CALL).where(_lost_before_queue(start, end)).order_by(CALL.c.started_us)
    return [
        Call(row.call_id, row.channel, row.started_us, row.ended_us, row.queued, row.hung_up_by_caller)
        for row in await _rows(connection, query)
    ]


async def count_lost_in_menu(connection: AsyncConnection, start: int, end: int) -> int:
    query = select(func.count()).select_from(CALL).where(_lost_before_queue(start, end))
    return int((await connection.execute(query)).scalar_one())


async def evidence_start(connection: AsyncConnection) -> int | None:
    """The instant of the oldest stint, or None before the first."""
    found = (await connection.execute(select(func.min(STINT.c.entered)))).scalar_one()
    return None if found is None else int(found)


async def knows_queue(connection: AsyncConnection, queue: str) -> bool:
    """Whether the ledger has anything of a queue of this name."""
    query = select(or_(exists().where(STINT.c.queue == queue), exists().where(REFUSAL.c.queue == queue)))
    return bool((await connection.execute(query)).scalar_one())


async def read_cel_reach(connection: AsyncConnection) -> CelReach:
    """Of which times the second durable record tells."""
    found = (await connection.execute(select(func.min(CALL.c.started_us)))).scalar_one()
    return CelReach(None if found is None else int(found) // SECOND_US)
