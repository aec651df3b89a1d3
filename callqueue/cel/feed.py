"""Channel events into legs, holds, stays in queues and calls, in one transaction.

What begins is inserted, what ends closes its open row, in the same batch or in the database; so nothing needs to be
remembered between batches, and the same events read twice change nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_tables import RINGING, TRANSFER
from callqueue.cel.conversations import owner_of
from callqueue.cel.parser import CelEvent, parse_cel
from callqueue.journal.events import BadLine
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.fold_store import FEW, insert_new, save_gaps
from callqueue.ledger.tables import BAD_LINE, CALL, HOLD, LEG, STAY
from callqueue.records.bookmarks import Bookmark
from callqueue.records.lines import Line
from callqueue.rollups.marks import EVER, Change, mark

QUEUE_APP = "Queue"
SECOND_US = 1_000_000

Row = dict[str, Any]


@dataclass(slots=True)
class CelChanges:
    """Rows that begin, and ends of rows that began before the batch."""

    legs: list[Row] = field(default_factory=list)
    holds: list[Row] = field(default_factory=list)
    stays: list[Row] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    transfers: list[Row] = field(default_factory=list)
    rings: list[Row] = field(default_factory=list)
    leg_ends: list[Row] = field(default_factory=list)
    hold_ends: list[Row] = field(default_factory=list)
    stay_ends: list[Row] = field(default_factory=list)
    ring_ends: list[Row] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)
    """Channels that are no more, and with them all their legs."""
    call_ends: list[Row] = field(default_factory=list)
    call_queued: list[Row] = field(default_factory=list)
    call_hangups: list[Row] = field(default_factory=list)
    call_answers: list[Row] = field(default_factory=list)


class CelFold:
    """Folds one batch of events."""

    def __init__(self) -> None:
        self.changes = CelChanges()
        self._legs: dict[tuple[str, str], Row] = {}
        self._holds: dict[str, Row] = {}
        self._stays: dict[str, Row] = {}
        self._calls: dict[str, Row] = {}
        self._rings: dict[str, Row] = {}
        self._handlers = {
            "CHAN_START": self._on_channel, "BRIDGE_ENTER": self._on_bridge_enter, "BRIDGE_EXIT": self._on_bridge_exit,
            "HOLD": self._on_hold, "UNHOLD": self._on_unhold, "APP_START": self._on_app_start,
            "APP_END": self._on_app_end, "HANGUP": self._on_hangup, "CHAN_END": self._on_channel_end,
            "LINKEDID_END": self._on_call_end, "ANSWER": self._on_answer, "BLINDTRANSFER": self._on_transfer,
            "ATTENDEDTRANSFER": self._on_transfer,
        }

    def take(self, event: CelEvent) -> None:
        handler = self._handlers.get(event.kind)
        if handler is not None:
            handler(event)

    def _on_channel(self, event: CelEvent) -> None:
        if event.channel_id == event.call_id:
            row = {"call_id": event.call_id, "channel": event.channel, "started_us": event.at_us, "ended_us": None,
                   "queued": False, "hung_up_by_caller": None, "interrupted": False, "picked_up_us": None,
                   "cause": None}
            self._calls[event.call_id] = row
            self.changes.calls.append(row)
        elif (agent := owner_of(event.channel)) is not None:
            row = {"channel_id": event.channel_id, "started_us": event.at_us, "agent": agent,
                   "call_id": event.call_id, "ended_us": None, "interrupted": False}
            self._rings[event.channel_id] = row
            self.changes.rings.append(row)

    def _on_answer(self, event: CelEvent) -> None:
        if event.channel_id == event.call_id:
            self._on_call_answer(event)
        elif owner_of(event.channel) is not None:
            self._close(self._rings, event, self.changes.ring_ends)

    def _on_call_answer(self, event: CelEvent) -> None:
        call = self._calls.get(event.call_id)
        if call is not None:
            call["picked_up_us"] = call["picked_up_us"] or event.at_us
        else:
            self.changes.call_answers.append({"of_call": event.call_id, "new_answer": event.at_us})

    def _on_transfer(self, event: CelEvent) -> None:
        passing = event.passing
        if passing is not None:
            self.changes.transfers.append({
                "channel_id": event.channel_id, "at_us": event.at_us, "call_id": event.call_id,
                "attended": event.kind == "ATTENDEDTRANSFER", "target": passing.target or None,
                "second_id": passing.second_id or None, "transferee_id": passing.transferee_id or None,
                "main_call_id": None,
            })

    def _on_bridge_enter(self, event: CelEvent) -> None:
        row = {"channel_id": event.channel_id, "entered_us": event.at_us, "bridge": event.bridge,
               "call_id": event.call_id, "channel": event.channel, "left_us": None, "interrupted": False}
        self._legs[event.channel_id, event.bridge] = row
        self.changes.legs.append(row)

    def _on_bridge_exit(self, event: CelEvent) -> None:
        row = self._legs.pop((event.channel_id, event.bridge), None)
        if row is not None:
            row["left_us"] = event.at_us
        else:
            self.changes.leg_ends.append(_end(event, of_bridge=event.bridge))

    def _on_hold(self, event: CelEvent) -> None:
        if event.channel_id in self._holds:
            return
        row = {"channel_id": event.channel_id, "started_us": event.at_us, "call_id": event.call_id,
               "ended_us": None, "interrupted": False}
        self._holds[event.channel_id] = row
        self.changes.holds.append(row)

    def _on_unhold(self, event: CelEvent) -> None:
        self._close(self._holds, event, self.changes.hold_ends)

    def _on_app_start(self, event: CelEvent) -> None:
        if event.app != QUEUE_APP:
            return
        row = {"channel_id": event.channel_id, "started_us": event.at_us, "call_id": event.call_id,
               "ended_us": None, "interrupted": False, "checked": False}
        self._stays[event.channel_id] = row
        self.changes.stays.append(row)
        call = self._calls.get(event.call_id)
        if call is not None:
            call["queued"] = True
        else:
            self.changes.call_queued.append({"of_call": event.call_id})

    def _on_app_end(self, event: CelEvent) -> None:
        if event.app == QUEUE_APP:
            self._close(self._stays, event, self.changes.stay_ends)

    @staticmethod
    def _close(open_rows: dict[str, Row], event: CelEvent, ends: list[Row]) -> None:
        row = open_rows.pop(event.channel_id, None)
        if row is not None:
            row["ended_us"] = event.at_us
        else:
            ends.append(_end(event))

    def _on_hangup(self, event: CelEvent) -> None:
        if event.channel_id != event.call_id:
            return
        by_caller = event.hangup_source == event.channel
        call = self._calls.get(event.call_id)
        if call is not None:
            call |= {"hung_up_by_caller": by_caller, "cause": event.cause}
        else:
            self.changes.call_hangups.append(
                {"of_call": event.call_id, "new_by_caller": by_caller, "new_cause": event.cause})

    def _on_channel_end(self, event: CelEvent) -> None:
        """Whatever the channel had open ends with it."""
        for key in [key for key in self._legs if key[0] == event.channel_id]:
            self._legs.pop(key)["left_us"] = event.at_us
        self.changes.gone.append(_end(event))
        if owner_of(event.channel) is not None:
            self._close(self._rings, event, self.changes.ring_ends)
        for open_rows, ends in ((self._holds, self.changes.hold_ends), (self._stays, self.changes.stay_ends)):
            self._close(open_rows, event, ends)

    def _on_call_end(self, event: CelEvent) -> None:
        call = self._calls.get(event.call_id)
        if call is not None:
            call["ended_us"] = event.at_us
        else:
            self.changes.call_ends.append({"of_call": event.call_id, "new_end": event.at_us})


def _end(event: CelEvent, **more: str) -> Row:
    return {"of_channel": event.channel_id, "new_end": event.at_us, **more}


async def save_cel(connection: AsyncConnection, changes: CelChanges) -> None:
    for table, rows in (
        (LEG, changes.legs), (HOLD, changes.holds), (STAY, changes.stays), (CALL, changes.calls),
        (TRANSFER, changes.transfers), (RINGING, changes.rings),
    ):
        if rows:
            await connection.execute(insert_new(connection, table), rows)
    for statement, rows in (
        (_leg_ends(), changes.leg_ends), (_legs_gone(), changes.gone), (_ends(RINGING), changes.ring_ends),
        (_ends(HOLD), changes.hold_ends), (_ends(STAY), changes.stay_ends),
        (_of_call(ended_us=bindparam("new_end")), changes.call_ends),
        (_of_call(queued=True), changes.call_queued),
        (_of_call(hung_up_by_caller=bindparam("new_by_caller"), cause=bindparam("new_cause")), changes.call_hangups),
        (_of_call(picked_up_us=func.coalesce(CALL.c.picked_up_us, bindparam("new_answer"))), changes.call_answers),
    ):
        if rows:
            await connection.execute(statement, rows)


async def _desk_times(connection: AsyncConnection, changes: CelChanges) -> list[tuple[int, int]]:
    """When telephones rang, and from when on callers were held or spoken with again, in epoch seconds."""
    rings = [(row["started_us"], row["ended_us"]) for row in changes.rings if row["ended_us"] is not None]
    channels = sorted({row["of_channel"] for row in changes.ring_ends})
    for first in range(0, len(channels), FEW):
        query = select(RINGING.c.started_us, RINGING.c.ended_us).where(
            RINGING.c.channel_id.in_(channels[first:first + FEW]), RINGING.c.ended_us.is_not(None))
        rings += [(row.started_us, row.ended_us) for row in await connection.execute(query)]
    held = [row["started_us"] for row in changes.holds] + [row["new_end"] for row in changes.hold_ends]
    return [
        *((start // SECOND_US, end // SECOND_US + 1) for start, end in rings),
        *((at // SECOND_US, EVER) for at in held),
    ]


def _leg_ends() -> Any:
    return (
        update(LEG)
        .where(LEG.c.channel_id == bindparam("of_channel"), LEG.c.bridge == bindparam("of_bridge"),
               LEG.c.left_us.is_(None), LEG.c.entered_us <= bindparam("new_end"))
        .values(left_us=bindparam("new_end"))
    )


def _legs_gone() -> Any:
    return (
        update(LEG).where(LEG.c.channel_id == bindparam("of_channel"), LEG.c.left_us.is_(None),
                          LEG.c.entered_us <= bindparam("new_end"))
        .values(left_us=bindparam("new_end"))
    )


def _ends(table: Table) -> Any:
    return (
        update(table)
        .where(table.c.channel_id == bindparam("of_channel"), table.c.ended_us.is_(None),
               table.c.started_us <= bindparam("new_end"))
        .values(ended_us=bindparam("new_end"))
    )


def _of_call(**values: Any) -> Any:
    return update(CALL).where(CALL.c.call_id == bindparam("of_call")).values(values)


class CelSink:
    """The CEL follower's way into the ledger."""

    async def take(self, connection: AsyncConnection, bookmark: Bookmark, lines: list[Line]) -> Bookmark:
        fold, bad, last_us, calls = CelFold(), [], None, set()
        for line in lines:
            event = parse_cel(line.text)
            if isinstance(event, BadLine):
                bad.append(_bad_row(bookmark, line, event))
            else:
                fold.take(event)
                last_us = event.at_us
                calls.add(event.call_id)
        await save_cel(connection, fold.changes)
        if bad:
            await connection.execute(insert_new(connection, BAD_LINE), bad)
        await mark(connection, Change(calls=calls, desk_times=await _desk_times(connection, fold.changes)))
        return replace(bookmark, last_at=last_us // SECOND_US if last_us is not None else bookmark.last_at)

    async def on_lost(self, connection: AsyncConnection, bookmark: Bookmark) -> None:
        detail = f"{bookmark.path}: nowhere any more; read to byte {bookmark.position}, lines behind it may be lost"
        await save_gaps(connection, bookmark.journal, [Gap(GapKind.FILE_LOST, bookmark.last_at or 0, None, "", detail)])


def _bad_row(bookmark: Bookmark, line: Line, bad: BadLine) -> Row:
    return {"source_id": bookmark.id or 0, "offset": line.offset, "line_number": line.number, "text": bad.text,
            "reason": bad.reason}


def fold_cel(events: Iterable[CelEvent]) -> CelChanges:
    """What a batch of events changes."""
    fold = CelFold()
    for event in events:
        fold.take(event)
    return fold.changes
