"""What callers brought, by their numbers: so that those of whom it is told where they live are counted there. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqueue.metrics.counted import Counted
from foundation.numbered import NUMBER, UNKNOWN, Numbers, Told, numbers_of

Integers = NDArray[np.integer[Any]]
EVERY = slice(None)


def _nothing(*shape: int) -> NDArray[np.int64]:
    return np.zeros(shape, np.int64)


@dataclass(slots=True)
class Callers:
    """A row for each number and queue, in the order of both. Its numbers are those of its pattern, of which there are
    few, for nearly everybody calls once and is served; and one more, which is another with everybody.
    """

    queues: Sequence[str] = ()
    patterns: Integers = field(default_factory=lambda: _nothing(0, 0))
    numbers: Numbers = field(default_factory=lambda: np.zeros(0, NUMBER))
    queue: Integers = field(default_factory=lambda: _nothing(0))
    """Which of `queues`."""
    pattern: Integers = field(default_factory=lambda: _nothing(0))
    """Which of `patterns`."""
    own: Integers = field(default_factory=lambda: _nothing(0))

    def table(self, rows: Integers | slice = EVERY) -> Integers:
        """All numbers of these rows, their own the last."""
        return np.column_stack([self.patterns[self.pattern[rows]], self.own[rows]])


def callers_of(rows: Mapping[tuple[str, int], Sequence[int]]) -> Callers:
    """From numbers by queue and coded telephone number, of which the last is a row's own."""
    if not rows:
        return Callers()
    queues = sorted({queue for queue, _ in rows})
    place = {queue: index for index, queue in enumerate(queues)}
    numbers = numbers_of(number for _, number in rows)
    queue = np.array([place[queue] for queue, _ in rows], np.int64)
    return _ordered(queues, numbers, queue, np.array(list(rows.values()), np.int64))


def add_callers(tallies: Iterable[Callers]) -> Callers:
    """The tally of all of them."""
    parts = [part for part in tallies if len(part.numbers)]
    if not parts:
        return Callers()
    queues, joined = _joined_queues(parts)
    return _ordered(
        queues, np.concatenate([part.numbers for part in parts]),
        np.concatenate([queue[part.queue] for part, queue in zip(parts, joined, strict=True)]),
        np.concatenate([part.table() for part in parts]))


def _joined_queues(parts: Sequence[Callers]) -> tuple[Sequence[str], list[Integers]]:
    """All queues, and which of them those of each part are."""
    queues = sorted({queue for part in parts for queue in part.queues})
    place = {queue: index for index, queue in enumerate(queues)}
    return queues, [np.array([place[queue] for queue in part.queues], np.int64) for part in parts]


def _ordered(queues: Sequence[str], numbers: Numbers, queue: Integers, table: Integers) -> Callers:
    """Rows of one number and queue become one."""
    order = np.lexsort((queue, numbers))
    numbers, queue = numbers[order], queue[order]
    is_first = (np.diff(numbers, prepend=0) != 0) | (np.diff(queue, prepend=-1) != 0)
    first = np.flatnonzero(is_first)
    table = np.add.reduceat(table[order], first, axis=0)
    patterns, pattern = np.unique(table[:, :-1], axis=0, return_inverse=True)
    return Callers(queues, patterns, numbers[first], queue[first], pattern.reshape(-1), table[:, -1])


def told_counts(parts: Sequence[Callers], told: Told) -> Counted:
    """What those callers brought of whom something has been told, by queue and what that is."""
    filled = [part for part in parts if len(part.numbers)]
    if not filled:
        return Counted()
    queues, joined = _joined_queues(filled)
    words = len(told.words)
    whole = _nothing(len(queues) * words, filled[0].patterns.shape[1] + 1)
    for part, queue in zip(filled, joined, strict=True):
        place = told.places_of(part.numbers)
        known = np.flatnonzero(place != UNKNOWN)
        np.add.at(whole, queue[part.queue[known]] * words + place[known], part.table(known))
    kept = np.flatnonzero(whole.any(axis=1))
    return Counted([(queues[row // words], told.words[row % words]) for row in kept.tolist()], whole[kept])
