"""Shifts that cover a need: everyone needed is there, and no other cover has fewer hours."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations_with_replacement

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.staffing.shifts import Offered, Shift, propose


def there(shifts: Mapping[Shift, int]) -> Counter[int]:
    found: Counter[int] = Counter()
    for shift, count in shifts.items():
        found.update(dict.fromkeys(range(shift.start, shift.end), count))
    return found


def can_be_covered(slot: int, offered: Offered) -> bool:
    return any(shift.start <= slot < shift.end for shift in offered.all())


def is_covered(need: Mapping[int, int], offered: Offered, present: Counter[int]) -> bool:
    return all(present[slot] >= count for slot, count in need.items() if can_be_covered(slot, offered))


@given(
    st.dictionaries(st.integers(-5, 40), st.integers(0, 9), max_size=30),
    st.sets(st.integers(1, 12), min_size=1, max_size=3), st.sets(st.integers(-3, 38), min_size=1, max_size=12),
)
@settings(max_examples=80, deadline=None)
def test_everyone_needed_is_there_and_the_proof_meets_the_hours(
    need: dict[int, int], lengths: set[int], starts: set[int],
) -> None:
    offered = Offered(sorted(starts), sorted(lengths))
    found = propose(need, offered)
    assert is_covered(need, offered, there(found.shifts))
    assert found.bound_hours == found.hours >= found.needed_hours
    outside = sum(count for slot, count in need.items() if not can_be_covered(slot, offered))
    assert (found.uncovered_hours, found.needed_hours + found.uncovered_hours) == (outside / 4, sum(need.values()) / 4)


@given(st.dictionaries(st.integers(0, 7), st.integers(0, 2), max_size=5), st.sampled_from([(2, 3), (1, 4), (3,)]))
@settings(max_examples=25, deadline=None)
def test_of_all_covers_none_has_fewer_hours_nor_as_many_with_fewer_people(
    need: dict[int, int], lengths: tuple[int, ...],
) -> None:
    offered = Offered([0, 2, 4, 6], lengths)
    found, shifts = propose(need, offered), list(offered.all())
    people = sum(found.shifts.values())
    best = min(
        (sum(shift.length for shift in some) / 4, size)
        for size in range(people + 2) for some in combinations_with_replacement(shifts, size)
        if is_covered(need, offered, there(Counter(some))))
    assert (found.hours, people) == best


def test_a_day_is_covered_by_shifts_that_overlap_where_most_are_needed() -> None:
    need = {slot: 2 + 3 * (36 <= slot < 52) for slot in range(28, 76)}  # seven to seven, five from nine to one
    found = propose(need, Offered(range(0, 96, 4), [16, 32]))
    assert (found.hours, found.needed_hours, found.bound_hours) == (36, 36, 36)
    assert propose({}, Offered([], [])).shifts == {}
