"""One AMI event, one step of the floor.

Every step sets what it touches outright and is found by a channel's id, so an event that a snapshot already knew
changes nothing, and events of a snapshot's own time may be applied after it in their order.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from callqueue.cel.conversations import TRUNK, owner_of
from callqueue.floor.state import (
    OCCUPIED,
    Agent,
    Device,
    Floor,
    Leg,
    Member,
    Waiting,
    change_agent,
    change_queue,
    mask,
)
from foundation.asterisk.ami import Event
from recordings.masking.masking import CHANGED

Step = Callable[[Floor, Event, float], Floor]


def apply(floor: Floor, event: Event, at: float) -> Floor:
    """The floor after `event`, which came at `at`; events that tell nothing about the floor leave it as it is."""
    step = STEPS.get(event.name)
    return step(floor, event, instant_of(event, at)) if step else floor


def instant_of(event: Event, at: float) -> float:
    """Asterisk's own time of the event where it tells one (`timestampevents`), else `at`."""
    try:
        return float(event.get("Timestamp"))
    except ValueError:
        return at


def on_join(floor: Floor, event: Event, at: float) -> Floor:
    queue, channel_id = event.get("Queue"), event.get("Uniqueid")
    if any(caller.channel_id == channel_id for caller in floor.waiting.get(queue, ())):
        return floor
    caller = Waiting(channel_id, event.get("Linkedid") or channel_id, at, mask(event.get("CallerIDNum")))
    index = max(0, event.number("Position", 1) - 1)
    floor = _without_caller(floor, channel_id)
    return change_queue(floor, queue, lambda callers: (*callers[:index], caller, *callers[index:]))


def on_leave(floor: Floor, event: Event, at: float) -> Floor:  # noqa: ARG001 - all steps have one shape
    channel_id = event.get("Uniqueid")
    return change_queue(floor, event.get("Queue"), lambda callers: _others(callers, channel_id))


def on_called(floor: Floor, event: Event, at: float) -> Floor:
    leg = _leg(event, at)
    return change_agent(floor, agent_of(event), at, lambda agent: _ringing(agent, leg))


def on_connect(floor: Floor, event: Event, at: float) -> Floor:
    leg = _leg(event, at)
    return change_agent(floor, agent_of(event), at, lambda agent: _talking(agent, leg))


def on_user_event(floor: Floor, event: Event, at: float) -> Floor:
    """A call that no queue gave to the agent (`dialplans/offer.conf`): app_queue does not know of it, so the dialplan
    tells.
    """
    if event.get("UserEvent") == CHANGED:
        return _masked(floor, event, at)
    change = OFFERS.get(event.get("UserEvent"))
    agent_id = event.get("MemberName") or owner_of(event.get("Telephone"))
    if change is None or not agent_id:
        return floor
    own = event.get("Leg") or event.get("Uniqueid")
    leg = Leg(own, event.get("Linkedid"), event.get("Queue"), at, mask(event.get("Caller")))
    return change_agent(floor, agent_id, at, lambda agent: change(agent, leg))


def _masked(floor: Floor, event: Event, at: float) -> Floor:
    """Recordings of this call hear nothing any more, or everything again."""
    until = event.number("Until") / 1_000_000 or None
    for agent_id, agent in floor.agents.items():
        if agent.talk and agent.talk.call_id == event.get("Call"):
            floor = change_agent(floor, agent_id, at, lambda agent: _mask_talk(agent, until))
    return floor


def _mask_talk(agent: Agent, until: float | None) -> Agent:
    return replace(agent, talk=replace(agent.talk, masked_until=until)) if agent.talk else agent


def on_handed_over(floor: Floor, event: Event, at: float) -> Floor:
    """An agent has asked a colleague, and connects him with his caller: from now on it is the colleague's call."""
    agent_id, passed_on = owner_of(event.get("TransferTargetChannel")), event.get("TransfereeChannel")
    is_caller = passed_on.startswith(f"PJSIP/{TRUNK}-")
    if event.get("Result") != "Success" or agent_id is None or not is_caller:
        return floor
    had = _talk_on(floor, event.get("OrigTransfererUniqueid"), event.get("SecondTransfererUniqueid"))
    leg = Leg(
        event.get("TransferTargetUniqueid"), event.get("TransfereeLinkedid"), had.queue if had else "", at,
        mask(event.get("TransfereeCallerIDNum")), had.masked_until if had else None,
    )
    return change_agent(floor, agent_id, at, lambda agent: _talking(agent, leg))


def _talk_on(floor: Floor, *channel_ids: str) -> Leg | None:
    """The conversation that an agent has on one of these channels."""
    talks = (agent.talk for agent in floor.agents.values())
    return next((talk for talk in talks if talk and talk.channel_id in channel_ids), None)


def _ringing(agent: Agent, leg: Leg) -> Agent:
    known = leg.channel_id in agent.rings or (agent.talk and agent.talk.channel_id == leg.channel_id)
    return agent if known else replace(agent, rings={**agent.rings, leg.channel_id: leg})


def _talking(agent: Agent, leg: Leg) -> Agent:
    if agent.talk and agent.talk.channel_id == leg.channel_id:
        leg = agent.talk
    return replace(agent, talk=leg, rings=_without(agent.rings, leg.channel_id))


OFFERS: dict[str, Callable[[Agent, Leg], Agent]] = {
    "OfferRings": _ringing, "OfferAnswered": _talking, "CalledOut": _talking,
}


def on_leg_over(floor: Floor, event: Event, at: float) -> Floor:
    return change_agent(floor, agent_of(event), at, lambda agent: _without_leg(agent, event.get("DestUniqueid")))


def on_hangup(floor: Floor, event: Event, at: float) -> Floor:
    channel_id = event.get("Uniqueid")
    for agent_id, agent in floor.agents.items():
        if channel_id in agent.rings or (agent.talk and agent.talk.channel_id == channel_id):
            floor = change_agent(floor, agent_id, at, lambda agent: _without_leg(agent, channel_id))
    return _without_caller(floor, channel_id)


def on_member(floor: Floor, event: Event, at: float) -> Floor:
    """Every member event carries the whole membership."""
    queue, member = event.get("Queue"), member_of(event)

    def upsert(agent: Agent) -> Agent:
        login = event.number("LoginTime") or at
        return replace(agent, members={**agent.members, queue: member}, logged_in=agent.logged_in or login)

    return change_agent(floor, agent_of(event), at, upsert)


def on_member_removed(floor: Floor, event: Event, at: float) -> Floor:
    return change_agent(floor, agent_of(event), at, lambda agent: replace(
        agent, members={queue: member for queue, member in agent.members.items() if queue != event.get("Queue")},
    ))


STEPS: dict[str, Step] = {
    "QueueCallerJoin": on_join,
    "QueueCallerLeave": on_leave,
    "AgentCalled": on_called,
    "AgentConnect": on_connect,
    "AgentComplete": on_leg_over,
    "AgentDump": on_leg_over,
    "AgentRingNoAnswer": on_leg_over,
    "Hangup": on_hangup,
    "QueueMemberAdded": on_member,
    "QueueMemberPause": on_member,
    "QueueMemberPenalty": on_member,
    "QueueMemberStatus": on_member,
    "QueueMemberRemoved": on_member_removed,
    "UserEvent": on_user_event,
    "AttendedTransfer": on_handed_over,
}


def agent_of(event: Event) -> str:
    return event.get("MemberName") or event.get("Name") or event.get("Interface")


def member_of(event: Event) -> Member:
    """From a member event, or from a member in the answer to QueueStatus."""
    try:
        device = Device(event.number("Status"))
    except ValueError:
        device = Device.UNKNOWN
    return Member(
        interface=event.get("Interface") or event.get("Location"),
        penalty=event.number("Penalty"),
        paused=event.get("Paused") == "1",
        reason=event.get("PausedReason"),
        device=device,
    )


def _leg(event: Event, at: float) -> Leg:
    return Leg(
        event.get("DestUniqueid"), event.get("Linkedid"), event.get("Queue"), at, mask(event.get("CallerIDNum")),
    )


def _without_leg(agent: Agent, channel_id: str) -> Agent:
    talking = agent.talk is not None and agent.talk.channel_id == channel_id
    if not talking and channel_id not in agent.rings:
        return agent
    # The telephone's own state comes a moment later; until then it would look like another call.
    freed = {
        queue: replace(member, device=Device.FREE) if member.device in OCCUPIED | {Device.RINGING} else member
        for queue, member in agent.members.items()
    }
    rings = _without(agent.rings, channel_id)
    return replace(agent, talk=None if talking else agent.talk, rings=rings, members=freed)


def _without_caller(floor: Floor, channel_id: str) -> Floor:
    for queue in floor.waiting:
        floor = change_queue(floor, queue, lambda callers: _others(callers, channel_id))
    return floor


def _others(callers: tuple[Waiting, ...], channel_id: str) -> tuple[Waiting, ...]:
    return tuple(caller for caller in callers if caller.channel_id != channel_id)


def _without(legs: Mapping[str, Leg], channel_id: str) -> dict[str, Leg]:
    return {key: leg for key, leg in legs.items() if key != channel_id}
