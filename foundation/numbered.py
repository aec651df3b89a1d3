"""Telephone numbers as integers, many at once: which of very many callers are among those of whom we know more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

NUMBER = np.dtype("<u8")
LONGEST = 18
"""Digits that fit behind the leading one; nobody can be met at a longer number."""
UNKNOWN = -1
MARK = 21
"""Bits of a number's mark."""

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]


def coded(number: str | None) -> int:
    """An integer that no other number has; 0: withheld, too long, or not of digits alone."""
    if not number or len(number) > LONGEST or not (number.isascii() and number.isdecimal()):
        return 0
    return int(f"1{number}")  # a number's first 0 counts


@dataclass(frozen=True)
class Told:
    """What has been told of each of many numbers."""

    numbers: Numbers
    """Rising."""
    places: Places
    """Of the same length: which of the words."""
    words: Sequence[str]

    def places_of(self, numbers: Numbers) -> Places:
        """Which of the words has been told of each of these; `UNKNOWN`: none. Fastest where they rise."""
        places = np.full(len(numbers), UNKNOWN, np.int64)
        if len(self.numbers):
            likely = np.flatnonzero(self._sieve[_mark(numbers)])
            found = np.searchsorted(self.numbers, numbers[likely])
            found[found == len(self.numbers)] = 0
            is_told = self.numbers[found] == numbers[likely]
            places[likely[is_told]] = self.places[found[is_told]]
        return places

    @cached_property
    def _sieve(self) -> NDArray[np.bool_]:
        """By a number's mark: of no other has anything been told. Most numbers need not be searched for."""
        sieve = np.zeros(1 << MARK, np.bool_)
        sieve[_mark(self.numbers)] = True
        return sieve


def _mark(numbers: Numbers) -> Numbers:
    """The upper bits of the lower half of a product; the factor has been drawn."""
    return (numbers * NUMBER.type(0x9E3779B97F4A7C15)) >> NUMBER.type(64 - MARK)


def told_of(words: Mapping[str, str]) -> Told:
    """By number; what cannot be coded is nobody's."""
    names = sorted(set(words.values()))
    place = {name: index for index, name in enumerate(names)}
    numbers = numbers_of(map(coded, words))
    places = np.fromiter((place[word] for word in words.values()), np.int64, len(words))
    order = np.argsort(numbers)
    order = order[numbers[order] > 0]
    return Told(numbers[order], places[order], names)


def numbers_of(codes: Iterable[int]) -> Numbers:
    return np.fromiter(codes, NUMBER)
