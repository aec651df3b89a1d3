"""When a unit works: its hours on working days, and shorter ones on half days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from followups.deadlines.working_days import DayKind, WorkingDays
from foundation.calendars import day_start

MIDNIGHT = time()


class HoursError(ValueError):
    """These hours cannot be; the text says why."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """From `opens` until just before `closes`; `closes` at midnight is the day's end."""

    opens: time = time(7, 30)
    closes: time = time(14, 15)
    half_closes: time = time(12, 30)
    """On half days."""
    always: bool = False
    """Day and night, holidays included, like the telephone line itself."""

    def __post_init__(self) -> None:
        for name, closes in (("closes", self.closes), ("half_closes", self.half_closes)):
            if closes != MIDNIGHT and closes <= self.opens:
                raise HoursError(f"{name} {closes:%H:%M} is not after opens {self.opens:%H:%M}")


@dataclass(frozen=True, slots=True)
class UnitCalendar:
    """A unit's hours on the days of a site."""

    hours: OpeningHours
    days: WorkingDays
    zone: ZoneInfo

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def opens(self, day: date) -> datetime:
        """When work begins on a working day; of a unit that always works, its midnight."""
        return day_start(day, self.zone) if self.hours.always else datetime.combine(day, self.hours.opens, self.zone)

    def closes(self, day: date) -> datetime:
        """When work ends on a working day."""
        is_half = self.days.state(day).kind is DayKind.HALF
        clock = self.hours.half_closes if is_half else self.hours.closes
        if self.hours.always or clock == MIDNIGHT:
            return day_start(day + timedelta(days=1), self.zone)
        return datetime.combine(day, clock, self.zone)

    def next_open(self, moment: datetime) -> datetime:
        """`moment` itself while the unit works, else the next time it opens."""
        local = self.local(moment)
        today = local.date()
        if (self.hours.always or self.days.is_working(today)) and local < self.closes(today):
            return max(local, self.opens(today))
        return self.opens(self.days.following(today, 1))
