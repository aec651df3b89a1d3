from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from followups.deadlines.deadline import CAP_WORKING_DAYS, ClockStart, Count, Deadline, DeadlineRule, reckon
from followups.deadlines.opening_hours import HoursError, OpeningHours, UnitCalendar
from followups.deadlines.working_days import WorkingDays
from foundation.settings import Holidays

TEHRAN = ZoneInfo("Asia/Tehran")
DAYS = WorkingDays(Holidays(), date(2026, 11, 22))
OFFICE = UnitCalendar(OpeningHours(time(7, 30), time(14, 15), time(12, 30)), DAYS, TEHRAN)
_JALALI: Any = JalaliDate
RULES = st.builds(DeadlineRule, st.integers(1, 20), st.sampled_from(Count), st.sampled_from(ClockStart))
MOMENTS = st.datetimes(datetime(2021, 3, 21), datetime(2026, 11, 1), timezones=st.just(UTC))  # noqa: DTZ001


def moment(text: str) -> datetime:
    day, clock = text.split()
    year, month, number = map(int, day.split("-"))
    return datetime.combine(_JALALI(year, month, number).to_gregorian(), time.fromisoformat(clock), TEHRAN)


def shown(deadline: Deadline) -> str:
    jalali = _JALALI.to_jalali(deadline.day)
    return f"{jalali.year}-{jalali.month:02}-{jalali.day:02}"


# rule                     contact             last day    why
TABLE = """
3 calendar contact     1405-09-01 10:00    1405-09-04  Sunday to Wednesday
3 calendar contact     1405-09-01 00:00    1405-09-04  the first moment of a day belongs to it
3 calendar contact     1405-09-01 23:59    1405-09-04  so does its last minute
3 calendar contact     1405-09-04 10:00    1405-09-07  a Friday between counts
7 calendar contact     1405-09-01 10:00    1405-09-08  medical
7 calendar contact     1404-12-28 10:00    1405-01-06  over Nowruz: its days count as well
3 working contact      1405-09-01 10:00    1405-09-04  no holiday between
3 working contact      1405-09-04 10:00    1405-09-08  Thursday is a half day, Friday is none
1 working contact      1405-09-05 10:00    1405-09-07  Thursday to Saturday
1 working contact      1405-09-06 10:00    1405-09-07  on a Friday
3 working contact      1404-12-27 10:00    1405-01-06  28 Esfand; 29 to 4 Farvardin are holidays; 5 and 6
10 working contact     1403-12-28 10:00    1404-01-19  Nowruz, leap day, Fitr and Nature's day in between
1 working contact      1401-02-12 10:00    1401-02-15  Fitr as it was seen: 13 and 14
1 working contact      1402-05-09 10:00    1402-05-12  the two days of heat
1 working contact      1403-03-01 10:00    1403-03-03  the day of the funeral
1 working contact      1403-03-13 10:00    1403-03-16  14 and 15 Khordad
2 working contact      1404-04-12 10:00    1404-04-17  a Friday, Tasua and Ashura
3 working opening      1405-09-01 10:00    1405-09-04  the unit is open: as from the contact
3 working opening      1405-09-01 06:00    1405-09-04  before it opens: the same day
3 working opening      1405-09-01 14:14    1405-09-04  a minute before it closes
3 working opening      1405-09-01 14:15    1405-09-05  closed: from tomorrow on
3 working opening      1405-09-05 12:29    1405-09-09  a Thursday, open until 12:30
3 working opening      1405-09-05 12:30    1405-09-10  a Thursday, closed: from Saturday on
3 calendar opening     1405-09-05 12:30    1405-09-10  Saturday and three days
3 calendar opening     1404-12-28 15:00    1405-01-08  from 5 Farvardin on
15 working contact     1405-09-01 10:00    1405-09-12  capped: the tenth working day
20 calendar contact    1405-09-01 10:00    1405-09-12  capped
12 calendar contact    1404-12-27 10:00    1405-01-10  not capped: Nowruz is long
10 working opening     1405-09-01 20:00    1405-09-12  capped: ten from the contact, not from the opening
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_the_last_day_is_that_of_the_table(line: str) -> None:
    days, count, starts, day, clock, expected = line.split()[:6]
    rule = DeadlineRule(int(days), Count(count), ClockStart(starts))
    assert shown(reckon(rule, moment(f"{day} {clock}"), OFFICE)) == expected


def test_an_answer_is_in_time_until_the_last_second_of_the_last_day_in_the_sites_zone() -> None:
    deadline = reckon(DeadlineRule(3), moment("1405-09-01 10:00"), OFFICE)
    assert deadline.at == datetime(2026, 11, 25, 20, 29, 59, tzinfo=UTC)
    assert deadline.starts == datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(("contact", "last"), [
    ("1401-06-28 10:00", "2022-09-21T20:29:59+00:00"),  # the hour before midnight came twice: its second end
    ("1400-12-28 10:00", "2022-03-22T19:29:59+00:00"),  # clocks went forward at midnight of 2 Farvardin
    ("1402-01-01 10:00", "2023-03-24T20:29:59+00:00"),  # no daylight saving any more
])
def test_deadlines_of_years_with_daylight_saving_keep_to_the_clock_of_the_wall(contact: str, last: str) -> None:
    rule = DeadlineRule(2 if contact.startswith("1401") else 3)
    assert reckon(rule, moment(contact), OFFICE).at.isoformat() == last


def test_a_unit_that_works_day_and_night_starts_the_clock_at_once() -> None:
    always = UnitCalendar(OpeningHours(always=True), DAYS, TEHRAN)
    friday = moment("1405-09-06 03:00")
    rule = DeadlineRule(3, starts=ClockStart.OPENING)
    assert reckon(rule, friday, always).starts == friday


def test_a_unit_may_work_until_midnight() -> None:
    late = UnitCalendar(OpeningHours(time(16), time(0), time(0)), DAYS, TEHRAN)
    evening = moment("1405-09-01 23:59")
    assert late.next_open(evening) == evening
    assert late.next_open(moment("1405-09-05 23:00")) == moment("1405-09-05 23:00")
    assert late.next_open(moment("1405-09-06 00:00")) == moment("1405-09-07 16:00")


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(HoursError, match="closes 07:00 is not after opens 08:00"):
        OpeningHours(time(8), time(7))


@pytest.mark.parametrize("days", [0, -1, 61])
def test_a_rule_without_sensible_days_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 60"):
        DeadlineRule(days)


# The library's estimate for Mab'ath is 16 Dey 1405, a Wednesday (6 January 2027).
PROVISIONAL = [
    (DeadlineRule(3, Count.WORKING), "1405-10-13 10:00", True),
    (DeadlineRule(3, Count.WORKING), "1405-10-05 10:00", False),
    (DeadlineRule(3), "1405-10-13 10:00", False),  # calendar days do not ask what kind of days they are
    (DeadlineRule(3, starts=ClockStart.OPENING), "1405-10-16 10:00", True),
]


@pytest.mark.parametrize(("rule", "contact", "expected"), PROVISIONAL)
def test_a_deadline_that_hangs_on_the_moon_says_so(rule: DeadlineRule, contact: str, expected: bool) -> None:
    assert reckon(rule, moment(contact), OFFICE).provisional is expected


def test_a_correction_of_the_calendar_moves_the_deadline() -> None:
    rule, contact = DeadlineRule(3, Count.WORKING), moment("1405-10-14 10:00")
    corrected = Holidays(closures=[{"first": "1405-10-17", "last": "1405-10-17"}], working=["1405-10-16"],  # type: ignore[list-item]
                         announced_until="1405-10-17")  # type: ignore[arg-type]
    moved = replace(OFFICE, days=WorkingDays(corrected, date(2027, 1, 4)))
    before = reckon(rule, contact, OFFICE)
    after = reckon(rule, contact, moved)
    assert (shown(before), before.provisional) == ("1405-10-19", True)
    assert (shown(after), after.provisional) == ("1405-10-19", False)
    sooner = moment("1405-10-15 10:00")
    one = DeadlineRule(1, Count.WORKING)
    assert shown(reckon(one, sooner, OFFICE)) == "1405-10-17"
    assert shown(reckon(one, sooner, moved)) == "1405-10-16"


@given(RULES, MOMENTS, st.integers(0, 20 * 24 * 60))
@settings(max_examples=80)
def test_who_comes_later_is_never_due_sooner(rule: DeadlineRule, contact: datetime, minutes: int) -> None:
    later = contact + timedelta(minutes=minutes)
    assert reckon(rule, contact, OFFICE).at <= reckon(rule, later, OFFICE).at


@given(RULES, MOMENTS)
@settings(max_examples=80)
def test_nobody_waits_longer_than_ten_working_days_nor_is_due_before_he_came(
    rule: DeadlineRule, contact: datetime,
) -> None:
    deadline = reckon(rule, contact, OFFICE)
    came = contact.astimezone(TEHRAN).date()
    assert DAYS.count(came, deadline.day) <= CAP_WORKING_DAYS
    assert contact <= deadline.starts < deadline.at
    assert deadline.day > came
    assert deadline.at.astimezone(TEHRAN).date() == deadline.day
