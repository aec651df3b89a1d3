from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.calendars import (
    Calendar,
    Interval,
    MomentError,
    Step,
    day_start,
    day_text,
    iso,
    moment_text,
    parse_moment,
    split,
    year_before,
)

TEHRAN = ZoneInfo("Asia/Tehran")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 9, 30, 15, tzinfo=TEHRAN)

WRITTEN = """
2026-11-22T08:00            2026-11-22T08:00:00+03:30
2026-11-22 8:00             2026-11-22T08:00:00+03:30
2026-11-22T08:00:05.5       2026-11-22T08:00:05.500000+03:30
2026-11-22                  2026-11-22T00:00:00+03:30
2026/11/22                  2026-11-22T00:00:00+03:30
2026-11-22T08:00Z           2026-11-22T11:30:00+03:30
2026-11-22T08:00+01:00      2026-11-22T10:30:00+03:30
1405-09-01                  2026-11-22T00:00:00+03:30
1405/9/1 17:05              2026-11-22T17:05:00+03:30
۱۴۰۵/۰۹/۰۱                  2026-11-22T00:00:00+03:30
1403-12-30                  2025-03-20T00:00:00+03:30
08:00                       2026-11-22T08:00:00+03:30
now                         2026-11-22T09:30:15+03:30
today                       2026-11-22T00:00:00+03:30
Yesterday                   2026-11-21T00:00:00+03:30
-1h                         2026-11-22T08:30:15+03:30
-90s                        2026-11-22T09:28:45+03:30
-2d                         2026-11-20T09:30:15+03:30
-1w                         2026-11-15T09:30:15+03:30
"""


@pytest.mark.parametrize("line", WRITTEN.strip().splitlines())
def test_a_moment_is_read_as_people_write_it(line: str) -> None:
    written, expected = line.rsplit(maxsplit=1)
    assert parse_moment(written.strip(), TEHRAN, NOW).isoformat() == expected


@pytest.mark.parametrize("written", [
    "", "soon", "25:00", "2026-13-01", "1405-12-30", "1404-13-01", "0000-01-01", "2026-11-22T24:01", "-999999w", "-1y",
    "2026-11-22T08:00+99:99", "2026-11/22",
])
def test_a_wrong_moment_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(MomentError, match=r"write|no time|longer ago"):
        parse_moment(written, TEHRAN, NOW)


@given(st.text(max_size=30))
def test_no_text_makes_the_reader_fail_otherwise(written: str) -> None:
    with suppress(MomentError):
        assert parse_moment(written, TEHRAN, NOW).tzinfo


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.sampled_from(list(Step)),  # noqa: DTZ001
       st.integers(1, 4 * 86400), st.sampled_from(["Asia/Tehran", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]))
def test_the_pieces_of_a_time_join_to_it_without_hole_or_overlap(
    start: datetime, step: Step, seconds: int, zone: str,
) -> None:
    begin = int(start.replace(tzinfo=UTC).timestamp())
    whole = Interval(begin, begin + seconds)
    pieces = split(whole, step, ZoneInfo(zone))
    assert pieces[0].start == whole.start
    assert pieces[-1].end == whole.end
    assert all(left.end == right.start and left.seconds > 0 for left, right in pairwise(pieces))


def _pieces(day: date, zone: ZoneInfo, step: Step) -> list[str]:
    start, end = (int(day_start(each, zone).timestamp()) for each in (day, day + timedelta(days=1)))
    return [iso(piece.start, zone) for piece in split(Interval(start, end), step, zone)]


def test_a_day_on_which_the_clocks_go_forward_has_23_hours() -> None:
    hours = _pieces(date(2026, 3, 29), BERLIN, Step.HOUR)
    assert len(hours) == 23
    assert hours[1:3] == ["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"]


def test_a_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    hours = _pieces(date(2026, 10, 25), BERLIN, Step.HOUR)
    assert len(hours) == 25
    assert hours[2:4] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]


def test_tehran_has_no_summer_time_since_2023_and_every_day_24_hours() -> None:
    assert len(_pieces(date(2026, 3, 22), TEHRAN, Step.HOUR)) == 24


def test_a_day_whose_midnight_was_skipped_begins_at_one() -> None:
    """Tehran's clocks went from 24:00 to 01:00 on 1 Farvardin until 2022."""
    start = day_start(date(2022, 3, 22), TEHRAN)
    assert start.isoformat() == "2022-03-22T01:00:00+04:30"
    assert len(_pieces(date(2022, 3, 22), TEHRAN, Step.HOUR)) == 23


def test_half_hour_shifts_give_pieces_inside_single_hours_of_the_clock() -> None:
    hours = _pieces(date(2026, 10, 4), ZoneInfo("Australia/Lord_Howe"), Step.HOUR)
    assert hours[:4] == [
        "2026-10-04T00:00:00+10:30", "2026-10-04T01:00:00+10:30", "2026-10-04T02:30:00+11:00",
        "2026-10-04T03:00:00+11:00",
    ]


@pytest.mark.parametrize(("now", "calendar", "before"), [
    ("2026-11-22T08:00:00+03:30", Calendar.JALALI, "2025-11-22T08:00:00+03:30"),
    ("2025-03-20T08:00:00+03:30", Calendar.JALALI, "2024-03-20T00:00:00+03:30"),  # 30 Esfand of a leap year
    ("2025-03-19T08:00:00+03:30", Calendar.JALALI, "2024-03-19T08:00:00+03:30"),
    ("2025-03-21T00:00:00+03:30", Calendar.JALALI, "2024-03-20T00:00:00+03:30"),  # Nowruz to Nowruz
    ("2024-02-29T08:00:00+00:00", Calendar.GREGORIAN, "2023-03-01T00:00:00+00:00"),
])
def test_the_year_before_is_counted_in_the_sites_calendar(now: str, calendar: Calendar, before: str) -> None:
    moment = datetime.fromisoformat(now)
    if calendar is Calendar.JALALI:
        moment = moment.astimezone(TEHRAN)
    assert year_before(moment, calendar) == datetime.fromisoformat(before)


def test_dates_are_written_in_each_languages_way() -> None:
    assert moment_text(NOW, "fa") == "۱۴۰۵/۰۹/۰۱ ۰۹:۳۰"
    assert moment_text(NOW, "tr", seconds=True) == "22.11.2026 09:30:15"
    assert day_text(NOW.date(), "en") == "2026-11-22"
