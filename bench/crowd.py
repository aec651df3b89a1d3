"""People who might call: when they call, what they press, how long they wait. Pure, and the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bench.sipp import Caller, Keys

LANGUAGES = {"1": "Persian", "2": "Turkish", "3": "English"}
SUBJECTS = {"1": "insurance", "2": "medical", "3": "pensions", "0": "the operator"}
POPULATION = 60
"""People who call; some of them call again, but not before half of the others have."""


class Mood(StrEnum):
    """What becomes of a caller if nobody is in his way."""

    LOST = "hangs up in the menus"
    HASTY = "gives up soon"
    PATIENT = "waits"


@dataclass(frozen=True, slots=True)
class Person:
    """One call to be made."""

    after: float
    """Seconds since the call before it."""
    caller: Caller
    mood: Mood
    language: str
    subject: str

    def plan(self) -> str:
        """In short words, what he will do."""
        if self.mood is Mood.LOST:
            return f"{self.language}, {self.mood.value}"
        return f"{self.language}, {self.subject}, {self.mood.value}"


def crowd(random_source: random.Random, callers_per_minute: float) -> Iterator[Person]:
    """Callers for ever, at moments that do not know of each other (Poisson arrivals)."""
    numbers = [f"0912{random_source.randrange(10**7):07d}" for _ in range(POPULATION)]
    while True:
        after = random_source.expovariate(callers_per_minute / 60)
        number = numbers.pop(random_source.randrange(POPULATION // 2))
        numbers.append(number)
        yield _person(random_source, after, number)


def _person(random_source: random.Random, after: float, number: str) -> Person:
    language = random_source.choices(list(LANGUAGES), weights=(6, 2, 2))[0]
    subject = random_source.choices(list(SUBJECTS), weights=(4, 3, 2, 1))[0]
    mood = random_source.choices(list(Mood), weights=(1, 2, 9))[0]
    caller = Caller(number, _keys(random_source, mood, language, subject), _patience(random_source, mood))
    return Person(after, caller, mood, LANGUAGES[language], SUBJECTS[subject])


def _keys(random_source: random.Random, mood: Mood, language: str, subject: str) -> tuple[Keys, ...]:
    first = Keys(random_source.uniform(1.5, 5), language)
    if mood is Mood.LOST:
        return (first,)
    return (first, Keys(random_source.uniform(1.5, 5), subject))


def _patience(random_source: random.Random, mood: Mood) -> float | None:
    """Seconds after the last key; the announcements before the queue take the first few of them."""
    match mood:
        case Mood.LOST:
            return random_source.uniform(1, 3)
        case Mood.HASTY:
            return random_source.uniform(9, 30)
        case Mood.PATIENT:
            return None
