"""English: "and" before what is below a hundred, recorded with the part before it: "two hundred and"."""

from collections.abc import Mapping
from datetime import time
from functools import cached_property

from ivr.speech.grammar import PAUSE, TIED, Grammar
from ivr.speech.measures import DayOf, Phrase, Unit
from ivr.speech.words import calendar_names, numbered, table

ONES = table(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
)
TENS = table("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
HUNDREDS = {100 * one: f"{ONES[one]} hundred" for one in range(1, 10)}
SCALES = {10**3: "thousand", 10**6: "million", 10**9: "billion", 10**12: "trillion", 10**15: "quadrillion"}
IRREGULAR_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}
# A month is said in one breath with the "of" after the day.
CALENDARS = calendar_names(
    jalali="Farvardin Ordibehesht Khordad Tir Mordad Shahrivar Mehr Aban Azar Dey Bahman Esfand",
    gregorian="January February March April May June July August September October November December",
    weekdays="Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    before="of ",
)
WORDS = {
    PAUSE: ",", "minus": "minus", "plus": "plus", "point": "point", "percent": "per cent", "oh": "oh",
    "hundred": "hundred", "am": "a.m.", "pm": "p.m.", "noon": "noon", "midnight": "midnight",
}
ENDS = {Unit.SECOND, Unit.RIAL}
"""Nothing follows them, so they are never tied."""


class English(Grammar):
    language = "en"
    bare_thousand = False
    reads_groups = False

    @cached_property
    def texts(self) -> Mapping[str, str]:
        numbers = _numbers()
        ordinals = {value: _ordinal(text) for value, text in numbers.items() if value}
        return {
            **WORDS, **_units(), **CALENDARS, **numbered("number", numbers),
            **numbered("number", HUNDREDS | SCALES, TIED, " and"), **numbered("ordinal", ordinals),
        }

    def ties(self, rest: int) -> bool:
        return 0 < rest < 100

    def ties_quantity(self, following: int) -> bool:
        return following == 1

    def unit_name(self, unit: Unit, count: int) -> str:
        return unit.value if count == 1 else f"{unit.value}s"

    def time(self, at: time) -> Phrase:
        if not at.minute and at.hour % 12 == 0:
            return ("noon",) if at.hour else ("midnight",)
        hour = f"number-{at.hour % 12 or 12}"
        return (hour, *_two_digits(at.minute), "pm" if at.hour >= 12 else "am")

    def _date(self, day: DayOf, *, year: bool) -> Phrase:
        names = (f"ordinal-{day.day}", day.month_name)
        return (*names, *self._year(day.year)) if year else names

    def _year(self, year: int) -> Phrase:
        """Nineteen oh five, fourteen hundred, two thousand and four, twenty twenty-four."""
        century, rest = divmod(year, 100)
        if century < 11 or century > 99 or (century % 10 == 0 and rest < 10):
            return self.number(year)
        return (f"number-{century}", *(_two_digits(rest) or ("hundred",)))

    def _with_weekday(self, weekday: Phrase, day: Phrase) -> Phrase:
        return weekday + day


def _two_digits(value: int) -> Phrase:
    if not value:
        return ()
    return ("oh", f"number-{value}") if value < 10 else (f"number-{value}",)


def _numbers() -> dict[int, str]:
    joined = {ten + one: f"{text}-{ONES[one]}" for ten, text in TENS.items() for one in range(1, 10)}
    return ONES | TENS | joined | HUNDREDS | SCALES


def _ordinal(cardinal: str) -> str:
    start, dash, last = cardinal.rpartition("-")
    if last in IRREGULAR_ORDINALS:
        return f"{start}{dash}{IRREGULAR_ORDINALS[last]}"
    return f"{cardinal[:-1]}ieth" if last.endswith("y") else f"{cardinal}th"


def _units() -> dict[str, str]:
    words = {name: name for unit in Unit for name in (unit.value, f"{unit.value}s")}
    tied = {f"{name}{TIED}": f"{name} and" for name in words if Unit(name.removesuffix("s")) not in ENDS}
    return words | tied
