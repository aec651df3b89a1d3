"""What a report is asked for: named times of either calendar, steps that tile them, refusals that tell what may be."""

from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from foundation.calendars import Calendar, Interval, Step, split
from foundation.settings import LANGUAGES, Language, Queue, Settings, Site
from reports.catalog import REPORTS, UnknownReportError, find_report
from reports.frame.parameters import (
    QUEUES,
    STEP,
    TIME,
    WHOLE_NUMBERS,
    Asking,
    Pairs,
    ParameterError,
    Parameters,
    last_digits,
    read_parameters,
)
from reports.frame.periods import Almanac, Compare, Period, compared, named
from reports.frame.refusals import refusal_text
from reports.frame.tables import report_texts

TEHRAN, BERLIN = ZoneInfo("Asia/Tehran"), ZoneInfo("Europe/Berlin")
JALALI: Any = JalaliDate  # its signatures are not typed
KNOWN = (STEP, QUEUES, WHOLE_NUMBERS, last_digits("caller"))


def moment(text: str, zone: ZoneInfo = TEHRAN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


NOW = moment("2026-11-22T12:00")
"""A Sunday: 1405-09-01."""


def read(*pairs: tuple[str, str], language: Language = "fa", now: int = NOW) -> Parameters:
    settings = Settings(site=Site(language=language), queues={"operator": Queue()})
    return read_parameters(KNOWN, pairs, Asking(settings, Almanac(TEHRAN, Calendar.JALALI, now)))


def days(interval: Interval | None, zone: ZoneInfo = TEHRAN) -> str:
    assert interval is not None
    return " ".join(f"{datetime.fromtimestamp(at, zone):%m-%dT%H:%M:%S}" for at in (interval.start, interval.end))


@pytest.mark.parametrize(("period", "calendar", "expected"), [
    ("today", "jalali", "11-22T00:00:00 11-22T12:00:01"),
    ("yesterday", "jalali", "11-21T00:00:00 11-22T00:00:00"),
    ("this-week", "jalali", "11-21T00:00:00 11-22T12:00:01"),  # from Saturday
    ("last-week", "jalali", "11-14T00:00:00 11-21T00:00:00"),
    ("last-week", "gregorian", "11-09T00:00:00 11-16T00:00:00"),  # from Monday
    ("this-month", "jalali", "11-22T00:00:00 11-22T12:00:01"),
    ("last-month", "jalali", "10-23T00:00:00 11-22T00:00:00"),  # Aban, 30 days
    ("last-month", "gregorian", "10-01T00:00:00 11-01T00:00:00"),
    ("this-year", "jalali", "03-21T00:00:00 11-22T12:00:01"),
    ("last-year", "gregorian", "01-01T00:00:00 01-01T00:00:00"),
])
def test_a_named_period_is_that_of_the_calendar(period: str, calendar: str, expected: str) -> None:
    assert days(read(("period", period), ("calendar", calendar)).interval) == expected


def test_the_calendar_is_the_languages_unless_another_is_named() -> None:
    assert read(("period", "last-month")).calendar is Calendar.JALALI
    assert read(("period", "last-month"), language="en").calendar is Calendar.GREGORIAN
    assert read(("from", "1405-09-01")).interval.start == read(("from", "۲۰۲۶-۱۱-۲۲")).interval.start


@pytest.mark.parametrize(("pairs", "expected"), [
    ([("period", "today"), ("compare", "before")], "11-21T00:00:00 11-21T12:00:01"),
    ([("compare", "before")], "11-21T00:00:00 11-21T12:00:01"),
    ([("period", "last-month"), ("compare", "before")], "09-23T00:00:00 10-23T00:00:00"),
    ([("period", "today"), ("compare", "week")], "11-15T00:00:00 11-15T12:00:01"),
    ([("period", "today"), ("compare", "year")], "11-22T00:00:00 11-22T12:00:01"),
    ([("from", "2026-11-20"), ("to", "2026-11-22"), ("compare", "before")], "11-18T00:00:00 11-20T00:00:00"),
    ([("from", "2026-11-22T08:00"), ("to", "2026-11-22T11:00"), ("compare", "before")],
     "11-22T05:00:00 11-22T08:00:00"),
])
def test_the_earlier_time_is_as_long_as_what_has_passed(pairs: list[tuple[str, str]], expected: str) -> None:
    assert days(read(*pairs).earlier) == expected


def test_a_week_before_is_the_same_time_of_day_where_clocks_were_moved() -> None:
    almanac = Almanac(BERLIN, Calendar.GREGORIAN, moment("2026-10-28T12:00", BERLIN))
    today = named(Period.TODAY, almanac)
    assert days(compared(today, Period.TODAY, Compare.WEEK, almanac), BERLIN) == "10-21T00:00:00 10-21T12:00:01"
    assert days(compared(today, None, Compare.BEFORE, almanac), BERLIN).startswith("10-27T")


@pytest.mark.parametrize(("pairs", "name", "told"), [
    ([("colour", "red")], "unknown-parameter", "colour"),
    ([("step", "fortnight")], "wrong-choice", "fortnight"),
    ([("step", "hour"), ("step", "day")], "given-twice", "step"),
    ([("from", "soon")], "wrong-moment", "soon"),
    ([("from", "1405-13-01")], "wrong-moment", "1405-13-01"),
    ([("from", "today"), ("to", "yesterday")], "empty-time", "yesterday"),
    ([("period", "today"), ("from", "08:00")], "period-and-moments", "today"),
    ([("from", "2025-01-01"), ("step", "15min")], "too-many-rows", "10,000"),
    ([("queue", "x" * 101)], "wrong-name", "xxx"),
    ([("queue", "a\nb")], "wrong-name", "a?b"),
    ([("caller", "Sara")], "wrong-digits", "Sara"),
    ([("whole-numbers", "perhaps")], "wrong-choice", "perhaps"),
])
def test_what_cannot_be_is_refused_by_name_and_told_in_every_language(
    pairs: list[tuple[str, str]], name: str, told: str,
) -> None:
    with pytest.raises(ParameterError) as refused:
        read(*pairs)
    assert refused.value.name == name
    for language in LANGUAGES:
        assert report_texts(language)(f"report.refused.{name}", **refused.value.values)
    english = report_texts("en")(f"report.refused.{name}", **refused.value.values)
    assert told.replace(",", "") in english


@pytest.mark.parametrize(("pairs", "persian", "turkish"), [
    ([("from", "soon")], "از (\u2066from\u2069): «\u2066soon\u2069»", "Başlangıç (from): 'soon'"),
    ([("period", "last-month"), ("to", "now")], "«ماه پیش (\u2066last-month\u2069)»", "“geçen ay (last-month)”"),
    ([("step", "fortnight")], "ربع ساعت (\u206615min\u2069)، نیم ساعت", "15 dakika (15min), 30 dakika (30min)"),
    ([("colour", "red")], "«colour» ندارد؛ می‌توان بازه (\u2066period\u2069)، از", "olanlar: Dönem (period), Başlangıç"),
    ([("with-word", "red")], "«with-word»", "“with-word”"),
    ([("from", "today"), ("to", "today")], "«تا (to)»", "“Bitiş (to)”"),
])
def test_a_refusal_names_parameters_and_choices_by_their_titles_with_the_machines_word_beside(
    pairs: list[tuple[str, str]], persian: str, turkish: str,
) -> None:
    with pytest.raises(ParameterError) as refused:
        read(*pairs)
    assert persian in refusal_text(refused.value, report_texts("fa"))
    assert turkish in refusal_text(refused.value, report_texts("tr"))
    values = refused.value.values
    assert refusal_text(refused.value, report_texts("en")) == report_texts("en")(
        f"report.refused.{refused.value.name}", **values)


def test_every_report_and_choice_has_a_name_in_every_language() -> None:
    names = [report.name for report in REPORTS]
    assert len(set(names)) == len(names)
    for language in LANGUAGES:
        texts = report_texts(language)
        for report in REPORTS:
            for key in (f"report.{report.name}.name", f"report.{report.name}.about", f"report.group.{report.group}"):
                assert texts(key)
            for parameter in (*TIME, *report.parameters):
                assert texts(f"parameter.{parameter.name}")
    with pytest.raises(UnknownReportError, match="known queue, "):
        find_report("weather")


addresses = st.lists(st.one_of(
    st.tuples(st.just("period"), st.sampled_from([each.value for each in Period])),
    st.tuples(st.just("step"), st.sampled_from(["none", "hour", "day", "month"])),
    st.tuples(st.just("compare"), st.sampled_from([each.value for each in Compare])),
    st.tuples(st.just("calendar"), st.sampled_from([each.value for each in Calendar])),
    st.tuples(st.just("whole-numbers"), st.sampled_from(["yes", "no"])),
), unique_by=lambda pair: pair[0])


@given(addresses, st.lists(st.text("abc &=?#٪گ", min_size=1, max_size=8).filter(str.strip), max_size=3))
def test_an_address_is_the_same_report_when_it_is_read_again(pairs: list[tuple[str, str]], queues: list[str]) -> None:
    now = moment("2026-02-20T12:00")
    first = read(*pairs, *(("queue", queue) for queue in queues), now=now)
    again = read(*parse_qsl(first.query, keep_blank_values=True), now=now)
    assert again == first
    assert again[QUEUES] == tuple(dict.fromkeys(queue.strip() for queue in queues))


names = st.sampled_from(["from", "to", "period", "step", "queue", "calendar", "x"])


@given(pairs=st.lists(st.tuples(names, st.text())))
def test_nothing_that_is_written_breaks_the_reading(pairs: Pairs) -> None:
    with suppress(ParameterError):
        read(*pairs)


@given(
    start=st.integers(1_600_000_000, 1_900_000_000), length=st.integers(1, 500 * 86_400),
    step=st.sampled_from(Step), zone=st.sampled_from([TEHRAN, BERLIN, ZoneInfo("Asia/Kathmandu")]),
    calendar=st.sampled_from(Calendar),
)
def test_pieces_tile_the_time_and_begin_where_the_calendar_says(
    start: int, length: int, step: Step, zone: ZoneInfo, calendar: Calendar,
) -> None:
    shorter = min(length, 86_400 * 3) if step in {Step.QUARTER_HOUR, Step.HALF_HOUR, Step.HOUR} else length
    whole = Interval(start, start + shorter)
    pieces = split(whole, step, zone, calendar)
    assert (pieces[0].start, pieces[-1].end) == (whole.start, whole.end)
    assert all(one.end == after.start and one.seconds > 0 for one, after in pairwise(pieces))
    for piece in pieces[1:]:
        assert _begins(datetime.fromtimestamp(piece.start, zone), step, calendar)


def _begins(local: datetime, step: Step, calendar: Calendar) -> bool:
    clocks = {Step.QUARTER_HOUR: 15, Step.HALF_HOUR: 30, Step.HOUR: 60}
    if step in clocks:
        return local.minute % clocks[step] == 0 and local.second == 0
    if local.hour > 1 or local.second:  # 01:00 where a day begins with a moved clock
        return False
    day = JALALI(local.date()) if calendar is Calendar.JALALI else local.date()
    if step is Step.WEEK:
        return local.weekday() == (5 if calendar is Calendar.JALALI else 0)
    return step is Step.DAY or (day.day == 1 and (step is Step.MONTH or day.month == 1))
