"""The week by hour: calls and agents' time by the hours of the week, in numbers that can be added. Pure.

T and S have gone into these counts, so other thresholds ask for other tallies. Contacts and wrap-up are not in them, so
neither windows nor the passing of time change what is over.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from callqueue.metrics.agent_time import time_figures
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.figures import Value
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.tally import AgentKey, AgentsTally, CallsTally
from callqueue.metrics.tally_figures import doing, judged, waits_in_time
from foundation.calendars import Interval, Step, split

DAY, WEEK = 24, 168
"""Hours."""
COLUMNS = (
    "offered", "answered", "abandoned", "entries", "answered_within_threshold", "entries_abandoned", "short_abandoned",
    "entries_left_for_callback",
)
SAME = ("offered", "answered", "abandoned", "entries", "entries_left_for_callback")
"""Those that the tallies of calls have by these names."""
Key = TypeVar("Key", str, AgentKey)


@dataclass(slots=True)
class ByHour(Generic[Key]):
    """`numbers` has a row for each place; a place is that of a key, times 168, and an hour of the week."""

    keys: Sequence[Key]
    places: NDArray[np.int64]
    numbers: NDArray[np.int64]

    def cube(self) -> NDArray[np.int64]:
        """Every number by key, hour of the week and column."""
        columns = self.numbers.shape[1]
        whole = np.zeros((len(self.keys) * WEEK, columns), np.int64)
        whole[self.places] = self.numbers
        return whole.reshape(len(self.keys), WEEK, columns)


def _no_calls() -> ByHour[str]:
    return ByHour((), np.zeros(0, np.int64), np.zeros((0, len(COLUMNS)), np.int64))


def _no_agents() -> ByHour[AgentKey]:
    return ByHour((), np.zeros(0, np.int64), np.zeros((0, 1), np.int64))


@dataclass(slots=True)
class HoursTally:
    """Of one time. Hours of the week are counted from Monday's midnight."""

    calls: ByHour[str] = field(default_factory=_no_calls)
    """By queue; the columns are `COLUMNS`."""
    agents: ByHour[AgentKey] = field(default_factory=_no_agents)
    """Milliseconds, by what agents were."""
    waiting: list[tuple[str, int, int, int]] = field(default_factory=list)
    """Entries that still wait: queue, hour, when they first joined, and when they joined the queue they wait in."""


@dataclass(frozen=True, slots=True)
class Booked:
    """What is booked to a time that lies in one hour of the week; parts of it lie side by side."""

    hour: int
    calls: Sequence[Mapping[str, CallsTally]]
    """By queue."""
    agents: Sequence[AgentsTally]


def hours_of_week(interval: Interval, zone: ZoneInfo) -> Iterator[tuple[int, Interval]]:
    """The interval cut by the zone's hours, each piece with its hour of the week."""
    def hour_of(instant: int) -> int:
        local = datetime.fromtimestamp(instant, zone)
        return local.weekday() * DAY + local.hour

    for piece in split(interval, Step.HOUR, zone):
        hour = hour_of(piece.start)
        if hour == hour_of(piece.end - 1):
            yield hour, piece
        else:
            # Clocks are moved amid it: quarters tell the two hours apart, however a time is cut.
            yield from ((hour_of(quarter.start), quarter) for quarter in split(piece, Step.QUARTER_HOUR, zone))


def _no_counts() -> NDArray[np.int64]:
    return np.zeros(len(COLUMNS), np.int64)


def tally_hours(booked: Iterable[Booked], rules: Rulebook) -> HoursTally:
    """Of T and S of the rules."""
    calls: defaultdict[tuple[str, int], NDArray[np.int64]] = defaultdict(_no_counts)
    spent: Counter[tuple[AgentKey, int]] = Counter()
    tally = HoursTally()
    for each in booked:
        for queue, part in ((queue, part) for queues in each.calls for queue, part in queues.items()):
            calls[queue, each.hour] += _counts_of(part, queue, rules)
            tally.waiting += [(queue, each.hour, first, last) for first, last in part.waiting]
        for agents in each.agents:
            for key, ms in agents.spent.items():
                spent[key, each.hour] += ms
    tally.calls = _by_hour({place: counts.tolist() for place, counts in calls.items()}, len(COLUMNS))
    tally.agents = _by_hour({place: [ms] for place, ms in spent.items()}, 1)
    return tally


def _counts_of(part: CallsTally, queue: str, rules: Rulebook) -> list[int]:
    in_time, short = judged(part, rules.of(queue))
    found = {
        **{name: part.counts[name] for name in SAME}, "answered_within_threshold": in_time,
        "entries_abandoned": len(part.entries_abandoned), "short_abandoned": short,
    }
    return [found[name] for name in COLUMNS]


def _by_hour(found: Mapping[tuple[Key, int], list[int]], columns: int) -> ByHour[Key]:
    """What is nothing is left out."""
    filled = sorted(place for place, row in found.items() if any(row))
    keys = sorted({key for key, _ in filled})
    place_of = {key: place for place, key in enumerate(keys)}
    places = np.array([place_of[key] * WEEK + hour for key, hour in filled], np.int64)
    return ByHour(tuple(keys), places, np.array([found[place] for place in filled], np.int64).reshape(-1, columns))


def add_hours(tallies: Iterable[HoursTally]) -> HoursTally:
    """The tally of all of them."""
    parts = [HoursTally(), *tallies]
    return HoursTally(
        _add([part.calls for part in parts]), _add([part.agents for part in parts]),
        [each for part in parts for each in part.waiting])


def _add(parts: Sequence[ByHour[Key]]) -> ByHour[Key]:
    keys = sorted({key for part in parts for key in part.keys})
    place_of = {key: place for place, key in enumerate(keys)}
    whole = np.zeros((len(keys) * WEEK, parts[0].numbers.shape[1]), np.int64)
    for part in parts:
        mine = np.array([place_of[key] * WEEK for key in part.keys], np.int64)
        whole[mine[part.places // WEEK] + part.places % WEEK] += part.numbers
    filled = np.flatnonzero(whole.any(axis=1))
    return ByHour(tuple(keys), filled, whole[filled])


def hour_figures(
    tally: HoursTally, queues: Collection[str] | None, rules: Rulebook, now: int,
) -> list[dict[str, Value]]:
    """Figures by their ids, of each of the week's 168 hours.

    Args:
        tally: of a time.
        queues: whose; None: all.
        rules: those that it was made by.
        now: epoch seconds.
    """
    mine = [place for place, queue in enumerate(tally.calls.keys) if queues is None or queue in queues]
    calls = tally.calls.cube()[mine].sum(axis=0).tolist()
    waiting = Counter(
        hour for queue, hour, first, last in tally.waiting
        if (queues is None or queue in queues)
        and waits_in_time(first, last, rules.of(queue).service_threshold, now))
    available, busy = _time(tally.agents, queues)
    return [
        {**_of_calls(dict(zip(COLUMNS, calls[hour], strict=True)), waiting[hour]),
         "occupancy": time_figures(available[hour], busy[hour]).occupancy}
        for hour in range(WEEK)
    ]


def _of_calls(counts: Mapping[str, int], waiting: int) -> dict[str, Value]:
    whole = counts["entries"] - counts["short_abandoned"] - counts["entries_left_for_callback"] - waiting
    return {
        **{name: counts[name] for name in ("offered", "answered", "abandoned")},
        "service_level": ratio(counts["answered_within_threshold"], whole),
        "abandonment_rate": ratio(counts["entries_abandoned"] - counts["short_abandoned"], whole),
    }


def _time(agents: ByHour[AgentKey], queues: Collection[str] | None) -> tuple[list[int], list[int]]:
    """Milliseconds available and busy in each hour of the week."""
    asked = None if queues is None else frozenset(queues)
    what = np.array([doing(key, asked) for key in agents.keys], np.int64).reshape(len(agents.keys), 2)
    available, busy = np.tensordot(what, agents.cube()[:, :, 0], (0, 0)).tolist()
    return available, busy
