"""Agents' time: when they were there, when they were ready, and how much of it was work."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from callqueue.cel.conversations import Talk
from callqueue.ledger.evidence import AgentDeed, AgentEvent, Mark, Marker
from callqueue.ledger.stint import Stint
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.spans import Span, join, milliseconds_within, overlap
from foundation.calendars import Interval

WRAP_UP = "wrap-up"
MILLISECONDS = 1000


class Condition(StrEnum):
    READY = "ready"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    """For any other reason."""


@dataclass(frozen=True, slots=True)
class Period:
    """An agent logged in, in one condition. While logged out there is no period."""

    start: int
    end: int
    condition: Condition
    queues: frozenset[str]
    """Whose member the agent was meanwhile; empty when the evidence names none."""
    reason: str | None = None
    """Why paused; empty when nobody gave a reason."""


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """Times in seconds."""

    occupancy: float | None
    agent_busy: float | None
    agent_available: float | None


@dataclass(slots=True)
class _Desk:
    """One agent's state while events are being folded.

    How he is at any moment follows from his last deed of each kind in each queue, whatever came before: that is all
    that is read of the time before a report.
    """

    here: bool = False
    queues: set[str] = field(default_factory=set)
    pauses: dict[str, str] = field(default_factory=dict)
    """In single queues."""
    everywhere: str | None = None
    """The reason of a pause in all queues, of which those in `exempt` are no part any more."""
    exempt: set[str] = field(default_factory=set)
    since: int = 0
    periods: list[Period] = field(default_factory=list)

    def condition(self) -> Condition | None:
        if not self.here and not self.queues:
            return None
        if WRAP_UP in self._reasons():
            return Condition.WRAP_UP
        covered = self.queues - self.exempt if self._covers else set[str]()
        paused = self.queues <= self.pauses.keys() | covered if self.queues else self._covers or bool(self.pauses)
        return Condition.PAUSED if paused else Condition.READY

    @property
    def _covers(self) -> bool:
        """Whether the pause in all queues stands in any of them."""
        return self.everywhere is not None and bool(self.queues - self.exempt if self.queues else not self.exempt)

    def _reasons(self) -> list[str]:
        """Of the pause in all queues, then of those in single ones by name."""
        named = [self.pauses[queue] for queue in sorted(self.pauses)]
        return [self.everywhere, *named] if self.everywhere is not None and self._covers else named

    def close(self, at: int) -> None:
        """End the running period; the next begins at `at`."""
        condition = self.condition()
        if condition and self.since < at:
            reason = next(filter(None, self._reasons()), "") if condition is Condition.PAUSED else None
            self.periods.append(Period(self.since, at, condition, frozenset(self.queues), reason))
        self.since = max(at, self.since)

    def leave(self) -> None:
        self.here = False
        self.queues.clear()
        self._pause_everywhere(None)

    def apply(self, event: AgentEvent) -> None:
        match event.deed:
            case AgentDeed.LOGIN | AgentDeed.RESTORED:
                self.here = True
            case AgentDeed.ADDED if event.queue:
                self.queues.add(event.queue)
                self._begin_anew(event.queue)
            case AgentDeed.REMOVED if event.queue:
                self.queues.discard(event.queue)
                self.pauses.pop(event.queue, None)
                self._begin_anew(event.queue)
            case AgentDeed.LOGOUT | AgentDeed.REMOVED:
                self.leave()
            case AgentDeed.PAUSE | AgentDeed.UNPAUSE if event.queue is None:
                self._pause_everywhere((event.reason or "") if event.deed is AgentDeed.PAUSE else None)
            case AgentDeed.PAUSE if event.queue:
                self.pauses[event.queue] = event.reason or ""
            case AgentDeed.UNPAUSE if event.queue:
                self.pauses.pop(event.queue, None)
                self.exempt.add(event.queue)

    def _pause_everywhere(self, reason: str | None) -> None:
        self.everywhere = reason
        self.pauses.clear()
        self.exempt.clear()

    def _begin_anew(self, queue: str) -> None:
        """Whom nobody logged in joins a queue without the pauses he had; of ours the pause stands wherever they are."""
        if not self.here:
            self.pauses.pop(queue, None)
            self.exempt.add(queue)


def agent_periods(
    events: Iterable[AgentEvent], markers: Iterable[Marker], until: int,
) -> Mapping[str, Sequence[Period]]:
    """Each agent's periods up to `until`, from what they did. A start of Asterisk ends everybody's session there
    (members do not persist); whoever was restored begins anew. Pauses in some queues only leave the agent ready,
    except wrap-up: it is work wherever it was declared. Agents of one name at several Asterisks are one person.
    """
    starts: list[AgentEvent | Marker] = [marker for marker in markers if marker.mark is Mark.START]
    desks: defaultdict[tuple[str, str], _Desk] = defaultdict(_Desk)
    for fact in sorted([*starts, *events], key=lambda fact: fact.at):
        if fact.at > until:
            break
        if isinstance(fact, AgentEvent):
            desk = desks[fact.journal, fact.agent]
            desk.close(fact.at)
            desk.apply(fact)
            continue
        for (journal, _), desk in desks.items():
            if journal == fact.journal:
                desk.close(fact.at)
                desk.leave()
    periods: defaultdict[str, list[Period]] = defaultdict(list)
    for (_, agent), desk in desks.items():
        desk.close(until)
        periods[agent] += desk.periods
    return {agent: sorted(found, key=lambda each: each.start) for agent, found in periods.items() if found}


def conversation_spans(
    stints: Iterable[Stint], now: int, talks: Iterable[Talk] = (),
) -> Mapping[str, list[Span]]:
    """When each agent was in conversation (hold included), joined over queues; `talks` are the other calls of work:
    callers who were passed on, and consultations.
    """
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for stint in stints:
        if stint.agent and stint.answered is not None:
            spans[stint.agent].append((stint.answered, now if stint.finished is None else stint.finished))
    for talk in talks:
        spans[talk.agent].append((talk.start / MILLISECONDS, talk.end / MILLISECONDS))
    return {agent: join(each) for agent, each in spans.items()}


@dataclass(frozen=True, slots=True)
class Shift:
    """One agent's time within the queues looked at, joined: available contains busy, so no share exceeds 1."""

    available: Sequence[Span]
    busy: Sequence[Span]


def shifts_of(
    periods: Mapping[str, Sequence[Period]], work: Mapping[str, Sequence[Span]], queues: Collection[str] | None = None,
) -> list[Shift]:
    """Time of the agents who serve any of `queues` (None: all agents).

    Available is logged in without pauses for other reasons than wrap-up. A conversation is work also while paused: who
    asks for a break in the middle of a call is still speaking. Work outside any log-in is left out on both sides.
    """
    shifts = []
    for agent, all_periods in periods.items():
        mine = [each for each in all_periods if queues is None or not each.queues.isdisjoint(queues)]
        here = join((each.start, each.end) for each in mine)
        wrapping = [(each.start, each.end) for each in mine if each.condition is Condition.WRAP_UP]
        ready = [(each.start, each.end) for each in mine if each.condition is not Condition.PAUSED]
        talking = overlap(here, join(work.get(agent, ())))
        shifts.append(Shift(available=join([*ready, *talking]), busy=join([*wrapping, *talking])))
    return shifts


def agent_figures(shifts: Iterable[Shift], interval: Interval) -> AgentFigures:
    """Cut at the interval's edges; without any log-in in it there is no figure."""
    available = busy = 0
    for shift in shifts:
        available += milliseconds_within(shift.available, interval.start, interval.end)
        busy += milliseconds_within(shift.busy, interval.start, interval.end)
    return time_figures(available, busy)


def time_figures(available_ms: int, busy_ms: int) -> AgentFigures:
    """Of sums over agents."""
    if not available_ms:
        return AgentFigures(None, None, None)
    return AgentFigures(ratio(busy_ms, available_ms), busy_ms / MILLISECONDS, available_ms / MILLISECONDS)
