"""What others see of the floor: one picture per queue and one per agent, as docs/bus.md describes them.

A picture holds no count of seconds that runs on by itself: it has instants, and readers count.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callqueue.floor.state import Agent, AgentState, Floor, Leg, Waiting
from callqueue.queues.estimate import estimated_wait


@dataclass(frozen=True, slots=True)
class QueuePicture:
    queue: str
    waiting: tuple[dict[str, Any], ...]
    """`call_id`, `position` (from 1), `joined` (instant), `number` (masked or null), `estimated_wait`
    (seconds from now, or null)."""
    longest_wait_since: str | None
    """When the caller who has waited longest joined."""
    estimated_wait: int | None
    """Seconds that one who joins now would wait; None without evidence."""
    agents: dict[str, tuple[str, ...]]
    """State to the ids of the queue's agents in it; every state is there."""


@dataclass(frozen=True, slots=True)
class AgentPicture:
    agent: str
    state: AgentState
    reason: str | None
    """Of a pause, also while the agent still talks."""
    since: str | None
    """When the state began; null before anything was seen."""
    logged_in_since: str | None
    queues: dict[str, int]
    """Queue to penalty."""
    call: dict[str, Any] | None
    """`call_id`, `queue`, `since`, `number` (masked or null) of the queue call that rings or is talked, and
    `masked_until`: a secret is spoken, and its recordings hear nothing, until then at the latest (else null)."""


def picture_queue(floor: Floor, queue: str, handling: float | None = None) -> QueuePicture:
    """`handling`: seconds for which one caller takes an agent of this queue, where known."""
    waiting = floor.waiting.get(queue, ())
    by_state = {state.value: tuple(_in_state(floor, queue, state)) for state in AgentState if state is not _AWAY}
    return QueuePicture(
        queue=queue,
        waiting=tuple(
            _caller(caller, place) | {"estimated_wait": estimated_wait(floor, queue, handling, place)}
            for place, caller in enumerate(waiting, 1)
        ),
        longest_wait_since=instant_text(min((caller.joined for caller in waiting), default=None)),
        estimated_wait=estimated_wait(floor, queue, handling),
        agents=by_state,
    )


def picture_agent(agent_id: str, agent: Agent) -> AgentPicture:
    return AgentPicture(
        agent=agent_id, state=agent.state, reason=agent.reason, since=instant_text(agent.since or None),
        logged_in_since=instant_text(agent.logged_in),
        queues={queue: member.penalty for queue, member in sorted(agent.members.items())}, call=_call(agent.leg),
    )


def instant_text(at: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC, with milliseconds."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_AWAY = AgentState.OFFLINE


def _in_state(floor: Floor, queue: str, state: AgentState) -> Iterable[str]:
    return sorted(
        agent_id for agent_id, agent in floor.agents.items() if queue in agent.members and agent.state is state
    )


def _caller(caller: Waiting, place: int) -> dict[str, Any]:
    return {
        "call_id": caller.call_id, "position": place, "joined": instant_text(caller.joined), "number": caller.number,
    }


def _call(leg: Leg | None) -> dict[str, Any] | None:
    if leg is None:
        return None
    return {
        "call_id": leg.call_id, "queue": leg.queue, "since": instant_text(leg.since), "number": leg.number,
        "masked_until": instant_text(leg.masked_until),
    }
