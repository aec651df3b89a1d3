"""The booking of evidence: what belongs to which queue and interval, counted once for rows and totals alike."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from callqueue.cel.conversations import Talk
from callqueue.ledger.evidence import AgentEvent, Call, CelReach, Marker, Refused, Ring
from callqueue.ledger.stint import Outcome, Stint
from callqueue.metrics.agent_time import Shift, agent_figures, agent_periods, conversation_spans, shifts_of
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.balance import count_ledger
from callqueue.metrics.contacts import Contact, contact_figures, contacts_of
from callqueue.metrics.entries import Entry, entries_of
from callqueue.metrics.figures import Figures, Growth
from callqueue.metrics.promises import Promised, PromiseEvidence, callback_figures, promises_of, virtual_stints
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.service import count_entries, group_entries, group_stints, service_figures
from callqueue.metrics.waits import wait_figures
from callqueue.metrics.work import work_figures, wrap_ups_of
from foundation.calendars import Interval

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the ledger knows about a time: enough that every figure in it is exact."""

    stints: Sequence[Stint] = ()
    """Whole calls of the time, and back to where each number in them was silent for its window; forward by the
    window too."""
    refused: Sequence[Refused] = ()
    rings: Sequence[Ring] = ()
    promises: PromiseEvidence = field(default_factory=PromiseEvidence)
    """Of the time, and as far around it as `stints`."""
    promise_stints: Sequence[Stint] | None = None
    """Those that keep promises, and all that were answered while one was owed; None: they are among `stints`."""
    lost_in_menu: Sequence[Call] | None = None
    """None where CEL is not known."""
    cel: CelReach = field(default_factory=lambda: CelReach(0))
    """Of which times `lost_in_menu` tells."""
    agent_stints: Sequence[Stint] = ()
    """Answered stints whose conversation touches the time or the wrap-up after it."""
    agent_events: Sequence[AgentEvent] = ()
    """From before the time, so that who was logged in at its beginning is known."""
    markers: Sequence[Marker] = ()
    conversations: Sequence[Talk] = ()
    """By CEL, of the same time as `agent_stints`: those that no stint knows."""
    agents_until: int | None = None
    """How far agents' deeds were read; None: until now."""


@dataclass(slots=True)
class _Cell:
    """What is booked to one queue and interval."""

    stints: list[Stint] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    rings: list[Ring] = field(default_factory=list)
    promises: list[Promised] = field(default_factory=list)

    def add(self, other: "_Cell") -> None:
        self.stints += other.stints
        self.entries += other.entries
        self.contacts += other.contacts
        self.refused += other.refused
        self.rings += other.rings
        self.promises += other.promises


class _Queued(Protocol):
    @property
    def queue(self) -> str: ...


Item = TypeVar("Item", bound=_Queued)


def _entering(item: Stint | Entry | Contact | Promised) -> int:
    return item.entered


def _happening(item: Refused | Ring) -> int:
    return item.at


def _stints_in(entries: Iterable[Entry]) -> list[Stint]:
    return [stint for entry in entries for stint in entry.stints]


class Books:
    """Evidence booked once to every queue and interval, so that all rows and their totals count the same things."""

    def __init__(
        self, evidence: Evidence, intervals: Sequence[Interval], rules: Rulebook, now: int,
        shared: Collection[str] = (),
    ) -> None:
        self.intervals = intervals
        self._rules = rules
        self._now = now
        self._starts = [interval.start for interval in intervals]
        self._cells: defaultdict[tuple[str, int], _Cell] = defaultdict(_Cell)
        self._lost = self._count_lost(evidence.lost_in_menu)
        self._cel = evidence.cel
        known = now if evidence.agents_until is None else min(now, evidence.agents_until)
        self._periods = agent_periods(evidence.agent_events, evidence.markers, known)
        self._work = conversation_spans(evidence.agent_stints, now, evidence.conversations)
        self._wrap_ups = wrap_ups_of(evidence.agent_stints, self._periods)
        self._shifts: dict[frozenset[str] | None, list[Shift]] = {}
        self._book(evidence, shared)

    @property
    def queues(self) -> set[str]:
        """Queues to which anything is booked."""
        return {queue for queue, _ in self._cells}

    def figures(
        self, queues: Collection[str] | None = None, index: int | None = None, before: "Books | None" = None,
    ) -> Figures:
        """The figures of `queues` (None: all) in the interval number `index` (None: all of them).

        Args:
            queues: whose; contacts and entries are their first queue's.
            index: which interval.
            before: the same intervals a year before, where the ledger reaches back so far.
        """
        cell = self._cell(queues, index)
        counts = count_entries(cell.entries, self._rules, self._now)
        earlier = before.entries(queues, index) if before else 0
        return Figures(
            ledger=count_ledger(cell.stints, cell.refused, self._lost_in(index)),
            entries=counts,
            service=service_figures(counts, cell.stints, self._rules, self._now),
            waits=wait_figures(cell.entries, self._now),
            contacts=contact_figures(cell.contacts, self._rules, self._now),
            callbacks=callback_figures(cell.promises, self._rules, self._now),
            work=work_figures(cell.stints, self._wrap_ups, cell.rings),
            agents=agent_figures(self._shifts_of(queues), self._interval(index)),
            growth=Growth(ratio(counts.entries - earlier, earlier)),
        )

    def entries(self, queues: Collection[str] | None = None, index: int | None = None) -> int:
        return len(self._cell(queues, index).entries)

    def behind(self, figure: str, queues: Collection[str] | None = None) -> list[Stint]:
        """The stints from which a figure was counted, in the order of entering.

        Raises:
            KeyError: no count of stints, entries or contacts has this id.
        """
        cell = self._cell(queues, None)
        groups: dict[str, list[Stint]] = {
            "offered": cell.stints,
            **{outcome.value: [each for each in cell.stints if each.outcome is outcome] for outcome in Outcome},
            **group_stints(cell.stints, self._rules, self._now),
            "answered_not_spoken": [each for each in cell.stints if each.spoke is False],
            "contacts": _stints_in(entry for contact in cell.contacts for entry in contact.entries),
            **{name: _stints_in(group) for name, group in group_entries(cell.entries, self._rules, self._now).items()},
        }
        return sorted(groups[figure], key=lambda stint: (stint.entered, stint.channel_id, stint.number))

    def promises(self, queues: Collection[str] | None = None) -> list[Promised]:
        """The promises that were counted, in the order of asking."""
        return sorted(self._cell(queues, None).promises, key=lambda each: (each.entered, each.asked.id))

    def waits_in_milliseconds(self) -> tuple[int, int]:
        """How many of the stints have a wait measured by CEL, of how many that have ended."""
        ended = [stint for cell in self._cells.values() for stint in cell.stints if stint.wait is not None]
        return sum(stint.wait_ms is not None for stint in ended), len(ended)

    def rings_by_agent(self, queues: Collection[str] | None = None) -> dict[str, tuple[int, float]]:
        """Rings not picked up, and their seconds, of each agent."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for ring in self._cell(queues, None).rings:
            found[ring.agent].append(ring.ring_ms)
        return {agent: (len(rings), sum(rings) / 1000) for agent, rings in sorted(found.items())}

    def _book(self, evidence: Evidence, shared: Collection[str]) -> None:
        self._put(evidence.stints, _entering, lambda cell: cell.stints)
        self._put(entries_of(evidence.stints), _entering, lambda cell: cell.entries)
        keeping = evidence.stints if evidence.promise_stints is None else evidence.promise_stints
        promises = promises_of(evidence.promises, keeping)
        people = contacts_of([*evidence.stints, *virtual_stints(promises)], self._rules, shared)
        self._put(people, _entering, lambda cell: cell.contacts)
        self._put(promises, _entering, lambda cell: cell.promises)
        self._put(evidence.refused, _happening, lambda cell: cell.refused)
        self._put(evidence.rings, _happening, lambda cell: cell.rings)

    def _put(
        self, items: Iterable[Item], when: Callable[[Item], int], shelf: Callable[[_Cell], list[Item]],
    ) -> None:
        for item in items:
            index = self._index(when(item))
            if index is not None:
                shelf(self._cells[item.queue, index]).append(item)

    def _index(self, instant: float) -> int | None:
        index = bisect_right(self._starts, instant) - 1
        return index if index >= 0 and self.intervals[index].holds(instant) else None

    def _cell(self, queues: Collection[str] | None, index: int | None) -> _Cell:
        whole = _Cell()
        indexes = range(len(self.intervals)) if index is None else (index,)
        for queue in sorted(self.queues if queues is None else queues):
            for at in indexes:
                if (queue, at) in self._cells:
                    whole.add(self._cells[queue, at])
        return whole

    def _interval(self, index: int | None) -> Interval:
        if index is None:
            return Interval(self.intervals[0].start, self.intervals[-1].end)
        return self.intervals[index]

    def _count_lost(self, calls: Sequence[Call] | None) -> dict[int, int] | None:
        if calls is None:
            return None
        lost: defaultdict[int, int] = defaultdict(int)
        for call in calls:
            index = self._index(call.started_us / SECOND_US)
            if index is not None:
                lost[index] += 1
        return lost

    def _lost_in(self, index: int | None) -> int | None:
        if self._lost is None or not self._cel.touches(self._interval(index)):
            return None
        return sum(self._lost.values()) if index is None else self._lost.get(index, 0)

    def _shifts_of(self, queues: Collection[str] | None) -> list[Shift]:
        key = None if queues is None else frozenset(queues)
        if key not in self._shifts:
            self._shifts[key] = shifts_of(self._periods, self._work, key)
        return self._shifts[key]
