"""What each agent did at every moment of his sessions: a partition, so the parts sum to the time logged in. Pure.

All instants are epoch milliseconds.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from callqueue.cel.conversations import Kind, Rung, Talk
from callqueue.ledger.evidence import Ring
from callqueue.ledger.stint import Stint
from callqueue.metrics.agent_time import Condition, Period
from callqueue.metrics.arithmetic import ratio
from foundation.calendars import Interval

SECOND = 1000
DAY_MS = 86_400_000

Column = tuple[str, str]
"""What of an agent is summed up: milliseconds of a doing, each reason of a pause apart; or `BEGUN`, or `MISSED`."""
BEGUN: Column = ("conversations", "")
"""Conversations, where they began."""
MISSED: Column = ("rings_unanswered", "")


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


def talks_of(
    stints: Iterable[Stint], talks: Iterable[Talk], now: int, told: Collection[str] = (),
) -> list[Talk]:
    """All conversations: those by CEL, and where CEL has none of a stint, the journal's (hold inside). `told`: agents'
    channels of which CEL knows further conversations, at another time than `talks`.
    """
    known = list(talks)
    channels = {each.channel_id for each in known} | set(told)
    by_journal = [
        Talk(stint.agent, stint.agent_channel_id or stint.channel_id, stint.call_id, Kind.DIRECT,
             stint.answered * SECOND, (stint.finished if stint.finished is not None else now) * SECOND)
        for stint in stints
        if stint.agent and stint.answered is not None and stint.agent_channel_id not in channels
        and stint.spoke is not False
    ]
    return sorted([*known, *by_journal], key=lambda each: (each.start, each.channel_id))


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
    """One agent's whole time, asked for any times."""

    def __init__(
        self, periods: Iterable[Period], talks: Sequence[Talk], rung: Iterable[Rung], unanswered: Sequence[Ring],
    ) -> None:
        self.stretches = stretches_of(periods, talks, rung)
        self._counted = ((BEGUN, _begins(talks)), (MISSED, [ring.at * SECOND for ring in unanswered]))

    def count(self, pieces: Sequence[Interval]) -> list[Counter[Column]]:
        """Each of several intervals side by side, cut at their edges; a conversation is counted where it began."""
        counts: list[Counter[Column]] = [Counter() for _ in pieces]
        edges = [(piece.start * SECOND, piece.end * SECOND) for piece in pieces]
        starts = [start for start, _ in edges]
        for each in self.stretches:
            column = (each.doing.value, each.reason or "")
            index = max(0, bisect_right(starts, each.start) - 1)
            while index < len(edges) and starts[index] < each.end:
                start, end = edges[index]
                if (spent := min(each.end, end) - max(each.start, start)) > 0:
                    counts[index][column] += spent
                index += 1
        for column, instants in self._counted:
            for at in instants:
                index = bisect_right(starts, at) - 1
                if index >= 0 and at < edges[index][1]:
                    counts[index][column] += 1
        return counts


def agent_day(counts: Mapping[Column, int]) -> AgentDay:
    """The figures of what was counted of one agent, or of several together."""
    pauses = {reason: ms for (doing, reason), ms in sorted(counts.items()) if doing == AgentDoing.PAUSED}
    of = {doing: counts.get((doing.value, ""), 0) for doing in AgentDoing if doing is not AgentDoing.PAUSED}
    paused, conversations = sum(pauses.values()), counts.get(BEGUN, 0)
    logged_in = sum(of.values()) + paused
    served = of[AgentDoing.TALK] + of[AgentDoing.HOLD] + of[AgentDoing.WRAP_UP]
    busy = served + of[AgentDoing.CONSULTATION]
    return AgentDay(
        logged_in=logged_in / SECOND, ready=of[AgentDoing.READY] / SECOND, ringing=of[AgentDoing.RINGING] / SECOND,
        talk_time=of[AgentDoing.TALK] / SECOND, hold_time=of[AgentDoing.HOLD] / SECOND,
        consultation=of[AgentDoing.CONSULTATION] / SECOND, wrap_up_time=of[AgentDoing.WRAP_UP] / SECOND,
        paused=paused / SECOND, pauses={reason: ms / SECOND for reason, ms in pauses.items()},
        conversations=conversations, agent_aht=ratio(served / SECOND, conversations),
        agent_occupancy=ratio(busy, logged_in - paused), rings_unanswered=counts.get(MISSED, 0),
    )


def _begins(talks: Iterable[Talk]) -> list[int]:
    """When each caller's conversation with the agent began: one for each call and channel, however often cut; who comes
    back to him in the same call without a queue (after a reload of his page, from a colleague) is no further one.

    After a day without a word it is one: so whether a talk begins one is told by the day before it, whatever time is
    asked for.
    """
    begun: list[int] = []
    on_channel: dict[tuple[str, str], int] = {}
    in_call: dict[str, int] = {}
    for each in sorted(talks, key=lambda talk: talk.start):
        if each.kind is Kind.CONSULTATION:
            continue
        key, since = (each.call_id, each.channel_id), each.start - DAY_MS
        returns = each.kind is Kind.TRANSFER and in_call.get(each.call_id, since) > since
        if not returns and on_channel.get(key, since) <= since:
            begun.append(each.start)
        on_channel[key] = in_call[each.call_id] = each.start
    return begun


def timesheets(
    periods: Mapping[str, Sequence[Period]], talks: Iterable[Talk], rung: Iterable[Rung], unanswered: Iterable[Ring],
) -> dict[str, Timesheet]:
    """Everybody of whom anything is known, by id."""
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
        agent: Timesheet(periods.get(agent, ()), talking[agent], ringing[agent], missed[agent])
        for agent in sorted({*periods, *talking, *missed})
    }
