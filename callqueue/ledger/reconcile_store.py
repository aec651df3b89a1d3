"""Bringing CEL and the journal together in the database, once both have been read far enough."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_store import credit
from callqueue.cel.conversation_tables import RINGING
from callqueue.ledger.evidence import Gap, GapKind, Mark
from callqueue.ledger.fold_store import save_gaps
from callqueue.ledger.reconcile import SECOND_US, CelView, Leg, Reconciled, Span, reconcile
from callqueue.ledger.stint import Stint
from callqueue.ledger.store import STINT_COLUMNS, stint_of
from callqueue.ledger.tables import CALL, GAP, HOLD, LEG, MARKER, ORPHAN, REFUSAL, STAY, STINT
from callqueue.ledger.unwritten_ends import end_by_cel, lock_unended, save_ended
from callqueue.rollups.marks import Change, mark
from foundation.database import Database

BATCH = 200
SETTLED_SECONDS = 2
"""CEL's last word on a stint is written this soon after the journal's."""
NEAR_SECONDS = 3

Watermark = Callable[[], float | None]
"""Up to which instant everything of a file has been read; None when that is not known."""


class Reconciler:
    """Compares what is finished; a step is short and can be repeated."""

    def __init__(self, database: Database, journal: str, cel_read: Watermark, journal_read: Watermark) -> None:
        self._database = database
        self._journal = journal
        self._cel_read = cel_read
        self._journal_read = journal_read

    async def step(self) -> bool:
        """Reconcile one batch; False when nothing was ready."""
        cel, journal = self._cel_read(), self._journal_read()
        if cel is None or journal is None:
            return False
        read = int(min(cel, journal))
        async with self._database.write() as connection:
            ended = await self._end_unwritten(connection, read)  # first: it may have to wait for the journal's reader
            closed = await self._close_after_crash(connection, read)
            stints = await self._ready_stints(connection, read)
            if stints:
                await self._reconcile(connection, stints, read)
            checked = await self._check_stays(connection, read)
            credited = await credit(connection, self._journal, (read - SETTLED_SECONDS) * SECOND_US)
            # Last: nobody who waits for this lock may have something that is still needed here.
            for change in (ended, Change(stints=stints, times_changed=False), closed, credited.change):
                await mark(connection, change)
        return BATCH in {len(stints), checked, credited.looked_at}

    async def _close_after_crash(self, connection: AsyncConnection, read: int) -> Change:
        """A killed Asterisk writes no ends: what was open before it began again ended there at the latest."""
        first = await _first_open(connection)
        if first is None:
            return Change()
        query = select(MARKER.c.at).where(
            MARKER.c.journal == self._journal, MARKER.c.mark == Mark.START, MARKER.c.at * SECOND_US > first,
            MARKER.c.at + SETTLED_SECONDS <= read,
        ).order_by(MARKER.c.at)
        calls: set[str] = set()
        starts = list((await connection.execute(query)).scalars())
        for at in starts:
            calls |= await _open_calls(connection, at)
            for table, start, end in _OPEN:
                await connection.execute(
                    update(table).where(table.c[end].is_(None), table.c[start] < at * SECOND_US)
                    .values({end: at * SECOND_US, "interrupted": True}))
        return Change(calls=calls, desk_times=[(first // SECOND_US, starts[-1] + 1)] if starts else ())

    async def _end_unwritten(self, connection: AsyncConnection, read: int) -> Change:
        """Nobody waits or talks for ever because the line of the end was lost."""
        stints = await lock_unended(connection, self._journal, read)
        if not stints:
            return Change()
        views = await load_views(connection, self._journal, stints, read * SECOND_US)
        found = [end_by_cel(stint, view, read) for stint, view in zip(stints, views, strict=True)]
        ended = [each for each in found if each is not None]
        await save_ended(connection, self._journal, ended)
        before = {(stint.channel_id, stint.number): stint for stint in stints}
        return Change([stint for stint, _ in ended], before)

    async def _ready_stints(self, connection: AsyncConnection, read: int) -> list[Stint]:
        began = (await connection.execute(select(func.min(CALL.c.started_us)))).scalar_one()
        if began is None:
            return []
        query = (
            select(*STINT_COLUMNS)
            .where(STINT.c.journal == self._journal, STINT.c.reconciled.is_(False),
                   STINT.c.finished <= read - SETTLED_SECONDS, STINT.c.entered * SECOND_US >= began - SECOND_US)
            .order_by(STINT.c.finished).limit(BATCH)
        )
        return [stint_of(row) for row in (await connection.execute(query)).mappings()]

    async def _reconcile(self, connection: AsyncConnection, stints: list[Stint], read: int) -> None:
        views = await load_views(connection, self._journal, stints, read * SECOND_US)
        results = [(stint, reconcile(stint, view)) for stint, view in zip(stints, views, strict=True)]
        await connection.execute(_RECONCILED, [_row(self._journal, *result) for result in results])
        await save_gaps(connection, self._journal, [gap for _, result in results for gap in result.gaps])

    async def _check_stays(self, connection: AsyncConnection, read: int) -> int:
        query = (
            select(STAY).where(STAY.c.checked.is_(False), STAY.c.ended_us <= (read - NEAR_SECONDS) * SECOND_US)
            .order_by(STAY.c.started_us).limit(BATCH)
        )
        stays = list(await connection.execute(query))
        lost = [stay for stay in stays if not await self._is_in_journal(connection, stay)]
        await save_gaps(connection, self._journal, [
            Gap(GapKind.JOURNAL_LOST, stay.started_us // SECOND_US, stay.ended_us // SECOND_US, stay.call_id,
                f"CEL knows a stay in a queue on channel {stay.channel_id}; the journal has no line of it")
            for stay in lost
        ])
        if stays:
            await connection.execute(_CHECKED, [
                {"of_channel": stay.channel_id, "of_start": stay.started_us} for stay in stays])
        return len(stays)

    async def _is_in_journal(self, connection: AsyncConnection, stay: Any) -> bool:
        at, near = stay.started_us // SECOND_US, NEAR_SECONDS
        query = select(or_(
            exists().where(STINT.c.journal == self._journal, STINT.c.channel_id == stay.channel_id,
                           STINT.c.entered.between(at - near, at + near)),
            exists().where(REFUSAL.c.channel_id == stay.channel_id, REFUSAL.c.at.between(at - near, at + near)),
            exists().where(ORPHAN.c.journal == self._journal, ORPHAN.c.channel_id == stay.channel_id),
            exists().where(GAP.c.journal == self._journal, GAP.c.kind == GapKind.JOURNAL_LOST,
                           GAP.c.call_id == stay.call_id),
        ))
        return bool((await connection.execute(query)).scalar_one())


_OPEN: Sequence[tuple[Table, str, str]] = (
    (LEG, "entered_us", "left_us"), (HOLD, "started_us", "ended_us"), (STAY, "started_us", "ended_us"),
    (CALL, "started_us", "ended_us"), (RINGING, "started_us", "ended_us"),
)

_RECONCILED = (
    update(STINT)
    .where(STINT.c.journal == bindparam("of_journal"), STINT.c.channel_id == bindparam("of_channel"),
           STINT.c.number == bindparam("of_number"))
    .values(reconciled=True, spoke=bindparam("new_spoke"), wait_ms=bindparam("new_wait"),
            talk_ms=bindparam("new_talk"), hold_ms=bindparam("new_hold"))
)

_CHECKED = (
    update(STAY).where(STAY.c.channel_id == bindparam("of_channel"), STAY.c.started_us == bindparam("of_start"))
    .values(checked=True)
)


def _row(journal: str, stint: Stint, result: Reconciled) -> dict[str, Any]:
    return {
        "of_journal": journal, "of_channel": stint.channel_id, "of_number": stint.number, "new_spoke": result.spoke,
        "new_wait": result.wait_ms, "new_talk": result.talk_ms, "new_hold": result.hold_ms,
    }


async def _open_calls(connection: AsyncConnection, at: int) -> set[str]:
    """Calls that began before `at` and are not over, or have anything that is not."""
    calls: set[str] = set()
    for table, start, end in _OPEN:
        query = select(table.c.call_id).where(table.c[end].is_(None), table.c[start] < at * SECOND_US)
        calls.update((await connection.execute(query)).scalars())
    return calls


async def _first_open(connection: AsyncConnection) -> int | None:
    starts = []
    for table, start, end in _OPEN:
        query = select(func.min(table.c[start])).where(table.c[end].is_(None))
        starts.append((await connection.execute(query)).scalar_one())
    return min((start for start in starts if start is not None), default=None)


async def load_views(
    connection: AsyncConnection, journal: str, stints: Sequence[Stint], read_us: int,
) -> list[CelView]:
    """What CEL has about each stint; what is still open counts up to `read_us`."""
    channels = {stint.channel_id for stint in stints}
    agents = {stint.agent_channel_id for stint in stints if stint.agent_channel_id}
    legs = await _rows(connection, LEG, "channel_id", channels | agents)
    bridges = {row.bridge for row in legs if row.channel_id in agents}
    in_bridge: dict[str, dict[tuple[str, int], Leg]] = defaultdict(dict)
    for row in [*legs, *await _rows(connection, LEG, "bridge", bridges)]:
        span = Span(row.entered_us, row.left_us if row.left_us is not None else read_us)
        in_bridge[row.bridge][row.channel_id, row.entered_us] = Leg(row.channel_id, row.bridge, span)
    holds = _spans(await _rows(connection, HOLD, "channel_id", agents), read_us)
    stays = _spans(await _rows(connection, STAY, "channel_id", channels), read_us)
    blind = await _load_blind(connection, journal, stints)
    calls = {row.call_id for row in await _rows(connection, CALL, "call_id", {stint.call_id for stint in stints})}
    views = []
    for stint in stints:
        own = {row.bridge for row in legs if row.channel_id in {stint.channel_id, stint.agent_channel_id}}
        views.append(CelView(
            tuple(leg for bridge in sorted(own) for leg in in_bridge[bridge].values()),
            tuple(holds[stint.agent_channel_id or ""]), tuple(stays[stint.channel_id]), stint.call_id in calls, blind,
        ))
    return views


async def _load_blind(connection: AsyncConnection, journal: str, stints: Sequence[Stint]) -> tuple[Span, ...]:
    """When nobody watched. A gap's whole seconds are taken as wide as they may have been."""
    first = min(stint.entered for stint in stints)
    query = select(GAP.c.started, GAP.c.ended).where(
        GAP.c.journal == journal, GAP.c.kind == GapKind.BLIND, or_(GAP.c.ended.is_(None), GAP.c.ended >= first))
    forever = 1 << 62
    return tuple(
        Span(row.started * SECOND_US, forever if row.ended is None else (row.ended + 1) * SECOND_US)
        for row in await connection.execute(query)
    )


def _spans(rows: Iterable[Any], read_us: int) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = defaultdict(list)
    for row in rows:
        spans[row.channel_id].append(Span(row.started_us, row.ended_us if row.ended_us is not None else read_us))
    return spans


async def _rows(connection: AsyncConnection, table: Table, column: str, values: Iterable[str]) -> list[Any]:
    wanted, found = sorted(values), []
    for first in range(0, len(wanted), BATCH):
        query = select(table).where(table.c[column].in_(wanted[first:first + BATCH]))
        found += list(await connection.execute(query))
    return found
