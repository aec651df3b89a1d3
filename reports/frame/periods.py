"""The time a report is about: by its first and last moment, or by name; and the earlier time it is compared with."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from foundation.calendars import Calendar, Interval, Step, day_start, parse_moment, step_days, year_before

DAY = 86_400


class Period(StrEnum):
    """A named time; those that are not over yet go up to now."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this-week"
    LAST_WEEK = "last-week"
    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    THIS_YEAR = "this-year"
    LAST_YEAR = "last-year"


class Compare(StrEnum):
    """With which earlier time a report is compared."""

    NONE = "none"
    BEFORE = "before"
    """The period before; of times without a name, the same length just before."""
    WEEK = "week"
    """The same weekdays and hours a week before."""
    YEAR = "year"
    """The same days of the year before, by the calendar."""


@dataclass(frozen=True, slots=True)
class Almanac:
    """What times are reckoned by."""

    zone: ZoneInfo
    calendar: Calendar
    now: int
    """Epoch seconds."""

    def local(self, instant: int) -> datetime:
        return datetime.fromtimestamp(instant, self.zone)

    def day(self, period: "tuple[Step, int]") -> Interval:
        """The whole day, week, month or year so many before the running one."""
        step, ago = period
        first, after = step_days(self.local(self.now).date(), step, self.calendar)
        for _ in range(ago):
            first, after = step_days(first - timedelta(days=1), step, self.calendar)
        return Interval(*(int(day_start(day, self.zone).timestamp()) for day in (first, after)))


PERIODS: dict[Period, tuple[Step, int]] = {
    Period.TODAY: (Step.DAY, 0), Period.YESTERDAY: (Step.DAY, 1),
    Period.THIS_WEEK: (Step.WEEK, 0), Period.LAST_WEEK: (Step.WEEK, 1),
    Period.THIS_MONTH: (Step.MONTH, 0), Period.LAST_MONTH: (Step.MONTH, 1),
    Period.THIS_YEAR: (Step.YEAR, 0), Period.LAST_YEAR: (Step.YEAR, 1),
}


def named(period: Period, almanac: Almanac) -> Interval:
    """The period; one that is not over goes up to now, the second that is running in it."""
    whole = almanac.day(PERIODS[period])
    return Interval(whole.start, min(whole.end, almanac.now + 1))


def written(start: str, end: str, almanac: Almanac) -> Interval:
    """From one written moment until just before another; no end: now, the second that is running in it.

    Raises:
        MomentError: one of them is no moment.
    """
    local = datetime.fromtimestamp(almanac.now, UTC)
    first = parse_moment(start, almanac.zone, local).timestamp()
    last = parse_moment(end, almanac.zone, local).timestamp() if end else almanac.now + 1
    return Interval(math.floor(first), math.ceil(last))


def compared(interval: Interval, period: Period | None, compare: Compare, almanac: Almanac) -> Interval | None:
    """The earlier time; of one that goes on beyond now, as much as has passed of it. None: nothing is compared."""
    end = max(interval.start, min(interval.end, almanac.now + 1))
    match compare:
        case Compare.NONE:
            return None
        case Compare.WEEK:
            return Interval(_days_before(interval.start, 7, almanac), _days_before(end, 7, almanac))
        case Compare.YEAR:
            start, until = (
                int(year_before(almanac.local(each), almanac.calendar).timestamp()) for each in (interval.start, end)
            )
            return Interval(start, max(start, until))
        case Compare.BEFORE:
            return _before(Interval(interval.start, end), period, almanac)


def _before(interval: Interval, period: Period | None, almanac: Almanac) -> Interval:
    if period is None:
        days, rest = divmod(interval.seconds, DAY)
        if days and not rest:
            return Interval(_days_before(interval.start, days, almanac), interval.start)
        return Interval(interval.start - interval.seconds, interval.start)
    step, ago = PERIODS[period]
    earlier = almanac.day((step, ago + 1))
    if ago:
        return earlier
    return Interval(earlier.start, min(earlier.end, earlier.start + interval.seconds))


def _days_before(instant: int, days: int, almanac: Almanac) -> int:
    """The same time of day: where clocks were moved between, a day was no 24 hours."""
    local = almanac.local(instant)
    return int((local.replace(tzinfo=None) - timedelta(days=days)).replace(tzinfo=almanac.zone).timestamp())
