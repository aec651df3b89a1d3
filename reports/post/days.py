"""When a report is sent: every day, week or month at a time of day, in the site's zone and by a calendar. Pure.

when = read_when("monthly 1 08:00")
next_due(when, after, zone, Calendar.JALALI)     # 08:00 on the first of the next Jalali month
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

from foundation.calendars import Calendar, Step, step_days
from foundation.text import latin_digits
from reports.frame.parameters import ParameterError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FARTHEST_DAYS = 400
WHEN_HELP = "write `daily 08:00`, `weekly saturday 08:00` or `monthly 1 08:00`"
_WRITTEN = re.compile(
    r"(?:daily|weekly (?P<weekday>[a-z]+)|monthly (?P<day>\d{1,2})) (?P<hour>\d{1,2}):(?P<minute>\d{2})",
)


class WhenError(ParameterError):
    """No time that this module reads."""

    name: ClassVar[str] = "wrong-when"


class Every(StrEnum):
    DAY = "daily"
    WEEK = "weekly"
    MONTH = "monthly"


@dataclass(frozen=True, slots=True)
class When:
    every: Every
    at: time
    weekday: int = 0
    """Of WEEK, from Monday, 0."""
    day: int = 1
    """Of MONTH; in shorter months its last day."""

    def __str__(self) -> str:
        """As `read_when` reads it."""
        on = {Every.DAY: "", Every.WEEK: f" {WEEKDAYS[self.weekday]}", Every.MONTH: f" {self.day}"}[self.every]
        return f"{self.every.value}{on} {self.at:%H:%M}"

    def falls_on(self, day: date, calendar: Calendar) -> bool:
        if self.every is Every.DAY:
            return True
        if self.every is Every.WEEK:
            return day.weekday() == self.weekday
        first, after = step_days(day, Step.MONTH, calendar)
        return day == min(first + timedelta(days=self.day - 1), after - timedelta(days=1))


def read_when(text: str) -> When:
    """Raises WhenError."""
    found = _WRITTEN.fullmatch(" ".join(latin_digits(text).lower().split()))
    if found is None:
        raise WhenError(written=text[:60], help=WHEN_HELP)
    try:
        at = time(int(found["hour"]), int(found["minute"]))
        if found["weekday"]:
            return When(Every.WEEK, at, weekday=WEEKDAYS.index(found["weekday"]))
        if found["day"]:
            return When(Every.MONTH, at, day=_month_day(found["day"]))
    except ValueError as error:
        raise WhenError(written=text[:60], help=WHEN_HELP) from error
    return When(Every.DAY, at)


def next_due(when: When, after: int, zone: ZoneInfo, calendar: Calendar) -> int:
    """The first moment after `after` (epoch seconds) at which it is due."""
    return next(due for due in _dues(when, after, zone, calendar) if due > after)


def _dues(when: When, after: int, zone: ZoneInfo, calendar: Calendar) -> Iterator[int]:
    today = datetime.fromtimestamp(after, zone).date()
    for ahead in range(FARTHEST_DAYS):
        day = today + timedelta(days=ahead)
        if when.falls_on(day, calendar):
            yield int(datetime.combine(day, when.at, zone).timestamp())


def _month_day(text: str) -> int:
    day = int(text)
    if not 1 <= day <= 31:
        raise ValueError(text)
    return day
