"""Tallies of times straight from the ledger: what roll-ups are made of, and what a report counts without one."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.evidence_reading import read_agents, read_people, read_promise_evidence, read_timesheets
from callqueue.metrics.agent_states import Column, timesheets
from callqueue.metrics.agent_time import Condition, Period, agent_periods, conversation_spans
from callqueue.metrics.agents_tally import TimesheetsTally, tally_timesheets
from callqueue.metrics.contacts import contacts_of
from callqueue.metrics.entries import entries_of
from callqueue.metrics.promises import Promised, promises_of, unmerged, virtual_stints
from callqueue.metrics.rules import Rulebook, longest_window
from callqueue.metrics.spans import Span
from callqueue.metrics.tally import AgentKey, AgentsTally, count_calls, count_promises
from callqueue.metrics.work import has_ended, key_of, wrap_ups_of
from callqueue.promise_store import read_settled
from callqueue.rollup_store import CallsPart, PromisesPart
from callqueue.stint import Stint
from callqueue.store import read_lost_in_menu, read_refusals, read_rings
from foundation.calendars import Interval

SECOND_US = 1_000_000

Item = TypeVar("Item")
Placed = dict[tuple[str, int], list[Item]]
"""By queue and number of the piece."""


class _Pieces:
    """Which of several intervals side by side an instant lies in."""

    def __init__(self, pieces: Sequence[Interval]) -> None:
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]

    def index(self, instant: float) -> int | None:
        index = bisect_right(self._starts, instant) - 1
        return index if index >= 0 and self._pieces[index].holds(instant) else None

    def place(self, items: Iterable[Item], queue: Callable[[Item], str], at: Callable[[Item], float]) -> Placed[Item]:
        placed: Placed[Item] = defaultdict(list)
        for item in items:
            index = self.index(at(item))
            if index is not None:
                placed[queue(item), index].append(item)
        return placed


def _whole(pieces: Sequence[Interval]) -> Interval:
    return Interval(pieces[0].start, pieces[-1].end)


async def make_calls(
    connection: AsyncConnection, pieces: Sequence[Interval], rules: Rulebook, now: int, shared: Collection[str] = (),
) -> list[CallsPart]:
    """Of each of several intervals side by side."""
    whole, pick = _whole(pieces), _Pieces(pieces)
    people = await read_people(connection, whole, longest_window(rules), shared)
    settled = await read_settled(connection, {one.promise for one in people.asked})
    virtual = virtual_stints(Promised(one) for one in unmerged(people.asked, settled))
    entries = entries_of(people.stints)
    contacts = contacts_of([*people.stints, *virtual], rules, shared, None if virtual else entries)
    stints = pick.place(people.stints, lambda each: each.queue, lambda each: each.entered)
    placed = (
        pick.place(entries, lambda each: each.queue, lambda each: each.entered),
        pick.place(contacts, lambda each: each.queue, lambda each: each.entered),
    )
    refused = pick.place(await read_refusals(connection, None, whole.start, whole.end),
                         lambda each: each.queue, lambda each: each.at)
    rings = pick.place(await read_rings(connection, None, whole.start, whole.end),
                       lambda each: each.queue, lambda each: each.at)
    parts = [CallsPart() for _ in pieces]
    for queue, index in stints.keys() | placed[0].keys() | placed[1].keys() | refused.keys() | rings.keys():
        at = (queue, index)
        parts[index].queues[queue] = count_calls(
            stints.get(at, ()), placed[0].get(at, ()), placed[1].get(at, ()), refused=refused.get(at, ()),
            rings=rings.get(at, ()), window=rules.of(queue).contact_window, now=now)
    for call in await read_lost_in_menu(connection, whole.start, whole.end):
        lost = pick.index(call.started_us / SECOND_US)
        if lost is not None:
            parts[lost].lost_in_menu += 1
    return parts


async def make_promises(connection: AsyncConnection, pieces: Sequence[Interval]) -> list[PromisesPart]:
    """Of each of several intervals side by side."""
    evidence, keeping = await read_promise_evidence(connection, _whole(pieces))
    placed = _Pieces(pieces).place(
        promises_of(evidence, keeping), lambda each: each.queue, lambda each: each.entered)
    parts = [PromisesPart() for _ in pieces]
    for (queue, index), promises in placed.items():
        parts[index].queues[queue] = count_promises(promises)
    return parts


@dataclass(frozen=True, slots=True)
class MadeAgents:
    """The tallies, and which of them the passing of time alone will change: wrap-up of their stints goes on."""

    tallies: list[AgentsTally]
    growing: frozenset[int]


async def make_agents(connection: AsyncConnection, pieces: Sequence[Interval], now: int) -> MadeAgents:
    """Of each of several intervals side by side."""
    whole, pick = _whole(pieces), _Pieces(pieces)
    evidence = await read_agents(connection, whole, now)
    periods = agent_periods(evidence.events, evidence.markers, evidence.until)
    talking = conversation_spans(evidence.stints, now, evidence.conversations)
    tallies = [AgentsTally() for _ in pieces]
    edges = [piece.start for piece in pieces[1:]]
    for agent, mine in periods.items():
        for span, key in spend(mine, talking.get(agent, ()), [*edges, whole.start, whole.end]):
            index = pick.index(span[0])
            if index is not None:
                tallies[index].spent[key] += round((span[1] - span[0]) * 1000)
    wrap_ups = wrap_ups_of(evidence.stints, periods)
    for stint in evidence.stints:
        index = pick.index(stint.entered)
        if index is not None and has_ended(stint) and (seconds := wrap_ups.get(key_of(stint), 0)):
            tallies[index].wrap_up[stint.queue] += seconds
    causes = _causes_now(evidence.stints, periods, now)
    growing = {index for stint in causes if (index := pick.index(stint.entered)) is not None}
    return MadeAgents(tallies, frozenset(growing))


def _causes_now(stints: Iterable[Stint], periods: Mapping[str, Sequence[Period]], now: int) -> list[Stint]:
    """The stints whose wrap-up goes on at this moment."""
    began = {
        agent: period.start for agent, mine in periods.items() for period in mine
        if period.condition is Condition.WRAP_UP and period.end >= now
    }
    last: dict[str, Stint] = {}
    for stint in stints:
        agent, answered = stint.agent, stint.answered
        if agent in began and agent is not None and answered is not None and answered <= began[agent]:
            last[agent] = stint  # they come in the order of answering
    return list(last.values())


def spend(periods: Sequence[Period], talking: Sequence[Span], edges: Iterable[int]) -> list[tuple[Span, AgentKey]]:
    """One agent's time while logged in, cut wherever what he is changes and at the edges."""
    changes: list[tuple[float, int, Period | None]] = [(edge, 0, None) for edge in edges]
    for period in periods:
        changes += [(period.start, 1, period), (period.end, -1, period)]
    for start, end in talking:
        changes += [(start, 1, None), (end, -1, None)]
    changes.sort(key=lambda each: each[0])
    found: list[tuple[Span, AgentKey]] = []
    running: list[Period] = []
    keys: dict[object, AgentKey] = {}
    talks, before, key = 0, 0.0, _key((), talking=False)
    for at, change, which in changes:
        if running and before < at:
            found.append(((before, at), key))
        before = at
        if which is None:
            talks += change
        elif change > 0:
            running.append(which)
        else:
            running.remove(which)
        state = (*((each.condition, each.queues) for each in running), talks > 0)
        if state not in keys:
            keys[state] = _key(running, talking=talks > 0)
        key = keys[state]
    return found


def _key(running: Sequence[Period], *, talking: bool) -> AgentKey:
    return tuple(sorted((each.condition.value, tuple(sorted(each.queues))) for each in running)), talking


async def make_timesheets(
    connection: AsyncConnection, pieces: Sequence[Interval], now: int,
) -> list[TimesheetsTally]:
    """Of each of several intervals side by side. What time alone adds lies behind `now`."""
    evidence = await read_timesheets(connection, _whole(pieces), now)
    periods = agent_periods(evidence.events, evidence.markers, evidence.until)
    counted: list[dict[str, Mapping[Column, int]]] = [{} for _ in pieces]
    for agent, sheet in timesheets(periods, evidence.talks, evidence.rung, evidence.unanswered).items():
        for found, counts in zip(counted, sheet.count(pieces), strict=True):
            if counts:
                found[agent] = counts
    return [tally_timesheets(found) for found in counted]
