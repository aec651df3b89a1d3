"""What each agent did at every moment of his sessions: a partition, so the parts sum to the time logged in. Pure.

All instants are epoch milliseconds.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from callqueue.conversations import Kind, Rung, Talk
from callqueue.evidence import Ring
from callqueue.metrics.agent_time import Condition, Period
from callqueue.metrics.arithmetic import ratio
from callqueue.stint import Stint
from foundation.calendars import Interval

SECOND = 1000


class AgentDoing(StrEnum):
    """What an agent does. Where several are true the first counts."""

    CONSULTATION = "consultation"
    HOLD = "hold"
    TALK = "talk"
    RINGING = "ringing"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    READY = "ready"


ORDER = {doing: rank for rank, doing in enumerate(AgentDoing)}
OF_CONDITION = {
    Condition.READY: AgentDoing.READY, Condition.WRAP_UP: AgentDoing.WRAP_UP, Condition.PAUSED: AgentDoing.PAUSED,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """An unbroken time in which an agent did one thing."""

    start: int
    end: int
    doing: AgentDoing
    reason: str | None = None
    """Of a pause."""


@dataclass(frozen=True, slots=True)
class AgentDay:
    """One agent's figures in one interval; times in seconds, the fields are the figures' ids."""

    logged_in: float
    ready: float
    ringing: float
    talk_time: float
    hold_time: float
    consultation: float
    wrap_up_time: float
    paused: float
    pauses: Mapping[str, float]
    """By reason; they sum to `paused`."""
    conversations: int
    agent_aht: float | None
    agent_occupancy: float | None
    rings_unanswered: int

    @property
    def sums_up(self) -> bool:
        """Whether the parts are the whole."""
        parts = (self.ready, self.ringing, self.talk_time, self.hold_time, self.consultation, self.wrap_up_time)
        by_reason = sum(round(each * SECOND) for each in self.pauses.values())
        whole = round(self.logged_in * SECOND)
        return (
            by_reason == round(self.paused * SECOND)
            and sum(round(each * SECOND) for each in (*parts, self.paused)) == whole
        )


def talks_of(stints: Iterable[Stint], talks: Iterable[Talk], now: int) -> list[Talk]:
    """All conversations: those by CEL, and where CEL has none of a stint, the journal's (hold inside)."""
    known = list(talks)
    channels = {each.channel_id for each in known}
    told = [
        Talk(stint.agent, stint.agent_channel_id or stint.channel_id, stint.call_id, Kind.DIRECT,
             stint.answered * SECOND, (stint.finished if stint.finished is not None else now) * SECOND)
        for stint in stints
        if stint.agent and stint.answered is not None and stint.agent_channel_id not in channels
        and stint.spoke is not False
    ]
    return sorted([*known, *told], key=lambda each: (each.start, each.channel_id))


def stretches_of(periods: Iterable[Period], talks: Iterable[Talk], rings: Iterable[Rung]) -> list[Stretch]:
    """An agent's sessions cut wherever what he does changes. Work outside any session is left out."""
    sessions = [
        Stretch(each.start * SECOND, each.end * SECOND, OF_CONDITION[each.condition], each.reason) for each in periods
    ]
    work = [
        *(part for talk in talks for part in _parts(talk)),
        *(Stretch(ring.start, ring.end, AgentDoing.RINGING) for ring in rings),
    ]
    return _joined(_sweep([*sessions, *work]))


def _parts(talk: Talk) -> Iterable[Stretch]:
    consulting = talk.kind is Kind.CONSULTATION
    yield Stretch(talk.start, talk.end, AgentDoing.CONSULTATION if consulting else AgentDoing.TALK)
    if not consulting:
        for start, end in talk.holds:
            yield Stretch(start, end, AgentDoing.HOLD)


def _sweep(stretches: Sequence[Stretch]) -> Iterable[Stretch]:
    """One pass over all edges; between two of them the first of what is true counts, while there is a session."""
    changes: defaultdict[int, list[tuple[Stretch, int]]] = defaultdict(list)
    for each in stretches:
        if each.start < each.end:
            changes[each.start].append((each, 1))
            changes[each.end].append((each, -1))
    running: dict[Stretch, int] = {}
    before = 0
    for at in sorted(changes):
        if any(each.doing in OF_CONDITION.values() for each in running):
            first = min(running, key=lambda each: (ORDER[each.doing], each.reason or ""))
            yield Stretch(before, at, first.doing, first.reason)
        for each, change in changes[at]:
            running[each] = running.get(each, 0) + change
            if not running[each]:
                del running[each]
        before = at


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for each in stretches:
        last = joined[-1] if joined else None
        if last and (last.end, last.doing, last.reason) == (each.start, each.doing, each.reason):
            joined[-1] = Stretch(last.start, each.end, each.doing, each.reason)
        else:
            joined.append(each)
    return joined


class Timesheet:
    """One agent's whole time, asked for any interval."""

    def __init__(
        self, periods: Iterable[Period], talks: Sequence[Talk], rung: Iterable[Rung], unanswered: Sequence[Ring],
    ) -> None:
        self.stretches = stretches_of(periods, talks, rung)
        self._ends = [each.end for each in self.stretches]
        self._callers = sorted(_begins(talks))
        self._unanswered = sorted(ring.at for ring in unanswered)

    def day(self, interval: Interval) -> AgentDay:
        """The figures of an interval, cut at its edges; a conversation is counted where it began."""
        spent: defaultdict[tuple[AgentDoing, str], int] = defaultdict(int)
        start, end = interval.start * SECOND, interval.end * SECOND
        for each in self.stretches[bisect_right(self._ends, start):]:
            if each.start >= end:
                break
            spent[each.doing, each.reason or ""] += min(each.end, end) - max(each.start, start)
        return self._figures(spent, self._count(self._callers, start, end), interval)

    def _figures(
        self, spent: Mapping[tuple[AgentDoing, str], int], conversations: int, interval: Interval,
    ) -> AgentDay:
        of = {doing: sum(ms for (each, _), ms in spent.items() if each is doing) for doing in AgentDoing}
        logged_in = sum(of.values())
        served = of[AgentDoing.TALK] + of[AgentDoing.HOLD] + of[AgentDoing.WRAP_UP]
        busy = served + of[AgentDoing.CONSULTATION]
        return AgentDay(
            logged_in=logged_in / SECOND, ready=of[AgentDoing.READY] / SECOND, ringing=of[AgentDoing.RINGING] / SECOND,
            talk_time=of[AgentDoing.TALK] / SECOND, hold_time=of[AgentDoing.HOLD] / SECOND,
            consultation=of[AgentDoing.CONSULTATION] / SECOND, wrap_up_time=of[AgentDoing.WRAP_UP] / SECOND,
            paused=of[AgentDoing.PAUSED] / SECOND,
            pauses={reason: ms / SECOND for (doing, reason), ms in sorted(spent.items()) if doing is AgentDoing.PAUSED},
            conversations=conversations, agent_aht=ratio(served / SECOND, conversations),
            agent_occupancy=ratio(busy, logged_in - of[AgentDoing.PAUSED]),
            rings_unanswered=self._count(self._unanswered, interval.start, interval.end),
        )

    @staticmethod
    def _count(instants: Sequence[int], start: int, end: int) -> int:
        return bisect_right(instants, end - 1) - bisect_right(instants, start - 1)


def _begins(talks: Iterable[Talk]) -> Iterable[int]:
    """When each caller's conversation with the agent began: one for each call and channel, however often cut; who comes
    back to him in the same call without a queue (after a reload of his page, from a colleague) is no further one.
    """
    first: dict[tuple[str, str], int] = {}
    calls: set[str] = set()
    for each in sorted(talks, key=lambda talk: talk.start):
        returns = each.kind is Kind.TRANSFER and each.call_id in calls
        if each.kind is not Kind.CONSULTATION and not returns:
            first.setdefault((each.call_id, each.channel_id), each.start)
            calls.add(each.call_id)
    return first.values()


def timesheets(
    periods: Mapping[str, Sequence[Period]], talks: Iterable[Talk], rung: Iterable[Rung], unanswered: Iterable[Ring],
) -> dict[str, Timesheet]:
    """Everybody who was logged in, by id."""
    talking: defaultdict[str, list[Talk]] = defaultdict(list)
    for talk in talks:
        talking[talk.agent].append(talk)
    ringing: defaultdict[str, list[Rung]] = defaultdict(list)
    for each in rung:
        ringing[each.agent].append(each)
    missed: defaultdict[str, list[Ring]] = defaultdict(list)
    for ring in unanswered:
        missed[ring.agent].append(ring)
    return {
        agent: Timesheet(mine, talking[agent], ringing[agent], missed[agent])
        for agent, mine in sorted(periods.items())
    }
