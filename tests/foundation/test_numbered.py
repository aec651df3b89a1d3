"""Telephone numbers as integers: each has its own, and what was told of one is found by it."""

from hypothesis import given
from hypothesis import strategies as st

from foundation.numbered import UNKNOWN, coded, numbers_of, told_of

NUMBERS = st.from_regex(r"0{0,3}[0-9]{1,15}", fullmatch=True)


@given(st.sets(NUMBERS))
def test_no_two_numbers_are_one_integer(numbers: set[str]) -> None:
    assert len({coded(number) for number in numbers} - {0}) == len(numbers)


def test_who_cannot_be_told_apart_is_nobody() -> None:
    assert {coded(text) for text in (None, "", "+98912", "۰۹۱۲", "anonymous", "0" * 19)} == {0}
    assert numbers_of([coded("9" * 18)]).tolist() == [1_999_999_999_999_999_999]


@given(st.dictionaries(NUMBERS, st.sampled_from(["tehran", "fars", "gilan"])), st.lists(NUMBERS))
def test_what_was_told_of_a_number_is_found_by_it_and_of_others_nothing(
    words: dict[str, str], asked: list[str],
) -> None:
    told = told_of(words)
    wanted = [*words, *asked, None]
    places = told.places_of(numbers_of(coded(number) for number in wanted))
    found = [None if place == UNKNOWN else told.words[place] for place in places]
    assert found == [words.get(number or "") for number in wanted]
