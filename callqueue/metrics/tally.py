"""Everything that the figures of one queue and time are made of, in numbers that can be added.

The tallies of two times side by side, added, are the tally of both; so a year's figures come from its days' tallies,
exactly. Waits are whole milliseconds. Nothing in a tally depends on the moment of asking: what does (who still waits,
contacts that are not final) is kept as the instants from which it can be told at any later moment.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqueue.ledger.evidence import Refused, Ring
from callqueue.ledger.stint import Ending, Outcome, Stint
from callqueue.metrics.arithmetic import milliseconds
from callqueue.metrics.contacts import Contact
from callqueue.metrics.entries import Entry, stint_wait
from callqueue.metrics.promises import Promised
from callqueue.metrics.service import UNSERVED
from callqueue.metrics.work import has_ended, talk_ms

Numbers = NDArray[np.int32] | NDArray[np.uint16]
MILLISECONDS, SECONDS = np.dtype("<i4"), np.dtype("<u2")
LONGEST_SECONDS = 65_535
"""Whole seconds beyond it are told as this: no threshold is so long."""
ARRAYS: dict[str, np.dtype[Any]] = {
    "waits": MILLISECONDS, "humans": MILLISECONDS, "stints_answered": SECONDS, "stints_unserved": SECONDS,
    "entries_abandoned": SECONDS, "contacts_hung_up": SECONDS,
}
PENDING = "pending"


@dataclass(slots=True)
class CallsTally:
    """Of stints, entries, contacts, refusals and rings that are booked to one queue and time."""

    counts: Counter[str] = field(default_factory=Counter)
    """Counts and sums by name: see `count_calls`."""
    rings: Counter[str] = field(default_factory=Counter)
    """Rings not picked up, by agent."""
    ring_ms: Counter[str] = field(default_factory=Counter)
    waiting: list[tuple[int, int]] = field(default_factory=list)
    """Entries that still wait: when they first joined, and when they joined the queue they wait in."""
    pending: list[int] = field(default_factory=list)
    """When contacts began that have spoken with nobody, and wait or are promised a callback."""
    provisional: list[tuple[int, int]] = field(default_factory=list)
    """Contacts that may still change: when they began, and when they become final."""
    hung_up_elsewhere: list[tuple[tuple[str, int], ...]] = field(default_factory=list)
    """As `contacts_hung_up`, of contacts that tried several queues: each queue's longest wait in whole seconds."""
    waits: Numbers = field(default_factory=lambda: np.empty(0, MILLISECONDS))
    """Milliseconds that answered entries waited, in rising order."""
    humans: Numbers = field(default_factory=lambda: np.empty(0, MILLISECONDS))
    """Milliseconds from contacts' first joining to their first conversation, in rising order."""
    stints_answered: Numbers = field(default_factory=lambda: np.empty(0, SECONDS))
    """Waits in whole seconds, rounded up, in rising order: whether one is within a threshold asks no more."""
    stints_unserved: Numbers = field(default_factory=lambda: np.empty(0, SECONDS))
    entries_abandoned: Numbers = field(default_factory=lambda: np.empty(0, SECONDS))
    contacts_hung_up: Numbers = field(default_factory=lambda: np.empty(0, SECONDS))
    """Of contacts whose every entry was abandoned in this queue: the longest wait."""


def count_calls(
    stints: Sequence[Stint], entries: Sequence[Entry], contacts: Sequence[Contact], *, refused: Sequence[Refused],
    rings: Sequence[Ring], window: int, now: int,
) -> CallsTally:
    """The tally of what is booked to one queue and time.

    Args:
        stints: all of them, as the four that follow.
        entries: booked there.
        contacts: booked there.
        refused: turned away.
        rings: not picked up.
        window: W of the queue in seconds.
        now: contacts that are final by then cannot change any more; what is still open is kept for any later moment.
    """
    tally = CallsTally()
    _count_stints(tally, stints, now)
    _count_entries(tally, entries, now)
    _count_contacts(tally, contacts, window, now)
    tally.counts.update(one.reason.value for one in refused)
    for ring in rings:
        tally.rings[ring.agent] += 1
        tally.ring_ms[ring.agent] += ring.ring_ms
        tally.counts["rings"] += 1
        tally.counts["ring_ms"] += ring.ring_ms
    return tally


def _count_stints(tally: CallsTally, stints: Sequence[Stint], now: int) -> None:
    counts = tally.counts
    answered, unserved = [], []
    for stint in stints:
        counts["offered"] += 1
        counts[stint.outcome.value] += 1
        if stint.wait is not None:
            counts["waits_ended"] += 1
            counts["waits_exact"] += stint.wait_ms is not None
        if stint.outcome is Outcome.ANSWERED:
            answered.append(_seconds_up(stint_wait(stint, now)))
            _count_work(counts, stint)
        elif stint.outcome in UNSERVED:
            unserved.append(_seconds_up(stint_wait(stint, now)))
    tally.stints_answered, tally.stints_unserved = _rising(answered, SECONDS), _rising(unserved, SECONDS)


def _count_work(counts: Counter[str], stint: Stint) -> None:
    counts["transferred"] += stint.ending is Ending.TRANSFER
    counts["not_spoken"] += stint.spoke is False
    if has_ended(stint):
        counts["talks_ended"] += 1
        counts["talk_ms"] += talk_ms(stint)
        if stint.hold_ms is not None:
            counts["holds"] += 1
            counts["hold_ms"] += stint.hold_ms


def _count_entries(tally: CallsTally, entries: Sequence[Entry], now: int) -> None:
    counts = tally.counts
    answered, abandoned = [], []
    counts["entries"] += len(entries)
    for entry in entries:
        match entry.outcome:
            case Outcome.ANSWERED:
                answered.append(milliseconds(entry.wait(now)))
            case Outcome.ABANDONED:
                abandoned.append(_seconds_up(entry.wait(now)))
            case Outcome.WAITING:
                tally.waiting.append((entry.entered, entry.last.entered))
            case Outcome.LEFT_FOR_CALLBACK:
                counts["entries_left_for_callback"] += 1
    counts["waits_ms"] += sum(answered)
    tally.waits, tally.entries_abandoned = _rising(answered, MILLISECONDS), _rising(abandoned, SECONDS)


def _count_contacts(tally: CallsTally, contacts: Sequence[Contact], window: int, now: int) -> None:
    counts = tally.counts
    counts["contacts"] += len(contacts)
    spoken: list[int] = []
    hung_up: list[int] = []
    for contact in contacts:
        calls = contact.calls
        counts["contacts_calls"] += calls
        counts["contacts_repeated"] += calls > 1
        if now < contact.entered + window:
            tally.provisional.append((contact.entered, contact.entered + window))
        time = contact.time_to_human
        if time is not None:
            spoken.append(milliseconds(time))
        elif any(entry.outcome in (Outcome.WAITING, Outcome.LEFT_FOR_CALLBACK) for entry in contact.entries):
            tally.pending.append(contact.entered)
        elif all(entry.outcome is Outcome.ABANDONED for entry in contact.entries):
            _add_hung_up(tally, hung_up, contact, now)
    counts["humans_ms"] += sum(spoken)
    tally.humans, tally.contacts_hung_up = _rising(spoken, MILLISECONDS), _rising(hung_up, SECONDS)


def _add_hung_up(tally: CallsTally, here: list[int], contact: Contact, now: int) -> None:
    longest: dict[str, int] = {}
    for entry in contact.entries:
        longest[entry.queue] = max(longest.get(entry.queue, 0), _seconds_up(entry.wait(now)))
    if len(longest) == 1:
        here.append(longest[contact.queue])
    else:
        tally.hung_up_elsewhere.append(tuple(sorted(longest.items())))


def _seconds_up(seconds: float) -> int:
    return min(-(-milliseconds(seconds) // 1000), LONGEST_SECONDS)


def _rising(values: list[int], kind: np.dtype[Any]) -> Numbers:
    return np.sort(np.array(values, kind))


@dataclass(slots=True)
class PromisesTally:
    """Of promises given in one queue and time."""

    counts: Counter[str] = field(default_factory=Counter)
    ready_ms: list[int] = field(default_factory=list)
    """From when on those who are still owed a call wait; epoch milliseconds."""
    passed: dict[str, int] = field(default_factory=dict)
    """By promise, how many were answered before him who had joined after him; where there was any."""


def count_promises(promises: Iterable[Promised]) -> PromisesTally:
    tally = PromisesTally()
    for one in promises:
        tally.counts.update(("promised", one.result or PENDING))
        tally.counts["virtual"] += one.virtual
        tally.counts["in_time"] += one.in_time
        tally.counts["attempts"] += one.attempts
        tally.counts["inversions"] += one.passed_by
        if one.passed_by:
            tally.passed[one.asked.promise] = one.passed_by
        if one.pending:
            tally.ready_ms.append(milliseconds(one.ready))
    return tally


AgentKey = tuple[tuple[tuple[str, tuple[str, ...]], ...], bool]
"""What an agent was at a moment: his conditions, each with the queues whose member he was in it, and whether he was in
a conversation. There is one condition, unless he was logged in at several Asterisks."""


@dataclass(slots=True)
class AgentsTally:
    """Of all agents' time in an interval."""

    spent: Counter[AgentKey] = field(default_factory=Counter)
    """Milliseconds."""
    wrap_up: Counter[str] = field(default_factory=Counter)
    """Seconds, by the queue of the stint that caused it; booked to where that was entered."""


def add_calls(tallies: Sequence[CallsTally], now: int) -> CallsTally:
    """The tally of all of them; contacts that are final by `now` are not kept as provisional."""
    whole = CallsTally()
    for tally in tallies:
        whole.counts.update(tally.counts)
        whole.rings.update(tally.rings)
        whole.ring_ms.update(tally.ring_ms)
        whole.waiting += tally.waiting
        whole.pending += tally.pending
        whole.provisional += [each for each in tally.provisional if now < each[1]]
        whole.hung_up_elsewhere += tally.hung_up_elsewhere
    for name in ARRAYS:
        parts = [part for tally in tallies if len(part := getattr(tally, name))]
        if parts:
            setattr(whole, name, np.sort(np.concatenate(parts)))
    return whole


def add_promises(tallies: Iterable[PromisesTally]) -> PromisesTally:
    whole = PromisesTally()
    for tally in tallies:
        whole.counts.update(tally.counts)
        whole.ready_ms += tally.ready_ms
        whole.passed |= tally.passed
    return whole


def add_agents(tallies: Iterable[AgentsTally]) -> AgentsTally:
    whole = AgentsTally()
    for tally in tallies:
        whole.spent.update(tally.spent)
        whole.wrap_up.update(tally.wrap_up)
    return whole
