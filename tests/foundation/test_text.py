import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.text import duration_text, latin_digits, number_text, percent_text, persian_digits


@pytest.mark.parametrize(("seconds", "persian", "english"), [
    (0, "۰:۰۰", "0:00"), (125, "۲:۰۵", "2:05"), (59.6, "۱:۰۰", "1:00"),
    (3725, "۱:۰۲:۰۵", "1:02:05"), (-5, "-۰:۰۵", "-0:05"),
    (None, "–", "–"),
])
def test_durations_are_written_as_on_a_clock(seconds: float | None, persian: str, english: str) -> None:
    assert (duration_text(seconds, "fa"), duration_text(seconds, "en")) == (persian, english)


def test_shares_are_written_in_each_languages_way() -> None:
    assert [percent_text(0.8421, language) for language in ("fa", "tr", "en")] == ["۸۴٫۲٪", "%84,2", "84.2%"]


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    assert percent_text(0.99996, "en") == "99.9%"
    assert percent_text(0.00001, "en") == "0.1%"
    assert (percent_text(1.0, "en"), percent_text(0.0, "en"), percent_text(None, "en")) == ("100.0%", "0.0%", "–")


def test_numbers_have_each_languages_marks() -> None:
    written = [number_text(12345.6, language, 1) for language in ("fa", "tr", "en")]
    assert written == ["۱۲٬۳۴۵٫۶", "12.345,6", "12,345.6"]


@given(st.integers(0, 10**12))
def test_persian_digits_and_back_change_nothing(number: int) -> None:
    assert latin_digits(persian_digits(str(number))) == str(number)
    assert latin_digits("٣۴") == "34"
