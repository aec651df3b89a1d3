"""The present moment as the planner of callbacks sees it: from the floor, agents' sessions and the last hour's talks.
Pure. Instants are epoch seconds.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from callqueue.agents.sessions import Session
from callqueue.callbacks.plan import Agent, OnHold, chance_to_be_free
from callqueue.floor.state import Agent as FloorAgent
from callqueue.floor.state import AgentState, Floor
from callqueue.ledger.stint import Outcome, Stint
from callqueue.queues.estimate import AT_WORK
from foundation.settings import Settings


@dataclass(frozen=True, slots=True)
class Picture:
    """What was listed at one moment."""

    at: float
    floor: Floor
    channels: Mapping[str, str]
    """Ids of all channels that live, to their names."""
    on_hold: Sequence[OnHold] = ()
    """Everybody who waits on the telephone."""
    sessions: Mapping[str, Session] = field(default_factory=dict)


def talks_of(stints: Iterable[Stint]) -> dict[str, list[int]]:
    """Queue to the lengths of its conversations, in seconds, sorted."""
    talks: dict[str, list[int]] = defaultdict(list)
    for stint in stints:
        if stint.outcome is Outcome.ANSWERED and stint.talk is not None:
            insort(talks[stint.queue], stint.talk)
    return talks


def agents_at_work(picture: Picture, settings: Settings, talks: Mapping[str, Sequence[int]]) -> list[Agent]:
    """Everybody who takes calls now or after the present one, with the queues that ring him first."""
    found = []
    for agent_id, agent in sorted(picture.floor.agents.items()):
        queues = frozenset(
            name for name, member in agent.members.items()
            if name in settings.queues and member.penalty <= settings.queues[name].first_penalty
        )
        if queues and agent.state in AT_WORK:
            soon = _free_soon(agent, picture, picture.sessions.get(agent_id), settings, talks)
            found.append(Agent(agent_id, queues, agent.state is AgentState.READY, soon))
    return found


def _free_soon(
    agent: FloorAgent, picture: Picture, session: Session | None, settings: Settings,
    talks: Mapping[str, Sequence[int]],
) -> float:
    lead = settings.outbound.lead_seconds
    if agent.state is AgentState.WRAP_UP:
        until = session.wrap_up_until if session else None
        return 1.0 if until is not None and until - picture.at <= lead else 0.0
    if agent.state is AgentState.TALKING and agent.talk is not None and agent.talk.queue in settings.queues:
        queue = agent.talk.queue
        wrap_up = settings.queues[queue].wrap_up_seconds
        return chance_to_be_free(picture.at - agent.talk.since, talks.get(queue, ()), wrap_up, lead)
    return 0.0
