"""Rows of callers, which can be added in any order, kept, and moved to where it is told that they live."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from callqueue.metrics.callers_tally import Callers, add_callers, callers_of, told_counts
from callqueue.metrics.counted import Counted
from callqueue.metrics.places_tally import COLUMNS, PlacesTally
from callqueue.rollups.codec import decode_places, encode_places
from foundation.numbered import coded, told_of

NUMBERS = ("0911", "09121234567", "09121234568", "00441234567", "9" * 18)
Rows = Mapping[tuple[str, int], tuple[int, ...]]

small = st.tuples(*[st.integers(0, 3)] * (len(COLUMNS) - 1))
rows = st.dictionaries(
    st.tuples(st.sampled_from(["operator", "pensions", "Ünal"]), st.sampled_from([coded(each) for each in NUMBERS])),
    st.builds(lambda few, wait: (*few, wait), small, st.integers(0, 1 << 34)))


def summed(parts: list[Rows]) -> Rows:
    found: defaultdict[tuple[str, int], tuple[int, ...]] = defaultdict(lambda: (0,) * len(COLUMNS))
    for part in parts:
        for key, row in part.items():
            found[key] = tuple(map(sum, zip(found[key], row, strict=True)))
    return found


def kept(callers: Callers) -> tuple[str, bytes]:
    return encode_places(PlacesTally(callers=callers))


@settings(max_examples=30)
@given(st.lists(rows, max_size=5), st.randoms(use_true_random=False))
def test_added_in_any_order_they_are_those_of_the_whole(parts: list[Rows], random: object) -> None:
    tallies = [callers_of(part) for part in parts]
    random.shuffle(tallies)  # type: ignore[attr-defined]
    half = len(tallies) // 2
    added = add_callers([add_callers(tallies[:half]), add_callers(tallies[half:])])
    assert kept(added) == kept(callers_of(summed(parts)))


@settings(max_examples=30)
@given(rows)
def test_what_is_kept_is_read_as_it_was(found: Rows) -> None:
    callers = callers_of(found)
    read = decode_places(*kept(callers)).callers
    table = zip(read.numbers.tolist(), read.queue.tolist(), read.table().tolist(), strict=True)
    assert {(read.queues[queue], number): tuple(row) for number, queue, row in table} == found
    assert kept(add_callers([read])) == kept(callers)


def test_many_callers_are_kept_in_few_bytes() -> None:
    """Numbers, and what each waited: nearly all else is the same with everybody."""
    usual = (1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 0)
    spread = np.random.default_rng(1)
    numbers = spread.choice(10 ** 9, 5000, replace=False)
    callers = callers_of({
        ("operator", coded(f"09{number:09}")): (*usual, int(spread.integers(20_000))) for number in numbers})
    assert len(kept(callers)[1]) < 6 * len(numbers)


@settings(max_examples=30)
@given(st.lists(rows, max_size=4), st.dictionaries(st.sampled_from(NUMBERS), st.sampled_from(["fars", "yazd"])))
def test_who_has_told_where_he_lives_is_counted_there(parts: list[Rows], told: dict[str, str]) -> None:
    expected: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (queue, number), row in summed(parts).items():
        for each, province in told.items():
            if coded(each) == number and any(row):
                expected[queue, province].update(dict(zip(COLUMNS, row, strict=True)))
    found: Counted = told_counts([callers_of(part) for part in parts], told_of(told))
    assert dict(found.rows(COLUMNS)) == expected
