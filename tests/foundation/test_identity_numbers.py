"""National IDs, insurance numbers, and numbers that are read out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.identity_numbers import (
    has_check_digit,
    is_insurance_number,
    is_national_id,
    national_id,
    with_check_digit,
)

NINE = st.from_regex(r"[0-9]{9}", fullmatch=True).filter(lambda nine: len(set(nine)) > 1)


@pytest.mark.parametrize(("text", "good"), [
    ("0084575948", True),
    ("0084575947", False),
    ("1111111111", False),
    ("008457594", False),
    ("00845759480", False),
    ("۰۰۸۴۵۷۵۹۴۸", False),
    ("", False),
])
def test_a_national_id_has_ten_digits_of_which_the_last_is_right(text: str, good: bool) -> None:
    assert is_national_id(text) is good


@given(NINE)
def test_each_nine_digits_have_one_check_digit(nine: str) -> None:
    assert [digit for digit in "0123456789" if is_national_id(nine + digit)] == [national_id(nine)[-1]]


@given(st.from_regex(r"[0-9]{1,15}", fullmatch=True), st.data())
def test_a_receipt_shows_every_wrong_digit_and_every_swap_of_neighbours(digits: str, data: st.DataObject) -> None:
    good = with_check_digit(digits)
    assert has_check_digit(good)
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != good[place]]))
    assert not has_check_digit(good[:place] + other + good[place + 1:])
    swap = data.draw(st.integers(0, len(good) - 2))
    swapped = good[:swap] + good[swap + 1] + good[swap] + good[swap + 2:]
    assert swapped == good or not has_check_digit(swapped)


def test_insurance_numbers_have_eight_or_ten_digits() -> None:
    assert [text for text in ("1" * 7, "1" * 8, "1" * 9, "1" * 10, "1" * 11) if is_insurance_number(text)] == [
        "1" * 8, "1" * 10,
    ]
