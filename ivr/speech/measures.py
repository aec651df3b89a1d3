"""What can be said: sizes of numbers, units, and a day by its calendar."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from persiantools.jdatetime import JalaliDate

from foundation.calendars import Calendar

_JALALI: Any = JalaliDate  # its signatures are not typed

Phrase = tuple[str, ...]
"""Names of prompts, played one after the other."""
SCALES = (10**15, 10**12, 10**9, 10**6, 10**3)
LARGEST = 10**18 - 1


class SpeechError(ValueError):
    """A value cannot be said; the text names it and the reason."""


class Unit(StrEnum):
    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"
    RIAL = "rial"
    TOMAN = "toman"


@dataclass(frozen=True)
class DayOf:
    """A day by its calendar."""

    calendar: Calendar
    year: int
    month: int
    day: int

    @property
    def month_name(self) -> str:
        return f"month-{self.calendar}-{self.month}"


def day_of(day: date, calendar: Calendar) -> DayOf:
    """The day by `calendar`.

    Raises:
        SpeechError: the Jalali calendar had not begun.
    """
    if calendar is Calendar.GREGORIAN:
        return DayOf(calendar, day.year, day.month, day.day)
    try:
        jalali = _JALALI.to_jalali(day.year, day.month, day.day)
    except ValueError as error:
        raise SpeechError(f"{day}: the Jalali calendar begins in 622") from error
    return DayOf(calendar, jalali.year, jalali.month, jalali.day)
