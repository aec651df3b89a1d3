"""Draws: each rule takes what it says, the same seed draws the same ones, and another seed others."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.data_file import DataFileError
from quality.sampling import WEEK_MS, Candidate, Pick, Rule, SamplingRules, draw, load_sampling

RULES = load_sampling()
MINUTE = 60_000


def call(name: str, agent: str = "a101", at: int = 0, **more: int) -> Candidate:
    return Candidate(name, agent, "operator", at, **{"duration_ms": MINUTE, **more})


def rules_of(picks: list[Pick]) -> dict[str, list[tuple[Rule, int]]]:
    return {one.candidate.recording_id: [(why.rule, why.value) for why in one.reasons] for one in picks}


def test_each_rule_draws_what_it_says_and_each_call_comes_once_with_all_its_reasons() -> None:
    rules = RULES.model_copy(update={"random": None})
    calls = [
        call("plain"), call("held", hold_ms=150_000), call("almost", hold_ms=119_999), call("low", low_answers=2),
        call("third", caller_calls=3), call("quiet", longest_silence_ms=25_000),
        call("both", hold_ms=300_000, longest_silence_ms=21_000), call("short", duration_ms=5000, hold_ms=300_000),
    ]
    assert rules_of(list(draw(calls, rules, "s"))) == {
        "held": [(Rule.LONG_HOLD, 150)], "low": [(Rule.LOW_SATISFACTION, 2)], "third": [(Rule.REPEAT_CALLER, 3)],
        "quiet": [(Rule.LONG_SILENCE, 25)], "both": [(Rule.LONG_HOLD, 300), (Rule.LONG_SILENCE, 21)],
    }


def test_chance_takes_so_many_of_each_agent_in_each_week() -> None:
    rules = SamplingRules.model_validate({"random": {"per_agent_and_week": 2}})
    calls = [
        call(f"{agent}-{week}-{number}", agent, 500 + week * WEEK_MS + number)
        for agent in ("a101", "a102") for week in (0, 1) for number in range(9)
    ]
    drawn = [one.candidate.recording_id.rpartition("-")[0] for one in draw(calls, rules, "s", 500)]
    assert sorted(drawn) == ["a101-0", "a101-0", "a101-1", "a101-1", "a102-0", "a102-0", "a102-1", "a102-1"]


@given(st.permutations(range(40)), st.text(max_size=10))
def test_the_same_seed_draws_the_same_whatever_the_order(order: list[int], seed: str) -> None:
    calls = [call(f"c{number}", hold_ms=number * 10_000) for number in range(40)]
    assert draw(calls, RULES, seed) == draw([calls[number] for number in order], RULES, seed)


def test_another_seed_draws_others_and_over_many_seeds_everybody() -> None:
    rules = SamplingRules.model_validate({"random": {"per_agent_and_week": 1}})
    calls = [call(f"c{number}") for number in range(10)]
    drawn = {draw(calls, rules, f"seed {number}")[0].candidate.recording_id for number in range(300)}
    assert drawn == {one.recording_id for one in calls}


def test_faulty_rules_are_told_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "sampling.yaml"
    file.write_text("random: {per_agent_and_week: 0}\nlong_pause: {seconds: 3}\n")
    with pytest.raises(DataFileError) as raised:
        load_sampling(file)
    assert "random.per_agent_and_week = 0" in str(raised.value)
    assert f"{file}:2: long_pause: no such setting" in str(raised.value)
