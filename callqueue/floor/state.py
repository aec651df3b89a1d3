"""The floor: who waits in which queue, and what every agent does, at this moment.

Immutable values and small steps from one to the next; no input or output. Instants are epoch seconds (UTC).
`floor.events` folds AMI events into it, `floor.snapshot` makes it anew from what Asterisk lists, and
`floor.pictures` shows it to others.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from types import MappingProxyType

WRAP_UP = "wrap-up"
"""The pause reason that is Pasokh's own: finishing the work of the last call."""
SHOWN_DIGITS = 3


class AgentState(StrEnum):
    """What an agent does. In this order where several are true: the first wins, save that an empty desk is offline."""

    TALKING = "talking"
    """In a conversation with a caller, or (with no call shown) the telephone is busy with a colleague or rings out."""
    RINGING = "ringing"
    WRAP_UP = "wrap-up"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"
    """Logged in and ready, but the telephone is not registered."""
    READY = "ready"
    OFFLINE = "offline"
    """Not logged in to any queue."""


class Device(IntEnum):
    """Asterisk's device states, as app_queue reports them."""

    UNKNOWN = 0
    FREE = 1
    IN_USE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGING_IN_USE = 7
    ON_HOLD = 8


OCCUPIED = frozenset({Device.IN_USE, Device.BUSY, Device.RINGING_IN_USE, Device.ON_HOLD})
ABSENT = frozenset({Device.INVALID, Device.UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One caller in one queue; the place is the index in the queue's tuple."""

    channel_id: str
    call_id: str
    joined: float
    number: str | None
    """Masked: never a whole number."""


@dataclass(frozen=True, slots=True)
class Leg:
    """An agent's telephone ringing for, or talking with, somebody of the public."""

    channel_id: str
    """Uniqueid of the agent's own channel."""
    call_id: str
    queue: str
    """By which he came; empty: by none, as one whom the agent has called."""
    since: float
    number: str | None
    masked_until: float | None = None
    """A secret is spoken, and recordings hear nothing, until then at the latest."""


@dataclass(frozen=True, slots=True)
class Member:
    """One agent in one queue, as app_queue has it."""

    interface: str
    penalty: int = 0
    paused: bool = False
    reason: str = ""
    device: Device = Device.UNKNOWN


@dataclass(frozen=True, slots=True)
class Agent:
    state: AgentState = AgentState.OFFLINE
    since: float = 0.0
    """When the present state began."""
    logged_in: float | None = None
    members: Mapping[str, Member] = field(default_factory=dict)
    """Queue to membership."""
    rings: Mapping[str, Leg] = field(default_factory=dict)
    """Channel to leg: more than one only while Asterisk is giving one of them up."""
    talk: Leg | None = None

    @property
    def paused(self) -> bool:
        """Paused in every queue."""
        return bool(self.members) and all(member.paused for member in self.members.values())

    @property
    def reason(self) -> str | None:
        """Why paused, or None."""
        return next(iter(self.members.values())).reason if self.paused else None

    @property
    def leg(self) -> Leg | None:
        """The conversation, or the call that rings."""
        return self.talk or next(iter(self.rings.values()), None)


@dataclass(frozen=True, slots=True)
class Floor:
    waiting: Mapping[str, tuple[Waiting, ...]] = field(default_factory=dict)
    """Queue to callers, the first to be served in front."""
    agents: Mapping[str, Agent] = field(default_factory=dict)

    def agent(self, agent_id: str) -> Agent:
        return self.agents.get(agent_id, Agent())


def mask(number: str) -> str | None:
    """The last three digits after `***`; None for what is no telephone number."""
    if not re.fullmatch(r"\+?[0-9]{3,15}", number, re.ASCII):
        return None
    return "***" + (number[-SHOWN_DIGITS:] if len(number) > 2 * SHOWN_DIGITS else "")


def state_of(agent: Agent) -> AgentState:
    devices = {member.device for member in agent.members.values()}
    if agent.talk or (agent.members and not agent.rings and devices & OCCUPIED):
        return AgentState.TALKING
    if agent.rings or Device.RINGING in devices:
        return AgentState.RINGING
    if not agent.members:
        return AgentState.OFFLINE
    if agent.paused:
        return AgentState.WRAP_UP if agent.reason == WRAP_UP else AgentState.PAUSED
    return AgentState.UNREACHABLE if devices <= ABSENT else AgentState.READY


def settle(agent: Agent, before: Agent, at: float) -> Agent:
    """The agent with the state that follows from the rest, and since when."""
    agent = replace(agent, state=state_of(agent))
    same = before.since > 0 and _doing(agent) == _doing(before)
    return replace(
        agent, since=before.since if same else at,
        logged_in=(before.logged_in or agent.logged_in or at) if agent.members else None,
    )


def _doing(agent: Agent) -> tuple[str | None, ...]:
    """What must stay equal for the state to last."""
    leg = agent.leg.channel_id if agent.leg else None
    return (agent.state, leg, agent.reason if agent.state is AgentState.PAUSED else None)


def change_agent(floor: Floor, agent_id: str, at: float, change: Callable[[Agent], Agent]) -> Floor:
    """The floor after `change` to one agent."""
    before = floor.agent(agent_id)
    after = settle(change(before), before, at)
    if after == before:
        return floor
    return replace(floor, agents=MappingProxyType({**floor.agents, agent_id: after}))


def change_queue(
    floor: Floor, queue: str, change: Callable[[tuple[Waiting, ...]], tuple[Waiting, ...]],
) -> Floor:
    """The floor after `change` to one queue's callers."""
    before = floor.waiting.get(queue, ())
    after = change(before)
    if after == before:
        return floor
    return replace(floor, waiting=MappingProxyType({**floor.waiting, queue: after}))
