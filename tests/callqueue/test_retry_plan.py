import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.outbound.model import AttemptOutcome, Result
from callqueue.outbound.retry_plan import (
    HOUR_MS,
    MINUTE_MS,
    OUR_FAULTS,
    OURS,
    SETTLED,
    Close,
    Retry,
    next_step,
    retry_rules,
)
from foundation.settings import Outbound

RULES = retry_rules(Outbound(attempts=3, retry_minutes=[5, 30], busy_minutes=3, expire_hours=24))
NOW = 1_795_336_200_000


def follows(outcomes: str, expiry_ms: int = NOW + 24 * HOUR_MS) -> Retry | Close:
    return next_step(RULES, [AttemptOutcome(each) for each in outcomes.split()], expiry_ms, NOW)


@pytest.mark.parametrize(("outcomes", "minutes"), [
    ("no_answer", 5), ("no_answer no_answer", 30), ("unreachable", 5), ("not_confirmed", 5),
    ("gave_up", 5), ("wrong_person", 5), ("busy", 3), ("no_answer busy", 3), ("busy no_answer", 30),
    ("uncertain", 1), ("no_answer uncertain no_answer", 30),
])
def test_after_a_failed_try_the_next_one_comes_by_the_plan(outcomes: str, minutes: int) -> None:
    assert follows(outcomes) == Retry(NOW + minutes * MINUTE_MS)


@pytest.mark.parametrize(("outcomes", "result"), [
    ("reached", Result.REACHED), ("no_answer reached", Result.REACHED), ("cancelled", Result.CANCELLED),
    ("no_answer no_answer no_answer", Result.UNREACHABLE), ("busy not_confirmed gave_up", Result.UNREACHABLE),
    ("wrong_person wrong_person", Result.WRONG_PERSON), ("busy no_answer wrong_person", Result.WRONG_PERSON),
])
def test_in_the_end_a_call_is_closed_with_its_reason(outcomes: str, result: Result) -> None:
    assert follows(outcomes) == Close(result)


def test_what_we_spoiled_does_not_use_up_the_tries() -> None:
    assert isinstance(follows("interrupted uncertain no_answer uncertain no_answer"), Retry)
    assert follows("interrupted") == Retry(NOW + 5_000)
    assert follows("interrupted interrupted interrupted") == Retry(NOW + 20_000)


def test_a_call_whose_time_is_over_is_not_tried_again() -> None:
    assert follows("no_answer", NOW) == Close(Result.EXPIRED)
    assert isinstance(follows("no_answer", NOW + HOUR_MS), Retry)


@given(st.lists(st.sampled_from([outcome for outcome in AttemptOutcome if outcome not in SETTLED]), min_size=1))
def test_no_call_is_tried_for_ever_and_none_again_before_its_time(outcomes: list[AttemptOutcome]) -> None:
    step = next_step(RULES, outcomes, NOW + 24 * HOUR_MS, NOW)
    failed = sum(outcome not in OURS for outcome in outcomes)
    if failed >= RULES.attempts or len(outcomes) - failed >= OUR_FAULTS:
        assert isinstance(step, Close)
    if isinstance(step, Retry):
        assert step.at_ms > NOW
