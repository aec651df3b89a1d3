"""What figures of agents' time need from the ledger, so that any cut of a time gives the same sums."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_store import (
    channels_with_conversations,
    read_conversations,
    read_ringing,
    talks_of_calls,
)
from callqueue.cel.conversations import Kind, Rung, Talk
from callqueue.ledger.evidence import AgentEvent, Marker, Ring
from callqueue.ledger.stint import Stint
from callqueue.ledger.store import (
    last_conversation_end,
    read_agent_events,
    read_agent_states,
    read_agent_stints,
    read_last_starts,
    read_markers,
    read_rings,
    read_served,
    read_stints_of_calls,
)
from callqueue.metrics.agent_states import Timesheet, talks_of, timesheets
from callqueue.metrics.agent_time import agent_periods
from callqueue.metrics.work import LONGEST_WRAP_UP
from foundation.calendars import Interval

DAY = 86_400
FEW_CALLS = 3000
"""Up to so many it is faster to look up each of them than to read the day before the time."""


@dataclass(frozen=True, slots=True)
class AgentsEvidence:
    """What agents' time, and the wrap-up of a time's stints, is made of."""

    stints: Sequence[Stint]
    events: Sequence[AgentEvent]
    markers: Sequence[Marker]
    conversations: Sequence[Talk]
    until: int
    """How far the deeds were read."""


@dataclass(frozen=True, slots=True)
class TimesheetEvidence:
    """What each agent's time is made of."""

    events: Sequence[AgentEvent]
    markers: Sequence[Marker]
    talks: Sequence[Talk]
    """Those of a day before the time as well, by which it is known whether a later one begins anything."""
    rung: Sequence[Rung]
    unanswered: Sequence[Ring]
    until: int
    """How far the deeds were read."""


async def read_agents(connection: AsyncConnection, interval: Interval, now: int) -> AgentsEvidence:
    """Agents' deeds and conversations of the interval, and after it as far as its stints' wrap-up may last."""
    start = interval.start
    last = await last_conversation_end(connection, start, interval.end, now)
    until = min(now, max(interval.end, last) + LONGEST_WRAP_UP)
    return AgentsEvidence(
        stints=await read_agent_stints(connection, None, start, until + 1),
        events=await read_sessions(connection, start, until + 1),
        markers=[
            *await read_last_starts(connection, start), *await read_markers(connection, start, until + 1)],
        conversations=await read_conversations(
            connection, None, start, until + 1, kinds=(Kind.TRANSFER, Kind.CONSULTATION)),
        until=until,
    )


async def read_sessions(connection: AsyncConnection, start: int, end: int) -> list[AgentEvent]:
    """What agents did in a time, after what tells how it found them."""
    return [*await read_agent_states(connection, start), *await read_agent_events(connection, start, end)]


async def read_timesheets(connection: AsyncConnection, interval: Interval, now: int) -> TimesheetEvidence:
    """Agents' deeds, conversations and rings of the interval, up to `now`."""
    start, end, until = interval.start, interval.end, min(interval.end, now)
    # A second around it: what is rounded to milliseconds must lie in the time in which it is counted.
    stints = await read_agent_stints(connection, None, start - 1, end + 1)
    talks = await read_conversations(connection, None, start - 1, end + 1)
    calls = {talk.call_id for talk in talks} | {stint.call_id for stint in stints}
    if len(calls) <= FEW_CALLS:
        earlier = await read_stints_of_calls(connection, sorted(calls))
        earlier_talks = await talks_of_calls(connection, calls)
    else:
        earlier = await read_served(connection, start - DAY, start)
        earlier_talks = await read_conversations(connection, None, start - DAY, start)
    stints = list({(stint.channel_id, stint.number, stint.entered, stint.queue): stint
                   for stint in (*stints, *earlier)}.values())
    known = {(talk.channel_id, talk.start): talk for talk in (*talks, *earlier_talks)}
    channels = {stint.agent_channel_id for stint in stints if stint.agent_channel_id}
    told = await channels_with_conversations(connection, channels - {channel for channel, _ in known})
    return TimesheetEvidence(
        events=await read_sessions(connection, start, until + 1),
        markers=[*await read_last_starts(connection, start), *await read_markers(connection, start, until + 1)],
        talks=talks_of(stints, known.values(), now, told),
        rung=await read_ringing(connection, start - 1, end + 1),
        unanswered=await read_rings(connection, None, start, end), until=until,
    )


async def timesheets_of(connection: AsyncConnection, interval: Interval, now: int) -> dict[str, Timesheet]:
    """Everybody's time in the interval, up to `now`, by the agent's id."""
    evidence = await read_timesheets(connection, interval, now)
    periods = agent_periods(evidence.events, evidence.markers, evidence.until)
    return timesheets(periods, evidence.talks, evidence.rung, evidence.unanswered)
