"""The floor as Asterisk lists it: QueueStatus for members and waiting callers, CoreShowChannels for who talks.

QueueStatus knows neither linkedid nor conversations; CoreShowChannels knows both but no queue places.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from callqueue.floor.events import agent_of, member_of
from callqueue.floor.state import Agent, Floor, Leg, Waiting, mask, settle
from foundation.asterisk.ami import Event

AGENT_CHANNEL = re.compile(r"PJSIP/(?P<agent>.+)-[0-9a-f]+")
RINGING_STATES = {"0", "3", "4", "5"}
"""Channel states before an answer: down, dialing, ring, ringing."""
OFFERED = re.compile(r"U\(pasokh-offered\^[^^]*\^(?P<queue>[^^]*)\^")
"""How `dialplans/offer.conf` dials an agent for a caller."""
CALLED = re.compile(r"U\(pasokh-called\^[^^]*\^[^^]*\^(?P<number>[^^)]*)\)")
"""How an agent's own telephone calls out."""


def take_snapshot(before: Floor, status: Sequence[Event], channels: Sequence[Event], at: float) -> Floor:
    """The floor from the answers to QueueStatus and CoreShowChannels.

    `before` gives what Asterisk does not list: how long a state has lasted already, where nothing has changed.
    """
    legs = _legs(channels, at)
    agents: dict[str, Agent] = {}
    for event in status:
        if event.name == "QueueMember":
            agents[agent_of(event)] = _with_member(agents.get(agent_of(event)), event, at)
    for agent_id in {*agents, *legs, *before.agents}:
        known = before.agent(agent_id)
        agent = _with_leg(agents.get(agent_id, Agent()), legs.get(agent_id), known)
        agents[agent_id] = settle(agent, known, _began(agent, status, agent_id) or at)
    return Floor(waiting=_waiting(before, status, channels, at), agents=agents)


def _with_member(agent: Agent | None, event: Event, at: float) -> Agent:
    agent = agent or Agent(logged_in=float(event.number("LoginTime")) or at)
    return replace(agent, members={**agent.members, event.get("Queue"): member_of(event)})


def _with_leg(agent: Agent, leg: tuple[Leg, bool] | None, before: Agent) -> Agent:
    if leg is None:
        return agent
    found, talking = leg
    known = before.talk if talking else before.rings.get(found.channel_id)
    if known and known.channel_id == found.channel_id:
        found = known
    return replace(agent, talk=found) if talking else replace(agent, rings={found.channel_id: found})


def _began(agent: Agent, status: Sequence[Event], agent_id: str) -> float | None:
    """When the agent's state began, where Asterisk tells."""
    if agent.leg:
        return agent.leg.since
    if agent.paused:
        pauses = (event.number("LastPause") for event in status if event.name == "QueueMember"
                  and agent_of(event) == agent_id)
        return float(max(pauses, default=0)) or None
    return None


def _legs(channels: Sequence[Event], at: float) -> dict[str, tuple[Leg, bool]]:
    """Agent to the leg of his call with somebody of the public, and whether it is talking (else it rings)."""
    callers: dict[str, list[Event]] = defaultdict(list)
    for channel in channels:
        if _queue_of(channel) is not None:
            callers[channel.get("Linkedid")].append(channel)
    found: dict[str, tuple[Leg, bool]] = {}
    for channel in channels:
        name = AGENT_CHANNEL.fullmatch(channel.get("Channel"))
        caller = _caller_of(channel, callers.get(channel.get("Linkedid"), []))
        if name and caller:
            leg = _leg(channel, _queue_of(caller) or "", caller.get("CallerIDNum"), at)
            found[name["agent"]] = (leg, channel.get("ChannelState") not in RINGING_STATES)
        elif name and channel.get("BridgeId") and (called := _dialled(CALLED, channel)):
            found[name["agent"]] = (_leg(channel, "", called["number"], at), True)
    return found


def _leg(channel: Event, queue: str, number: str, at: float) -> Leg:
    began = at - _seconds(channel.get("Duration"))
    return Leg(channel.get("Uniqueid"), channel.get("Linkedid"), queue, began, mask(number))


def _queue_of(channel: Event) -> str | None:
    """The queue by which this caller came to the agents who ring for him, or to the one he has; None: no caller."""
    if channel.get("Application") == "Queue":
        return channel.get("ApplicationData").split(",")[0]
    offered = _dialled(OFFERED, channel)
    return offered["queue"] if offered else None


def _dialled(how: re.Pattern[str], channel: Event) -> re.Match[str] | None:
    return how.search(channel.get("ApplicationData")) if channel.get("Application") == "Dial" else None


def _caller_of(channel: Event, callers: Sequence[Event]) -> Event | None:
    """The waiting caller whose queue rings this channel, or who is bridged with it."""
    for caller in callers:
        if caller is not channel and caller.get("BridgeId") == channel.get("BridgeId"):
            return caller
    return None


def _waiting(
    before: Floor, status: Sequence[Event], channels: Sequence[Event], at: float,
) -> Mapping[str, tuple[Waiting, ...]]:
    calls = {channel.get("Uniqueid"): channel.get("Linkedid") for channel in channels}
    known = {(queue, caller.channel_id): caller for queue, callers in before.waiting.items() for caller in callers}
    entries: dict[str, list[tuple[int, Waiting]]] = {
        event.get("Queue"): [] for event in status if event.name == "QueueParams"
    }
    for event in status:
        if event.name == "QueueEntry":
            queue, channel_id = event.get("Queue"), event.get("Uniqueid")
            caller = known.get((queue, channel_id)) or Waiting(
                channel_id, calls.get(channel_id) or channel_id, at - event.number("Wait"),
                mask(event.get("CallerIDNum")),
            )
            entries.setdefault(queue, []).append((event.number("Position"), caller))
    return {
        queue: tuple(caller for _, caller in sorted(callers, key=lambda entry: entry[0]))
        for queue, callers in entries.items()
    }


def _seconds(duration: str) -> int:
    """Seconds of `hours:minutes:seconds`; 0 for anything else."""
    parts = duration.split(":")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return 0
    hours, minutes, seconds = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds
