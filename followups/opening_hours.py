"""When a unit works: its hours on working days, and shorter ones on half days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from followups.working_days import DayKind, WorkingDays
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

    def span(self, day: date, days: WorkingDays, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """The day's first and last moment of work; None when nobody works."""
        if self.always:
            return day_start(day, zone), day_start(day + timedelta(days=1), zone)
        state = days.state(day)
        if not state.is_working:
            return None
        closes = self.half_closes if state.kind is DayKind.HALF else self.closes
        return _moment(day, self.opens, zone), _end(day, closes, zone)

    def next_open(self, moment: datetime, days: WorkingDays, zone: ZoneInfo) -> datetime:
        """`moment` itself while the unit works, else the next time it opens."""
        local = moment.astimezone(zone)
        today = self.span(local.date(), days, zone)
        if today is not None and local < today[1]:
            return max(local, today[0])
        span = self.span(days.following(local.date(), 1), days, zone)
        if span is None:
            raise HoursError(f"no opening hours on {days.following(local.date(), 1)}, a working day")
        return span[0]


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone)


def _end(day: date, closes: time, zone: ZoneInfo) -> datetime:
    return day_start(day + timedelta(days=1), zone) if closes == MIDNIGHT else _moment(day, closes, zone)
