"""Telephone numbers as integers, many at once: which of very many callers are among those of whom we know more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NUMBER = np.dtype("<u8")
LONGEST = 18
"""Digits that fit behind the leading one; nobody can be met at a longer number."""
UNKNOWN = -1

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]


def coded(number: str | None) -> int:
    """An integer that no other number has; 0: withheld, too long, or not of digits alone."""
    if not number or len(number) > LONGEST or not (number.isascii() and number.isdecimal()):
        return 0
    return int(f"1{number}")  # a number's first 0 counts


@dataclass(frozen=True, slots=True)
class Told:
    """What has been told of each of many numbers."""

    numbers: Numbers
    """Rising."""
    places: Places
    """Of the same length: which of the words."""
    words: Sequence[str]

    def places_of(self, numbers: Numbers) -> Places:
        """Which of the words has been told of each of these; `UNKNOWN`: none. Fastest where they rise."""
        if not len(self.numbers):
            return np.full(len(numbers), UNKNOWN, np.int64)
        found = np.searchsorted(self.numbers, numbers)
        found[found == len(self.numbers)] = 0
        return np.where(self.numbers[found] == numbers, self.places[found], UNKNOWN)


def told_of(words: Mapping[str, str]) -> Told:
    """By number; what cannot be coded is nobody's."""
    names = sorted(set(words.values()))
    place = {name: index for index, name in enumerate(names)}
    numbers = numbers_of(map(coded, words))
    rising = np.argsort(numbers)
    rising = rising[np.searchsorted(numbers, 1, sorter=rising):]  # the first cannot be coded
    places = np.fromiter((place[word] for word in words.values()), np.int64, len(words))
    return Told(numbers[rising], places[rising], names)


def numbers_of(codes: Iterable[int]) -> Numbers:
    return np.fromiter(codes, NUMBER)
