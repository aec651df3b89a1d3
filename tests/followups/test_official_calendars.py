"""The holidays of 1400 to 1405 against calendars that do not come from the library.

Sources: the first days of lunar months as printed in the yearly calendars of the Calendar Center of the Institute of
Geophysics, University of Tehran (calendar.ut.ac.ir, Calendar-1400 to Calendar-1404; 1 Shawwal 1443 as corrected there
after the sighting); solar holidays by the law on official holidays; 1405 as the press printed it from the Public
Culture Council's calendar (8 Aban 1404), and 25 Farvardin, which the press left out: it is the 25th of Shawwal, a
holiday by law, and Shawwal began on 1 Farvardin.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from persiantools.jdatetime import JalaliDate

from followups.deadlines.working_days import NATIONWIDE, DayKind, WorkingDays
from foundation.settings import Holidays

_JALALI: Any = JalaliDate

MONTHS = """
1442-08 2021-03-15    1442-09 2021-04-14    1442-10 2021-05-13    1442-11 2021-06-12    1442-12 2021-07-12
1443-01 2021-08-10    1443-02 2021-09-08    1443-03 2021-10-08    1443-06 2022-01-04    1443-07 2022-02-03
1443-08 2022-03-04    1443-09 2022-04-03    1443-10 2022-05-03    1443-12 2022-07-01
1444-01 2022-07-30    1444-02 2022-08-29    1444-03 2022-09-28    1444-06 2022-12-25    1444-07 2023-01-23
1444-08 2023-02-22    1444-09 2023-03-23    1444-10 2023-04-22    1444-12 2023-06-20
1445-01 2023-07-19    1445-02 2023-08-18    1445-03 2023-09-17    1445-06 2023-12-15    1445-07 2024-01-13
1445-08 2024-02-11    1445-09 2024-03-12    1445-10 2024-04-10    1445-12 2024-06-08
1446-01 2024-07-07    1446-02 2024-08-06    1446-03 2024-09-05    1446-06 2024-12-03    1446-07 2025-01-02
1446-08 2025-01-31    1446-09 2025-03-02    1446-10 2025-03-31    1446-12 2025-05-28
1447-01 2025-06-27    1447-02 2025-07-26    1447-03 2025-08-25    1447-06 2025-11-22    1447-07 2025-12-22
1447-08 2026-01-21    1447-09 2026-02-19
"""
LUNAR = """
01-09 01-10 02-20 02-28 03-08 03-17 06-03 07-13 07-27 08-15 09-21 10-01 10-02 10-25 12-10 12-18
"""
"""Besides these the last day of Safar, be it the 29th or the 30th."""
SOLAR = "01-01 01-02 01-03 01-04 01-12 01-13 03-14 03-15 11-22 12-29"
"""Besides these the leap day, 30 Esfand."""
PRINTED_1405 = """
01-01 01-02 01-03 01-04 01-12 01-13 01-25 03-06 03-14 03-15 04-03 04-04 05-13 05-21 05-22 05-30 06-08 08-22 10-02 10-16
11-04 11-22 12-10 12-19 12-20 12-29
"""
DECLARED = """
1402-05-10 1402-05-11                                                                               heat
1403-03-02                                                                                          a funeral
1404-12-10 1404-12-11 1404-12-12 1404-12-13 1404-12-14 1404-12-15 1404-12-16                        mourning
"""
FIRST, LAST = (1400, 1, 1), (1404, 12, 29)

days = WorkingDays(Holidays(), date(2026, 11, 22))


def gregorian(year: int, month: int, day: int) -> date:
    found: date = _JALALI(year, month, day).to_gregorian()
    return found


def lunar_holidays() -> set[date]:
    words = MONTHS.split()
    starts = {name: date.fromisoformat(day) for name, day in zip(words[::2], words[1::2], strict=True)}
    found = set()
    for holiday in LUNAR.split():
        for name, start in starts.items():
            if name[5:] == holiday[:2]:
                found.add(start + timedelta(days=int(holiday[3:]) - 1))
    return found | {start - timedelta(days=1) for name, start in starts.items() if name.endswith("-03")}


def solar_holidays() -> set[date]:
    found = {gregorian(year, *map(int, day.split("-"))) for year in range(1400, 1405) for day in SOLAR.split()}
    return found | {gregorian(1403, 12, 30)}


def declared() -> set[date]:
    words = [word for word in DECLARED.split() if word[:2] == "14"]
    return {gregorian(*map(int, word.split("-"))) for word in words}


def test_five_years_of_holidays_are_those_of_the_official_calendars() -> None:
    first, last = gregorian(*FIRST), gregorian(*LAST)
    expected = {day for day in lunar_holidays() | solar_holidays() | declared() if first <= day <= last}
    whole = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    found = {day for day in whole if days.state(day).kind is DayKind.HOLIDAY}
    assert sorted(map(str, found ^ expected)) == []
    assert len(whole) == 365 * 5 + 1  # 1403 was a leap year


def test_the_holidays_of_1405_are_those_that_were_printed() -> None:
    printed = {gregorian(1405, *map(int, day.split("-"))) for day in PRINTED_1405.split()}
    start = gregorian(1405, 1, 1)
    whole = {start + timedelta(days=number) for number in range(365)}
    assert {day for day in whole if days.state(day).kind is DayKind.HOLIDAY} == printed
    assert len(printed) == 26


@pytest.mark.parametrize(("jalali", "weekday", "occasion"), [
    # Weekdays as printed: an error of a day in the calendar's arithmetic would show here.
    ("1400-01-01", 6, "نوروز"), ("1401-01-01", 0, "نوروز"), ("1402-01-01", 1, "نوروز"), ("1403-01-01", 2, "نوروز"),
    ("1404-01-01", 4, "نوروز"), ("1405-01-01", 5, "نوروز"), ("1403-12-30", 3, "آخرین روز سال"),
    ("1401-02-13", 1, "فطر"), ("1403-01-22", 2, "فطر"), ("1402-05-06", 4, "عاشورا"), ("1403-04-26", 1, "عاشورا"),
    ("1404-04-15", 6, "عاشورا"), ("1405-04-04", 3, "عاشورا"), ("1403-03-28", 0, "قربان"), ("1403-06-04", 6, "اربعین"),
])
def test_a_holiday_has_its_weekday_and_its_name(jalali: str, weekday: int, occasion: str) -> None:
    day = gregorian(*map(int, jalali.split("-")))
    assert (day.weekday(), days.state(day).kind) == (weekday, DayKind.HOLIDAY)
    assert occasion in days.state(day).why


@pytest.mark.parametrize(("year", "leap"), [
    (1399, True), (1400, False), (1401, False), (1402, False), (1403, True), (1404, False), (1405, False), (1408, True),
])
def test_leap_years_have_a_thirtieth_of_esfand(year: int, leap: bool) -> None:
    first_of_next = gregorian(year + 1, 1, 1)
    assert ((first_of_next - gregorian(year, 12, 29)).days == 2) is leap


def test_what_the_library_lacks_it_still_lacks() -> None:
    """Else our own list has become superfluous."""
    import holidays  # noqa: PLC0415

    assert not set(NATIONWIDE) & set(holidays.country_holidays("IR", years=range(2021, 2028)))
