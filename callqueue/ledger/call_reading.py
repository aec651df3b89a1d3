"""Everything that the durable records know of one call, whatever became of it.

Names ending in `_ms` are epoch milliseconds, other instants epoch seconds. Every query goes by an index: a year of
calls in the store makes the story of one no slower.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_store import talks_of_calls
from callqueue.cel.conversation_tables import RINGING, TRANSFER
from callqueue.cel.conversations import Talk, owner_of
from callqueue.journal.masks import MaskedTime, masks_of_calls
from callqueue.ledger.evidence import Gap, Refused, Rescue, Ring
from callqueue.ledger.promise_store import (
    Asked,
    Settled,
    Tried,
    read_attempts,
    read_requests,
    read_requests_named,
    read_settled,
)
from callqueue.ledger.stint import Origin, Refusal, Stint
from callqueue.ledger.store import read_gaps, read_rescues, read_rings, read_stints_of_calls
from callqueue.ledger.tables import CALL, LEG, REFUSAL

SECOND_US, FEW, HOPS = 1_000_000, 500, 8
LATE = 60
"""Seconds in which the journal still writes about a call that is over."""
LONGEST = 86400
"""A call whose end was never written is not looked for beyond this many seconds after its beginning."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The call's own beginning and end, by CEL."""

    call_id: str
    started_ms: int
    ended_ms: int | None
    """None: not over, or its end was never written."""
    picked_up_ms: int | None
    hung_up_by_caller: bool | None
    """Whether its first channel's own side ended it."""
    interrupted: bool
    cause: int | None
    """Why its first channel ended, by Q.850."""


@dataclass(frozen=True, slots=True)
class AgentRing:
    """An agent's telephone rang for the call."""

    agent: str
    channel_id: str
    start_ms: int
    end_ms: int | None


@dataclass(frozen=True, slots=True)
class Passing:
    """A transfer that succeeded."""

    at_ms: int
    agent: str | None
    """Who passed the caller on."""
    attended: bool
    target: str | None
    """The extension, of a blind one."""


@dataclass(frozen=True, slots=True)
class CallEvidence:
    call_id: str
    """The caller's call; a consultation that led to a transfer belongs to it."""
    joined: tuple[str, ...] = ()
    """Calls that transfers have made part of it."""
    call: CallFacts | None = None
    stints: Sequence[Stint] = ()
    refused: Sequence[Refused] = ()
    rings: Sequence[Ring] = ()
    """Rings that were not picked up, by the journal."""
    ringing: Sequence[AgentRing] = ()
    """All rings, by CEL."""
    talks: Sequence[Talk] = ()
    transfers: Sequence[Passing] = ()
    masks: Sequence[MaskedTime] = ()
    """When recordings heard nothing of it."""
    rescues: Sequence[Rescue] = ()
    gaps: Sequence[Gap] = ()
    asked: Sequence[Asked] = ()
    """Promises that were given in it."""
    keeps: Sequence[Asked] = ()
    """The promise that this call itself was made for."""
    attempts: Sequence[Tried] = ()
    """Of the promises in `asked`, and this call's own."""
    settled: Sequence[Settled] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the durable records know nothing of it."""
        return not (self.call or self.stints or self.refused or self.rescues or self.asked or self.attempts)


async def read_call(connection: AsyncConnection, call_id: str, now: int) -> CallEvidence:
    """Everything about the call, also when `call_id` names a consultation that became part of it."""
    calls, transfers = await _joined_calls(connection, call_id)
    facts = sorted(await _rows_in(connection, CALL, "call_id", calls), key=lambda row: (row.started_us, row.call_id))
    main = facts[0].call_id if facts and transfers else call_id
    stints = await read_stints_of_calls(connection, sorted(calls))
    started, ended = _span([row for row in facts if row.call_id in calls], stints, now)
    promise = call_id.rpartition("-")[0]
    asked = [one for one in await read_requests(connection, started, ended + 1) if one.call_id in calls]
    own = [one for one in await read_attempts(connection, [promise]) if one.channel_id == call_id] if promise else []
    names = {one.promise for one in asked}
    legs = await _rows_in(connection, LEG, "call_id", calls)
    owners = {row.channel_id: owner_of(row.channel) for row in legs}
    channels = {*calls, *(stint.channel_id for stint in stints)}
    return CallEvidence(
        call_id=main, joined=tuple(sorted(calls - {main})),
        call=next((_facts(row) for row in facts if row.call_id == main), None),
        stints=stints, refused=await _refused(connection, channels),
        rings=await _rings(connection, stints, channels, started, ended + LATE),
        ringing=await _ringing(connection, calls, started, ended),
        talks=await talks_of_calls(connection, calls),
        transfers=[_passing(row, owners) for row in transfers], masks=await masks_of_calls(connection, calls),
        rescues=[one for one in await read_rescues(connection, started, ended + LATE) if one.call_id in calls],
        gaps=[gap for gap in await read_gaps(connection, started, ended + 1) if gap.call_id in {"", *calls}],
        asked=asked, keeps=await read_requests_named(connection, {one.promise for one in own}),
        attempts=[*await read_attempts(connection, names), *(one for one in own if one.promise not in names)],
        settled=await read_settled(connection, names | {one.promise for one in own}),
    )


async def _joined_calls(connection: AsyncConnection, call_id: str) -> tuple[set[str], list[Any]]:
    """The calls that transfers have made one, and those transfers in order."""
    calls, found = {call_id}, {}
    for _ in range(HOPS):
        channels = {row.channel_id for row in await _rows_in(connection, LEG, "call_id", calls)}
        found = {(row.channel_id, row.at_us): row for row in await _transfers(connection, channels)}
        parts = {name for row in found.values() for name in (row.channel_id, row.second_id) if name}
        more = {row.call_id for row in await _rows_in(connection, LEG, "channel_id", parts)}
        more |= {name for row in found.values() for name in (row.call_id, row.main_call_id) if name}
        if more <= calls:
            break
        calls |= more
    return calls, sorted(found.values(), key=lambda row: (row.at_us, row.channel_id))


async def _transfers(connection: AsyncConnection, channels: Collection[str]) -> list[Any]:
    rows: list[Any] = []
    for few in _fews(channels):
        columns = (TRANSFER.c.channel_id, TRANSFER.c.second_id, TRANSFER.c.transferee_id)
        rows += await connection.execute(select(TRANSFER).where(or_(*(column.in_(few) for column in columns))))
    return rows


async def _refused(connection: AsyncConnection, channels: Collection[str]) -> list[Refused]:
    rows = await _rows_in(connection, REFUSAL, "channel_id", channels)
    return [
        Refused(row.at, row.queue, Refusal(row.reason), row.channel_id, row.call_id, row.caller, row.number,
                Origin(row.origin) if row.origin else None)
        for row in sorted(rows, key=lambda row: (row.at, row.id))
    ]


async def _rings(
    connection: AsyncConnection, stints: Sequence[Stint], channels: Collection[str], start: int, end: int,
) -> list[Ring]:
    """Queue by queue: so they are found by their index."""
    queues = sorted({stint.queue for stint in stints})
    found = [ring for queue in queues for ring in await read_rings(connection, queue, start, end)]
    return sorted((ring for ring in found if ring.channel_id in channels), key=lambda ring: (ring.at, ring.agent))


async def _ringing(connection: AsyncConnection, calls: Collection[str], start: int, end: int) -> list[AgentRing]:
    query = select(RINGING).where(
        RINGING.c.started_us >= start * SECOND_US, RINGING.c.started_us < (end + 1) * SECOND_US,
        RINGING.c.call_id.in_(sorted(calls)),
    ).order_by(RINGING.c.started_us, RINGING.c.channel_id)
    return [
        AgentRing(row.agent, row.channel_id, _ms(row.started_us), None if row.ended_us is None else _ms(row.ended_us))
        for row in await connection.execute(query)
    ]


def _span(facts: Sequence[Any], stints: Sequence[Stint], now: int) -> tuple[int, int]:
    """From the first to the last that is known of it; in whole seconds around it."""
    begun = [row.started_us // SECOND_US for row in facts] + [stint.entered for stint in stints]
    ends = [now if row.ended_us is None else row.ended_us // SECOND_US + 1 for row in facts]
    ends += [now if stint.finished is None else stint.finished for stint in stints]
    first = min(begun, default=now)
    return first, min(max(ends, default=now), first + LONGEST)


def _facts(row: Any) -> CallFacts:
    ended, picked_up = (None if at is None else _ms(at) for at in (row.ended_us, row.picked_up_us))
    return CallFacts(
        row.call_id, _ms(row.started_us), ended, picked_up, row.hung_up_by_caller, row.interrupted, row.cause)


def _passing(row: Any, owners: dict[str, str | None]) -> Passing:
    return Passing(_ms(row.at_us), owners.get(row.channel_id), row.attended, row.target)


async def _rows_in(connection: AsyncConnection, table: Table, column: str, values: Iterable[str]) -> list[Any]:
    found: list[Any] = []
    for few in _fews(values):
        found += await connection.execute(select(table).where(table.c[column].in_(few)))
    return found


def _fews(values: Iterable[str]) -> Iterable[Sequence[str]]:
    wanted = sorted(set(values))
    return (wanted[first:first + FEW] for first in range(0, len(wanted), FEW))


def _ms(microseconds: int) -> int:
    return round(microseconds / 1000)
