"""Whom to call back now, and at which place he comes back. Pure.

The *line* of a queue is made of those who wait on the telephone and those who were promised a call, by priority, then
by place (the instant of first joining). Down this line every one is given an agent who is free or about to be; a
promise that gets one is dialled. So no more calls are out than agents are free or about to be, and nobody is dialled
while somebody with an earlier place has no agent yet. An agent of several queues is given once (bipartite matching by
augmenting paths: C. Berge, "Two theorems in graph theory", 1957).

About to be free are agents in a wrap-up that ends within `lead`, and as many of those who talk as will have ended by
then on average: each by the share of measured conversations, of those that lasted as long as his, which ended by then.

Where callers keep coming and an agent never stands free, a promise would wait for ever. So once a caller who joined
later has been answered before it, a promise at the head of its line is dialled for the next agent to be free, whenever
that is: it waits at the head, and nobody passes it a second time.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

FEWEST_TALKS = 5
"""Conversations as long as an agent's present one; with fewer nothing is said about its end."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody at work: ready, ringing, talking or in wrap-up."""

    id: str
    queues: frozenset[str]
    ready: bool
    free_soon: float = 0.0
    """How likely he is ready within the lead, from 0 to 1; 1 also for a wrap-up whose end is known."""


@dataclass(frozen=True, slots=True)
class OnHold:
    """A caller who waits in a queue, on the telephone."""

    queue: str
    place_ms: int
    """When he joined first; of one who was called back, the place that he kept."""
    priority: int = 0
    promise: str | None = None
    """The promise that his call keeps."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A promise that may be dialled now."""

    id: str
    queue: str
    place_ms: int
    priority: int = 0
    passed_over: bool = False
    """A caller who joined later was answered while it waited."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """A promise for which a call is out: being dialled, answered, or waiting at the head."""

    id: str
    queue: str


@dataclass(frozen=True, slots=True)
class Plan:
    dial: tuple[str, ...]
    """Promises to dial, in this order."""
    agents: Mapping[str, str]
    """Promise in flight or to be dialled → the agent whom it is meant for."""


def plan(
    agents: Sequence[Agent], on_hold: Sequence[OnHold], owed: Sequence[Owed], in_flight: Sequence[InFlight],
) -> Plan:
    """Which promises to dial now. Those in flight keep their agents first, then the line is served in its order."""
    matching = _Matching(agents, about_to_be_free(agents))
    exhausted = {flight.queue for flight in in_flight if not matching.give(flight.id, flight.queue)}
    for flight in in_flight:
        if flight.id not in matching.given:  # its agent was taken meanwhile: the next to be free is for it
            matching.give(flight.id, flight.queue, whoever=True)
    back = {flight.id for flight in in_flight}
    dial: list[str] = []
    wanted = {each.queue for each in owed}
    for number, each in enumerate(line((caller for caller in on_hold if caller.promise not in back), owed)):
        if wanted <= exhausted:
            break
        if each.queue in exhausted:
            continue
        key = each.id if isinstance(each, Owed) else f"on hold {number}"
        given = matching.give(key, each.queue)
        if not given:
            exhausted.add(each.queue)
            given = isinstance(each, Owed) and _may_wait_at_head(each, on_hold, in_flight, dial, owed) and (
                matching.give(key, each.queue, whoever=True))
        if given and isinstance(each, Owed):
            dial.append(each.id)
    outside = {*dial, *back}
    return Plan(tuple(dial), {key: agent for key, agent in matching.given.items() if key in outside})


def line(on_hold: Iterable[OnHold], owed: Iterable[Owed]) -> list[OnHold | Owed]:
    """Everybody who waits, in the order of serving; with equal places, who is on the telephone comes first."""
    return sorted([*on_hold, *owed], key=lambda each: (-each.priority, each.place_ms, isinstance(each, Owed)))


def position(place_ms: int, priority: int, on_hold: Iterable[OnHold]) -> int:
    """At which position (from 1) one who comes back with this place enters his queue; `on_hold` are that queue's."""
    return 1 + sum(
        caller.priority > priority or (caller.priority == priority and caller.place_ms < place_ms)
        for caller in on_hold
    )


@dataclass(frozen=True, slots=True)
class Served:
    """Somebody who waited in one queue and was answered by an agent; instants in epoch milliseconds."""

    id: str
    place_ms: int
    priority: int
    answered_ms: int
    owed_ms: int | None = None
    """Of who was called back: from when on he could be dialled."""


def inversions(served: Sequence[Served]) -> dict[str, int]:
    """Promise → how many were answered before it, while it could be dialled, whose place came after its own.

    Those of a higher priority come before it by right and are not counted.
    """
    by_answer = sorted(served, key=lambda one: one.answered_ms)
    instants = [one.answered_ms for one in by_answer]
    found = {}
    for promise in served:
        if promise.owed_ms is not None:
            during = by_answer[bisect_left(instants, promise.owed_ms):bisect_left(instants, promise.answered_ms)]
            found[promise.id] = sum(
                other.place_ms > promise.place_ms and other.priority <= promise.priority for other in during)
    return found


def about_to_be_free(agents: Iterable[Agent]) -> frozenset[str]:
    """Who is ready, or will be: those who surely will, and of the others as many as are to be expected."""
    ready, surely, perhaps = set(), set(), []
    for agent in agents:
        if agent.ready:
            ready.add(agent.id)
        elif agent.free_soon >= 1:
            surely.add(agent.id)
        elif agent.free_soon > 0:
            perhaps.append(agent)
    perhaps.sort(key=lambda agent: (-agent.free_soon, agent.id))
    expected = int(sum(agent.free_soon for agent in perhaps) + 1e-9)
    return frozenset(ready | surely | {agent.id for agent in perhaps[:expected]})


def chance_to_be_free(talked: float, talks: Sequence[int], wrap_up: float, lead: float) -> float:
    """How likely an agent who has talked for so long will be ready within `lead`.

    Args:
        talked: seconds of his present conversation.
        talks: lengths of the queue's conversations lately, in seconds, sorted.
        wrap_up: seconds that follow the conversation.
        lead: seconds.
    """
    longer = len(talks) - bisect_right(talks, talked)
    if longer < FEWEST_TALKS or lead <= wrap_up:
        return 0.0
    still = len(talks) - bisect_right(talks, talked + lead - wrap_up)
    return (longer - still) / longer


def _may_wait_at_head(
    promise: Owed, on_hold: Sequence[OnHold], in_flight: Sequence[InFlight], dial: Sequence[str], owed: Sequence[Owed],
) -> bool:
    """It has been passed over, it is the head of its line, and no other call is out for that queue."""
    if not promise.passed_over or any(flight.queue == promise.queue for flight in in_flight):
        return False
    if any(each.id in dial for each in owed if each.queue == promise.queue):
        return False
    return position(promise.place_ms, promise.priority, [each for each in on_hold if each.queue == promise.queue]) == 1


class _Matching:
    """Agents given to demands, one to each; giving one never takes from a demand, it may only get another agent."""

    def __init__(self, agents: Sequence[Agent], supply: frozenset[str]) -> None:
        self._supply = supply
        self.given: dict[str, str] = {}
        """Demand → agent."""
        self._holder: dict[str, str] = {}
        self._wish: dict[str, tuple[str, bool]] = {}
        # The soonest free first, so that those who would wait longer are left for who may wait.
        self._agents = sorted(agents, key=lambda agent: (agent.id not in supply, not agent.ready, -agent.free_soon))

    def give(self, key: str, queue: str, *, whoever: bool = False) -> bool:
        """Find an agent of this queue for a demand: from the supply or, with `whoever`, anybody at work."""
        self._wish[key] = (queue, whoever)
        return self._augment(key, set())

    def _augment(self, key: str, seen: set[str]) -> bool:
        queue, whoever = self._wish[key]
        for agent in self._agents:
            if agent.id in seen or queue not in agent.queues or not (whoever or agent.id in self._supply):
                continue
            seen.add(agent.id)
            holder = self._holder.get(agent.id)
            if holder is None or self._augment(holder, seen):
                self._holder[agent.id], self.given[key] = key, agent.id
                return True
        return False
