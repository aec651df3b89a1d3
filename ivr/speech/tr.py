"""Turkish: parts stand side by side, without "and"; an ordinal's ending follows the last vowel of its word."""

from collections.abc import Mapping
from datetime import time
from functools import cached_property

from ivr.speech.grammar import PAUSE, Grammar
from ivr.speech.measures import DayOf, Phrase
from ivr.speech.words import calendar_names, numbered, table

ONES = table("sıfır bir iki üç dört beş altı yedi sekiz dokuz")
TENS = table("on yirmi otuz kırk elli altmış yetmiş seksen doksan", 10, 10)
HUNDREDS = {100: "yüz"} | {100 * one: f"{ONES[one]} yüz" for one in range(2, 10)}
SCALES = {10**3: "bin", 10**6: "milyon", 10**9: "milyar", 10**12: "trilyon", 10**15: "katrilyon"}
CALENDARS = calendar_names(
    jalali="Ferverdin Ordibeheşt Hordad Tir Mordad Şehriver Mehr Aban Azer Dey Behmen Esfend",
    gregorian="Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    weekdays="Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
)
WORDS = {
    PAUSE: ",", "minus": "eksi", "plus": "artı", "point": "virgül", "percent": "yüzde", "clock": "saat",
    "year": "yıl", "month": "ay", "day": "gün", "hour": "saat", "minute": "dakika", "second": "saniye",
    "rial": "riyal", "toman": "tümen",
}
HARMONY = {"a": "ı", "ı": "ı", "e": "i", "i": "i", "o": "u", "u": "u", "ö": "ü", "ü": "ü"}
"""A word's last vowel, and the vowel of the ending it takes."""


class Turkish(Grammar):
    language = "tr"
    percent_first = True

    @cached_property
    def texts(self) -> Mapping[str, str]:
        numbers = _numbers()
        ordinals = {value: _ordinal(numbers[value]) for value in (*range(1, 10), *TENS, *HUNDREDS, *SCALES)}
        return {**WORDS, **CALENDARS, **numbered("number", numbers), **numbered("ordinal", ordinals)}

    def ties(self, rest: int) -> bool:  # noqa: ARG002 - nothing is tied in Turkish
        return False

    def ties_quantity(self, following: int) -> bool:  # noqa: ARG002
        return False

    def time(self, at: time) -> Phrase:
        hour = (f"number-{at.hour}",) if at.hour else ("number-0", "number-0")
        zero = ("number-0",) if 0 < at.minute < 10 else ()
        minute = (f"number-{at.minute}",) if at.minute else ()
        return ("clock", *hour, *zero, *minute)

    def _date(self, day: DayOf, *, year: bool) -> Phrase:
        names = (f"number-{day.day}", day.month_name)
        return (*names, *self.number(day.year)) if year else names

    def _with_weekday(self, weekday: Phrase, day: Phrase) -> Phrase:
        return day + weekday


def _numbers() -> dict[int, str]:
    joined = {ten + one: f"{text} {ONES[one]}" for ten, text in TENS.items() for one in range(1, 10)}
    return ONES | TENS | joined | HUNDREDS | SCALES


def _ordinal(cardinal: str) -> str:
    """«birinci», «altıncı», «dördüncü»: -nci after a vowel, -inci after a consonant, in harmony with the last vowel."""
    stem = cardinal.removesuffix("t") + "d" if cardinal.endswith("dört") else cardinal
    vowel = HARMONY[next(letter for letter in reversed(stem) if letter in HARMONY)]
    return f"{stem}{'' if stem[-1] in HARMONY else vowel}nc{vowel}"
