"""Hundreds of callers and promises at three times the capacity, seeded: who is dialled, and where he enters."""

from dataclasses import replace

import pytest

from callqueue.callbacks.plan import about_to_be_free
from tests.support.line_simulation import Person, Scene, Simulation, ms

SCENES = {
    "ten agents": Scene(1, agents=10, callers=400, between=6.5),
    "three agents": Scene(2, agents=3, callers=200, between=21.0),
    "priorities": Scene(3, agents=6, callers=250, between=10.5, priorities=(0, 0, 0, 1)),
    "one agent": Scene(4, agents=1, callers=80, between=63.0),
    "nobody picks up at first": Scene(5, agents=5, callers=150, between=12.6, picks_up=0.2),
}


@pytest.fixture(scope="module", params=SCENES, ids=lambda name: name.replace(" ", "-"))
def simulation(request: pytest.FixtureRequest) -> Simulation:
    """A line that was run until everybody in it was answered."""
    found = Simulation(SCENES[request.param])
    found.run()
    return found


def promises(simulation: Simulation) -> list[Person]:
    return [person for person in simulation.people if person.owed is not None]


def test_everybody_who_was_promised_a_call_is_answered(simulation: Simulation) -> None:
    assert len(promises(simulation)) >= len(simulation.people) // 5
    assert all(person.answered is not None for person in simulation.people)


def test_calls_out_never_exceed_agents_free_or_about_to_be(simulation: Simulation) -> None:
    assert simulation.plans
    for made, people, in_flight, agents in simulation.plans:
        supply = about_to_be_free(agents)
        head = [each for each in people if each.id in made.dial and made.agents[each.id] not in supply]
        assert len(made.dial) + len(in_flight) <= max(len(supply), 1)
        assert len(head) <= 1
        assert all(each.passed_over for each in head)


def test_promises_are_dialled_in_the_order_of_their_places(simulation: Simulation) -> None:
    for made, people, _, _ in simulation.plans:
        order = sorted(people, key=lambda each: (-each.priority, each.place_ms))
        assert list(made.dial) == [each.id for each in order[:len(made.dial)]]


def test_who_comes_back_enters_before_all_who_joined_later(simulation: Simulation) -> None:
    assert simulation.entries
    for person, before, behind in simulation.entries:
        assert all((-one.priority, one.joined) < (-person.priority, person.joined) for one in before)
        assert all((-one.priority, one.joined) > (-person.priority, person.joined) for one in behind)


def test_nobody_who_joined_later_is_answered_before_one_who_has_come_back(simulation: Simulation) -> None:
    for person in promises(simulation):
        assert person.entered is not None
        assert person.answered is not None
        passed = [
            other for other in simulation.people
            if other.answered is not None and person.entered <= other.answered < person.answered
            and other.joined > person.joined and other.priority <= person.priority
        ]
        assert passed == []


def test_inversions_are_counted_exactly(simulation: Simulation) -> None:
    counted = simulation.inversions()
    for person in promises(simulation):
        assert person.owed is not None
        assert person.answered is not None
        assert counted[person.id] == len([
            other for other in simulation.people
            if other.answered is not None and ms(person.owed) <= ms(other.answered) < ms(person.answered)
            and ms(other.joined) > ms(person.joined) and other.priority <= person.priority
        ])


def test_without_missed_calls_a_promise_is_passed_by_few() -> None:
    """By those whom agents took while it rang and confirmed: one each at most, and one before it is dialled."""
    simulation = Simulation(replace(SCENES["three agents"], picks_up=1.0))
    simulation.run()
    assert max(simulation.inversions().values()) <= simulation.scene.agents + 1


def test_with_one_agent_and_a_line_that_never_ends_a_promise_is_kept() -> None:
    simulation = Simulation(Scene(6, agents=1, callers=10_000, between=40.0, leaves=0.0, picks_up=1.0))
    simulation.run(until=4000)
    kept = simulation.line[0]
    simulation.leave(kept)
    assert kept.owed is not None
    simulation.run(until=simulation.now + 3600)
    assert len(simulation.line) > 50
    assert kept.answered is not None
    assert simulation.inversions()[kept.id] <= 2
