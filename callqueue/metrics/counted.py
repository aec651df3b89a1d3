"""Counts of whatever is told apart by words, like queue and agent, in rows that can be added."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Words = tuple[str, ...]


@dataclass(slots=True)
class Counted:
    """A row of `numbers` for each of `keys`; which column is what, its maker knows."""

    keys: Sequence[Words] = ()
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[Words, Mapping[str, int]]]:
        """Each key with its numbers by name."""
        for key, row in zip(self.keys, self.numbers.tolist(), strict=True):
            yield key, dict(zip(columns, row, strict=True))


def counted_of(found: Mapping[Words, Mapping[str, int]], columns: Sequence[str]) -> Counted:
    """Rows that are not all nothing, in the order of their keys."""
    kept = {key: row for key, row in sorted(found.items()) if any(row.values())}
    numbers = [[row.get(column, 0) for column in columns] for row in kept.values()]
    return Counted(tuple(kept), np.array(numbers, np.int64).reshape(len(kept), len(columns)))


def gathered(keys: Sequence[Words], numbers: NDArray[np.int64]) -> Counted:
    """A row for each key, which is the sum of the rows that have it."""
    names = sorted(set(keys))
    place = {name: row for row, name in enumerate(names)}
    whole = np.zeros((len(names), numbers.shape[1]), np.int64)
    np.add.at(whole, np.array([place[key] for key in keys], np.int64), numbers)
    return Counted(tuple(names), whole)


def add_counted(parts: Iterable[Counted]) -> Counted:
    """The sum of all of them."""
    filled = list(parts)
    keys = sorted({key for part in filled for key in part.keys})
    place = {key: row for row, key in enumerate(keys)}
    whole = np.zeros((len(keys), max((part.numbers.shape[1] for part in filled), default=0)), np.int64)
    for part in filled:
        if len(part.keys):
            whole[[place[key] for key in part.keys]] += part.numbers
    return Counted(tuple(keys), whole)
