"""Dates, times, lengths, money, shares, digits and telephone numbers, as people of each language say them."""

import re
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words
from persiantools.jdatetime import JalaliDate

from foundation.calendars import Calendar
from foundation.settings import LANGUAGES, Language
from ivr.speech import GRAMMARS, PAUSE, SpeechError, Unit

JULY = date(2024, 7, 13)
JALALI: Any = JalaliDate  # its signatures are not typed


def said(language: Language, names: tuple[str, ...]) -> str:
    return GRAMMARS[language].written(names)


@pytest.mark.parametrize(("language", "day", "calendar", "expected"), [
    ("fa", JULY, None, "بیست و سوم تیر هزار و چهارصد و سه"),
    ("fa", date(2024, 3, 20), None, "یکم فروردین هزار و چهارصد و سه"),
    ("fa", date(2025, 3, 20), None, "سی‌ام اسفند هزار و چهارصد و سه"),
    ("fa", JULY, Calendar.GREGORIAN, "سیزدهم ژوئیه دو هزار و بیست و چهار"),
    ("tr", date(2024, 7, 23), None, "yirmi üç Temmuz iki bin yirmi dört"),
    ("tr", JULY, Calendar.JALALI, "yirmi üç Tir bin dört yüz üç"),
    ("en", date(2024, 7, 23), None, "twenty-third of July twenty twenty-four"),
    ("en", date(2005, 5, 1), None, "first of May two thousand and five"),
    ("en", JULY, Calendar.JALALI, "twenty-third of Tir fourteen oh three"),
])
def test_a_date_in_the_order_of_the_language(
    language: Language, day: date, calendar: Calendar | None, expected: str,
) -> None:
    assert said(language, GRAMMARS[language].date(day, calendar)) == expected


@pytest.mark.parametrize(("language", "expected"), [
    ("fa", "شنبه بیست و سوم تیر"), ("tr", "on üç Temmuz Cumartesi"), ("en", "Saturday thirteenth of July"),
])
def test_a_date_with_its_weekday_and_without_a_year(language: Language, expected: str) -> None:
    assert said(language, GRAMMARS[language].date(JULY, weekday=True, year=False)) == expected


@given(day=st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_persian_months_and_weekdays_are_those_of_an_independent_calendar(day: date) -> None:
    names = GRAMMARS["fa"].date(day, weekday=True)
    weekday, month = JALALI.to_jalali(day).strftime("%A %B", locale="fa").split(" ")
    assert said("fa", names[:1]) == weekday
    assert said("fa", names[2:3]) == month


@pytest.mark.parametrize("year", [*range(1350, 1450), *range(1900, 2100)])
def test_english_years_are_said_as_an_independent_library_writes_them(year: int) -> None:
    # It hyphenates "oh-five"; that cannot be heard.
    expected = num2words(year, lang="en", to="year").replace("oh-", "oh ")
    assert said("en", GRAMMARS["en"].date(date(year, 1, 1))) == f"first of January {expected}"


@pytest.mark.parametrize(("language", "at", "expected"), [
    ("fa", time(8), "ساعت هشت"),
    ("fa", time(14, 30), "ساعت چهارده و سی دقیقه"),
    ("fa", time(0, 5), "ساعت صفر و پنج دقیقه"),
    ("tr", time(14, 30), "saat on dört otuz"),
    ("tr", time(8, 5), "saat sekiz sıfır beş"),
    ("tr", time(9), "saat dokuz"),
    ("tr", time(0), "saat sıfır sıfır"), ("en", time(0), "midnight"), ("en", time(12), "noon"),
    ("en", time(12, 5), "twelve oh five p.m."),
    ("en", time(0, 30), "twelve thirty a.m."),
    ("en", time(15), "three p.m."),
])
def test_a_time_of_day(language: Language, at: time, expected: str) -> None:
    assert said(language, GRAMMARS[language].time(at)) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_minutes_of_a_day_sound_the_same(language: Language) -> None:
    heard = {GRAMMARS[language].time(time(minute // 60, minute % 60)) for minute in range(24 * 60)}
    assert len(heard) == 24 * 60


@pytest.mark.parametrize(("language", "seconds", "expected"), [
    ("fa", 0, "صفر ثانیه"),
    ("fa", 65, "یک دقیقه و پنج ثانیه"),
    ("fa", 93_784, "یک روز و دو ساعت و سه دقیقه و چهار ثانیه"),
    ("tr", 3_725, "bir saat iki dakika beş saniye"),
    ("en", 60, "one minute"),
    ("en", 7_201, "two hours and one second"),
    ("en", 93_784, "one day two hours three minutes and four seconds"), ("en", 0, "zero seconds"),
])
def test_a_length_of_time(language: Language, seconds: int, expected: str) -> None:
    assert said(language, GRAMMARS[language].duration(seconds)) == expected


@pytest.mark.parametrize(("language", "expected"), [
    ("fa", "بیست سال و سه ماه و یک روز"),
    ("tr", "yirmi yıl üç ay bir gün"),
    ("en", "twenty years three months and one day"),
])
def test_insurance_on_record_in_years_months_and_days(language: Language, expected: str) -> None:
    record = ((20, Unit.YEAR), (3, Unit.MONTH), (1, Unit.DAY))
    assert said(language, GRAMMARS[language].quantities(*record)) == expected


@pytest.mark.parametrize(("language", "rials", "expected"), [
    ("fa", 12_300_000, "یک میلیون و دویست و سی هزار تومان"),
    ("fa", 1_234_567, "صد و بیست و سه هزار و چهارصد و پنجاه و شش تومان و هفت ریال"),
    ("fa", 7, "هفت ریال"), ("fa", 0, "صفر تومان"), ("fa", -25, "منفی دو تومان و پنج ریال"),
    ("tr", 1_005, "yüz tümen beş riyal"), ("en", 11, "one toman and one rial"), ("en", 20, "two tomans"),
])
def test_tomans_lose_no_rial(language: Language, rials: int, expected: str) -> None:
    assert said(language, GRAMMARS[language].tomans(rials)) == expected


def test_rials_are_said_exactly() -> None:
    assert said("fa", GRAMMARS["fa"].rials(12_300_000)) == "دوازده میلیون و سیصد هزار ریال"
    assert said("en", GRAMMARS["en"].rials(1)) == "one rial"


@pytest.mark.parametrize(("language", "value", "expected"), [
    ("fa", Decimal("12.50"), "دوازده ممیز پنج درصد"),
    ("fa", Decimal("0.05"), "صفر ممیز صفر پنج درصد"),
    ("fa", 7, "هفت درصد"),
    ("fa", Decimal("-0.25"), "منفی صفر ممیز بیست و پنج درصد"), ("fa", Decimal("1.125"), "یک ممیز یک دو پنج درصد"),
    ("tr", Decimal("12.5"), "yüzde on iki virgül beş"),
    ("en", Decimal("99.75"), "ninety-nine point seven five per cent"),
    ("en", Decimal("1E+2"), "one hundred per cent"), ("en", Decimal("-0"), "zero per cent"),
])
def test_a_share_in_per_cent(language: Language, value: Decimal | int, expected: str) -> None:
    assert said(language, GRAMMARS[language].percent(value)) == expected


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+30")])
def test_what_is_no_number_is_refused(value: Decimal) -> None:
    with pytest.raises(SpeechError):
        GRAMMARS["fa"].decimal(value)


@pytest.mark.parametrize(("text", "groups"), [
    ("7", "7"), ("1420", "1420"), ("12345", "123 45"), ("123456", "123 456"), ("1234567", "123 4567"),
    ("0012345678", "001 234 5678"), ("۰۰۱۲۳۴۵۶۷۸", "001 234 5678"), ("12-3456 78", "12 3456 78"),
])
def test_digits_are_said_in_groups(text: str, groups: str) -> None:
    assert heard_digits(GRAMMARS["fa"].digits(text)) == groups


def heard_digits(names: tuple[str, ...]) -> str:
    return "".join(" " if name == PAUSE else name.removeprefix("number-") for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=st.text("0123456789", min_size=1, max_size=30))
def test_every_digit_is_heard_once_and_in_order(language: Language, text: str) -> None:
    assert heard_digits(GRAMMARS[language].digits(text)).replace(" ", "") == text


@pytest.mark.parametrize("text", ["", " ", "12a", "1.5", "-1", "１２", "12\n3"])
def test_what_are_no_digits_is_refused(text: str) -> None:
    with pytest.raises(SpeechError, match=re.escape(repr(text))):
        GRAMMARS["fa"].digits(text)


@pytest.mark.parametrize(("language", "number", "expected"), [
    ("fa", "09123456789", "صفر نهصد و دوازده، سیصد و چهل و پنج، شصت و هفت، هشتاد و نه"),
    ("fa", "+989123456789", "صفر نهصد و دوازده، سیصد و چهل و پنج، شصت و هفت، هشتاد و نه"),
    ("fa", "00982188776655", "صفر بیست و یک، هشتاد و هشت، هفتاد و هفت، شصت و شش، پنجاه و پنج"),
    ("fa", "021-8800 0605", "صفر بیست و یک، هشتاد و هشت، صفر صفر، صفر شش، صفر پنج"),
    ("fa", "1420", "چهارده، بیست"),
    ("fa", "+90532123", "مثبت نه صفر پنج، سه دو یک، دو سه"),
    ("tr", "09123456789", "sıfır dokuz yüz on iki, üç yüz kırk beş, altmış yedi, seksen dokuz"),
    ("en", "09123456789", "zero nine one two, three four five, six seven, eight nine"),
    ("en", "1420", "one four, two zero"),
])
def test_a_telephone_number_as_people_say_it(language: Language, number: str, expected: str) -> None:
    assert said(language, GRAMMARS[language].phone(number)) == expected


def test_a_country_of_another_home_says_its_own_numbers_without_the_code() -> None:
    names = GRAMMARS["tr"].phone("+905321234567", home="90")
    assert said("tr", names) == "sıfır beş yüz otuz iki, yüz yirmi üç, kırk beş, altmış yedi"


@pytest.mark.parametrize("number", ["", "1", "12345678901234567", "09x", "++98", "0912;DROP"])
def test_what_is_no_telephone_number_is_refused(number: str) -> None:
    with pytest.raises(SpeechError, match="telephone"):
        GRAMMARS["fa"].phone(number)


def test_a_day_before_the_jalali_calendar_is_refused() -> None:
    with pytest.raises(SpeechError, match="0500-01-01"):
        GRAMMARS["fa"].date(date(500, 1, 1))


def test_a_negative_length_of_time_is_refused() -> None:
    with pytest.raises(SpeechError, match="-5"):
        GRAMMARS["fa"].duration(-5)
