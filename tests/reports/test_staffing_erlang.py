"""The queueing models against known points, another implementation, and their limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.staffing.erlang import ErlangC, Traffic, erlang_b, erlang_c
from reports.staffing.erlang_a import ErlangA
from reports.staffing.need import TARGETS, Needs, Target, agents_needed, scheduled

TRAFFIC = st.builds(Traffic, st.floats(0.1, 400), st.floats(20, 900), st.sampled_from([900.0, 1800.0, 3600.0]))
PATIENCE = st.floats(5, 3000)


def balanced_chain(traffic: Traffic, agents: int, patience: float) -> tuple[float, float, float]:
    """Who finds all agents taken, who gives up, and the agents' occupancy, by the balance of births and deaths."""
    weights = [1.0]
    for number in range(1, agents + 3000):
        leaving = min(number, agents) / traffic.aht + max(0, number - agents) / patience
        weights.append(weights[-1] * traffic.rate / leaving)
        if weights[-1] > 1e100:
            weights = [weight / 1e100 for weight in weights]
    total = sum(weights)
    waiting = sum(max(0, number - agents) * weight for number, weight in enumerate(weights)) / total
    busy = sum(min(number, agents) * weight for number, weight in enumerate(weights)) / total
    return sum(weights[agents:]) / total, waiting / patience / traffic.rate, busy / agents


@pytest.mark.parametrize(("calls_a_day", "load", "agents"), [(13_000, 104, (112, 123)), (22_500, 180, (189, 203))])
def test_the_busy_hour_of_the_line_needs_what_is_known_of_it(
    calls_a_day: int, load: float, agents: tuple[int, int],
) -> None:
    traffic = Traffic(calls_a_day * 0.12, 240, 3600)
    assert traffic.load == pytest.approx(load)
    assert (agents_needed(ErlangC(), traffic, TARGETS[0]), agents_needed(ErlangC(), traffic, TARGETS[2])) == agents


@pytest.mark.parametrize(("load", "lines", "blocked"), [
    (0.0101, 1, 0.01), (1.36, 5, 0.01), (4.46, 10, 0.01), (12.0, 20, 0.01), (37.9, 50, 0.01), (84.1, 100, 0.01),
    (2.22, 5, 0.05), (6.22, 10, 0.05), (15.2, 20, 0.05),
])
def test_erlang_b_is_that_of_the_printed_tables(load: float, lines: int, blocked: float) -> None:
    assert erlang_b(load, lines) == pytest.approx(blocked, rel=0.03)


# By pyworkforce 0.5.1: calls, aht, interval, T, agents, P(wait), service level.
OTHERS = [
    (100, 180, 1800, 20, 14, 0.1741319336, 0.8883500192),
    (100, 180, 1800, 20, 12, 0.4493882243, 0.6401580404),
    (400, 240, 900, 30, 115, 0.3243668963, 0.8855419244),
    (25, 300, 900, 20, 11, 0.29961935, 0.7491801235),
    (1200, 240, 900, 20, 330, 0.4683460023, 0.7964576665),
]


@pytest.mark.parametrize("point", OTHERS)
def test_erlang_c_agrees_with_another_implementation(point: tuple[int, int, int, int, int, float, float]) -> None:
    calls, aht, interval, threshold, agents, waits, level = point
    traffic = Traffic(calls, aht, interval)
    standing = ErlangC().standing(traffic, agents, threshold)
    assert erlang_c(traffic.load, agents) == pytest.approx(waits, abs=1e-9)
    assert standing.service_level == pytest.approx(level, abs=1e-9)
    assert standing.mean_wait == pytest.approx(waits * aht / (agents - traffic.load), abs=1e-5)


# By the same library: calls, aht, interval, T, and its agents for 80, 95 and 99 %.
THEIR_NEEDS = [
    (100, 180, 1800, 20, [14, 16, 18]), (400, 240, 900, 30, [113, 118, 124]), (25, 300, 900, 20, [12, 14, 16]),
    (1200, 240, 900, 20, [331, 339, 347]),
]


@pytest.mark.parametrize("need", THEIR_NEEDS)
def test_the_agents_needed_are_those_of_another_implementation(need: tuple[int, int, int, int, list[int]]) -> None:
    calls, aht, interval, threshold, agents = need
    targets = [Target(target.share, threshold) for target in TARGETS]
    assert [agents_needed(ErlangC(), Traffic(calls, aht, interval), each) for each in targets] == agents


@given(TRAFFIC, st.integers(1, 200), st.floats(0, 120))
def test_an_agent_more_never_makes_it_worse(traffic: Traffic, agents: int, threshold: float) -> None:
    for model in (ErlangC(), ErlangA(120)):
        fewer, more = (model.standing(traffic, number, threshold) for number in (agents, agents + 1))
        assert more.service_level >= fewer.service_level - 1e-9
        assert more.abandonment <= fewer.abandonment + 1e-9
        assert more.mean_wait <= fewer.mean_wait + 1e-6


@given(TRAFFIC, st.sampled_from(TARGETS), PATIENCE)
def test_the_agents_needed_meet_the_target_and_one_fewer_does_not(
    traffic: Traffic, target: Target, patience: float,
) -> None:
    for model in (ErlangC(), ErlangA(patience)):
        agents = agents_needed(model, traffic, target)
        assert model.standing(traffic, agents, target.threshold).service_level >= target.share
        assert model.standing(traffic, agents - 1, target.threshold).service_level < target.share


@given(TRAFFIC, st.floats(1, 2), st.sampled_from(TARGETS))
def test_more_calls_never_need_fewer_agents(traffic: Traffic, times: float, target: Target) -> None:
    busier = Traffic(traffic.calls * times, traffic.aht, traffic.interval)
    for model in (ErlangC(), ErlangA(90)):
        assert agents_needed(model, busier, target) >= agents_needed(model, traffic, target)


@given(TRAFFIC, st.integers(1, 150), st.floats(20, 600))
def test_erlang_a_is_the_balance_of_its_births_and_deaths(traffic: Traffic, agents: int, patience: float) -> None:
    waits, abandonment, busy = balanced_chain(traffic, agents, patience)
    standing = ErlangA(patience).standing(traffic, agents, 0)
    assert standing.service_level == pytest.approx(1 - waits, abs=1e-7)
    assert standing.abandonment == pytest.approx(abandonment, abs=1e-7)
    assert standing.occupancy == pytest.approx(busy, abs=1e-7)


@given(TRAFFIC, st.integers(1, 150), PATIENCE)
def test_in_the_end_everybody_is_answered_or_has_given_up(traffic: Traffic, agents: int, patience: float) -> None:
    standing = ErlangA(patience).standing(traffic, agents, 25 * patience)
    assert standing.service_level == pytest.approx(1 - standing.abandonment, abs=2e-3)


def test_with_endless_patience_erlang_a_is_erlang_c() -> None:
    traffic = Traffic(100, 180)
    for agents in (21, 24, 30):
        patient, endless = (model.standing(traffic, agents, 20) for model in (ErlangC(), ErlangA(1e8)))
        assert endless.service_level == pytest.approx(patient.service_level, abs=1e-4)
        assert endless.mean_wait == pytest.approx(patient.mean_wait, rel=1e-3)


def test_twenty_thousand_calls_in_a_quarter_of_an_hour_are_reckoned_without_overflow() -> None:
    traffic = Traffic(20_000, 240)
    for model in (ErlangC(), ErlangA(120)):
        agents = [agents_needed(model, traffic, target) for target in TARGETS]
        assert agents == sorted(agents)
        assert 0.8 * traffic.load < agents[0] <= agents[2] < 1.02 * traffic.load
    starved = ErlangA(300).standing(traffic, 1, 20)
    assert starved.abandonment == pytest.approx(1 - 1 / traffic.load, rel=1e-6)
    assert 0 <= starved.service_level < 0.001


def test_with_fewer_agents_than_erlangs_the_queue_of_patient_callers_grows_without_end() -> None:
    standing = ErlangC().standing(Traffic(100, 180), 20, 20)
    assert (standing.service_level, standing.mean_wait, standing.occupancy) == (0, math.inf, 1)


def test_nobody_is_needed_where_nobody_calls() -> None:
    assert [agents_needed(model, Traffic(0, 240), TARGETS[2]) for model in (ErlangC(), ErlangA(60))] == [0, 0]


def test_what_a_plan_remembers_is_what_it_would_reckon() -> None:
    needs = Needs(ErlangC(), 240)
    assert needs.of(29.96, TARGETS[0]) is needs.of(30, TARGETS[0])
    assert needs.of(30, TARGETS[0]).agents == agents_needed(ErlangC(), Traffic(30, 240), TARGETS[0])


def test_shrinkage_is_of_the_paid_time() -> None:
    assert [scheduled(7, 0.3), scheduled(8, 0.3), scheduled(8, 0), scheduled(0, 0.5)] == [10, 12, 8, 0]
