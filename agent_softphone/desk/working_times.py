"""An agent's own part of the plan of working times: today, the days after it, and what begins or ends soon. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from callqueue.metrics.adherence import moments_of
from callqueue.work_plan.plan import ORDER, Activity, PlanLine

DAYS = 7
"""Today and those after it."""
NEAR_MS = 600_000
DAY = timedelta(days=1)


class Coming(StrEnum):
    BREAK = "break"
    END = "end"
    """Of the working time."""


@dataclass(frozen=True, slots=True)
class Near:
    """What comes soon."""

    what: Coming
    at_ms: int
    reason: str
    """Of the break's pause; empty: any, or none."""


@dataclass(frozen=True, slots=True)
class OwnTimes:
    """One agent's plan."""

    today: Sequence[PlanLine]
    """Also a night's shift of the day before that is not over."""
    later: Sequence[tuple[date, Sequence[PlanLine]]]
    """The days after it that have a plan."""
    current: PlanLine | None
    """What holds at this moment."""
    near: Near | None


def own_times(lines: Iterable[PlanLine], today: date, now_ms: int) -> OwnTimes:
    """From the lines of one agent."""
    kept = sorted((line for line in lines if line.day >= today or line.end_ms > now_ms),
                  key=lambda line: (line.start_ms, -line.end_ms))
    holding = [line for line in kept if line.start_ms <= now_ms < line.end_ms]
    days = [today + number * DAY for number in range(1, DAYS)]
    later = [(day, [line for line in kept if line.day == day]) for day in days]
    return OwnTimes(
        [line for line in kept if line.day <= today], [(day, own) for day, own in later if own],
        min(holding, key=lambda line: ORDER[line.activity], default=None), _near(kept, now_ms))


def _near(lines: Sequence[PlanLine], now_ms: int) -> Near | None:
    """While he is to work: what comes of it within ten minutes."""
    moments = moments_of(lines, ())
    for place, moment in enumerate(moments):
        if moment.planned is not Activity.WORK or not moment.start <= now_ms < moment.end:
            continue
        if moment.end - now_ms > NEAR_MS:
            return None
        following = moments[place + 1] if place + 1 < len(moments) else None
        if following and following.start == moment.end and following.planned is Activity.BREAK:
            return Near(Coming.BREAK, moment.end, following.planned_reason)
        return Near(Coming.END, moment.end, "")
    return None


__all__ = ["DAYS", "Coming", "Near", "OwnTimes", "own_times"]
