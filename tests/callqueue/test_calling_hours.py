from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.outbound.calling_hours import DAY_MS, CallingHours, calling_hours
from callqueue.outbound.model import CALLBACK
from foundation.settings import Hours, Outbound
from tests.support.outbound_site import site_settings

TEHRAN = ZoneInfo("Asia/Tehran")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=TEHRAN).timestamp() * 1000)


@pytest.mark.parametrize(("now", "opens"), [
    ("2026-11-22T12:00", "2026-11-22T12:00"),
    ("2026-11-22T08:59:59", "2026-11-22T09:00"),
    ("2026-11-22T20:00", "2026-11-23T09:00"),
    ("2026-11-26T21:00", "2026-11-28T09:00"),  # Friday is a day off
    ("2027-03-20T20:30", "2027-03-25T09:00"),  # the days of Nowruz
])
def test_the_public_is_called_in_the_sites_hours_on_working_days(now: str, opens: str) -> None:
    assert calling_hours(site_settings()).next_open("result", at(now)) == at(opens)


def test_who_asked_to_be_called_back_is_called_at_any_hour_unless_the_site_says_otherwise() -> None:
    night = at("2026-11-27T03:00")
    assert calling_hours(site_settings()).is_open(CALLBACK, night)
    kept = calling_hours(site_settings(callback_hours=Hours(first="07:00", last="22:00")))
    assert kept.next_open(CALLBACK, night) == at("2026-11-27T07:00")


@pytest.mark.parametrize(("owed", "given_up"), [
    ("2026-11-22T12:00", "2026-11-23T12:00"),
    ("2026-11-26T19:30", "2026-11-28T19:30"),  # Friday does not count
    ("2027-03-18T19:30", "2027-03-25T19:30"),  # nor do 29 Esfand and the days of Nowruz
    ("2027-03-20T20:30", "2027-03-27T09:00"),  # it could first be dialled on Thursday the 25th
])
def test_days_on_which_nobody_may_be_called_do_not_use_up_a_calls_time(owed: str, given_up: str) -> None:
    assert calling_hours(site_settings()).expiry("result", at(owed), DAY_MS) == at(given_up)


def test_who_asked_to_be_called_back_is_owed_his_call_by_the_clock() -> None:
    assert calling_hours(site_settings()).expiry(CALLBACK, at("2026-11-26T19:30"), DAY_MS) == at("2026-11-27T19:30")


def test_a_site_that_is_never_open_still_gives_a_time() -> None:
    hours = CallingHours(Outbound(), TEHRAN, lambda _day: True)
    assert hours.next_open("result", at("2026-11-22T12:00")) > at("2027-01-01T00:00")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001 - hypothesis adds the zone
def test_the_next_open_moment_is_open_and_not_in_the_past(moment: datetime) -> None:
    hours = calling_hours(site_settings())
    now_ms = int(moment.replace(tzinfo=UTC).timestamp() * 1000)
    opens_ms = hours.next_open("result", now_ms)
    assert opens_ms >= now_ms
    assert hours.is_open("result", opens_ms)
