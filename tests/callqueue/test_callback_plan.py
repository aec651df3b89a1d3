from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.callbacks.plan import (
    Agent,
    InFlight,
    OnHold,
    Owed,
    Served,
    about_to_be_free,
    chance_to_be_free,
    inversions,
    line,
    plan,
    position,
)


def agent(name: str, queues: str = "q", *, ready: bool = True, soon: float = 0.0) -> Agent:
    return Agent(name, frozenset(queues.split()), ready, soon)


def busy(name: str, queues: str = "q", soon: float = 0.0) -> Agent:
    return agent(name, queues, ready=False, soon=soon)


def owed(name: str, place: int, queue: str = "q", priority: int = 0, *, passed: bool = False) -> Owed:
    return Owed(name, queue, place, priority, passed)


def hold(place: int, queue: str = "q", priority: int = 0, promise: str | None = None) -> OnHold:
    return OnHold(queue, place, priority, promise)


def test_as_many_are_dialled_as_agents_are_free_in_the_order_of_places() -> None:
    made = plan([agent("a1"), agent("a2")], [], [owed("late", 30), owed("first", 10), owed("second", 20)], [])
    assert made.dial == ("first", "second")
    assert sorted(made.agents) == ["first", "second"]


def test_calls_that_are_out_take_their_agents_first() -> None:
    made = plan([agent("a1"), agent("a2")], [], [owed("b", 1), owed("c", 2)], [InFlight("a", "q")])
    assert made.dial == ("b",)
    assert plan([agent("a1")], [], [owed("b", 1)], [InFlight("a", "q")]).dial == ()


def test_who_waits_on_the_telephone_with_an_earlier_place_comes_first() -> None:
    assert plan([agent("a1")], [hold(10)], [owed("p", 20)], []).dial == ()
    assert plan([agent("a1")], [hold(30)], [owed("p", 20)], []).dial == ("p",)
    assert plan([agent("a1"), agent("a2")], [hold(10)], [owed("p", 20)], []).dial == ("p",)


def test_a_higher_priority_comes_before_an_earlier_place() -> None:
    assert plan([agent("a1")], [hold(30, priority=1)], [owed("p", 20)], []).dial == ()
    assert plan([agent("a1")], [hold(10)], [owed("p", 20, priority=1)], []).dial == ("p",)


def test_who_waits_at_the_head_after_a_callback_counts_once() -> None:
    back = [InFlight("a", "q")]
    assert plan([agent("a1"), agent("a2")], [hold(5, promise="a")], [owed("b", 9)], back).dial == ("b",)
    assert plan([agent("a1")], [hold(5, promise="a")], [owed("b", 9)], back).dial == ()


def test_an_agent_of_two_queues_is_given_once() -> None:
    both = [owed("one", 10, "q"), owed("two", 20, "r")]
    assert plan([agent("a1", "q r")], [], both, []).dial == ("one",)
    assert plan([agent("a1", "q r"), agent("a2", "q")], [], both, []).dial == ("one", "two")


def test_agents_are_given_so_that_as_many_as_possible_get_one() -> None:
    agents = [agent("both", "q r"), agent("narrow", "q")]
    assert plan(agents, [], [owed("one", 10, "q"), owed("two", 20, "r")], []).dial == ("one", "two")


def test_nobody_is_dialled_past_an_earlier_promise_of_his_queue() -> None:
    made = plan([agent("a1", "r")], [], [owed("one", 10, "q"), owed("two", 20, "q"), owed("other", 30, "r")], [])
    assert made.dial == ("other",)


def test_while_nobody_is_free_only_a_promise_that_was_passed_over_is_dialled_and_one_at_a_time() -> None:
    people = [owed("one", 10, passed=True), owed("two", 20, passed=True)]
    assert plan([busy("a1"), busy("a2")], [hold(30)], people, []).dial == ("one",)
    assert plan([busy("a1"), busy("a2")], [hold(30)], people[1:], [InFlight("one", "q")]).dial == ()
    assert plan([busy("a1")], [hold(30)], [owed("one", 10)], []).dial == ()


def test_a_promise_behind_somebody_on_the_telephone_is_not_at_the_head() -> None:
    assert plan([busy("a1")], [hold(5)], [owed("one", 10, passed=True)], []).dial == ()


def test_while_nobody_works_nobody_is_dialled() -> None:
    assert plan([], [], [owed("one", 10, passed=True)], []).dial == ()
    assert plan([busy("a1", "r")], [], [owed("one", 10, passed=True)], []).dial == ()


def test_the_next_free_agent_of_two_queues_is_promised_to_one_of_them_only() -> None:
    people = [owed("one", 10, "q", passed=True), owed("two", 20, "r", passed=True)]
    assert plan([busy("a1", "q r")], [], people, []).dial == ("one",)
    assert plan([busy("a1", "q r")], [], people[1:], [InFlight("one", "q")]).dial == ()


def test_about_to_be_free_are_sure_ends_and_as_many_talks_as_are_expected_to_end() -> None:
    agents = [agent("ready"), busy("wrap-up", soon=1.0), busy("a", soon=0.7), busy("b", soon=0.2), busy("c", soon=0.6)]
    assert about_to_be_free(agents) == {"ready", "wrap-up", "a"}
    assert about_to_be_free([busy("a", soon=0.6)]) == frozenset()


def test_the_end_of_a_talk_is_foretold_by_talks_that_lasted_as_long() -> None:
    talks = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert chance_to_be_free(0, talks, wrap_up=0, lead=20) == pytest.approx(0.2)
    assert chance_to_be_free(45, talks, wrap_up=0, lead=20) == pytest.approx(2 / 6)
    assert chance_to_be_free(45, talks, wrap_up=10, lead=20) == pytest.approx(1 / 6)
    assert chance_to_be_free(45, talks, wrap_up=30, lead=20) == 0
    assert chance_to_be_free(70, talks, wrap_up=0, lead=50) == 0


def test_the_place_at_which_one_comes_back() -> None:
    waiting = [hold(50, priority=2), hold(10), hold(40), hold(60)]
    assert position(45, 0, waiting) == 4
    assert position(5, 0, waiting) == 2
    assert position(5, 2, waiting) == 1
    assert position(99, 0, waiting) == 5


def test_inversions_are_counted_from_when_the_promise_could_be_dialled() -> None:
    served = [
        Served("early", 5, 0, 30), Served("before it was owed", 20, 0, 15), Served("later", 40, 0, 60),
        Served("later still", 50, 0, 200), Served("by right", 45, 1, 70), Served("p", 10, 0, 100, owed_ms=20),
    ]
    assert inversions(served) == {"p": 1}


queues = st.sampled_from(["q", "r"])
agents_strategy = st.lists(
    st.builds(
        lambda teams, ready, soon: (frozenset(teams), ready, 0.0 if ready else soon),
        st.sets(queues, min_size=1), st.booleans(), st.sampled_from([0.0, 0.3, 0.6, 1.0]),
    ), max_size=5,
).map(lambda found: [Agent(f"a{number}", *each) for number, each in enumerate(found)])
places = st.integers(0, 50)
holding = st.lists(st.builds(OnHold, queues, places, st.integers(0, 1)), max_size=6)
promised = st.lists(st.tuples(queues, places, st.integers(0, 1), st.booleans()), max_size=8).map(
    lambda found: [Owed(f"p{number}", *each) for number, each in enumerate(found)])


@given(agents_strategy, holding, promised, st.integers(0, 4))
def test_calls_out_never_exceed_agents_and_nobody_passes(
    agents: Sequence[Agent], on_hold: Sequence[OnHold], people: list[Owed], flying: int,
) -> None:
    in_flight = [InFlight(each.id, each.queue) for each in people[:flying]]
    people = people[flying:]
    made = plan(agents, on_hold, people, in_flight)
    by_id = {each.id: each for each in people}
    teams = {each.id: each.queues for each in agents}
    assert set(made.dial) <= set(by_id)
    # each call that is dialled has an agent of its queue, and every agent one call
    assert set(made.dial) <= set(made.agents)
    assert len(set(made.agents.values())) == len(made.agents)
    assert all(by_id[each].queue in teams[made.agents[each]] for each in made.dial)
    supply = about_to_be_free(agents)
    outside = [each for each in made.dial if made.agents[each] not in supply]
    assert all(by_id[each].passed_over for each in outside)
    assert len({by_id[each].queue for each in outside}) == len(outside)
    # in every queue the dialled ones are the first of those who were promised
    for queue in ("q", "r"):
        inside = [each for each in people if each.queue == queue]
        order = [each.id for each in line([], inside) if isinstance(each, Owed)]
        dialled = [each for each in made.dial if by_id[each].queue == queue]
        assert dialled == order[:len(dialled)]


@given(agents_strategy, holding, promised)
def test_planning_again_after_dialling_dials_no_more(
    agents: Sequence[Agent], on_hold: Sequence[OnHold], people: Sequence[Owed],
) -> None:
    first = plan(agents, on_hold, people, [])
    out = [InFlight(each.id, each.queue) for each in people if each.id in first.dial]
    assert plan(agents, on_hold, [each for each in people if each.id not in first.dial], out).dial == ()
