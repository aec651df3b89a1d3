"""What a report reads from the ledger, so that every figure in it is exact and no second report can disagree."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.conversation_store import read_conversations
from callqueue.conversations import Kind
from callqueue.evidence import AgentEvent
from callqueue.metrics import Evidence, Rulebook, Rules
from callqueue.metrics.promises import PromiseEvidence
from callqueue.metrics.rules import longest_window
from callqueue.promise_store import read_attempts, read_requests, read_settled
from callqueue.stint import Stint
from callqueue.store import (
    has_cel,
    read_agent_events,
    read_agent_states,
    read_agent_stints,
    read_last_starts,
    read_lost_in_menu,
    read_markers,
    read_refusals,
    read_rings,
    read_stints,
    read_stints_of_callers,
)
from foundation.calendars import Interval
from foundation.settings import Settings

DAY = 86400
WRAP_UP_AHEAD = DAY // 2
"""How long after the last conversation its wrap-up may last."""


def rulebook(settings: Settings) -> Rulebook:
    """T, S and W of every queue of the site."""
    return Rulebook({
        name: Rules(queue.service_threshold, queue.short_abandon, queue.contact_window_hours * 3600)
        for name, queue in settings.queues.items()
    })


async def read_evidence(
    connection: AsyncConnection, interval: Interval, rules: Rulebook, now: int, shared: Collection[str] = (),
) -> Evidence:
    """Everything that bears on `interval`: also what lies around it, where it decides what happened in it."""
    stints = await read_whole_contacts(connection, interval, longest_window(rules), shared)
    inside = [stint for stint in stints if interval.holds(stint.entered)]
    until = min(now, max([interval.end, *(stint.finished or now for stint in inside)]) + WRAP_UP_AHEAD)
    return Evidence(
        stints=stints,
        refused=await read_refusals(connection, None, interval.start, interval.end),
        rings=await read_rings(connection, None, interval.start, interval.end),
        promises=await read_promises(connection, interval, longest_window(rules)),
        lost_in_menu=(
            await read_lost_in_menu(connection, interval.start, interval.end) if await has_cel(connection) else None
        ),
        agent_stints=await read_agent_stints(connection, None, interval.start, until + 1),
        agent_events=await read_sessions(connection, interval.start, until + 1),
        markers=[
            *await read_last_starts(connection, interval.start),
            *await read_markers(connection, interval.start, until + 1),
        ],
        agents_until=until,
        conversations=await read_conversations(
            connection, None, interval.start, until + 1, kinds=(Kind.TRANSFER, Kind.CONSULTATION)),
    )


async def read_promises(connection: AsyncConnection, interval: Interval, window: int) -> PromiseEvidence:
    """Promises given in the interval or a window around it, and all that is known of them."""
    asked = await read_requests(connection, interval.start - window, interval.end + window)
    names = {one.promise for one in asked}
    return PromiseEvidence(asked, await read_attempts(connection, names), await read_settled(connection, names))


async def read_sessions(connection: AsyncConnection, start: int, end: int) -> list[AgentEvent]:
    """What agents did in a time, after what tells how it found them."""
    return [*await read_agent_states(connection, start), *await read_agent_events(connection, start, end)]


async def read_whole_contacts(
    connection: AsyncConnection, interval: Interval, window: int, shared: Collection[str] = (),
) -> Sequence[Stint]:
    """Stints of the interval and one window around it; of people who kept calling, back to where they were silent
    for a window, so that their contacts begin where they truly began, whatever interval is asked for.
    """
    edge = interval.start - window
    stints = await read_stints(connection, None, edge, interval.end + window)
    step = window
    while people := unsettled(stints, interval.start, edge, window) - set(shared):
        step *= 2
        stints = [*await read_stints_of_callers(connection, people, edge - step, edge), *stints]
        edge -= step
    return stints


def unsettled(stints: Iterable[Stint], start: int, edge: int, window: int) -> set[str]:
    """Numbers seen since `start` whose row of attempts reaches so close to `edge` that an earlier one may belong to it.

    Args:
        stints: as far back as `edge`.
        start: of the report.
        edge: how far back stints have been read.
        window: the longest contact window in seconds.
    """
    return {caller for caller, times in _times(stints).items() if _reaches_edge(times, start, edge, window)}


def _times(stints: Iterable[Stint]) -> Mapping[str, list[int]]:
    times: dict[str, list[int]] = {}
    for stint in stints:
        if stint.caller:
            times.setdefault(stint.caller, []).append(stint.entered)
    return times


def _reaches_edge(times: Sequence[int], start: int, edge: int, window: int) -> bool:
    earliest = min((time for time in times if time >= start), default=None)
    if earliest is None:
        return False
    for time in sorted((time for time in times if time < start), reverse=True):
        if earliest - time >= window:
            return False
        earliest = time
    return earliest - edge < window
