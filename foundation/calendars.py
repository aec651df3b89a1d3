"""Days, hours and moments as people at the site say them: in its zone, by the Jalali or the Gregorian calendar."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from foundation.settings import Language
from foundation.text import digits, latin_digits

_JALALI: Any = JalaliDate  # its signatures are not typed
HOUR = 3600
MOMENT_HELP = (
    "write 2026-11-22T08:00, 2026-11-22, 1405-09-01, '1405/09/01 08:00', 08:00, now, today, yesterday, "
    "or how long ago: -90s, -30m, -1h, -2d, -1w"
)


class MomentError(ValueError):
    """What was written is no moment; the text says what to write."""


class Calendar(StrEnum):
    JALALI = "jalali"
    GREGORIAN = "gregorian"


class Step(StrEnum):
    """How a time is cut into intervals."""

    QUARTER_HOUR = "15min"
    HALF_HOUR = "30min"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    NONE = "none"


CLOCK_STEPS = {Step.QUARTER_HOUR: 900, Step.HALF_HOUR: 1800, Step.HOUR: HOUR}
"""Seconds of those that are cut by the clock."""
WEEK_BEGINS = {Calendar.JALALI: 5, Calendar.GREGORIAN: 0}
"""Saturday and Monday, counted from Monday."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` until just before `end`, in epoch seconds."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        return self.end - self.start

    def holds(self, instant: float) -> bool:
        return self.start <= instant < self.end


def calendar_of(language: Language) -> Calendar:
    return Calendar.JALALI if language == "fa" else Calendar.GREGORIAN


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a civil day, also where clocks are moved at midnight."""
    local = datetime.combine(day, time(), zone)
    return datetime.fromtimestamp(local.timestamp(), zone)


def parse_moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment that a person wrote, in the site's zone unless it names an offset of its own.

    A day stands for its first moment. Years before 1700 are Jalali. Persian digits are read like others.

    Raises:
        MomentError: nothing that this function reads.
    """
    plain = latin_digits(text).strip().lower()
    local = now.astimezone(zone)
    named = _named(plain, zone, local) or _ago(plain, local) or _clock(plain, local)
    if named:
        return named
    return _written(plain, text, zone)


def split(
    interval: Interval, step: Step, zone: ZoneInfo, calendar: Calendar = Calendar.GREGORIAN,
) -> list[Interval]:
    """Cut at the zone's whole quarters, hours or midnights, or where the calendar's weeks, months or years begin; the
    first and last pieces may be shorter.

    A day on which clocks are moved has 23 or 25 hours. Weeks begin on Saturday by the Jalali calendar, else on Monday.
    """
    if step is Step.NONE:
        return [interval]
    return list(_pieces(interval, lambda instant: next_start(instant, step, zone, calendar)))


def next_start(instant: int, step: Step, zone: ZoneInfo, calendar: Calendar) -> int:
    """Where the piece after the one that holds `instant` begins, in epoch seconds; `step` is not NONE."""
    local = datetime.fromtimestamp(instant, zone)
    if step in CLOCK_STEPS:
        seconds = CLOCK_STEPS[step]
        return instant + seconds - (local.minute * 60 + local.second) % seconds
    return int(day_start(step_days(local.date(), step, calendar)[1], zone).timestamp())


def step_days(day: date, step: Step, calendar: Calendar) -> tuple[date, date]:
    """The first day of the day, week, month or year that holds `day`, and the first day of the next one."""
    if step is Step.DAY:
        return day, day + timedelta(days=1)
    if step is Step.WEEK:
        begun = day - timedelta(days=(day.weekday() - WEEK_BEGINS[calendar]) % 7)
        return begun, begun + timedelta(days=7)
    month_only = step is Step.MONTH
    if calendar is Calendar.GREGORIAN:
        following = (day.year + day.month // 12, day.month % 12 + 1) if month_only else (day.year + 1, 1)
        return date(day.year, day.month if month_only else 1, 1), date(*following, 1)
    jalali = _JALALI.to_jalali(day)
    year, month = int(jalali.year), int(jalali.month)
    following = (year + month // 12, month % 12 + 1) if month_only else (year + 1, 1)
    return _from_jalali(year, month if month_only else 1, 1), _from_jalali(*following, 1)


def year_before(moment: datetime, calendar: Calendar) -> datetime:
    """The same day and time of day one year earlier.

    A leap day has no like: all of it becomes the moment at which it would have begun, so that times stay in order.
    """
    day = moment.date()
    if calendar is Calendar.GREGORIAN:
        leap = (day.month, day.day) == (2, 29)
        earlier = date(day.year - 1, 3, 1) if leap else day.replace(year=day.year - 1)
    else:
        jalali = _JALALI.to_jalali(day)
        leap = jalali.day > _JALALI.days_in_month(jalali.month, jalali.year - 1)
        earlier = _from_jalali(jalali.year, 1, 1) if leap else _from_jalali(jalali.year - 1, jalali.month, jalali.day)
    return datetime.combine(earlier, time(tzinfo=moment.tzinfo) if leap else moment.timetz())


def jalali_month(day: date) -> int:
    """From 1 (Farvardin) to 12 (Esfand)."""
    return int(_JALALI.to_jalali(day).month)


def day_text(day: date, language: Language) -> str:
    """`۱۴۰۵/۰۹/۰۱` in Persian, `22.11.2026` in Turkish, `2026-11-22` in English."""
    if language == "fa":
        jalali = _JALALI.to_jalali(day)
        return digits(f"{jalali.year}/{jalali.month:02}/{jalali.day:02}", "fa")
    return day.strftime("%d.%m.%Y") if language == "tr" else day.isoformat()


def clock_text(moment: datetime, language: Language, *, seconds: bool = False) -> str:
    return digits(moment.time().isoformat("seconds" if seconds else "minutes"), language)


def moment_text(moment: datetime, language: Language, *, seconds: bool = False) -> str:
    return f"{day_text(moment.date(), language)} {clock_text(moment, language, seconds=seconds)}"


def iso(instant: float, zone: ZoneInfo) -> str:
    """ISO 8601 with the zone's offset, of epoch seconds."""
    return datetime.fromtimestamp(instant, zone).isoformat()


def _named(plain: str, zone: ZoneInfo, local: datetime) -> datetime | None:
    if plain == "now":
        return local
    days = {"today": 0, "yesterday": 1}.get(plain)
    return None if days is None else day_start(local.date() - timedelta(days=days), zone)


def _ago(plain: str, local: datetime) -> datetime | None:
    found = re.fullmatch(r"-(\d{1,6})([smhdw])", plain)
    if not found:
        return None
    seconds = int(found[1]) * {"s": 1, "m": 60, "h": HOUR, "d": 24 * HOUR, "w": 168 * HOUR}[found[2]]
    try:
        return (local.astimezone(UTC) - timedelta(seconds=seconds)).astimezone(local.tzinfo)
    except OverflowError as error:
        raise MomentError(f"{plain!r} is longer ago than calendars reach") from error


def _clock(plain: str, local: datetime) -> datetime | None:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", plain)
    if not found:
        return None
    try:
        return datetime.combine(local.date(), time(int(found[1]), int(found[2]), int(found[3] or 0)), local.tzinfo)
    except ValueError as error:
        raise MomentError(f"{plain!r} is no time of day: {error}") from error


_WRITTEN = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"(?:[t ]+(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*(?P<offset>z|[+-]\d{2}:?\d{2})?)?",
)


def _written(plain: str, text: str, zone: ZoneInfo) -> datetime:
    found = _WRITTEN.fullmatch(plain)
    if not found:
        raise MomentError(f"{text!r} is no time: {MOMENT_HELP}")
    try:
        day = _day(int(found["year"]), int(found["month"]), int(found["day"]))
        if not found["clock"]:
            return day_start(day, zone)
        clock = time.fromisoformat(found["clock"] if found["clock"][1] != ":" else "0" + found["clock"])
        offset = datetime.strptime(found["offset"].upper(), "%z").tzinfo if found["offset"] else zone
        return datetime.combine(day, clock, offset).astimezone(zone)
    except (ValueError, OverflowError) as error:
        raise MomentError(f"{text!r} is no time ({error}): {MOMENT_HELP}") from error


def _day(year: int, month: int, day: int) -> date:
    if 1200 <= year < 1700:
        return _from_jalali(year, month, day)
    if 1970 <= year < 2200:
        return date(year, month, day)
    raise ValueError(f"the year {year} is neither Jalali (1200–1699) nor Gregorian (1970–2199)")


def _from_jalali(year: int, month: int, day: int) -> date:
    try:
        found: date = _JALALI(year, month, day).to_gregorian()
    except ValueError as error:
        raise ValueError(error.args[0]) from error  # its text is a tuple with the wrong number
    return found


def _pieces(interval: Interval, following: Callable[[int], int]) -> Iterator[Interval]:
    start = interval.start
    while start < interval.end:
        end = min(following(start), interval.end)
        yield Interval(start, end)
        start = end
