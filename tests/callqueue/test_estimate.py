"""How long a caller will wait, by the last hour's calls and who works now."""

import pytest

from callqueue.floor.state import Agent, AgentState, Floor, Member, Waiting
from callqueue.ledger.stint import Origin, Outcome, Stint
from callqueue.queues.estimate import estimated_wait, handling_seconds


def floor(waiting: int, *states: AgentState) -> Floor:
    callers = tuple(Waiting(str(n), str(n), 0.0, None) for n in range(waiting))
    member = {"medical": Member("PJSIP/a")}
    agents = {f"a{n}": Agent(state=state, members=member) for n, state in enumerate(states)}
    return Floor(waiting={"medical": callers}, agents=agents)


TALKING, READY, PAUSED, WRAP_UP = AgentState.TALKING, AgentState.READY, AgentState.PAUSED, AgentState.WRAP_UP


@pytest.mark.parametrize(("there", "place", "seconds"), [
    (floor(0, TALKING), None, 120), (floor(3, TALKING, WRAP_UP), None, 240), (floor(3, TALKING, TALKING), 1, 60),
    (floor(0, READY, TALKING), None, 0), (floor(5, READY, READY, PAUSED), 3, 60), (floor(2, PAUSED), None, None),
    (floor(2), None, None),
])
def test_the_wait_follows_from_place_and_agents_at_work(there: Floor, place: int | None, seconds: int | None) -> None:
    assert estimated_wait(there, "medical", 120.0, place) == seconds


def test_without_evidence_nothing_is_said() -> None:
    assert estimated_wait(floor(3, TALKING), "medical", None) is None
    assert handling_seconds(answered(60, 60, 60, 60), {"medical": 10}) == {}
    assert handling_seconds(answered(*[60] * 9), {}) == {}


def test_one_forgotten_receiver_does_not_frighten_everybody() -> None:
    assert handling_seconds(answered(*[60] * 9, 7200), {"medical": 10}) == {"medical": 70.0}


def answered(*talks: int) -> list[Stint]:
    return [
        Stint(str(n), str(n), 1, "medical", Origin.DIRECT, n, Outcome.ANSWERED, talk=talk)
        for n, talk in enumerate(talks)
    ]
