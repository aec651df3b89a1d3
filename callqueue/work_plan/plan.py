"""An agent's planned working times. Pure. Names ending in `_ms` are epoch milliseconds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Activity(StrEnum):
    """What is planned. Where several are planned at once the first counts: breaks and absences lie upon work."""

    ABSENT = "absent"
    """Leave, illness: nothing is expected of him."""
    BREAK = "break"
    """A pause, of one reason or of any; also what is work but not calls, like training."""
    WORK = "work"


ORDER = {activity: rank for rank, activity in enumerate(Activity)}


@dataclass(frozen=True, slots=True, order=True)
class PlanLine:
    """One line of a plan: from `start_ms` until just before `end_ms`."""

    agent: str
    day: date
    """On which it begins, by the site's clock; a night's shift belongs to its first day whole."""
    start_ms: int
    end_ms: int
    activity: Activity
    reason: str = ""
    """Of a break: the reason of its pause; empty: any will do."""

    def overlaps(self, other: "PlanLine") -> bool:
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms


def collisions(lines: Iterable[PlanLine]) -> Iterator[tuple[PlanLine, PlanLine]]:
    """Each line that lies, at least partly, upon an earlier one of the same agent and activity; the earlier one first.

    One activity upon itself can only be a slip, and would be counted once where two were meant.
    """
    of_one: defaultdict[tuple[str, Activity], list[PlanLine]] = defaultdict(list)
    for line in lines:
        of_one[line.agent, line.activity].append(line)
    for same in of_one.values():
        same.sort(key=lambda line: (line.start_ms, line.end_ms))
        longest = same[0]
        for line in same[1:]:
            if line.overlaps(longest):
                yield longest, line
            longest = max(longest, line, key=lambda each: each.end_ms)
