"""Conditions by tables: when a menu's alternative fits."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from foundation.days import Days
from foundation.provinces import load_provinces, province_of
from foundation.settings import Closure, Holidays
from ivr.conditions import Condition, Facts, Hours, fits, is_open
from ivr.menu.tree import Known, load_tree
from ivr.menu.walk import Leave, begin, walk

TEHRAN = ZoneInfo("Asia/Tehran")
OFFICE = Hours.model_validate({
    "days": {"saturday-wednesday": ["07:30-12:00", "13:00-16:00"], "thursday": "08:00-12:00"},
})
NIGHT = Hours.model_validate({"days": {"thursday": "20:00-04:00"}, "holidays": "as-usual"})
HOURS = {"office": OFFICE, "night": NIGHT}


def facts(moment: str, **known: object) -> Facts:
    local = datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=TEHRAN)
    return Facts(local, HOURS, **known)  # type: ignore[arg-type]


# 2026-11-21 is a Saturday.
TIMES = """
 2026-11-21 07:29  closed
 2026-11-21 07:30  open
 2026-11-21 11:59  open
 2026-11-21 12:00  closed
 2026-11-21 13:00  open
 2026-11-25 15:59  open
 2026-11-26 11:59  open
 2026-11-26 13:00  closed
 2026-11-27 09:00  closed
"""


@pytest.mark.parametrize("row", TIMES.strip().splitlines())
def test_offices_keep_their_hours_with_a_short_thursday_and_a_closed_friday(row: str) -> None:
    *moment, expected = row.split()
    assert is_open(OFFICE, facts(" ".join(moment))) is (expected == "open")


def test_an_evening_reaches_into_the_next_morning() -> None:
    row = ("2026-11-26 19:59", "2026-11-26 20:00", "2026-11-27 03:59", "2026-11-27 04:00")
    assert [is_open(NIGHT, facts(moment)) for moment in row] == [False, True, True, False]


def test_a_holiday_closes_whatever_day_it_is() -> None:
    assert not is_open(OFFICE, facts("2026-11-21 09:00", is_holiday=lambda _day: True))
    assert is_open(NIGHT, facts("2026-11-26 21:00", is_holiday=lambda _day: True))


WAITS = {"insurance": 301.0, "medical": 300.0, "nobody": float("inf")}
FITTING = [
    ({"open": "office"}, True), ({"closed": "office"}, False), ({"open": "night"}, False), ({"holiday": False}, True),
    ({"holiday": True}, False), ({"provinces": ["tehran"]}, True), ({"provinces": ["yazd", "unknown"]}, False),
    ({"wait_over": {"queue": "insurance", "seconds": 300}}, True),
    ({"wait_over": {"queue": "medical", "seconds": 300}}, False),
    ({"wait_over": {"queue": "nobody", "seconds": 3600}}, True),
    ({"wait_over": {"queue": "unseen", "seconds": 0}}, False),
    ({"called_within_hours": 2}, True), ({"called_within_hours": 1}, False),
    ({"open": "office", "provinces": ["tehran"]}, True), ({"open": "office", "provinces": ["yazd"]}, False),
]


@pytest.mark.parametrize(("when", "expected"), FITTING)
def test_an_alternative_fits_when_everything_it_names_is_so(when: dict[str, object], expected: bool) -> None:
    known = facts("2026-11-21 09:00", province="tehran", wait=WAITS.get, called=1.5)
    assert fits(Condition.model_validate(when), known) is expected


def test_what_nobody_knows_never_fits() -> None:
    known = facts("2026-11-21 09:00")
    assert not fits(Condition(called_within_hours=720), known)
    assert fits(Condition(provinces=("unknown",)), known)


@pytest.mark.parametrize("when", [{}, {"hour": 3}, {"called_within_hours": 0}, {"wait_over": {"queue": "x"}}])
def test_a_condition_that_says_nothing_or_nonsense_is_refused(when: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Condition.model_validate(when)


@pytest.mark.parametrize("days", [
    {"saturday": "8-12"}, {"saturday": "25:00-26:00"}, {"saturday": "08:00-08:00"}, {"shanbe": "08:00-12:00"},
    {"saturday-monday": "08:00-12:00", "sunday": "09:00-10:00"},
])
def test_hours_that_cannot_be_are_refused(days: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate({"days": days})


def test_irans_holidays_the_sites_closures_and_its_corrections() -> None:
    closure = Closure(first="1405-09-05", last="1405-09-06")  # type: ignore[arg-type]
    days = Days(Holidays(closures=[closure], working=["2026-11-13"]))  # type: ignore[list-item]
    asked = [date(2027, 3, 21), date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 13)]
    assert [days.is_holiday(day) for day in asked] == [True, True, True, False, False]
    assert not Days(Holidays(country=None)).is_holiday(date(2027, 3, 21))


@pytest.mark.parametrize(("number", "province"), [
    ("02188776655", "tehran"), ("+982188776655", "tehran"), ("0098351234567", None), ("00983531234567", "yazd"),
    ("09121234567", None), ("", None), ("110", None), ("+4915112345678", None), ("0099999999999", None),
])
def test_a_fixed_number_tells_its_province_and_a_mobile_none(number: str, province: str | None) -> None:
    assert province_of(number, load_provinces()) == province


def test_every_province_is_there() -> None:
    assert len(load_provinces()) == 31


@given(st.text(alphabet="0123456789+", max_size=20))
def test_any_number_has_a_province_or_none(number: str) -> None:
    assert province_of(number, load_provinces()) in {None, *load_provinces().values()}


MENUS = """
call: {start: [{when: {closed: office}, menu: night}, {menu: day}]}
hours:
  office: {days: {saturday-wednesday: "08:00-16:00"}}
menus:
  day:
    say: [welcome]
    retries: 0
    keys:
      1:
        - {when: {provinces: [yazd]}, do: queue, queue: medical}
        - {do: queue, queue: insurance}
      2: {when: {holiday: true}, do: goodbye}
    otherwise:
      - {when: {provinces: [yazd]}, do: goodbye}
      - {do: operator}
  night:
    say: [closed]
    keys: {0: {do: operator}}
    otherwise: {do: goodbye}
"""


def test_alternatives_are_chosen_by_the_moment_and_the_caller(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text(MENUS)
    queues = frozenset({"operator", "insurance", "medical"})
    tree = load_tree([tmp_path / "main.yaml"], Known(queues, "operator", bool, provinces=frozenset({"yazd"})))
    day, night = (
        Facts(datetime(2026, 11, 21, hour, tzinfo=TEHRAN), tree.hours, province="yazd") for hour in (9, 22)
    )
    other = Facts(day.moment, tree.hours)
    assert (begin(tree, day).position.menu, begin(tree, night).position.menu) == ("day", "night")
    where = begin(tree, day).position
    ways = [walk(tree, who, where, key).then for who, key in ((day, "1"), (other, "1"), (day, ""), (other, ""))]
    assert [way.queue if isinstance(way, Leave) else way for way in ways] == ["medical", "insurance", None, "operator"]
    assert walk(tree, other, where, "2").result == "gave_up"
