"""The shape of a spoken language: values in, names of prompts out; the same names give the written text.

A language says what differs: its words, where it ties two parts together, and the order of a date, a time or a share.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from typing import ClassVar

from foundation.calendars import Calendar, calendar_of
from foundation.settings import Language
from ivr.speech.groups import digit_groups, phone_groups
from ivr.speech.measures import LARGEST, SCALES, DayOf, Phrase, SpeechError, Unit, day_of

PAUSE = "pause"
TIED = "-and"
"""Ends the name of a part that is recorded together with the «و» or "and" after it."""
LONGEST_FRACTION = 2
"""Decimals up to this many are one number («ممیز بیست و پنج»); more are said digit by digit."""


class Grammar(ABC):
    """One language. Every method returns names of prompts, in the order in which they are played."""

    language: ClassVar[Language]
    bare_thousand = True
    """Whether 1000 is «هزار» or "bin", without a one before it."""
    percent_first = False
    reads_groups = True
    """Whether a telephone number's groups are said as numbers (912, 34) and not digit by digit."""

    @cached_property
    @abstractmethod
    def texts(self) -> Mapping[str, str]:
        """Every prompt this language may say, by name."""

    @abstractmethod
    def ties(self, rest: int) -> bool:
        """Whether a hundred, thousand, million... is tied to the `rest` of its number; 0 when nothing follows."""

    @abstractmethod
    def ties_quantity(self, following: int) -> bool:
        """Whether a quantity is tied to the next one, with `following` more to come."""

    @abstractmethod
    def time(self, at: time) -> Phrase:
        """A time of day to the minute; seconds are left out."""

    @abstractmethod
    def _date(self, day: DayOf, *, year: bool) -> Phrase: ...

    @abstractmethod
    def _with_weekday(self, weekday: Phrase, day: Phrase) -> Phrase: ...

    def number(self, value: int) -> Phrase:
        """A whole number, exactly.

        Raises:
            SpeechError: it has more than 18 digits.
        """
        if abs(value) > LARGEST:
            raise SpeechError(f"{value}: numbers are said up to {LARGEST}")
        return ("minus", *self._whole(-value)) if value < 0 else tuple(self._whole(value))

    def decimal(self, value: Decimal | int) -> Phrase:
        """A number with decimals, exactly; zeros at the end are not said.

        Raises:
            SpeechError: it is no number, or too long to be said.
        """
        exact = Decimal(value)
        if not exact.is_finite() or abs(exact) > LARGEST:
            raise SpeechError(f"{value}: only numbers up to {LARGEST} can be said")
        whole, _, fraction = f"{abs(exact):f}".partition(".")
        names = (*self.number(int(whole)), *self._fraction(fraction.rstrip("0")))
        return ("minus", *names) if exact < 0 else names

    def ordinal(self, value: int) -> Phrase:
        """Third, twenty-first.

        Raises:
            SpeechError: it is below 1 or too long to be said.
        """
        if value < 1:
            raise SpeechError(f"{value}: ordinals begin with 1")
        *start, last = self.number(value)
        return (*start, *self._last_ordinal(int(last.removeprefix("number-"))))

    def quantities(self, *parts: tuple[int, Unit]) -> Phrase:
        """Twenty years and three months: each count with its unit, tied as the language ties them."""
        names: list[str] = []
        for following, (count, unit) in zip(reversed(range(len(parts))), parts, strict=True):
            tied = TIED if self.ties_quantity(following) else ""
            names += [*self.number(count), self.unit_name(unit, count) + tied]
        return tuple(names)

    def unit_name(self, unit: Unit, count: int) -> str:  # noqa: ARG002 - languages with plurals need it
        return unit.value

    def rials(self, amount: int) -> Phrase:
        return self.quantities((amount, Unit.RIAL))

    def tomans(self, rials: int) -> Phrase:
        """An amount given in rials, said in tomans of ten; rials that are no whole toman are said after them."""
        tomans, rest = divmod(abs(rials), 10)
        parts = [(tomans, Unit.TOMAN)] * bool(tomans or not rest) + [(rest, Unit.RIAL)] * bool(rest)
        names = self.quantities(*parts)
        return ("minus", *names) if rials < 0 else names

    def percent(self, value: Decimal | int) -> Phrase:
        """A share in per cent: 12.5 is twelve and a half per cent."""
        names = self.decimal(value)
        return ("percent", *names) if self.percent_first else (*names, "percent")

    def duration(self, seconds: int) -> Phrase:
        """Days, hours, minutes and seconds; those that are 0 are not said.

        Raises:
            SpeechError: it is negative.
        """
        if seconds < 0:
            raise SpeechError(f"{seconds} s: a length of time is not negative")
        minutes, rest = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        parts = ((days, Unit.DAY), (hours, Unit.HOUR), (minutes, Unit.MINUTE), (rest, Unit.SECOND))
        return self.quantities(*[part for part in parts if part[0]] or [(0, Unit.SECOND)])

    def date(
        self, day: date, calendar: Calendar | None = None, *, weekday: bool = False, year: bool = True,
    ) -> Phrase:
        """A day, by the calendar of the language unless another is named."""
        names = self._date(day_of(day, calendar or calendar_of(self.language)), year=year)
        return self._with_weekday((f"weekday-{day.isoweekday()}",), names) if weekday else names

    def digits(self, text: str) -> Phrase:
        """Digits one by one, with a pause between groups: those that spaces or dashes make, or else natural ones.

        Raises:
            SpeechError: there is something other than digits, spaces and dashes, or nothing.
        """
        return self._paused(self._one_by_one(group) for group in digit_groups(text))

    def phone(self, text: str, home: str = "98") -> Phrase:
        """A telephone number as people of the country `home` say it; their own numbers without the country's code.

        Raises:
            SpeechError: it is no telephone number.
        """
        foreign, groups = phone_groups(text, home)
        if foreign:
            return ("plus", *self._paused(self._one_by_one(group) for group in groups))
        return self._paused(self._group(group) for group in groups)

    def written(self, names: Iterable[str]) -> str:
        """The text of what is said."""
        spaced = " ".join(self.texts[name] for name in names)
        mark = self.texts[PAUSE]
        return spaced.replace(f" {mark}", mark)

    def pronounced(self, name: str) -> str:
        """What a synthesiser is given, where the text alone would be read wrong."""
        return self.texts[name]

    def _whole(self, value: int) -> Iterator[str]:
        rest = value
        for scale in SCALES:
            count, rest = divmod(rest, scale)
            if count and not (count == 1 and scale == 1000 and self.bare_thousand):
                yield from self._below_thousand(count)
            if count:
                yield self._tied(scale, rest)
        if rest or not value:
            yield from self._below_thousand(rest)

    def _below_thousand(self, value: int) -> Iterator[str]:
        rest = value % 100
        if value >= 100:
            yield self._tied(value - rest, rest)
        if rest or not value:
            yield f"number-{rest}"

    def _tied(self, value: int, rest: int) -> str:
        return f"number-{value}{TIED if self.ties(rest) else ''}"

    def _last_ordinal(self, value: int) -> Phrase:
        ones = value % 10
        if (whole := f"ordinal-{value}") in self.texts:
            return (whole,)
        return (self._tied(value - ones, ones), f"ordinal-{ones}")

    def _fraction(self, digits: str) -> Iterator[str]:
        if digits:
            yield "point"
            yield from self._group(digits) if len(digits) <= LONGEST_FRACTION else self._one_by_one(digits)

    def _group(self, digits: str) -> Phrase:
        if not self.reads_groups:
            return self._one_by_one(digits)
        rest = digits.lstrip("0")
        zeros = self._one_by_one("0" * (len(digits) - len(rest)))
        return (*zeros, *self.number(int(rest))) if rest else zeros

    @staticmethod
    def _one_by_one(digits: str) -> Phrase:
        return tuple(f"number-{digit}" for digit in digits)

    @staticmethod
    def _paused(groups: Iterable[Phrase]) -> Phrase:
        first, *others = groups
        return first + tuple(name for group in others for name in (PAUSE, *group))
