"""Whatever changes evidence throws away, in its own transaction, the roll-ups that were made of it.

A change reaches further than its own quarter of an hour: an entry is booked to where its call began, a contact to where
its person first called, a wrap-up to the stint before it, and who passed a promised caller by counts where the promise
was given. Each of these is looked up here; what is doubtful is thrown away too, for it can be made again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_tables import CONVERSATION
from callqueue.ledger.evidence import AgentEvent, Mark, Marker
from callqueue.ledger.promise_tables import CALLBACK_REQUEST
from callqueue.ledger.stint import Stint
from callqueue.ledger.tables import AGENT_EVENT, CALL, STINT
from callqueue.rollups.request_claims import has_claims, throw_claims_away
from callqueue.rollups.store import CELLS, DAYS, Kind, cell_of, lock_rollups
from callqueue.rollups.tables import ROLLUP, ROLLUP_RULES

FEW = 500
SECOND_US = 1_000_000
EVER = 1 << 62
SLACK = 3
"""Seconds by which CEL's and the journal's instants of one answer may differ, and more."""
LONGEST_BEFORE = 36 * 3600
"""A wrap-up that a start of Asterisk ends belongs to a stint that entered no longer before it."""


@dataclass(slots=True)
class Change:
    """What a transaction changed of the evidence."""

    stints: Sequence[Stint] = ()
    before: Mapping[tuple[str, int], Stint] = field(default_factory=dict)
    """As they were; new ones are not here."""
    times_changed: bool = True
    """Whether when an agent answered or ended may have changed."""
    calls: Collection[str] = ()
    """Calls of which something else is known now."""
    moments: Collection[int] = ()
    """When callers were turned away, or rings not picked up."""
    promises: Collection[str] = ()
    promise_times: Collection[int] = ()
    """When promises were given, tried and settled."""
    agent_events: Sequence[tuple[str, AgentEvent]] = ()
    """Each with its journal."""
    markers: Sequence[Marker] = ()
    agent_times: Sequence[tuple[int, int]] = ()
    """Conversations of agents that have become known, in epoch seconds."""
    desk_times: Sequence[tuple[int, int]] = ()
    """When else something has become known of what an agent did: telephones rang, callers were held."""
    talks: Collection[str] = ()
    """Calls of which conversations have become known."""

    @property
    def is_empty(self) -> bool:
        return not (
            self.stints or self.calls or self.moments or self.promises or self.promise_times or self.agent_events
            or self.markers or self.agent_times or self.desk_times or self.talks
        )


async def mark(connection: AsyncConnection, change: Change) -> None:
    """Throw away what was made of evidence that this transaction has changed. Call it when all is written."""
    if change.is_empty:
        return
    await lock_rollups(connection)
    window = (await connection.execute(select(ROLLUP_RULES.c.window))).scalar_one_or_none()
    if window is None and not await has_claims(connection):
        return
    reach = _Reach(connection, window or 0)
    await reach.follow_calls(change)
    await reach.follow_agents(change)
    await reach.follow_talks(change)
    await reach.throw_away()


@dataclass(slots=True)
class _Reach:
    connection: AsyncConnection
    window: int
    cells: dict[Kind, set[int]] = field(default_factory=lambda: {kind: set() for kind in Kind})
    spans: list[tuple[int, int]] = field(default_factory=list)
    """Of agents' time."""
    desk_spans: list[tuple[int, int]] = field(default_factory=list)
    """Of what each of them did, and of nothing else."""
    people: set[str] = field(default_factory=set)
    promises: set[str] = field(default_factory=set)
    answered: list[int] = field(default_factory=list)
    requests: set[float] = field(default_factory=set)
    """When something was of a call, as far as requests are told by it."""
    first: int = EVER

    def _touch(self, kind: Kind, *instants: float) -> None:
        self.cells[kind].update(map(cell_of, instants))

    def _touch_people(self, *instants: float) -> None:
        """All that contacts are made of tells of them in the same times."""
        for kind in (Kind.CALLS, Kind.PLACES, Kind.PEOPLE):
            self._touch(kind, *instants)

    # -- calls, people and promises

    async def follow_calls(self, change: Change) -> None:
        self._touch(Kind.CALLS, *change.moments)
        self._touch(Kind.TIMESHEETS, *change.moments)
        self._touch(Kind.RINGS, *change.moments)
        self.requests.update(change.moments, change.promise_times)
        calls = {stint.call_id for stint in (*change.stints, *change.before.values())} | set(change.calls)
        for stint in (*change.stints, *change.before.values()):
            self._take_stint(stint.entered, stint.answered, stint.caller, stint.promise)
        self.promises.update(change.promises)
        await self._take_calls(calls)
        if self.promises:
            await self._take_promises()
        if self.people:
            await self._take_people()
        if self.answered:
            await self._take_passed_by()

    def _take_stint(self, entered: int, answered: int | None, caller: str | None, promise: str | None) -> None:
        self.requests.add(entered)
        self._touch_people(entered)
        self._touch(Kind.ARRIVALS, entered)
        self._touch(Kind.HOURS, entered)
        self._touch(Kind.PASSING, entered)
        self.first = min(self.first, entered)
        if caller:
            self.people.add(caller)
        if promise:
            self.promises.add(promise)
        if answered is not None:
            self.answered.append(answered)
            self._touch(Kind.TIMESHEETS, answered)
            self._touch(Kind.RINGS, answered)

    async def _take_calls(self, calls: Collection[str]) -> None:
        """All stints of a call make its entries, and whether it was lost in a menu."""
        columns = (STINT.c.entered, STINT.c.answered, STINT.c.caller, STINT.c.promise)
        for row in await self._rows(columns, STINT.c.call_id, calls):
            self._take_stint(*row)
        for (started_us,) in await self._rows((CALL.c.started_us,), CALL.c.call_id, calls):
            self.requests.add(started_us / SECOND_US)
            self._touch(Kind.CALLS, started_us // SECOND_US)
        for row in await self._rows(_REQUEST, CALLBACK_REQUEST.c.call_id, calls):
            self._take_request(row)

    def _take_request(self, row: Any) -> None:
        self.requests.add(row.at)
        self._touch(Kind.PROMISES, row.at)
        ready = max(row.at, (row.not_before_ms or 0) // 1000)
        self._touch_people(ready)
        self.first = min(self.first, row.at)
        if row.number:
            self.people.add(row.number)

    async def _take_promises(self) -> None:
        """Who was promised a call, and the call that keeps it, are one contact."""
        calls = {call for (call,) in await self._rows((STINT.c.call_id,), STINT.c.promise, self.promises)}
        for row in await self._rows(_REQUEST, CALLBACK_REQUEST.c.promise, self.promises):
            self._take_request(row)
            calls.add(row.call_id)
        await self._take_calls(calls)

    async def _take_people(self) -> None:
        """A contact reaches back for a window; where one begins anew, all later ones may."""
        since = self.first - self.window
        for (entered,) in await self._rows((STINT.c.entered,), STINT.c.caller, self.people, STINT.c.entered > since):
            self._touch_people(entered)
        for row in await self._rows(_REQUEST, CALLBACK_REQUEST.c.number, self.people):
            ready = max(row.at, (row.not_before_ms or 0) // 1000)
            if ready > since:
                self._touch_people(ready)

    async def _take_passed_by(self) -> None:
        """Promises that were owed while somebody was answered."""
        query = (
            select(CALLBACK_REQUEST.c.at).join(STINT, STINT.c.promise == CALLBACK_REQUEST.c.promise)
            .where(STINT.c.promise.is_not(None), STINT.c.answered >= min(self.answered) - SLACK,
                   CALLBACK_REQUEST.c.at <= max(self.answered) + SLACK)
        )
        self._touch(Kind.PROMISES, *(await self.connection.execute(query)).scalars())

    # -- agents

    async def follow_agents(self, change: Change) -> None:
        self.spans += change.agent_times
        served = [stint for stint in change.stints if stint.answered is not None] if change.times_changed else []
        for stint in served:
            self._take_conversation(stint, change.before.get((stint.channel_id, stint.number)))
        for marker in change.markers:
            if marker.mark is Mark.START:
                self.spans.append((marker.at - LONGEST_BEFORE, EVER))
        since: dict[str, int] = {}
        for stint in served:
            if stint.agent and stint.answered is not None:
                since[stint.agent] = min(since.get(stint.agent, EVER), stint.answered)
        for (agent, journal), at in _first_deeds(change.agent_events).items():
            self.spans.append((at, EVER))
            since[agent] = min(since.get(agent, EVER), await self._deed_before(journal, agent, at))
        for agent, at in since.items():
            await self._take_wrap_ups(agent, at)

    def _take_conversation(self, stint: Stint, before: Stint | None) -> None:
        self._touch(Kind.AGENTS, stint.entered)
        states = [each for each in (stint, before) if each is not None and each.answered is not None]
        ends = [EVER if each.finished is None else each.finished for each in states]
        self.spans.append((min(each.answered or 0 for each in states), max(ends) + 1))

    async def _deed_before(self, journal: str, agent: str, at: int) -> int:
        """The wrap-up that this deed ended began with the one before it."""
        query = select(func.max(AGENT_EVENT.c.at)).where(
            AGENT_EVENT.c.agent == agent, AGENT_EVENT.c.at < at, AGENT_EVENT.c.journal == journal)
        found = (await self.connection.execute(query)).scalar_one()
        return at if found is None else int(found)

    async def _take_wrap_ups(self, agent: str, at: int) -> None:
        """The stint before belongs to whatever wrap-up goes on at that moment, and later ones to what follows."""
        before = select(func.max(STINT.c.answered)).where(STINT.c.agent == agent, STINT.c.answered < at)
        last = (await self.connection.execute(before)).scalar_one()
        since = at if last is None else last
        query = select(STINT.c.entered).where(STINT.c.agent == agent, STINT.c.answered >= since)
        self._touch(Kind.AGENTS, *(await self.connection.execute(query)).scalars())

    async def follow_talks(self, change: Change) -> None:
        """Whether a talk begins a conversation is told by the other talks of its call."""
        self.desk_spans += change.desk_times
        self.desk_spans += [(start - SLACK, end + SLACK) for start, end in change.agent_times]
        served = [stint for stint in (*change.stints, *change.before.values()) if stint.answered is not None]
        for stint in served:
            self.desk_spans.append((stint.answered or 0, EVER if stint.finished is None else stint.finished + 1))
        calls = {stint.call_id for stint in served} | set(change.talks)
        for (started_us,) in await self._rows((CONVERSATION.c.started_us,), CONVERSATION.c.call_id, calls):
            self.requests.add(started_us / SECOND_US)
            self._touch(Kind.TIMESHEETS, started_us / SECOND_US - 0.001, started_us / SECOND_US + 0.001)
            self._touch(Kind.PASSING, started_us / SECOND_US - 0.001, started_us / SECOND_US + 0.001)

    # -- the end

    async def throw_away(self) -> None:
        await throw_claims_away(self.connection, self.requests)
        for cells, kinds in self._together():
            wanted = sorted(cells)
            for first in range(0, len(wanted), FEW):
                few = wanted[first:first + FEW]
                await self._delete(kinds, or_(
                    (ROLLUP.c.level == CELLS) & ROLLUP.c.start.in_(few),
                    (ROLLUP.c.level == DAYS) & ROLLUP.c.start.in_(await self._days(kinds, few))))
        of_agents, of_each = (Kind.AGENTS, Kind.HOURS), (Kind.TIMESHEETS,)
        for kinds, spans in ((of_agents, self.spans), (of_each, [*self.spans, *self.desk_spans])):
            for start, end in _joined(spans):
                await self._delete(kinds, (ROLLUP.c.end > start) & (ROLLUP.c.start < end))

    def _together(self) -> Iterable[tuple[frozenset[int], Sequence[Kind]]]:
        """Kinds that lose the same times, side by side: most of them do."""
        kinds: dict[frozenset[int], list[Kind]] = {}
        for kind, cells in self.cells.items():
            kinds.setdefault(frozenset(cells), []).append(kind)
        return kinds.items()

    async def _days(self, kinds: Sequence[Kind], cells: Sequence[int]) -> list[int]:
        query = select(ROLLUP.c.start, ROLLUP.c.end).where(
            _of(kinds), ROLLUP.c.level == DAYS, ROLLUP.c.end > cells[0], ROLLUP.c.start <= cells[-1])
        days = (await self.connection.execute(query.distinct())).all()
        return [start for start, end in days if any(start <= cell < end for cell in cells)]

    async def _delete(self, kinds: Sequence[Kind], which: ColumnElement[bool]) -> None:
        await self.connection.execute(delete(ROLLUP).where(_of(kinds), which))

    async def _rows(
        self, columns: Sequence[Any], key: Any, values: Collection[str], *conditions: ColumnElement[bool],
    ) -> list[Any]:
        wanted, found = sorted(values), []
        for first in range(0, len(wanted), FEW):
            query = select(*columns).where(key.in_(wanted[first:first + FEW]), *conditions)
            found += list(await self.connection.execute(query))
        return found


_REQUEST = (
    CALLBACK_REQUEST.c.at, CALLBACK_REQUEST.c.not_before_ms, CALLBACK_REQUEST.c.number, CALLBACK_REQUEST.c.call_id,
)


def _of(kinds: Iterable[Kind]) -> ColumnElement[bool]:
    return ROLLUP.c.kind.in_([kind.value for kind in kinds])


def _first_deeds(events: Iterable[tuple[str, AgentEvent]]) -> dict[tuple[str, str], int]:
    first: dict[tuple[str, str], int] = {}
    for journal, event in events:
        first[event.agent, journal] = min(first.get((event.agent, journal), EVER), event.at)
    return first


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
