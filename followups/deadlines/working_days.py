"""Which days are working days: Iran's official holidays, the offices' week, and the site's own closures.

Solar holidays stand on their days of the Jalali calendar. Lunar ones are those of the calendar that the University of
Tehran's Calendar Center publishes, as far as the library `holidays` knows it; later ones are computed. Whether a month
has 29 or 30 days is seen in the sky at its end, so Fitr may still come a day sooner or later than printed. Such days
are *provisional*: what is reckoned with them is reckoned again once the site says how they turned out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

import holidays

from foundation.settings import Holidays
from foundation.settings.service import Week

DAY = timedelta(days=1)
LONGEST_CLOSURE: Final = 366
"""Days in a row without a working day, beyond which the settings must be wrong."""
NATIONWIDE: Final[Mapping[date, str]] = MappingProxyType({date(2024, 5, 22): "تشییع رئیس‌جمهور"})
"""Days on which the government closed all offices of the country, and which the library does not have."""
_ESTIMATED = "تخمینی"
_FITR = "فطر"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class NoWorkingDayError(ValueError):
    """The site's closures leave no working day; the text says where."""


class DayKind(StrEnum):
    WORKING = "working"
    HALF = "half"
    """A working day with fewer hours."""
    OFF = "off"
    """A day off of the week."""
    HOLIDAY = "holiday"
    CLOSED = "closed"
    """By the site."""


@dataclass(frozen=True, slots=True)
class DayState:
    """What a day is, and whether that may still change."""

    day: date
    kind: DayKind
    why: str
    """The holiday's name, the closure's title or the day of the week; empty on working days."""
    provisional: bool
    """A lunar holiday that is not announced yet stands here or next to it."""

    @property
    def is_working(self) -> bool:
        return self.kind in {DayKind.WORKING, DayKind.HALF}


class WorkingDays:
    """The days by one state of the site's settings.

    `known_until`: how the days up to here turned out is known (normally today); `holidays.announced_until` goes
    further where the site says so.
    """

    def __init__(self, rules: Holidays, known_until: date) -> None:
        self._rules = rules
        self._known_until = max(known_until, rules.announced_until or known_until)
        self._opened = frozenset(rules.working)
        self._states: dict[date, DayState] = {}

    def state(self, day: date) -> DayState:
        known = self._states.get(day)
        if known is None:
            kind, why = self._kind(day)
            known = self._states[day] = DayState(day, kind, why, self._is_provisional(day))
        return known

    def is_working(self, day: date) -> bool:
        return self.state(day).is_working

    def following(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, which itself is not counted; `day` for 0.

        Raises:
            NoWorkingDayError: no working day within a year.
        """
        found = day
        for _ in range(count):
            found = self._next(found)
        return found

    def preceding(self, day: date, count: int) -> date:
        """The `count`-th working day before `day`."""
        found = day
        for _ in range(count):
            found = self._next(found, -DAY)
        return found

    def count(self, after: date, until: date) -> int:
        """Working days after `after`, up to `until` inclusive."""
        return sum(self.is_working(after + DAY * number) for number in range(1, (until - after).days + 1))

    def is_provisional(self, after: date, until: date) -> bool:
        """Whether any day after `after`, up to `until` inclusive, may still turn out otherwise."""
        return any(self.state(after + DAY * number).provisional for number in range(1, (until - after).days + 1))

    def _next(self, day: date, step: timedelta = DAY) -> date:
        for number in range(1, LONGEST_CLOSURE + 1):
            if self.is_working(day + step * number):
                return day + step * number
        raise NoWorkingDayError(f"no working day within {LONGEST_CLOSURE} days of {day}: mend holidays.closures and "
                                "holidays.weeks in site.yaml")

    def _kind(self, day: date) -> tuple[DayKind, str]:
        for closure in self._rules.closures:
            if closure.first <= day <= closure.last:
                return DayKind.CLOSED, closure.title
        holiday = self._holiday(day)
        if holiday is not None:
            return DayKind.HOLIDAY, holiday
        week, name = self._week(day), _WEEKDAYS[day.weekday()]
        if name in week.days_off:
            return DayKind.OFF, name
        return (DayKind.HALF if name in week.half_days else DayKind.WORKING), ""

    def _holiday(self, day: date) -> str | None:
        if self._rules.country is None or day in self._opened:
            return None
        return NATIONWIDE.get(day) or _official(day.year).get(day)

    def _week(self, day: date) -> Week:
        return next(week for week in reversed(self._rules.weeks) if week.since is None or week.since <= day)

    def _is_provisional(self, day: date) -> bool:
        if self._rules.country is None or day <= self._known_until:
            return False
        near = (day - DAY, day, day + DAY)
        return any(_may_move(_official(one.year).get(one, "")) for one in near if one > self._known_until)


def _may_move(name: str) -> bool:
    return _ESTIMATED in name or _FITR in name


@cache
def _official(year: int) -> Mapping[date, str]:
    """The official holidays of a Gregorian year, with their Persian names."""
    return MappingProxyType(dict(holidays.country_holidays("IR", years=year, language="fa_IR")))
