"""Several intervals side by side, and what lies in which of them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from foundation.calendars import Interval

Item = TypeVar("Item")
Placed = dict[tuple[str, int], list[Item]]
"""By queue and number of the piece."""


class Pieces:
    """Which of several intervals side by side an instant lies in."""

    def __init__(self, pieces: Sequence[Interval]) -> None:
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]

    def index(self, instant: float) -> int | None:
        index = bisect_right(self._starts, instant) - 1
        return index if index >= 0 and self._pieces[index].holds(instant) else None

    def parted(self, items: Iterable[Item], at: Callable[[Item], float]) -> list[list[Item]]:
        """Those of each piece."""
        parts: list[list[Item]] = [[] for _ in self._pieces]
        for item in items:
            index = self.index(at(item))
            if index is not None:
                parts[index].append(item)
        return parts

    def place(self, items: Iterable[Item], queue: Callable[[Item], str], at: Callable[[Item], float]) -> Placed[Item]:
        placed: Placed[Item] = defaultdict(list)
        for item in items:
            index = self.index(at(item))
            if index is not None:
                placed[queue(item), index].append(item)
        return placed


def whole_of(pieces: Sequence[Interval]) -> Interval:
    return Interval(pieces[0].start, pieces[-1].end)
