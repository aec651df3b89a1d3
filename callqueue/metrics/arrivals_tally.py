"""How many stints entered each quarter of an hour and how long they waited, in numbers that can be added: what the
planning of agents learns from.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Way = tuple[str, str]
"""Queue, and origin of the stint."""
Run = tuple[int, Sequence[int]]
"""The number of a quarter of an hour since the epoch, and the counts of that and those after it."""


@dataclass(slots=True)
class ArrivalsTally:
    """Of the stints that entered in a time."""

    came: dict[Way, Run] = field(default_factory=dict)
    gave_up: Counter[str] = field(default_factory=Counter)
    """Callers who hung up after more than S, by queue; whom we called ourselves is not among them, here and below."""
    waited_ms: Counter[str] = field(default_factory=Counter)
    """Milliseconds beyond S that all callers waited."""

    @property
    def queues(self) -> set[str]:
        return {queue for queue, _ in self.came}

    def quarters(self, queues: Collection[str] | None, origins: Collection[str]) -> Iterator[tuple[int, int]]:
        """Quarters of an hour (some more than once) with how many came into these queues (None: any) in these ways."""
        for (queue, origin), (first, counts) in self.came.items():
            if (queues is None or queue in queues) and origin in origins:
                yield from enumerate(counts, first)


def tally_arrivals(
    counted: Mapping[Way, Mapping[int, int]], gave_up: Mapping[str, int], waited_ms: Mapping[str, int],
) -> ArrivalsTally:
    """Of the counts of each way and quarter of an hour."""
    return ArrivalsTally(
        {way: _run(quarters) for way, quarters in sorted(counted.items()) if any(quarters.values())},
        Counter({queue: count for queue, count in sorted(gave_up.items()) if count}),
        Counter({queue: ms for queue, ms in sorted(waited_ms.items()) if ms}),
    )


def _run(quarters: Mapping[int, int]) -> Run:
    known = [quarter for quarter, count in quarters.items() if count]
    first = min(known)
    return first, [quarters.get(quarter, 0) for quarter in range(first, max(known) + 1)]


def add_arrivals(tallies: Iterable[ArrivalsTally]) -> ArrivalsTally:
    """The tally of all of them."""
    counted: defaultdict[Way, Counter[int]] = defaultdict(Counter)
    gave_up, waited_ms = Counter[str](), Counter[str]()
    for tally in tallies:
        for way, (first, counts) in tally.came.items():
            counted[way].update(dict(enumerate(counts, first)))
        gave_up.update(tally.gave_up)
        waited_ms.update(tally.waited_ms)
    return tally_arrivals(counted, gave_up, waited_ms)
