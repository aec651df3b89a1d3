import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followups.faults.faults import EARLIER_WEEKS, Dimension, Rises, Series, find_rises
from followups.faults.poisson import median, rate_ratio, spread, tail


def rises(*series: tuple[int, Sequence[int | None]]) -> Rises:
    named = {Series(Dimension.SUBJECT, f"s{number:02}"): one for number, one in enumerate(series)}
    return find_rises({name: count for name, (count, _) in named.items()}, {name: w for name, (_, w) in named.items()})


QUIET = (3, (2, 3, 4, 3, 2, 3, 3, 4))


def test_a_sudden_rise_is_flagged_and_its_numbers_tell_why() -> None:
    found = rises((23, (5, 4, 7, 3, 6, 5, 5, 4)), QUIET, QUIET)
    [flag] = found.flagged
    assert (flag.series.name, flag.count, flag.usual, flag.rise) == ("s00", 23, 5, 4.6)
    assert 0 < flag.chance < 1e-6
    assert next(one.series.name for one in found.compared) == "s00"


# count   earlier weeks                why
NOT_FLAGGED = """
6         5 4 7 3 6 5 5 4              hardly more than usual
4         0 0 0 0 0 0 0 0              fewer than five cases
30        28 5 40 12 33 9 21 30        weeks that differ wildly: their spread allows for it
60        50 52 48 51 49 50 53 47      not half again what was usual
0         5 4 7 3 6 5 5 4              a fall is no rise
"""


@pytest.mark.parametrize("line", NOT_FLAGGED.strip().splitlines())
def test_what_is_no_sudden_rise_is_not_flagged(line: str) -> None:
    words = line.split()
    assert rises((int(words[0]), [int(word) for word in words[1:9]])).flagged == ()


def test_an_old_outage_among_the_weeks_hides_no_new_one() -> None:
    assert rises((25, (5, 4, 200, 3, 6, 5, 180, 4))).flagged


def test_what_never_happened_before_is_flagged_when_it_happens_often() -> None:
    assert rises((9, (0,) * 8)).flagged


def test_a_rise_beyond_all_chance_is_flagged_although_its_chance_is_too_small_for_a_number() -> None:
    [flag] = rises((20_000, (1,) * 8), QUIET).flagged
    assert flag.chance == 0.0


def test_a_series_without_enough_weeks_is_counted_but_not_compared() -> None:
    found = rises((40, (1, None, None, None, None, 2, 1, None)), QUIET)
    assert (found.flagged, found.too_young, len(found.compared)) == ((), 1, 1)


def test_a_week_without_records_is_no_week_with_none() -> None:
    [one] = rises((9, (8, None, 9, None, 8, 9, None, None))).compared
    assert (one.weeks, one.flagged) == ((8, 9, 8, 9), False)


def test_the_more_is_looked_at_the_more_it_takes() -> None:
    """A chance of about 1 in 300 stands out alone, and not among sixty others."""
    odd = (10, (4, 3, 4, 3, 4, 3, 4, 4))
    assert rises(odd).flagged
    assert rises(odd, *[QUIET] * 60).flagged == ()


def test_weeks_of_pure_chance_are_seldom_flagged() -> None:
    """Sixty Poisson series, four hundred times: no alarm in at least nineteen of twenty looks."""
    chance = random.Random(1420)  # noqa: S311 - no secret
    alarms = 0
    for _ in range(400):
        series = [
            (_poisson(chance, rate), [_poisson(chance, rate) for _ in range(EARLIER_WEEKS)])
            for rate in (0.3, 1, 2, 5, 12, 30) for _ in range(10)
        ]
        alarms += bool(rises(*series).flagged)
    assert alarms / 400 <= 0.05


def _poisson(chance: random.Random, rate: float) -> int:
    limit, product, count = math.exp(-rate), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


@pytest.mark.parametrize(("count", "mean", "variance", "expected"), [
    # Poisson: R's ppois(count - 1, mean, lower.tail = FALSE)
    (0, 5.0, 5.0, 1.0), (1, 0.5, 0.5, 1 - math.exp(-0.5)), (3, 2.0, 2.0, 1 - math.exp(-2) * 5),
    # Negative binomial with size 1 is geometric: (1 - share) ** count
    (4, 3.0, 12.0, 0.75**4), (40, 3.0, 12.0, 0.75**40),
])
def test_chances_are_those_of_the_textbook(count: int, mean: float, variance: float, expected: float) -> None:
    assert tail(count, mean, variance) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 400), st.floats(0.7, 200), st.floats(1, 20))
def test_a_chance_is_one_and_falls_with_the_count(count: int, mean: float, over: float) -> None:
    chances = [tail(number, mean, mean * over) for number in (count, count + 1)]
    assert 0 <= chances[1] <= chances[0] <= 1


def test_a_few_wild_values_move_neither_the_middle_nor_the_spread() -> None:
    assert median([4, 1, 3]) == 3
    assert median([4, 1, 3, 2]) == 2.5
    assert spread([5, 5, 4, 6, 5, 900]) == pytest.approx(0.7413)


def test_the_effect_has_an_interval() -> None:
    found = rate_ratio([20, 22, 18, 20], [10, 11, 9, 10])
    assert found is not None
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 * math.exp(-1.96 * math.sqrt(1 / 80 + 1 / 40)), rel=1e-3)
    assert found.high < 1


def test_weeks_that_differ_much_widen_the_interval() -> None:
    even, wild = rate_ratio([20] * 4, [10] * 4), rate_ratio([2, 40, 5, 33], [1, 22, 3, 14])
    assert even is not None
    assert wild is not None
    assert (wild.value, even.value) == (0.5, 0.5)
    assert wild.low < even.low < even.high < 1 < wild.high


@pytest.mark.parametrize(("before", "after"), [([], []), ([3], [1, 2]), ([3, 2], [1]), ([0, 0], [1, 2])])
def test_too_little_to_measure_gives_no_effect(before: list[int], after: list[int]) -> None:
    assert rate_ratio(before, after) is None


def test_a_fault_that_never_came_again_has_an_effect_of_zero_and_an_interval_that_is_not() -> None:
    found = rate_ratio([5, 6, 4, 5], [0, 0, 0, 0])
    assert found is not None
    assert (found.value, found.low < 0.01 < found.high < 1) == (0.0, True)
