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


def add_counted(parts: Iterable[Counted], signs: Iterable[int] | None = None) -> Counted:
    """The sum of all of them; a part is taken away where its sign is −1."""
    filled = list(parts)
    factors = list(signs) if signs is not None else [1] * len(filled)
    keys = sorted({key for part in filled for key in part.keys})
    place = {key: row for row, key in enumerate(keys)}
    whole = np.zeros((len(keys), max((part.numbers.shape[1] for part in filled), default=0)), np.int64)
    for part, factor in zip(filled, factors, strict=True):
        if len(part.keys):
            whole[[place[key] for key in part.keys]] += factor * part.numbers
    return Counted(tuple(keys), whole)
