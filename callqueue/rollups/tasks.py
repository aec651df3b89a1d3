"""What is to be made at once: times side by side that lack their roll-ups. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from callqueue.rollups.kinds import ROLLUPS
from callqueue.rollups.store import CELL, Kind, cell_of
from foundation.calendars import Interval, day_start

SETTLED = 600
"""Seconds after which a time is thought to be over; what comes later still counts, but costs a second making."""


@dataclass(frozen=True, slots=True)
class Task:
    """Times of one kind that lack their roll-ups, side by side."""

    kind: Kind
    days: tuple[Interval, ...] = ()
    """Whole days among them, which are made as well."""
    cells: tuple[Interval, ...] = ()


def together(tasks: Sequence[Task]) -> list[list[Task]]:
    """Those that are made of callers of the same times, side by side; each other one alone."""
    groups: list[list[Task]] = []
    for task in tasks:
        alike = next((group for group in groups if _share(group[0], task)), None)
        if alike is None:
            groups.append([task])
        else:
            alike.append(task)
    return groups


def _share(one: Task, other: Task) -> bool:
    are_of_people = all(ROLLUPS[each.kind].of_people for each in (one, other))
    return are_of_people and (one.days, one.cells) == (other.days, other.cells)


def day_of(day: date, zone: ZoneInfo) -> Interval:
    return Interval(*(int(day_start(each, zone).timestamp()) for each in (day, day + timedelta(days=1))))


def cells_of(day: Interval, now: int) -> list[Interval]:
    """The quarters of an hour that lie in the day and are over."""
    first = -(-day.start // CELL) * CELL
    last = min(day.end, cell_of(now - SETTLED))
    return [Interval(start, start + CELL) for start in range(first, last - CELL + 1, CELL)]


def runs_of(cells: Sequence[Interval]) -> list[list[Interval]]:
    """Those side by side, together."""
    runs: list[list[Interval]] = []
    for cell in cells:
        if runs and runs[-1][-1].end == cell.start:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return runs
