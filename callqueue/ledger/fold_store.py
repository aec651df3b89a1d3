"""The ledger between two batches: loading what a fold needs to know, and storing what it changed."""

import json
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Insert, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.journal.events import HoldChanged, MaskBegun, MaskEnded, StintSaid
from callqueue.ledger.changes import Changes
from callqueue.ledger.driver_rows import insert_rows, update_rows
from callqueue.ledger.evidence import AgentEvent, Gap, Mark
from callqueue.ledger.fold import Ledger
from callqueue.ledger.promise_store import save_callbacks
from callqueue.ledger.stint import Origin, Outcome, Stint
from callqueue.ledger.store import STINT_COLUMNS, stint_of
from callqueue.ledger.tables import (
    AGENT_EVENT,
    AGENT_SEEN,
    GAP,
    HOLD,
    MARKER,
    MASK,
    PENDING,
    REFUSAL,
    RESCUE,
    RING,
    STINT,
)
from callqueue.rollups.marks import EVER, SECOND_US, Change, mark

FEW = 500
"""Values in one IN list."""


def insert_new(connection: AsyncConnection, table: Table) -> Insert:
    """An insert that leaves rows with a known key as they are."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


async def load_ledger(
    connection: AsyncConnection, journal: str, channels: Iterable[str], first_at: int, last_at: int | None,
    *, source_id: int = 0,
) -> Ledger:
    """The fold's beginning for a batch that names `channels` and whose first line is of `first_at`."""
    known = {(stint.channel_id, stint.number): stint for stint in await load_open(connection, journal)}
    for stint in await load_stints_of_channels(connection, journal, sorted(channels)):
        known[stint.channel_id, stint.number] = stint
    pending = await _load_pending(connection, journal)
    stopping = await _is_stopping(connection, journal, first_at)
    return Ledger(known.values(), pending, stopping=stopping, last_at=last_at, source_id=source_id)


async def load_open(connection: AsyncConnection, journal: str) -> list[Stint]:
    query = select(*STINT_COLUMNS).where(STINT.c.journal == journal, STINT.c.finished.is_(None))
    return [stint_of(row) for row in (await connection.execute(query)).mappings()]


async def load_stints_of_channels(connection: AsyncConnection, journal: str, channels: Sequence[str]) -> list[Stint]:
    names = ", ".join(f'stint."{column.name}"' for column in STINT_COLUMNS)
    if connection.dialect.name == "sqlite":
        asked: Any = json.dumps(channels, ensure_ascii=False)
        query = (f"SELECT {names} FROM json_each(?) AS asked CROSS JOIN stint "  # noqa: S608 - our own names
                 "ON stint.journal = ? AND stint.channel_id = asked.value")
    else:
        # OFFSET keeps the look into the key's index: without statistics the planner would read the whole journal.
        asked = channels
        query = (f"SELECT {names} FROM unnest($1::text[]) AS asked (channel) CROSS JOIN LATERAL ("  # noqa: S608
                 "SELECT * FROM stint WHERE journal = $2 AND channel_id = asked.channel OFFSET 0) AS stint")
    return [stint_of(row) for row in (await connection.exec_driver_sql(query, (asked, journal))).mappings()]


async def _load_pending(connection: AsyncConnection, journal: str) -> list[StintSaid]:
    return [
        StintSaid(row.at, row.channel_id, row.queue, row.call_id, row.caller, Origin(row.origin), row.promise,
                  row.number)
        for row in await connection.execute(select(PENDING).where(PENDING.c.journal == journal))
    ]


async def _is_stopping(connection: AsyncConnection, journal: str, at: int) -> bool:
    query = (
        select(MARKER.c.mark).where(MARKER.c.journal == journal, MARKER.c.at <= at)
        .order_by(MARKER.c.at.desc(), MARKER.c.id.desc()).limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none() == Mark.STOPPING


async def save_changes(connection: AsyncConnection, journal: str, ledger: Ledger) -> None:
    changes = ledger.changes
    await _save_stints(connection, journal, changes)
    await _save_pending(connection, journal, ledger)
    for table, records in (
        (REFUSAL, changes.refusals), (RING, changes.rings), (AGENT_EVENT, changes.agent_events),
        (MARKER, changes.markers), (RESCUE, changes.rescues),
    ):
        await _save_records(connection, journal, table, records)
    await _note_agents(connection, journal, changes.agent_events)
    await save_gaps(connection, journal, changes.gaps)
    for event in changes.holds:
        await _save_hold(connection, journal, event)
    for change in changes.masks:
        await _save_mask(connection, change)
    await save_callbacks(connection, journal, changes.callbacks, _left_for(changes))
    await mark(connection, _change(journal, ledger))


def _change(journal: str, ledger: Ledger) -> Change:
    """What roll-ups may have been made of."""
    changes = ledger.changes
    return Change(
        stints=list(changes.stints.values()), before=ledger.before_of(changes.stints),
        calls={refused.call_id for refused in changes.refusals}
        | {event.channel_id for event in changes.callbacks if event.channel_id},
        moments=[*(refused.at for refused in changes.refusals), *(ring.at for ring in changes.rings)],
        promises={event.promise for event in changes.callbacks if event.promise},
        promise_times=[event.at for event in changes.callbacks],
        agent_events=[(journal, event) for event in changes.agent_events], markers=changes.markers,
        desk_times=[(event.at_us // SECOND_US, EVER) for event in changes.holds],
    )


async def _save_records(connection: AsyncConnection, journal: str, table: Table, records: Sequence[Any]) -> None:
    if records:
        names = [name for name in records[0].__slots__ if name != "journal"]
        values = attrgetter(*names)
        rows = [(journal, *values(record)) for record in records]
        await insert_rows(connection, table, ("journal", *names), rows)


async def _note_agents(connection: AsyncConnection, journal: str, events: Sequence[AgentEvent]) -> None:
    seen = sorted({(journal, event.agent, event.deed, event.queue or "") for event in events})
    await insert_rows(connection, AGENT_SEEN, ("journal", "agent", "deed", "queue"), seen, new_only=True)


def _left_for(changes: Changes) -> dict[str, int]:
    """Promise to the number of the stint that was left for it."""
    return {
        stint.promise: stint.number for stint in changes.stints.values()
        if stint.promise and stint.outcome is Outcome.LEFT_FOR_CALLBACK
    }


async def _save_hold(connection: AsyncConnection, journal: str, event: HoldChanged) -> None:
    """A hold lasts until its UNHOLD line, or until the channel leaves its bridge (see reconcile)."""
    await connection.execute(update(STINT).where(
        STINT.c.call_id == event.call_id, STINT.c.journal == journal, STINT.c.agent_channel_id == event.channel_id,
    ).values(reconciled=False))
    still = (HOLD.c.channel_id == event.channel_id, HOLD.c.ended_us.is_(None), HOLD.c.started_us <= event.at_us)
    if not event.begins:
        await connection.execute(update(HOLD).where(*still).values(ended_us=event.at_us))
    elif not (await connection.execute(select(HOLD.c.started_us).where(*still))).first():
        await connection.execute(insert_new(connection, HOLD), {
            "channel_id": event.channel_id, "started_us": event.at_us, "call_id": event.call_id, "ended_us": None,
            "interrupted": False,
        })


async def _save_mask(connection: AsyncConnection, event: MaskBegun | MaskEnded) -> None:
    """A beginning that is told twice is one."""
    still = (MASK.c.call_id == event.call_id, MASK.c.ended_us.is_(None), MASK.c.started_us <= event.at_us)
    if isinstance(event, MaskEnded):
        await connection.execute(update(MASK).where(*still).values(ended_us=event.at_us, why=event.why))
    elif not (await connection.execute(select(MASK.c.started_us).where(*still))).first():
        await connection.execute(insert_new(connection, MASK), {
            "call_id": event.call_id, "started_us": event.at_us, "channel_id": event.channel_id, "agent": event.agent,
            "by": event.by, "until_us": event.until_us, "ended_us": None, "why": None,
        })


async def save_gaps(connection: AsyncConnection, journal: str, gaps: Sequence[Gap]) -> None:
    """Add gaps, each once: by journal, kind, beginning and call."""
    if gaps:
        await connection.execute(insert_new(connection, GAP), [{"journal": journal, **_row(gap)} for gap in gaps])


def _row(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


async def _save_stints(connection: AsyncConnection, journal: str, changes: Changes) -> None:
    new, changed = [], []
    for key, stint in changes.stints.items():
        place = changes.opened.get(key)
        if place is None:
            changed.append((*_changed(stint), False, journal, stint.channel_id, stint.number))
        else:
            new.append((
                journal, stint.channel_id, stint.number, stint.call_id, stint.queue, str(stint.origin), stint.entered,
                stint.caller, *_changed(stint), False, place.position, place.source_id, place.offset))
    await insert_rows(connection, STINT, (*_ENTERING, *_CHANGING, *_BESIDE), new)
    await update_rows(connection, STINT, (*_CHANGING, "reconciled"), _KEY, changed)


_KEY = ("journal", "channel_id", "number")
_ENTERING = (*_KEY, "call_id", "queue", "origin", "entered", "caller")
_CHANGING = ("outcome", "wait", "agent", "answered", "finished", "talk", "ending", "agent_channel_id", "ended_by_cel",
             "promise")
_BESIDE = ("reconciled", "position", "source_id", "offset")


def _changed(stint: Stint) -> tuple[Any, ...]:
    """What the journal's later lines tell. SQLite's driver takes five times as long for an enum as for its text."""
    return (
        str(stint.outcome), stint.wait, stint.agent, stint.answered, stint.finished, stint.talk,
        stint.ending and str(stint.ending), stint.agent_channel_id, stint.ended_by_cel, stint.promise,
    )


async def _save_pending(connection: AsyncConnection, journal: str, ledger: Ledger) -> None:
    before, after = ledger.pending_before, ledger.pending
    gone = sorted(channel for channel, said in before.items() if after.get(channel) is not said)
    for first in range(0, len(gone), FEW):
        await connection.execute(delete(PENDING).where(
            PENDING.c.journal == journal, PENDING.c.channel_id.in_(gone[first:first + FEW])))
    new = [said for channel, said in after.items() if before.get(channel) is not said]
    if new:
        await connection.execute(insert(PENDING), [{"journal": journal, **_row(said)} for said in new])
