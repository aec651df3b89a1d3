"""Rings that agents picked up and did not, by queue, agent and hour of the day, in numbers that can be added. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from callqueue.ledger.evidence import Ring
from callqueue.ledger.stint import Outcome, Stint

HOURS = 24
ANSWERED, MISSED, MISSED_MS, LONGEST_MS = range(4)
Pair = tuple[str, str]
"""Queue and agent."""


def _nothing(*shape: int) -> NDArray[np.int64]:
    return np.zeros(shape, np.int64)


@dataclass(slots=True)
class RingsTally:
    """`numbers` has a row for each place; a place is that of a pair, times 24, and an hour of the day."""

    pairs: Sequence[Pair] = ()
    places: NDArray[np.int64] = field(default_factory=lambda: _nothing(0))
    numbers: NDArray[np.int64] = field(default_factory=lambda: _nothing(0, 4))

    def cube(self) -> NDArray[np.int64]:
        """Every number by pair, hour and column."""
        whole = _nothing(len(self.pairs) * HOURS, 4)
        whole[self.places] = self.numbers
        return whole.reshape(len(self.pairs), HOURS, 4)


def tally_rings(rings: Iterable[Ring], served: Iterable[Stint], hour_of: Callable[[int], int]) -> RingsTally:
    """Of one time.

    Args:
        rings: not picked up in it.
        served: stints that were answered in it, whenever they entered.
        hour_of: the hour of the day that an instant (epoch seconds) lies in.
    """
    missed: defaultdict[tuple[Pair, int], list[int]] = defaultdict(list)
    answered: Counter[tuple[Pair, int]] = Counter()
    for ring in rings:
        missed[(ring.queue, ring.agent), hour_of(ring.at)].append(ring.ring_ms)
    for stint in served:
        if stint.outcome is Outcome.ANSWERED and stint.answered is not None:
            answered[(stint.queue, stint.agent or ""), hour_of(stint.answered)] += 1
    pairs = sorted({pair for pair, _ in (*missed, *answered)})
    place_of = {pair: place for place, pair in enumerate(pairs)}
    rows = sorted(
        (place_of[pair] * HOURS + hour, answered[pair, hour], len(lengths), sum(lengths), max(lengths, default=0))
        for pair, hour in {*missed, *answered} for lengths in (missed.get((pair, hour), ()),))
    table = np.array(rows, np.int64).reshape(len(rows), 5)
    return RingsTally(tuple(pairs), table[:, 0], table[:, 1:])


def add_rings(tallies: Iterable[RingsTally]) -> RingsTally:
    """The tally of all of them."""
    parts = list(tallies)
    pairs = sorted({pair for part in parts for pair in part.pairs})
    place_of = {pair: place for place, pair in enumerate(pairs)}
    whole = _nothing(len(pairs) * HOURS, 4)
    for part in parts:
        mine = np.array([place_of[pair] * HOURS for pair in part.pairs], np.int64)
        places = mine[part.places // HOURS] + part.places % HOURS
        longest = np.maximum(whole[places, LONGEST_MS], part.numbers[:, LONGEST_MS])
        whole[places] += part.numbers
        whole[places, LONGEST_MS] = longest
    filled = np.flatnonzero(whole.any(axis=1))
    return RingsTally(tuple(pairs), filled, whole[filled])
