"""From what an agent shall be and what app_queue says, to the steps that close the difference. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from callqueue.agents.sessions import Session
from callqueue.floor.state import Member
from foundation.settings import Agent


@dataclass(frozen=True, slots=True)
class Add:
    queue: str
    penalty: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Remove:
    queue: str


@dataclass(frozen=True, slots=True)
class Pause:
    """In all of the agent's queues."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unpause:
    """In all of the agent's queues."""


@dataclass(frozen=True, slots=True)
class SetPenalty:
    queue: str
    penalty: int


Step = Add | Remove | Pause | Unpause | SetPenalty


def interface_of(agent_id: str) -> str:
    return f"PJSIP/{agent_id}"


def plan(session: Session | None, agent: Agent | None, members: Mapping[str, Member], now: float) -> list[Step]:
    """The steps from `members` (queue to membership) to what the session and the settings say.

    A pause is set once more after adding somebody paused: joining paused leaves no reason in the journal.
    """
    wanted = agent.queues if session and agent else {}
    return [
        *(Remove(queue) for queue in members if queue not in wanted),
        *_joining(session, wanted, members, now),
        *_pausing(session, wanted, members, now),
    ]


def _joining(
    session: Session | None, wanted: Mapping[str, int], members: Mapping[str, Member], now: float,
) -> Iterator[Step]:
    paused = session is not None and session.reason_at(now) is not None
    for queue, penalty in wanted.items():
        member = members.get(queue)
        if member is None:
            yield Add(queue, penalty, paused)
        elif member.penalty != penalty:
            yield SetPenalty(queue, penalty)


def _pausing(
    session: Session | None, wanted: Mapping[str, int], members: Mapping[str, Member], now: float,
) -> Iterator[Step]:
    reason = session.reason_at(now) if session else None
    kept = [members.get(queue) for queue in wanted]
    if reason and any(member is None or not member.paused or member.reason != reason for member in kept):
        yield Pause(reason)
    if not reason and any(member and member.paused for member in kept):
        yield Unpause()
