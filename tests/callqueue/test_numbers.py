import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.outbound.numbers import check_permitted, normalise, number_to_call, shown, shown_forms
from callqueue.outbound.refusals import (
    ForeignNumberError,
    InvalidNumberError,
    NotPermittedNumberError,
    NumberRefusedError,
    OwnNumberError,
    PremiumNumberError,
    ShortNumberError,
)
from foundation.settings import Numbers
from tests.support.outbound_site import CODES

OWN = ("1420", "02164501420")
RULES = Numbers(area_code="021")
ABROAD = Numbers(foreign=["0090", "0049"])


def to_call(text: str, rules: Numbers = RULES) -> str:
    return number_to_call(text, rules, OWN, CODES)


@pytest.mark.parametrize(("text", "number"), [
    ("09121234567", "09121234567"),
    ("9121234567", "09121234567"),
    ("+989121234567", "09121234567"),
    ("00989121234567", "09121234567"),
    ("989121234567", "09121234567"),
    ("+98 0912 123 4567", "09121234567"),
    ("۰۹۱۲۱۲۳۴۵۶۷", "09121234567"),
    ("(021) 6640-1234", "02166401234"),
    ("\u200f\u202a0912-123-4567\u202c", "09121234567"),
    ("66401234", "02166401234"),
    ("+984433451234", "04433451234"),
])
def test_a_number_has_one_form_however_it_is_written(text: str, number: str) -> None:
    assert to_call(text) == number


@pytest.mark.parametrize("text", [
    "", "hello", "0912123456", "091212345678", "+", "0", "09120000000000", "0800123456", "09999999999",
    "09121234567;1420", "0912123456\n7x", "+98912123456", "02100000000", "0১২১২৩৪৫৬৭", "+0912123456",
])
def test_what_no_telephone_has_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumberError):
        to_call(text)


@pytest.mark.parametrize(("text", "refusal"), [
    ("110", ShortNumberError), ("115", ShortNumberError), ("09690", ShortNumberError), ("1421", ShortNumberError),
    ("1420", OwnNumberError), ("+982164501420", OwnNumberError), ("64501420", OwnNumberError),
    ("09091234567", PremiumNumberError), ("+989091234567", PremiumNumberError),
    ("+905321234567", ForeignNumberError), ("0014155550123", ForeignNumberError),
    ("00979123456789", PremiumNumberError), ("+881612345678", PremiumNumberError),
])
def test_a_number_that_we_do_not_call_says_why(text: str, refusal: type[NumberRefusedError]) -> None:
    with pytest.raises(refusal):
        to_call(text)


def test_abroad_is_called_where_the_site_permits_it() -> None:
    assert to_call("+90 532 123 45 67", ABROAD) == "00905321234567"
    with pytest.raises(ForeignNumberError):
        to_call("+33612345678", ABROAD)


def test_a_premium_code_of_no_country_needs_an_entry_of_its_own() -> None:
    with pytest.raises(PremiumNumberError):
        check_permitted("00870123456789", Numbers(foreign=["008"]))
    check_permitted("00870123456789", Numbers(foreign=["00870"]))


def test_the_site_says_which_beginnings_it_calls() -> None:
    rules = Numbers(permitted=["09", "021"], refused=["0912"])
    check_permitted("02166401234", rules)
    for number in ("04433451234", "09121234567"):
        with pytest.raises(NotPermittedNumberError):
            check_permitted(number, rules)


def test_without_an_area_code_of_the_site_a_local_number_is_not_understood() -> None:
    with pytest.raises(InvalidNumberError):
        to_call("66401234", Numbers())


@given(st.text(max_size=80))
def test_any_text_gives_a_number_that_can_be_dialled_or_a_refusal(text: str) -> None:
    try:
        number = to_call(text, Numbers(area_code="021", foreign=["001", "0090"]))
    except NumberRefusedError as refusal:
        told = refusal.values["number"]
        number = "0000000000" if sum(map(str.isdigit, told)) <= 3 else told
    assert number.isascii()
    assert number.isdecimal()
    assert 10 <= len(number) <= 16


digits = st.text("0123456789", min_size=0, max_size=16)


@given(st.sampled_from(["", "0", "00", "+", "98", "+98", "0098", "09", "021", "0909"]), digits)
def test_a_normal_form_is_its_own_normal_form(prefix: str, rest: str) -> None:
    try:
        number = normalise(prefix + rest, "021", CODES)
    except NumberRefusedError:
        return
    assert normalise(number, "021", CODES) == number
    assert number in shown_forms(number)
    for form in shown_forms(number):
        if form.startswith(("0", "+")):
            assert normalise(form, "021", CODES) == number


def test_of_a_number_only_its_last_digits_are_shown() -> None:
    assert shown("09121234567") == "***567"
    assert shown("1420") == "***"
