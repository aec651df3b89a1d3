"""When a caller has to be answered: the rule of the subject, reckoned by the calendar. Pure.

The day on which the clock starts is not counted, as in Iranian civil procedure (Code of Civil Procedure of 1379, art.
445), and the answer is in time until the last counted day's last second in the site's zone. Whatever the rule says,
nobody waits longer than ten working days.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from followups.deadlines.opening_hours import UnitCalendar
from followups.deadlines.working_days import WorkingDays

CAP_WORKING_DAYS: Final = 10
"""Nobody waits longer, whatever his subject."""
LAST_SECOND = time(23, 59, 59, fold=1)
"""Where clocks go back at midnight, the later of the two."""


class Count(StrEnum):
    """Which days a rule counts."""

    CALENDAR = "calendar"
    WORKING = "working"


class ClockStart(StrEnum):
    CONTACT = "contact"
    """The moment the caller told us."""
    OPENING = "opening"
    """The moment the responsible unit works next: at once while it is open."""


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """Like three calendar days from the contact."""

    days: int
    count: Count = Count.CALENDAR
    starts: ClockStart = ClockStart.CONTACT

    def __post_init__(self) -> None:
        if not 1 <= self.days <= 60:
            raise ValueError(f"days = {self.days}: between 1 and 60")


@dataclass(frozen=True, slots=True)
class Deadline:
    """What was promised, and how it came about."""

    starts: datetime
    """When the clock started, UTC."""
    at: datetime
    """The last second in time, UTC."""
    day: date
    """The last day, in the site's zone."""
    capped: bool
    """The rule alone would have taken longer than ten working days."""
    provisional: bool
    """A day between may still turn out a holiday, or none; the deadline then moves."""


def reckon(rule: DeadlineRule, contact: datetime, unit: UnitCalendar) -> Deadline:
    """The deadline of a case that a caller brought to this unit at `contact`.

    Raises:
        NoWorkingDayError: the site's closures leave no working day within a year.
    """
    came = unit.local(contact)
    starts = unit.next_open(contact) if rule.starts is ClockStart.OPENING else came
    by_rule = _last_day(rule, starts.date(), unit.days)
    longest = unit.days.following(came.date(), CAP_WORKING_DAYS)
    last = min(by_rule, longest)
    return Deadline(
        starts.astimezone(UTC), end_of(last, unit.zone), last, capped=by_rule > longest,
        provisional=_hangs_on_sky(rule, came.date(), last, unit.days),
    )


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a day in the site's zone, UTC."""
    return datetime.combine(day, LAST_SECOND, zone).astimezone(UTC)


def _last_day(rule: DeadlineRule, start: date, days: WorkingDays) -> date:
    if rule.count is Count.WORKING:
        return days.following(start, rule.days)
    return date.fromordinal(start.toordinal() + rule.days)


def _hangs_on_sky(rule: DeadlineRule, contact: date, last: date, days: WorkingDays) -> bool:
    """Whether a lunar holiday not announced yet could move it; calendar days hardly ever hang on it."""
    if rule.count is Count.CALENDAR and rule.starts is ClockStart.CONTACT:
        # Ten working days are at least ten days, so only a longer rule can meet the cap.
        return rule.days > CAP_WORKING_DAYS and days.is_provisional(contact, last)
    return days.is_provisional(date.fromordinal(contact.toordinal() - 1), last)
