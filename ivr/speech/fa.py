"""Persian: a part is tied to the next by «و», recorded with the part before it: «چهارصد و» is *chahārsad-o*."""

import re
from collections.abc import Iterable, Mapping
from datetime import time
from functools import cached_property

from ivr.speech.grammar import PAUSE, TIED, Grammar
from ivr.speech.measures import DayOf, Phrase
from ivr.speech.words import calendar_names, numbered, table

ONES = table(
    "صفر یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده",
)
TENS = table("بیست سی چهل پنجاه شصت هفتاد هشتاد نود", 20, 10)
HUNDREDS = table("صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد", 100, 100)
SCALES = {10**3: "هزار", 10**6: "میلیون", 10**9: "میلیارد", 10**12: "تریلیون", 10**15: "کوادریلیون"}
IRREGULAR_ORDINALS = {1: "یکم", 3: "سوم", 30: "سی‌ام"}
HOURS = range(24)
CALENDARS = calendar_names(
    jalali="فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
    gregorian="ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    weekdays="دوشنبه سه‌شنبه چهارشنبه پنجشنبه جمعه شنبه یکشنبه",
)
UNITS = {"year": "سال", "month": "ماه", "day": "روز", "hour": "ساعت", "minute": "دقیقه", "toman": "تومان"}
"""Others may follow them, so each has a tied form too."""
WORDS = {
    PAUSE: "،", "minus": "منفی", "plus": "مثبت", "point": "ممیز", "percent": "درصد", "clock": "ساعت",
    "second": "ثانیه", "rial": "ریال", "first": "اول",
}
KASRA = "\u0650"
DAMMA = "\u064f"
VOWEL_MARKS = re.compile("[\u064b-\u0652]")
AND = " و"


class Persian(Grammar):
    language = "fa"

    @cached_property
    def texts(self) -> Mapping[str, str]:
        numbers = _numbers()
        tied = {value: numbers[value] for value in (*HOURS, *TENS, *HUNDREDS, *SCALES)}
        tied_units = {f"{name}{TIED}": f"{text}{AND}" for name, text in UNITS.items()}
        ordinals = {value: _ordinal(value) for value in (*range(1, 20), *TENS, *HUNDREDS, *SCALES)}
        # A day of the month leans on the month after it: *bist-o sevvom-e tir*.
        days = {value: _ordinal(value) for value in range(1, 32)}
        return {
            **WORDS, **UNITS, **tied_units, **CALENDARS,
            **numbered("number", numbers), **numbered("number", tied, TIED, AND),
            **numbered("ordinal", ordinals), **numbered("day", days, after=KASRA),
        }

    def ties(self, rest: int) -> bool:
        return rest > 0

    def ties_quantity(self, following: int) -> bool:
        return following > 0

    def ordinal(self, value: int) -> Phrase:
        # «یکم» is the day of a month or the end of «بیست و یکم»; what stands first is «اول».
        return ("first",) if value == 1 else super().ordinal(value)

    def time(self, at: time) -> Phrase:
        if not at.minute:
            return ("clock", f"number-{at.hour}")
        return ("clock", f"number-{at.hour}{TIED}", f"number-{at.minute}", "minute")

    def written(self, names: Iterable[str]) -> str:
        # The marks tell a voice what to say; nobody writes them.
        return VOWEL_MARKS.sub("", super().written(names))

    def pronounced(self, name: str) -> str:
        """Spoken «و» is a vowel of the word before it; and espeak-ng takes «نه» for "no"."""
        joined = re.sub(rf"{AND}( |$)", rf"{DAMMA}\1", self.texts[name])
        return re.sub(rf"(^|\s)نه(?=م?[{DAMMA}{KASRA}]?(\s|$))", rf"\1ن{DAMMA}ه", joined)

    def _date(self, day: DayOf, *, year: bool) -> Phrase:
        names = (f"day-{day.day}", day.month_name)
        return (*names, *self.number(day.year)) if year else names

    def _with_weekday(self, weekday: Phrase, day: Phrase) -> Phrase:
        return weekday + day


def _numbers() -> dict[int, str]:
    joined = {ten + one: f"{text}{AND} {ONES[one]}" for ten, text in TENS.items() for one in range(1, 10)}
    return ONES | TENS | joined | HUNDREDS | SCALES


def _ordinal(value: int) -> str:
    """«سوم», «بیست و یکم», «سی‌ام»."""
    if value in IRREGULAR_ORDINALS:
        return IRREGULAR_ORDINALS[value]
    if 20 < value < 100 and value % 10:
        return f"{TENS[value - value % 10]}{AND} {_ordinal(value % 10)}"
    return f"{_numbers()[value]}م"
