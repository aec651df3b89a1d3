"""When the public may be called. Pure, save for the calendar of public holidays."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from callqueue.outbound.model import CALLBACK
from foundation.calendars import day_start
from foundation.days import Days
from foundation.settings import Hours, Outbound, Settings

DAY_MS = 86_400_000
LOOK_DAYS = 60
"""Days ahead in which an open one is looked for; a site that is closed longer calls on the day after them."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class CallingHours:
    """Those who asked to be called back have hours of their own, on every day."""

    rules: Outbound
    zone: ZoneInfo
    is_holiday: Callable[[date], bool]

    def next_open(self, purpose: str, at_ms: int) -> int:
        """The first moment from `at_ms` on at which calls of this purpose may be dialled (epoch milliseconds)."""
        first = self._day(at_ms)
        day = first
        for ahead in range(LOOK_DAYS + 1):
            day = first + timedelta(days=ahead)
            opens, closes = self._span(purpose, day)
            if closes > at_ms and self._is_open(purpose, day):
                return max(at_ms, opens)
        return max(at_ms, self._span(purpose, day)[0])

    def is_open(self, purpose: str, at_ms: int) -> bool:
        return self.next_open(purpose, at_ms) == at_ms

    def expiry(self, purpose: str, start_ms: int, lasting_ms: int) -> int:
        """When a call is owed for so long that it is given up; days on which it may not be made are not counted."""
        end_ms = self.next_open(purpose, start_ms) + lasting_ms
        day = self._day(end_ms - lasting_ms)
        while day < self._day(end_ms):
            day += timedelta(days=1)
            if not self._is_open(purpose, day):
                end_ms += DAY_MS
            if end_ms - start_ms > LOOK_DAYS * DAY_MS:
                break
        return end_ms

    def _day(self, at_ms: int) -> date:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self.zone).date()

    def _is_open(self, purpose: str, day: date) -> bool:
        if purpose == CALLBACK:
            return True
        return WEEKDAYS[day.weekday()] not in self.rules.days_off and not self.is_holiday(day)

    def _span(self, purpose: str, day: date) -> tuple[int, int]:
        hours = self.rules.callback_hours if purpose == CALLBACK else self.rules.hours
        return self._moment(day, hours.first), self._moment(day, hours.last)

    def _moment(self, day: date, clock: str) -> int:
        if clock == "24:00":
            return int(day_start(day + timedelta(days=1), self.zone).timestamp() * 1000)
        return int(datetime.combine(day, time.fromisoformat(clock), self.zone).timestamp() * 1000)


def calling_hours(settings: Settings) -> CallingHours:
    """The site's hours."""
    return CallingHours(settings.outbound, ZoneInfo(settings.site.timezone), Days(settings.holidays).is_holiday)


__all__ = ["CallingHours", "Hours", "calling_hours"]
