"""Callers by where they call from and how they were served, in numbers that can be added. Pure.

T and S have gone into these counts, so other thresholds ask for other tallies. Who has no fixed line may have told
where he lives, and may do so at any time: so what he brought is kept by his number, too.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from callqueue.ledger.stint import Outcome, Stint
from callqueue.metrics.arithmetic import milliseconds, ratio
from callqueue.metrics.callers_tally import Callers, add_callers, callers_of, told_counts
from callqueue.metrics.contacts import Contact
from callqueue.metrics.counted import Counted, add_counted, gathered
from callqueue.metrics.entries import Entry
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.service import is_short_abandon
from callqueue.metrics.tally_figures import waits_in_time
from foundation.numbered import UNKNOWN, Told, numbers_of

COLUMNS = (
    "stints_answered", "stints_unanswered", "entries", "entries_answered", "answered_within_threshold",
    "entries_abandoned", "short_abandoned", "entries_left_for_callback", "contacts", "contacts_repeated",
    "contacts_in_time", "contacts_short", "waits_ms",
)
(
    STINTS_ANSWERED, STINTS_UNANSWERED, ENTRIES, ENTRIES_ANSWERED, ANSWERED_WITHIN_THRESHOLD, ENTRIES_ABANDONED,
    SHORT_ABANDONED, ENTRIES_LEFT_FOR_CALLBACK, CONTACTS, CONTACTS_REPEATED, CONTACTS_IN_TIME, CONTACTS_SHORT, WAITS_MS,
) = range(len(COLUMNS))
Whence = tuple[str, int]
"""A place and 0; of a number that tells none: nothing, and the number coded."""
Still = tuple[str, str, int, int, int]
"""Queue, whence, and two instants."""


@dataclass(slots=True)
class PlacesTally:
    """Of one time; rows by queue and place."""

    counts: Counted = field(default_factory=Counted)
    waiting: list[Still] = field(default_factory=list)
    """Entries that still wait: when they first joined, and when they joined the queue they wait in."""
    pending: list[Still] = field(default_factory=list)
    """Contacts that have spoken with nobody, and wait or are promised a callback: when they began, twice."""
    last: dict[str, int] = field(default_factory=dict)
    """By queue, when its last contact began."""
    callers: Callers = field(default_factory=Callers)
    """Of what is counted under no place, the part of each number that can be coded."""


def tally_places(
    stints: Iterable[Stint], entries: Iterable[Entry], contacts: Iterable[Contact], *, rules: Rulebook, now: float,
    whence: Callable[[str | None], Whence],
) -> PlacesTally:
    """Of what is booked to one time.

    Args:
        stints: all of them, as the two that follow.
        entries: booked there.
        contacts: booked there.
        rules: T and S.
        now: epoch seconds.
        whence: where a number calls from.
    """
    found: defaultdict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0] * len(COLUMNS))
    tally = PlacesTally()
    for stint in stints:
        answered = stint.outcome is Outcome.ANSWERED
        found[stint.queue, *whence(stint.caller)][STINTS_ANSWERED if answered else STINTS_UNANSWERED] += 1
    for entry in entries:
        place, code = whence(entry.caller)
        _add_entry(found[entry.queue, place, code], entry, rules, now)
        if entry.outcome is Outcome.WAITING:
            tally.waiting.append((entry.queue, place, code, entry.entered, entry.last.entered))
    for contact in contacts:
        place, code = whence(contact.entries[0].caller)
        _add_contact(found[contact.queue, place, code], contact, rules, now)
        if contact.spoken is None and _is_pending(contact):
            tally.pending.append((contact.queue, place, code, contact.entered, contact.entered))
        tally.last[contact.queue] = max(contact.entered, tally.last.get(contact.queue, 0))
    table = np.array(list(found.values()), np.int64).reshape(len(found), len(COLUMNS))
    tally.counts = gathered([(queue, place) for queue, place, _ in found], table)
    tally.callers = callers_of({(queue, code): row for (queue, _, code), row in found.items() if code})
    return tally


def _add_entry(row: list[int], entry: Entry, rules: Rulebook, now: float) -> None:
    row[ENTRIES] += 1
    match entry.outcome:
        case Outcome.ANSWERED:
            wait = entry.wait(now)
            row[ENTRIES_ANSWERED] += 1
            row[WAITS_MS] += milliseconds(wait)
            row[ANSWERED_WITHIN_THRESHOLD] += wait <= rules.of(entry.queue).service_threshold
        case Outcome.ABANDONED:
            row[ENTRIES_ABANDONED] += 1
            row[SHORT_ABANDONED] += is_short_abandon(entry, rules, now)
        case Outcome.LEFT_FOR_CALLBACK:
            row[ENTRIES_LEFT_FOR_CALLBACK] += 1


def _add_contact(row: list[int], contact: Contact, rules: Rulebook, now: float) -> None:
    row[CONTACTS] += 1
    row[CONTACTS_REPEATED] += contact.calls > 1
    time = contact.time_to_human
    if time is not None:
        row[CONTACTS_IN_TIME] += time <= rules.of(contact.queue).service_threshold
    else:
        row[CONTACTS_SHORT] += all(is_short_abandon(entry, rules, now) for entry in contact.entries)


def _is_pending(contact: Contact) -> bool:
    return any(entry.outcome in (Outcome.WAITING, Outcome.LEFT_FOR_CALLBACK) for entry in contact.entries)


def add_places(tallies: Iterable[PlacesTally]) -> PlacesTally:
    """The tally of all of them."""
    parts = list(tallies)
    whole = _without_callers(parts)
    whole.callers = add_callers(part.callers for part in parts)
    return whole


def _without_callers(parts: Sequence[PlacesTally]) -> PlacesTally:
    last: dict[str, int] = {}
    for part in parts:
        for queue, at in part.last.items():
            last[queue] = max(at, last.get(queue, 0))
    return PlacesTally(
        add_counted(part.counts for part in parts), [each for part in parts for each in part.waiting],
        [each for part in parts for each in part.pending], last)


def placed(parts: Sequence[PlacesTally], name_of: Callable[[str], str], told: Told) -> PlacesTally:
    """The tally of all parts, in which everybody stands where he belongs; it does not tell callers apart any more.

    Args:
        parts: of times beside each other.
        name_of: of the places in them, of none as well; several may have one.
        told: where callers live who are in no place.
    """
    whole = _without_callers(parts)
    named = gathered([(queue, name_of(place)) for queue, place in whole.counts.keys], whole.counts.numbers)
    there = told_counts([part.callers for part in parts], told)
    away = gathered([(queue, name_of("")) for queue, _ in there.keys], -there.numbers)

    def put(stills: Sequence[Still]) -> list[Still]:
        places = told.places_of(numbers_of(code for _, _, code, _, _ in stills)).tolist()
        return [
            (queue, name_of(place) if word == UNKNOWN else told.words[word], code, first, last)
            for (queue, place, code, first, last), word in zip(stills, places, strict=True)]

    return PlacesTally(add_counted([named, away, there]), put(whole.waiting), put(whole.pending), whole.last)


def place_figures(
    tally: PlacesTally, queues: Sequence[str], place: str | None, rules: Rulebook, now: float,
) -> dict[str, float | None]:
    """Every figure by its id, of the callers of one place (None: of all) who came to one of `queues` (none: any)."""
    def ours(queue: str, where: str) -> bool:
        return place in (None, where) and (not queues or queue in queues)

    counts: Counter[str] = Counter()
    for (queue, where), row in tally.counts.rows(COLUMNS):
        if ours(queue, where):
            counts.update(row)
    waiting = sum(
        waits_in_time(first, last, rules.of(queue).service_threshold, now)
        for queue, where, _, first, last in tally.waiting if ours(queue, where))
    pending = sum(
        now - began <= rules.of(queue).service_threshold
        for queue, where, _, began, _ in tally.pending if ours(queue, where))
    judged = counts["entries"] - counts["short_abandoned"] - counts["entries_left_for_callback"] - waiting
    answered, contacts = counts["entries_answered"], counts["contacts"]
    return {
        **{name: counts[name] for name in (
            "stints_answered", "stints_unanswered", "entries", "entries_answered", "entries_abandoned",
            "short_abandoned", "entries_left_for_callback", "contacts")},
        "service_level": ratio(counts["answered_within_threshold"], judged),
        "service_level_human": ratio(
            counts["contacts_in_time"], contacts - counts["contacts_short"] - pending),
        "abandonment_rate": ratio(counts["entries_abandoned"] - counts["short_abandoned"], judged),
        "asa": counts["waits_ms"] / answered / 1000 if answered else None,
        "repeat_rate": ratio(counts["contacts_repeated"], contacts),
    }
