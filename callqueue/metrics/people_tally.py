"""Who called again, and who did so although he had spoken with somebody, in numbers that can be added. Pure.

A return is booked to when it came, with the beginning of the contact that it is the first return to: so it depends on
what was before it alone, and no later call changes what has been told.
"""

import zlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqueue.ledger.stint import Outcome, Stint
from callqueue.metrics.arithmetic import milliseconds
from callqueue.metrics.contacts import Contact
from callqueue.metrics.entries import Entry

AGAIN = 7 * 86_400
"""Seconds after a contact's first joining in which a further call on its subject counts."""
MANY_CALLS = 5
"""From so many calls on, contacts are counted together."""
INSTANT = np.dtype("<u4")
REPEAT = np.dtype([("calls", "<i4"), ("queue", "<i4"), ("entered", "<i8"), ("last", "<i8"), ("human_ms", "<i8")])
"""A contact of several calls: how many, the number of its queue, when it first and last entered, and how long until it
spoke with somebody (−1: it did not)."""
Instants = NDArray[np.uint32]
Returned = tuple[int, Contact]
"""When a contact's person called again on the same subject, and the contact."""


def _none() -> Instants:
    return np.empty(0, np.uint32)


@dataclass(slots=True)
class PeopleOfQueue:
    """Of contacts that are booked to one queue; instants are epoch seconds, in rising order."""

    counts: Counter[str] = field(default_factory=Counter)
    """`calls` of all, `repeated`, `spoke` of those that are known, and by number of calls `contacts_n` and `spoken_n`;
    of stints `answered` and `unanswered`."""
    known: Instants = field(default_factory=_none)
    """When contacts began by a number that is one person's."""
    unknown: Instants = field(default_factory=_none)
    """When the others did: withheld and shared numbers."""
    returned: Instants = field(default_factory=_none)
    """When contacts began, of the known, whose first return lies in this time."""


@dataclass(slots=True)
class Repeats:
    """Contacts of more than one call."""

    queues: Sequence[str] = ()
    rows: NDArray[Any] = field(default_factory=lambda: np.empty(0, REPEAT))
    packed: bytes = b""
    """The calls of each."""

    def calls(self, places: Sequence[int]) -> list[list[str]]:
        """Ids of the calls of those rows, each one's first call first."""
        lines = zlib.decompress(self.packed).decode().split("\n") if len(places) else []
        return [lines[place].split("|") for place in places]


@dataclass(slots=True)
class PeopleTally:
    queues: dict[str, PeopleOfQueue] = field(default_factory=dict)
    repeats: Repeats = field(default_factory=Repeats)


def first_returns(contacts: Iterable[Contact], entries: Iterable[Entry], shared: Collection[str]) -> list[Returned]:
    """Of the contacts that spoke with somebody, those whose person called again, after that conversation began and on
    the same subject: a call's subject is the queue it first entered.
    """
    entered: defaultdict[tuple[str | None, str], list[int]] = defaultdict(list)
    for entry in sorted(entries, key=lambda one: one.entered):
        entered[entry.caller, entry.queue].append(entry.entered)
    found = []
    for contact in contacts:
        if contact.spoken is not None and is_known(contact, shared):
            mine = entered.get((contact.entries[0].caller, contact.queue), ())
            place = bisect_right(mine, contact.spoken)
            if place < len(mine) and mine[place] < contact.entered + AGAIN:
                found.append((mine[place], contact))
    return found


def is_known(contact: Contact, shared: Collection[str]) -> bool:
    """Whether its number is one person's, so that further calls of his would be seen."""
    caller = contact.entries[0].caller
    return bool(caller) and caller not in shared


def tally_people(
    stints: Iterable[Stint], contacts: Sequence[Contact], returned: Iterable[Returned], shared: Collection[str],
) -> PeopleTally:
    """Of one time: of the stints and contacts that entered in it, and the first returns that came in it."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    instants: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for stint in stints:
        counts[stint.queue]["answered" if stint.outcome is Outcome.ANSWERED else "unanswered"] += 1
    for contact in contacts:
        known = is_known(contact, shared)
        _count(counts[contact.queue], contact, is_known=known)
        instants[contact.queue, "known" if known else "unknown"].append(contact.entered)
    for _, contact in returned:
        instants[contact.queue, "returned"].append(contact.entered)
    queues = sorted({*counts, *(queue for queue, _ in instants)})
    return PeopleTally({
        queue: PeopleOfQueue(+counts[queue], *(
            np.sort(np.array(instants[queue, name], np.uint32)) for name in ("known", "unknown", "returned")))
        for queue in queues
    }, _repeats([contact for contact in contacts if contact.calls > 1]))


def _count(counts: Counter[str], contact: Contact, *, is_known: bool) -> None:
    calls, spoke = contact.calls, contact.spoken is not None
    several = min(calls, MANY_CALLS)
    counts["calls"] += calls
    counts["repeated"] += calls > 1
    counts["spoke"] += spoke and is_known
    counts[f"contacts_{several}"] += 1
    counts[f"spoken_{several}"] += spoke


def _repeats(contacts: Sequence[Contact]) -> Repeats:
    queues = sorted({each.queue for each in contacts})
    number = {queue: place for place, queue in enumerate(queues)}
    ordered = sorted(contacts, key=lambda each: (each.entered, each.entries[0].call_id))
    rows = [
        (each.calls, number[each.queue], each.entered, each.entries[-1].entered,
         -1 if each.time_to_human is None else milliseconds(each.time_to_human))
        for each in ordered]
    return Repeats(queues, np.array(rows, REPEAT), _packed(map(_calls_of, ordered)))


def _calls_of(contact: Contact) -> list[str]:
    first = contact.entries[0].call_id
    return [first, *sorted({entry.call_id for entry in contact.entries} - {first})]


def _packed(calls: Iterable[Sequence[str]]) -> bytes:
    text = "\n".join("|".join(each) for each in calls)
    return zlib.compress(text.encode(), 1) if text else b""


def add_people(tallies: Iterable[PeopleTally]) -> PeopleTally:
    """The tally of all of them."""
    parts = list(tallies)
    whole = PeopleTally(repeats=_add_repeats([part.repeats for part in parts if len(part.repeats.rows)]))
    for queue in sorted({queue for part in parts for queue in part.queues}):
        mine = [part.queues[queue] for part in parts if queue in part.queues]
        counts: Counter[str] = Counter()
        for each in mine:
            counts.update(each.counts)
        whole.queues[queue] = PeopleOfQueue(counts, *(
            np.sort(np.concatenate([getattr(each, name) for each in mine]))
            for name in ("known", "unknown", "returned")))
    return whole


def _add_repeats(parts: Sequence[Repeats]) -> Repeats:
    queues = sorted({queue for part in parts for queue in part.queues})
    number = {queue: place for place, queue in enumerate(queues)}
    rows, calls = [np.empty(0, REPEAT)], list[list[str]]()
    for part in parts:
        mine = part.rows.copy()
        mine["queue"] = np.array([number[queue] for queue in part.queues], np.int32)[mine["queue"]]
        rows.append(mine)
        calls += part.calls(range(len(mine)))
    return Repeats(queues, np.concatenate(rows), _packed(calls))


@dataclass(frozen=True, slots=True)
class Repeated:
    """One contact of several calls."""

    queue: str
    entered: int
    last: int
    time_to_human: float | None
    calls: Sequence[str]
    """Their ids, the first first."""


def most_repeated(parts: Sequence[Repeats], wanted: Callable[[str], bool], most: int) -> list[Repeated]:
    """The contacts with most calls, the earlier first where they have as many; `wanted` tells of which queues."""
    kept = [(part, _places(part, wanted)) for part in parts if len(part.rows)]
    if not kept:
        return []
    calls = np.concatenate([part.rows["calls"][places] for part, places in kept])
    entered = np.concatenate([part.rows["entered"][places] for part, places in kept])
    order = np.lexsort((entered, -calls))[:most]
    if not len(order):
        return []
    least = int(calls[order[-1]]), int(entered[order[-1]])
    found: list[Repeated] = []
    for part, places in kept:
        rows = part.rows[places]
        chosen = places[
            (rows["calls"] > least[0]) | ((rows["calls"] == least[0]) & (rows["entered"] <= least[1]))].tolist()
        found += [
            _repeated(part, part.rows[place], ids) for place, ids in zip(chosen, part.calls(chosen), strict=True)]
    return sorted(found, key=lambda each: (-len(each.calls), each.entered, each.calls[0]))[:most]


def _places(part: Repeats, wanted: Callable[[str], bool]) -> NDArray[np.int64]:
    ours = np.array([wanted(queue) for queue in part.queues], bool)
    return np.flatnonzero(ours[part.rows["queue"]])


def _repeated(part: Repeats, row: Any, calls: Sequence[str]) -> Repeated:
    human = int(row["human_ms"])
    return Repeated(
        part.queues[int(row["queue"])], int(row["entered"]), int(row["last"]), None if human < 0 else human / 1000,
        calls)


def counts_of(parts: Iterable[Mapping[str, PeopleOfQueue]], wanted: Callable[[str], bool]) -> Counter[str]:
    """Sums over parts and queues, with how many contacts are `known` and `unknown`."""
    counts: Counter[str] = Counter()
    for part in parts:
        for queue, each in part.items():
            if wanted(queue):
                counts.update(each.counts)
                counts["known"] += len(each.known)
                counts["unknown"] += len(each.unknown)
    return counts
