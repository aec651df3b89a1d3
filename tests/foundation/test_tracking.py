"""Tracking codes: each once, and no slip of the finger gives another one."""

from hypothesis import given
from hypothesis import strategies as st

from foundation.identity_numbers import with_check_digit
from foundation.tracking import (
    HALF,
    SECONDS,
    TrackingCodes,
    drawn_code,
    grouped,
    is_tracking_code,
    read_tracking_code,
    shuffle,
)

NUMBERS = st.integers(0, HALF**2 - 1)


def test_a_thousand_codes_of_one_moment_differ_and_are_well_formed() -> None:
    codes = TrackingCodes("key", lambda: 1795310642.0)
    given_out = [codes.next() for _ in range(1000)]
    assert len(set(given_out)) == 1000
    assert all(is_tracking_code(code) for code in given_out)


def test_damm_published_example() -> None:
    assert with_check_digit("572") == "5724"


@given(NUMBERS, NUMBERS)
def test_different_seconds_give_different_codes(one: int, other: int) -> None:
    assert (shuffle(one, b"k") == shuffle(other, b"k")) == (one == other)
    assert 0 <= shuffle(one, b"k") < HALF**2


@given(NUMBERS, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_found(number: int, place: int, more: int) -> None:
    code = with_check_digit(f"{number:08}")
    wrong = f"{code[:place]}{(int(code[place]) + more) % 10}{code[place + 1:]}"
    assert not is_tracking_code(wrong)


@given(NUMBERS, st.integers(0, 7))
def test_two_digits_that_changed_places_are_found(number: int, place: int) -> None:
    code = with_check_digit(f"{number:08}")
    swapped = f"{code[:place]}{code[place + 1]}{code[place]}{code[place + 2:]}"
    assert is_tracking_code(swapped) == (swapped == code)


def test_another_key_gives_other_codes() -> None:
    assert TrackingCodes("a", lambda: 5.0).next() != TrackingCodes("b", lambda: 5.0).next()


def test_a_clock_that_goes_back_gives_no_code_twice() -> None:
    times = iter([100.0, 99.0, 98.5])
    codes = TrackingCodes("key", lambda: next(times))
    assert len({codes.next() for _ in range(3)}) == 3


def test_other_texts_are_no_codes() -> None:
    assert not any(is_tracking_code(text) for text in ("", "12345678", "١٢٣٤٥٦٧٨٩", "12345678x", "0" * 10))


@given(st.integers(0, SECONDS - 1), st.integers(0, SECONDS - 1))
def test_a_drawn_code_is_never_one_of_a_moment(moment: int, drawn: int) -> None:
    code = drawn_code("k", lambda _: drawn)
    assert is_tracking_code(code)
    assert code != TrackingCodes("k", lambda: float(moment or SECONDS)).next()


def test_a_code_is_read_in_groups_and_in_persian_digits() -> None:
    code = TrackingCodes("key", lambda: 1795310642.0).next()
    assert len(grouped(code)) == 11
    persian = code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    for written in (code, grouped(code), grouped(persian), f" {code[:3]}-{code[3:6]}-{code[6:]} "):
        assert read_tracking_code(written) == code
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert read_tracking_code(wrong) is None
    assert read_tracking_code("") is None
