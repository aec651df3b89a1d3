"""What figures need from the ledger, so that every one is exact and no second report can disagree.

What happened in a time is decided by what lies around it: contacts begin before it, callbacks are kept after it, an
agent logged in long ago. Whatever interval is asked for, the same answer must come out of it; so everything that bears
on a thing in it is read, by what it belongs to, not by how near it is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.agents_reading import read_agents
from callqueue.ledger.promise_store import (
    Asked,
    read_attempts,
    read_requests_due,
    read_requests_named,
    read_requests_of,
    read_requests_of_calls,
    read_settled,
)
from callqueue.ledger.stint import Origin, Stint
from callqueue.ledger.store import (
    count_stints,
    read_cel_reach,
    read_lost_in_menu,
    read_refusals,
    read_rings,
    read_stints,
    read_stints_of_callers,
    read_stints_of_calls,
    read_stints_of_promises,
)
from callqueue.metrics import Evidence, Rulebook
from callqueue.metrics.promises import PromiseEvidence
from callqueue.metrics.rules import longest_window
from foundation.calendars import Interval

FEW_STINTS = 3000
"""Up to so many it is faster to look up each caller than to read all that lies around the time."""
SECOND = 1000


@dataclass(frozen=True, slots=True)
class PeopleEvidence:
    """Whole calls of all people who called in a time, as far around it as their contacts reach."""

    stints: Sequence[Stint]
    asked: Sequence[Asked]
    """Promises given to them; and to others, where these were at hand."""


class _Gathering:
    """Stints and requests, each once."""

    def __init__(self, stints: Iterable[Stint] = (), asked: Iterable[Asked] = ()) -> None:
        self.stints: dict[tuple[str, int, int, str], Stint] = {}
        self.asked: dict[int, Asked] = {}
        self.add(stints)
        self.ask(asked)

    def add(self, stints: Iterable[Stint]) -> list[Stint]:
        """Those that were not known."""
        new = []
        for stint in stints:
            key = (stint.channel_id, stint.number, stint.entered, stint.queue)
            if key not in self.stints:
                self.stints[key] = stint
                new.append(stint)
        return new

    def ask(self, asked: Iterable[Asked]) -> None:
        self.asked.update({one.id: one for one in asked})

    def people(self) -> PeopleEvidence:
        return PeopleEvidence(
            sorted(self.stints.values(), key=lambda stint: (stint.entered, stint.channel_id, stint.number)),
            sorted(self.asked.values(), key=lambda one: (one.at, one.id)))


async def read_evidence(
    connection: AsyncConnection, interval: Interval, rules: Rulebook, now: int, shared: Collection[str] = (),
) -> Evidence:
    """Everything that bears on `interval`."""
    people = await read_people(connection, interval, longest_window(rules), shared)
    promises, keeping = await read_promise_evidence(connection, interval)
    agents = await read_agents(connection, interval, now)
    cel = await read_cel_reach(connection)
    asked = {one.id: one for one in (*people.asked, *promises.asked)}
    names = {one.promise for one in asked.values()}
    return Evidence(
        stints=people.stints,
        refused=await read_refusals(connection, None, interval.start, interval.end),
        rings=await read_rings(connection, None, interval.start, interval.end),
        promises=PromiseEvidence(
            sorted(asked.values(), key=lambda one: (one.at, one.id)), await read_attempts(connection, names),
            await read_settled(connection, names)),
        promise_stints=_Gathering([*people.stints, *keeping]).people().stints,
        lost_in_menu=(
            await read_lost_in_menu(connection, interval.start, interval.end) if cel.touches(interval) else None
        ),
        cel=cel,
        agent_stints=agents.stints, agent_events=agents.events, markers=agents.markers,
        conversations=agents.conversations, agents_until=agents.until,
    )


# -- people

async def read_people(
    connection: AsyncConnection, interval: Interval, window: int, shared: Collection[str] = (), before: int = 0,
) -> PeopleEvidence:
    """Who called in the interval, or was promised a call for a moment in it; of people who kept calling, back to where
    they were silent for a window, so that their contacts begin where they truly began. Of who called in it, all
    contacts of `before` seconds before it, too.
    """
    asked = await read_requests_due(connection, interval.start, interval.end)
    if await count_stints(connection, interval.start, interval.end, limit=FEW_STINTS + 1) > FEW_STINTS:
        around = Interval(interval.start - window, interval.end + window)
        found = _Gathering(
            await read_stints(connection, None, around.start, around.end),
            await read_requests_due(connection, around.start, around.end))
    else:
        found = await _look_up(connection, interval, window, shared, asked)
    await _reach_back(connection, found, interval, window, shared)
    if before:
        callers = {stint.caller for stint in found.stints.values() if stint.caller and interval.holds(stint.entered)}
        earlier = Interval(interval.start - before, interval.start)
        await _look_up_callers(connection, found, earlier, window, callers - set(shared))
        await _reach_back(connection, found, earlier, window, shared)
    await _complete_promises(connection, found)
    return found.people()


async def _look_up_callers(
    connection: AsyncConnection, found: _Gathering, interval: Interval, window: int, numbers: Collection[str],
) -> None:
    new = found.add(await read_stints_of_callers(
        connection, numbers, interval.start - window, interval.end + window))
    found.add(await read_stints_of_calls(connection, sorted({stint.call_id for stint in new})))
    found.ask(await read_requests_of(connection, numbers))


async def _look_up(
    connection: AsyncConnection, interval: Interval, window: int, shared: Collection[str], asked: Sequence[Asked],
) -> _Gathering:
    """Each person of a short time, by number; those without one by call."""
    inside = await read_stints(connection, None, interval.start, interval.end)
    found = _Gathering(inside, asked)
    calls = {stint.call_id for stint in inside} | {one.call_id for one in asked if one.stint_number is None}
    found.add(await read_stints_of_calls(connection, sorted(calls)))
    people = {stint.caller for stint in found.stints.values()} | {one.number for one in asked}
    numbers = {number for number in people if number} - set(shared)
    around = await read_stints_of_callers(connection, numbers, interval.start - window, interval.end + window)
    new = found.add(around)
    found.add(await read_stints_of_calls(connection, sorted({stint.call_id for stint in new} - calls)))
    found.ask(await read_requests_of(connection, numbers))
    found.ask(await read_requests_of_calls(connection, {stint.call_id for stint in found.stints.values()}))
    return found


async def _reach_back(
    connection: AsyncConnection, found: _Gathering, interval: Interval, window: int, shared: Collection[str],
) -> None:
    edge, step = interval.start - window, window
    while people := unsettled(_moments(found), interval.start, edge, window) - set(shared):
        step *= 2
        new = found.add(await read_stints_of_callers(connection, people, edge - step, edge))
        found.add(await read_stints_of_calls(connection, sorted({stint.call_id for stint in new})))
        found.ask(await read_requests_of(connection, people))
        edge -= step


async def _complete_promises(connection: AsyncConnection, found: _Gathering) -> None:
    """The stints that keep these people's promises, and those that were left for them, with their calls."""
    looked: set[str] = set()
    while names := {stint.promise for stint in found.stints.values() if stint.promise} - looked:
        looked |= names
        found.ask(await read_requests_named(connection, names))
        new = found.add(await read_stints_of_promises(connection, names))
        found.add(await read_stints_of_calls(connection, sorted({stint.call_id for stint in new})))
    virtual = {one.promise for one in found.asked.values() if one.stint_number is None} - looked
    new = found.add(await read_stints_of_promises(connection, virtual))
    found.add(await read_stints_of_calls(connection, sorted({stint.call_id for stint in new})))


def _moments(found: _Gathering) -> Mapping[str, list[int]]:
    """When each number called, or was promised a call for."""
    times: dict[str, list[int]] = {}
    for stint in found.stints.values():
        if stint.caller:
            times.setdefault(stint.caller, []).append(stint.entered)
    for one in found.asked.values():
        if one.number and one.stint_number is None:
            times.setdefault(one.number, []).append(ready_at(one))
    return times


def ready_at(one: Asked) -> int:
    """From when on who was promised a call waits for it, in epoch seconds: a time wished for is the beginning."""
    return max(one.at, (one.not_before_ms or 0) // SECOND)


def unsettled(times: Mapping[str, Sequence[int]], start: int, edge: int, window: int) -> set[str]:
    """Numbers seen since `start` whose row of attempts reaches so close to `edge` that an earlier one may belong to it.

    Args:
        times: of each number's attempts, as far back as `edge`.
        start: of the report.
        edge: how far back stints have been read.
        window: the longest contact window in seconds.
    """
    return {caller for caller, mine in times.items() if _reaches_edge(mine, start, edge, window)}


def _reaches_edge(times: Sequence[int], start: int, edge: int, window: int) -> bool:
    earliest = min((time for time in times if time >= start), default=None)
    if earliest is None:
        return False
    # What is known from before the edge by chance says nothing about the silence between.
    for time in sorted((time for time in times if edge <= time < start), reverse=True):
        if earliest - time >= window:
            return False
        earliest = time
    return earliest - edge < window


# -- promises

async def read_promise_evidence(
    connection: AsyncConnection, interval: Interval,
) -> tuple[PromiseEvidence, list[Stint]]:
    """Promises given in the interval, and later ones that may have been kept before them; with the stints that keep
    them and all that were answered while one of them was owed.
    """
    asked = await read_requests_due(connection, interval.start, interval.end)
    own = {one.promise for one in asked if interval.holds(one.at)}
    keeping = await read_stints_of_promises(connection, own)
    reached = [stint.answered for stint in keeping if stint.origin is Origin.CALLBACK and stint.answered is not None]
    if reached:
        start = min(one.place_ms // SECOND for one in asked if one.promise in own)
        between = Interval(min(start, interval.start), max(reached) + 2)
        rivals = await read_requests_due(connection, between.start, between.end)
        asked = list({one.id: one for one in (*asked, *rivals)}.values())
        keeping = await _answered_between(connection, between, keeping, {one.promise for one in rivals} - own)
    names = {one.promise for one in asked}
    return PromiseEvidence(
        asked, await read_attempts(connection, own), await read_settled(connection, names)), keeping


async def _answered_between(
    connection: AsyncConnection, between: Interval, keeping: Sequence[Stint], rivals: Collection[str],
) -> list[Stint]:
    found = _Gathering(keeping)
    found.add(await read_stints_of_promises(connection, rivals))
    found.add(await read_stints(connection, None, between.start, between.end))
    parted = {stint.call_id for stint in found.stints.values() if stint.origin is not Origin.DIRECT}
    found.add(await read_stints_of_calls(connection, sorted(parted)))
    return list(found.stints.values())
