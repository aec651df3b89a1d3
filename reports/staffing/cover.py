"""The plan of working times beside the need, quarter of an hour by quarter of an hour. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from callqueue.metrics.adherence import moments_of
from callqueue.work_plan.plan import Activity, PlanLine
from foundation.calendars import Interval
from foundation.settings import Agent
from reports.staffing.erlang import QUARTER
from reports.staffing.need import Target, scheduled
from reports.staffing.plan import HOURS
from reports.staffing.reckoning import Reckoning

SECOND = 1000
QUARTER_MS = QUARTER * SECOND


@dataclass(frozen=True, slots=True)
class Presence:
    """What the plan of working times has of some agents and days."""

    working: Mapping[int, float]
    """Agents at work, by the beginning of a quarter of an hour (epoch seconds): the mean over it."""
    days: frozenset[date]
    """On which anything is planned."""
    away: float
    """Share of the planned time that is breaks and absences; 0: nothing is planned."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One target in one quarter of an hour; None: nothing is planned on its day."""

    target: Target
    needed: int
    """With those on the roster who are expected to be missing besides planned breaks and absences."""
    lack: float | None
    surplus: float | None


@dataclass(frozen=True, slots=True)
class Covered:
    start: int
    calls: float
    planned: float | None
    beside: Sequence[Beside]
    """In the order of the targets."""


@dataclass(frozen=True, slots=True)
class CoverSum:
    """One target over the days that have a plan."""

    target: Target
    planned_hours: float
    needed_hours: float
    lacking_hours: float
    surplus_hours: float
    lacking_quarters: int


def serving(agents: Mapping[str, Agent], queues: Collection[str]) -> frozenset[str]:
    """Who serves any of the queues; no queues: everybody."""
    return frozenset(name for name, agent in agents.items() if not queues or not agent.queues.keys().isdisjoint(queues))


def presence(lines: Iterable[PlanLine], interval: Interval) -> Presence:
    """Of the lines of a plan what lies in this time."""
    of_agent: defaultdict[str, list[PlanLine]] = defaultdict(list)
    for line in lines:
        of_agent[line.agent].append(line)
    working: Counter[int] = Counter()
    spent: Counter[Activity] = Counter()
    for own in of_agent.values():
        for moment in moments_of(own, ()):
            start, end = max(moment.start, interval.start * SECOND), min(moment.end, interval.end * SECOND)
            if moment.planned is None or end <= start:
                continue
            spent[moment.planned] += end - start
            if moment.planned is Activity.WORK:
                working.update(_by_quarter(start, end))
    whole = spent.total()
    return Presence(
        {start: ms / QUARTER_MS for start, ms in working.items()},
        frozenset(line.day for own in of_agent.values() for line in own),
        (whole - spent[Activity.WORK]) / whole if whole else 0.0)


def _by_quarter(start: int, end: int) -> dict[int, int]:
    """Milliseconds in each quarter of an hour, by its beginning in seconds; in every zone they begin at a multiple."""
    return {
        number * QUARTER: min(end, (number + 1) * QUARTER_MS) - max(start, number * QUARTER_MS)
        for number in range(start // QUARTER_MS, -(-end // QUARTER_MS))
    }


def shrinkage_left(shrinkage: float, away: float) -> float:
    """What is still expected to be missing of the planned working time, where `away` of the plan are breaks and
    absences: (shrinkage − away) ÷ (1 − away), and nothing where the plan has more of them than was expected.
    """
    return 0.0 if away >= shrinkage else (shrinkage - away) / (1 - away)


def cover(reckoned: Reckoning, present: Presence, zone: ZoneInfo) -> list[Covered]:
    """Every quarter of an hour that was reckoned."""
    left = shrinkage_left(reckoned.assumptions.shrinkage, present.away)
    found = []
    for quarter, calls, needs in zip(reckoned.quarters, reckoned.calls, reckoned.needs, strict=True):
        has_plan = datetime.fromtimestamp(quarter.start, zone).date() in present.days
        planned = present.working.get(quarter.start, 0.0) if has_plan else None
        found.append(Covered(quarter.start, calls, planned, [
            _beside(need.target, scheduled(need.chosen.agents, left), planned) for need in needs]))
    return found


def _beside(target: Target, needed: int, planned: float | None) -> Beside:
    if planned is None:
        return Beside(target, needed, None, None)
    return Beside(target, needed, max(0.0, needed - planned), max(0.0, planned - needed))


def cover_sums(covered: Sequence[Covered], targets: Sequence[Target]) -> list[CoverSum]:
    """Each target's, in their order; days without a plan are left out."""
    known = [each for each in covered if each.planned is not None]
    planned = sum(each.planned or 0.0 for each in known) * HOURS
    found = []
    for number, target in enumerate(targets):
        column = [each.beside[number] for each in known]
        found.append(CoverSum(
            target, planned, sum(each.needed for each in column) * HOURS,
            sum(each.lack or 0.0 for each in column) * HOURS, sum(each.surplus or 0.0 for each in column) * HOURS,
            sum(bool(each.lack) for each in column)))
    return found


def unplanned_days(covered: Iterable[Covered], zone: ZoneInfo) -> list[date]:
    """Days that need agents and have no plan."""
    return sorted({
        datetime.fromtimestamp(each.start, zone).date()
        for each in covered if each.planned is None and any(one.needed for one in each.beside)
    })


__all__ = [
    "Beside", "CoverSum", "Covered", "Presence", "cover", "cover_sums", "presence", "serving", "shrinkage_left",
    "unplanned_days",
]
