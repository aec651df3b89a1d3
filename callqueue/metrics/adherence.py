"""How what an agent did keeps to what was planned for him, moment by moment. Pure; instants are epoch milliseconds."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from callqueue.metrics.agent_states import SECOND, AgentDoing, Stretch
from callqueue.metrics.arithmetic import ratio
from callqueue.work_plan.plan import ORDER, Activity, PlanLine
from foundation.calendars import Interval


class Doing(StrEnum):
    """What an agent does, as far as a plan asks."""

    WORKING = "working"
    """Logged in and not paused: ready, ringing, in conversation, in wrap-up."""
    PAUSED = "paused"
    AWAY = "away"
    """Not logged in."""


class Verdict(StrEnum):
    IN_ADHERENCE = "in_adherence"
    ABSENT = "absent_when_planned"
    PAUSED = "paused_unplanned"
    BREAK_NOT_TAKEN = "break_not_taken"
    UNPLANNED = "working_unplanned"


VERDICTS: Mapping[tuple[Activity | None, Doing], Verdict] = {
    (Activity.WORK, Doing.WORKING): Verdict.IN_ADHERENCE,
    (Activity.WORK, Doing.PAUSED): Verdict.PAUSED,
    (Activity.WORK, Doing.AWAY): Verdict.ABSENT,
    (Activity.BREAK, Doing.WORKING): Verdict.BREAK_NOT_TAKEN,
    (Activity.BREAK, Doing.PAUSED): Verdict.IN_ADHERENCE,
    (Activity.BREAK, Doing.AWAY): Verdict.IN_ADHERENCE,
    (Activity.ABSENT, Doing.WORKING): Verdict.UNPLANNED,
    (None, Doing.WORKING): Verdict.UNPLANNED,
}


@dataclass(frozen=True, slots=True)
class Phase:
    """An unbroken time of one doing, while logged in."""

    start: int
    end: int
    doing: Doing
    reason: str
    """Of a pause; else empty."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An unbroken time in which neither the plan nor what the agent did changed."""

    start: int
    end: int
    planned: Activity | None
    doing: Doing
    planned_reason: str = ""
    reason: str = ""
    """Of the pause that he was in."""

    @property
    def verdict(self) -> Verdict | None:
        """None: nothing was planned, and nothing was worked."""
        other_reason = self.doing is Doing.PAUSED and self.planned_reason not in {"", self.reason}
        if self.planned is Activity.BREAK and other_reason:
            return Verdict.PAUSED
        return VERDICTS.get((self.planned, self.doing))


@dataclass(frozen=True, slots=True)
class AdherenceFigures:
    """Times in seconds; the fields are the figures' ids."""

    adherence: float | None
    conformance: float | None
    planned: float
    planned_work: float
    in_adherence: float
    absent_when_planned: float
    paused_unplanned: float
    break_not_taken: float
    working_unplanned: float
    worked: float
    planned_absent: float

    @property
    def sums_up(self) -> bool:
        """Whether the time in and out of adherence is the planned time."""
        parts = (self.in_adherence, self.absent_when_planned, self.paused_unplanned, self.break_not_taken)
        return sum(round(each * SECOND) for each in parts) == round(self.planned * SECOND)

    @property
    def empty(self) -> bool:
        return not (self.planned or self.worked or self.planned_absent)


class AdherenceSheet:
    """One agent's plan and whole time side by side, asked for any interval."""

    def __init__(self, lines: Iterable[PlanLine], stretches: Iterable[Stretch]) -> None:
        self.moments = moments_of(lines, phases_of(stretches))
        self._ends = [each.end for each in self.moments]

    def within(self, interval: Interval) -> Iterator[Moment]:
        """Cut at the interval's edges."""
        start, end = interval.start * SECOND, interval.end * SECOND
        for each in self.moments[bisect_right(self._ends, start):]:
            if each.start >= end:
                break
            yield replace(each, start=max(each.start, start), end=min(each.end, end))

    def figures(self, interval: Interval) -> AdherenceFigures:
        judged: defaultdict[Verdict | None, int] = defaultdict(int)
        planned: defaultdict[Activity | None, int] = defaultdict(int)
        worked = 0
        for each in self.within(interval):
            length = each.end - each.start
            judged[each.verdict] += length
            planned[each.planned] += length
            worked += length if each.doing is Doing.WORKING else 0
        return _figures(
            {verdict.value: judged[verdict] for verdict in Verdict}
            | {"planned": planned[Activity.WORK] + planned[Activity.BREAK], "planned_work": planned[Activity.WORK],
               "planned_absent": planned[Activity.ABSENT], "worked": worked})


def together(several: Iterable[AdherenceFigures]) -> AdherenceFigures:
    """The sum of several; ratios from the sums."""
    found, times = list(several), [each.name for each in fields(AdherenceFigures)][2:]
    return _figures({name: sum(round(getattr(each, name) * SECOND) for each in found) for name in times})


def _figures(ms: dict[str, int]) -> AdherenceFigures:
    return AdherenceFigures(
        adherence=ratio(ms["in_adherence"], ms["planned"]), conformance=ratio(ms["worked"], ms["planned_work"]),
        **{name: each / SECOND for name, each in ms.items()},
    )


def phases_of(stretches: Iterable[Stretch]) -> list[Phase]:
    """An agent's time as far as a plan asks: one call after the other is one phase of work."""
    phases: list[Phase] = []
    for each in stretches:
        paused = each.doing is AgentDoing.PAUSED
        doing, reason = (Doing.PAUSED, each.reason or "") if paused else (Doing.WORKING, "")
        last = phases[-1] if phases else None
        if last and (last.end, last.doing, last.reason) == (each.start, doing, reason):
            phases[-1] = replace(last, end=each.end)
        else:
            phases.append(Phase(each.start, each.end, doing, reason))
    return phases


def moments_of(lines: Iterable[PlanLine], phases: Iterable[Phase]) -> list[Moment]:
    """Plan and deeds cut wherever either changes; without the times in which there was neither."""
    begun: defaultdict[int, set[PlanLine | Phase]] = defaultdict(set)
    ended: defaultdict[int, set[PlanLine | Phase]] = defaultdict(set)
    for line in lines:
        begun[line.start_ms].add(line)
        ended[line.end_ms].add(line)
    for phase in phases:
        begun[phase.start].add(phase)
        ended[phase.end].add(phase)
    running: set[PlanLine | Phase] = set()
    moments: list[Moment] = []
    before = 0
    for at in sorted(begun.keys() | ended.keys()):
        if running:
            _append(moments, _moment(before, at, running))
        running = (running - ended[at]) | begun[at]
        before = at
    return moments


def _moment(start: int, end: int, running: Collection[PlanLine | Phase]) -> Moment:
    plans = [each for each in running if isinstance(each, PlanLine)]
    plan = min(plans, key=lambda each: ORDER[each.activity], default=None)
    phase = next((each for each in running if isinstance(each, Phase)), None)
    return Moment(start, end, plan.activity if plan else None, phase.doing if phase else Doing.AWAY,
                  plan.reason if plan else "", phase.reason if phase else "")


def _append(moments: list[Moment], each: Moment) -> None:
    """As one with the last where nothing has changed: where two lines of work follow each other, say."""
    last = moments[-1] if moments else None
    if last and last.end == each.start and replace(each, start=last.start) == replace(last, end=each.end):
        moments[-1] = replace(last, end=each.end)
    else:
        moments.append(each)
