"""Crediting agents with their conversations once CEL has been read far enough, and reading them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_tables import CONVERSATION, RINGING, TRANSFER
from callqueue.cel.conversations import (
    Conversation,
    Kind,
    Passed,
    Presence,
    Rung,
    Served,
    Talk,
    conversations_of,
    owner_of,
)
from callqueue.ledger.fold_store import FEW, insert_new
from callqueue.ledger.reconcile import SECOND_US, Span
from callqueue.ledger.tables import CALL, HOLD, LEG, STINT
from callqueue.rollups.marks import EVER, Change

BATCH = 200
LONGEST_TALK = 86_400
LONGEST_RING = 3600
"""Seconds: what lasts longer is something whose end was lost, and is cut there from wherever it is looked at."""


@dataclass(frozen=True, slots=True)
class Credited:
    """`looked_at`: how many stays; `change`: what has become known by them."""

    looked_at: int
    change: Change


async def credit(connection: AsyncConnection, journal: str, read_us: int) -> Credited:
    """Turn the stays in bridges that ended before `read_us` into conversations."""
    joined = await _join_transfers(connection, journal, read_us)
    query = (
        select(LEG).where(LEG.c.credited.is_(False), LEG.c.left_us <= read_us).order_by(LEG.c.left_us).limit(BATCH)
    )
    legs = list(await connection.execute(query))
    if not legs:
        return Credited(0, Change(calls=joined, talks=joined))
    rows = await _conversation_rows(connection, journal, [leg for leg in legs if owner_of(leg.channel)], read_us)
    if rows:
        await connection.execute(insert_new(connection, CONVERSATION), rows)
    await connection.execute(_CREDITED, [
        {"of_channel": leg.channel_id, "of_start": leg.entered_us, "of_bridge": leg.bridge} for leg in legs])
    times = [(row["started_us"] // SECOND_US, row["ended_us"] // SECOND_US + 1) for row in rows]
    talks = {row["call_id"] for row in rows} | {leg.call_id for leg in legs}
    desk_times = await _told_by_journal(connection, talks)
    return Credited(len(legs), Change(
        calls=joined, agent_times=times, desk_times=desk_times, talks=joined | talks))


async def _told_by_journal(connection: AsyncConnection, calls: set[str]) -> list[tuple[int, int]]:
    """Where the journal alone told what agents did, until CEL spoke of these calls."""
    rows = await _rows_in(connection, STINT, "call_id", calls)
    return [
        (row.answered, EVER if row.finished is None else row.finished + 1)
        for row in rows if row.answered is not None
    ]


_CREDITED = (
    update(LEG).where(LEG.c.channel_id == bindparam("of_channel"), LEG.c.entered_us == bindparam("of_start"),
                      LEG.c.bridge == bindparam("of_bridge"))
    .values(credited=True)
)


async def _conversation_rows(
    connection: AsyncConnection, journal: str, legs: Sequence[Any], read_us: int,
) -> list[dict[str, Any]]:
    if not legs:
        return []
    stays: dict[str, list[Presence]] = defaultdict(list)
    for row in await _rows_in(connection, LEG, "bridge", {leg.bridge for leg in legs}):
        stays[row.bridge].append(_presence(row, read_us))
    channels = {stay.channel_id for each in stays.values() for stay in each}
    passed = await _load_passed(connection, channels)
    calls = {leg.call_id for leg in legs} | {each.main_call_id for _, each in passed}
    served = await _load_served(connection, journal, calls)
    found: list[Conversation] = []
    for leg in legs:
        others = [stay for stay in stays[leg.bridge] if stay.channel_id != leg.channel_id]
        company = {leg.channel_id, *(other.channel_id for other in others)}
        mine = [each for names, each in passed if names & company]
        found += conversations_of(_presence(leg, read_us), others, mine, served)
    return [_row(each) for each in found]


def _presence(row: Any, read_us: int) -> Presence:
    span = Span(row.entered_us, row.left_us if row.left_us is not None else read_us)
    return Presence(row.channel_id, owner_of(row.channel), row.bridge, row.call_id, span, row.interrupted)


def _row(each: Conversation) -> dict[str, Any]:
    return {
        "channel_id": each.channel_id, "started_us": each.span.start, "agent": each.agent, "ended_us": each.span.end,
        "kind": each.kind.value, "call_id": each.call_id, "partner": each.partner,
        "stint_channel_id": each.stint[0] if each.stint else None,
        "stint_number": each.stint[1] if each.stint else None, "interrupted": each.interrupted,
    }


async def _load_passed(connection: AsyncConnection, channels: set[str]) -> list[tuple[frozenset[str], Passed]]:
    """Transfers that concern these channels, each with the channels it concerns."""
    rows: dict[tuple[str, int], Any] = {}
    for column in ("channel_id", "second_id", "transferee_id"):
        for row in await _rows_in(connection, TRANSFER, column, channels):
            rows[row.channel_id, row.at_us] = row
    return [
        (frozenset(name for name in (row.channel_id, row.second_id) if name),
         Passed(row.at_us, row.channel_id, row.second_id, row.transferee_id, row.main_call_id or row.call_id))
        for row in sorted(rows.values(), key=lambda row: row.at_us)
    ]


async def _load_served(connection: AsyncConnection, journal: str, calls: set[str]) -> list[Served]:
    rows = await _rows_in(connection, STINT, "call_id", calls)
    return [
        Served(row.channel_id, row.number, row.agent_channel_id, row.call_id)
        for row in rows if row.journal == journal and row.agent_channel_id
    ]


async def _join_transfers(connection: AsyncConnection, journal: str, read_us: int) -> set[str]:
    """A consultation has a call of its own, and so has a stint in it; after the transfer they are the caller's. Returns
    the calls concerned, as they were and as they are.
    """
    calls: set[str] = set()
    query = select(TRANSFER).where(TRANSFER.c.main_call_id.is_(None), TRANSFER.c.at_us <= read_us).limit(BATCH)
    for row in list(await connection.execute(query)):
        main = await _main_call(connection, row)
        calls |= {main, row.call_id}
        await connection.execute(
            update(TRANSFER).where(TRANSFER.c.channel_id == row.channel_id, TRANSFER.c.at_us == row.at_us)
            .values(main_call_id=main))
        if row.second_id:
            caller = select(func.max(STINT.c.caller)).where(STINT.c.journal == journal, STINT.c.call_id == main)
            moved = (STINT.c.journal == journal, STINT.c.channel_id.in_([row.channel_id, row.second_id]),
                     STINT.c.call_id != main)
            calls |= set((await connection.execute(select(STINT.c.call_id).where(*moved))).scalars())
            await connection.execute(
                update(STINT).where(*moved)
                .values(call_id=main, caller=func.coalesce(STINT.c.caller, caller.scalar_subquery())))
    return calls


async def _main_call(connection: AsyncConnection, row: Any) -> str:
    """The older of the calls that the transfer joins: the caller's, for he was there first."""
    channels = [name for name in (row.channel_id, row.second_id) if name]
    joined = select(LEG.c.call_id).where(LEG.c.channel_id.in_(channels))
    query = (
        select(CALL.c.call_id).where(or_(CALL.c.call_id == row.call_id, CALL.c.call_id.in_(joined)))
        .order_by(CALL.c.started_us).limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none() or str(row.call_id)


async def _rows_in(connection: AsyncConnection, table: Table, column: str, values: Iterable[str]) -> list[Any]:
    wanted, found = sorted(values), []
    for first in range(0, len(wanted), FEW):
        query = select(table).where(table.c[column].in_(wanted[first:first + FEW]))
        found += list(await connection.execute(query))
    return found


async def read_conversations(
    connection: AsyncConnection, agent: str | None, start: int, end: int, *, kinds: Sequence[Kind] = tuple(Kind),
) -> list[Talk]:
    """Conversations that touch the interval (epoch seconds), of `agent` (None: any), in the order of beginning.

    Only those that are over are known.
    """
    since = (start - LONGEST_TALK) * SECOND_US
    asked = [
        CONVERSATION.c.started_us < end * SECOND_US, CONVERSATION.c.started_us >= since,
        CONVERSATION.c.ended_us >= start * SECOND_US, CONVERSATION.c.kind.in_([kind.value for kind in kinds]),
    ]
    if agent is not None:
        asked.append(CONVERSATION.c.agent == agent)
    return await _talks(connection, *asked)


async def read_talked_calls(
    connection: AsyncConnection, start: int, end: int, *, kinds: Sequence[Kind],
) -> list[tuple[str, float]]:
    """Call and beginning (epoch seconds) of each conversation of these kinds that began in the interval."""
    query = select(CONVERSATION.c.call_id, CONVERSATION.c.started_us).where(
        CONVERSATION.c.started_us >= start * SECOND_US, CONVERSATION.c.started_us < end * SECOND_US,
        CONVERSATION.c.kind.in_([kind.value for kind in kinds]))
    return [(call_id, started_us / SECOND_US) for call_id, started_us in await connection.execute(query)]


async def talks_of_calls(connection: AsyncConnection, calls: Collection[str]) -> list[Talk]:
    """All conversations of these calls, in the order of beginning."""
    wanted, found = sorted(calls), list[Talk]()
    for first in range(0, len(wanted), FEW):
        found += await _talks(connection, CONVERSATION.c.call_id.in_(wanted[first:first + FEW]))
    return sorted(found, key=lambda talk: (talk.start, talk.channel_id))


async def channels_with_conversations(connection: AsyncConnection, channels: Collection[str]) -> set[str]:
    """Those of these agents' channels of which CEL knows any conversation."""
    wanted, found = sorted(channels), set[str]()
    for first in range(0, len(wanted), FEW):
        query = select(CONVERSATION.c.channel_id).where(CONVERSATION.c.channel_id.in_(wanted[first:first + FEW]))
        found |= set((await connection.execute(query.distinct())).scalars())
    return found


async def _talks(connection: AsyncConnection, *asked: ColumnElement[bool]) -> list[Talk]:
    query = select(CONVERSATION).where(*asked).order_by(CONVERSATION.c.started_us, CONVERSATION.c.channel_id)
    rows = list(await connection.execute(query))
    held = select(HOLD).join(CONVERSATION, CONVERSATION.c.channel_id == HOLD.c.channel_id).where(*asked).distinct()
    holds: dict[str, list[Span]] = defaultdict(list)
    for row in await connection.execute(held):
        holds[row.channel_id].append(Span(row.started_us, 1 << 62 if row.ended_us is None else row.ended_us))
    return [_talk(row, holds.get(row.channel_id, ())) for row in rows]


async def read_ringing(connection: AsyncConnection, start: int, end: int) -> list[Rung]:
    """Rings that touch the interval (epoch seconds), answered or not."""
    query = select(RINGING).where(
        RINGING.c.started_us < end * SECOND_US, RINGING.c.started_us >= (start - LONGEST_RING) * SECOND_US,
        RINGING.c.ended_us >= start * SECOND_US,
    ).order_by(RINGING.c.started_us)
    return [
        Rung(row.agent, _ms(row.started_us), _ms(min(row.ended_us, row.started_us + LONGEST_RING * SECOND_US)))
        for row in await connection.execute(query)
    ]


def _talk(row: Any, holds: Sequence[Span]) -> Talk:
    span = Span(row.started_us, min(row.ended_us, row.started_us + LONGEST_TALK * SECOND_US))
    held = [part for hold in holds if (part := hold.within(span))]
    stint = None if row.stint_channel_id is None else (row.stint_channel_id, row.stint_number)
    return Talk(
        row.agent, row.channel_id, row.call_id, Kind(row.kind), _ms(span.start), _ms(span.end), row.partner,
        stint, tuple((_ms(part.start), _ms(part.end)) for part in held),
    )


def _ms(microseconds: int) -> int:
    return round(microseconds / 1000)
