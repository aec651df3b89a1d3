from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from followups.deadlines.working_days import DayKind, NoWorkingDayError, WorkingDays
from foundation.settings import Holidays

TODAY = date(2026, 11, 22)
days = WorkingDays(Holidays(), TODAY)
MOMENTS = st.dates(date(2021, 3, 21), date(2027, 2, 1))


def site(**rules: object) -> WorkingDays:
    return WorkingDays(Holidays(**rules), TODAY)  # type: ignore[arg-type]


def test_fridays_are_off_and_thursdays_are_half_days_unless_the_site_says_otherwise() -> None:
    assert days.state(date(2026, 11, 27)).kind is DayKind.OFF
    assert days.state(date(2026, 11, 26)).kind is DayKind.HALF
    assert days.state(date(2026, 11, 26)).is_working
    assert days.state(date(2026, 11, 28)).kind is DayKind.WORKING


def test_thursdays_may_be_off_from_a_day_on() -> None:
    """As in offices that close on Thursdays since 1404."""
    changed = site(weeks=[{}, {"since": "1404-01-01", "half_days": [], "days_off": ["thursday", "friday"]}])
    assert changed.state(date(2025, 3, 13)).kind is DayKind.HALF  # 23 Esfand 1403
    assert changed.state(date(2025, 4, 10)).kind is DayKind.OFF  # 21 Farvardin 1404
    assert changed.following(date(2026, 11, 25), 1) == date(2026, 11, 28)
    assert days.following(date(2026, 11, 25), 1) == date(2026, 11, 26)


@pytest.mark.parametrize(("weeks", "reason"), [
    ([], "the first one holds always"),
    ([{"since": "1404-01-01"}], "the first one holds always"),
    ([{}, {}], "needs a `since`"),
    ([{}, {"since": "1404-01-01"}, {"since": "1403-01-01"}], "later than the one before"),
    ([{"half_days": ["friday"], "days_off": ["friday"]}], "friday stands under half_days and under days_off"),
    ([{"half_days": [], "days_off": ["saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday"]}],
     "without a working day"),
])
def test_a_week_that_cannot_be_is_refused(weeks: list[dict[str, object]], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Holidays(weeks=weeks)  # type: ignore[arg-type]


def test_a_closure_of_the_site_is_no_working_day_and_says_why() -> None:
    closed = site(closures=[{"first": "1405-09-07", "last": "1405-09-08", "title": "snow"}])
    assert (closed.state(date(2026, 11, 28)).kind, closed.state(date(2026, 11, 28)).why) == (DayKind.CLOSED, "snow")
    assert closed.following(date(2026, 11, 26), 1) == date(2026, 11, 30)


def test_a_site_outside_iran_keeps_only_its_own_days() -> None:
    assert site(country=None).is_working(date(2027, 3, 21))
    assert not days.is_working(date(2027, 3, 21))


def test_from_the_last_working_day_before_nowruz_ten_working_days_take_three_weeks() -> None:
    """1403 to 1404: the leap day, 1 to 4 Farvardin, Fitr on 11 and 12, Nature's day on the 13th."""
    assert days.following(date(2025, 3, 18), 1) == date(2025, 3, 25)
    assert days.following(date(2025, 3, 18), 10) == date(2025, 4, 8)  # 19 Farvardin 1404


def test_a_lunar_holiday_that_is_an_estimate_makes_its_neighbours_provisional_too() -> None:
    """Mab'ath 1448: by computation 16 Dey 1405."""
    estimated = [days.state(date(2027, 1, day)).provisional for day in (4, 5, 6, 7, 8)]
    assert estimated == [False, True, True, True, False]
    assert "تخمینی" in days.state(date(2027, 1, 6)).why


def test_the_site_may_say_that_a_lunar_holiday_was_announced() -> None:
    announced = site(announced_until="1405-10-30")
    assert not any(announced.state(date(2027, 1, day)).provisional for day in (5, 6, 7))
    assert announced.state(date(2027, 3, 10)).provisional  # Fitr, further on


def test_fitr_is_provisional_until_it_has_been_seen_although_it_is_printed() -> None:
    before, after = WorkingDays(Holidays(), date(2026, 3, 1)), WorkingDays(Holidays(), date(2026, 3, 25))
    assert before.state(date(2026, 3, 21)).provisional
    assert not after.state(date(2026, 3, 21)).provisional


def test_fitr_of_1401_came_a_day_later_than_printed_and_settings_could_tell_so() -> None:
    """Printed: Monday 12 Ordibehesht; seen: Tuesday 13, which the library knows; the settings could say either."""
    printed = site(closures=[{"first": "1401-02-12", "last": "1401-02-12"}], working=["1401-02-14"])
    assert printed.following(date(2022, 5, 1), 1) == date(2022, 5, 4)
    assert days.following(date(2022, 5, 1), 1) == date(2022, 5, 2)
    assert days.following(date(2022, 5, 2), 1) == date(2022, 5, 5)


def test_settings_without_any_working_day_are_named_and_do_not_hang() -> None:
    closed = site(closures=[{"first": "1405-01-01", "last": "1410-01-01"}])
    with pytest.raises(NoWorkingDayError, match=r"holidays\.closures"):
        closed.following(TODAY, 1)


@given(MOMENTS, st.integers(0, 15), st.integers(0, 15))
@settings(max_examples=60)
def test_working_days_add_up(day: date, first: int, second: int) -> None:
    assert days.following(days.following(day, first), second) == days.following(day, first + second)


@given(MOMENTS, st.integers(0, 10), st.integers(1, 15))
@settings(max_examples=60)
def test_a_later_start_never_ends_sooner(day: date, later: int, count: int) -> None:
    assert days.following(day, count) <= days.following(day + timedelta(days=later), count)
    assert days.following(day, count) < days.following(day, count + 1)


@given(MOMENTS, st.integers(1, 15))
@settings(max_examples=60)
def test_counting_is_the_reverse_of_going_forward_and_going_back_returns(day: date, count: int) -> None:
    reached = days.following(day, count)
    assert days.is_working(reached)
    assert days.count(day, reached) == count
    if days.is_working(day):
        assert days.preceding(reached, count) == day
