"""Callers by where they call from and how they were served, in numbers that can be added. Pure.

T and S have gone into these counts, so other thresholds ask for other tallies.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from callqueue.ledger.stint import Outcome, Stint
from callqueue.metrics.arithmetic import milliseconds, ratio
from callqueue.metrics.contacts import Contact
from callqueue.metrics.counted import Counted, Words, add_counted, counted_of
from callqueue.metrics.entries import Entry
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.service import is_short_abandon
from callqueue.metrics.tally_figures import waits_in_time

COLUMNS = (
    "stints_answered", "stints_unanswered", "entries", "entries_answered", "answered_within_threshold", "waits_ms",
    "entries_abandoned", "short_abandoned", "entries_left_for_callback", "contacts", "contacts_repeated",
    "contacts_in_time", "contacts_short",
)
Still = tuple[str, str, int, int]
"""Queue, place, and two instants."""


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


def tally_places(
    stints: Iterable[Stint], entries: Iterable[Entry], contacts: Iterable[Contact], *, rules: Rulebook, now: float,
    place_of: Callable[[str | None], str],
) -> PlacesTally:
    """Of what is booked to one time.

    Args:
        stints: all of them, as the two that follow.
        entries: booked there.
        contacts: booked there.
        rules: T and S.
        now: epoch seconds.
        place_of: where a number calls from.
    """
    found: defaultdict[Words, Counter[str]] = defaultdict(Counter)
    tally = PlacesTally()
    for stint in stints:
        answered = stint.outcome is Outcome.ANSWERED
        found[stint.queue, place_of(stint.caller)]["stints_answered" if answered else "stints_unanswered"] += 1
    for entry in entries:
        place = place_of(entry.caller)
        _add_entry(found[entry.queue, place], entry, rules, now)
        if entry.outcome is Outcome.WAITING:
            tally.waiting.append((entry.queue, place, entry.entered, entry.last.entered))
    for contact in contacts:
        place = place_of(contact.entries[0].caller)
        _add_contact(found[contact.queue, place], contact, rules, now)
        if contact.spoken is None and _is_pending(contact):
            tally.pending.append((contact.queue, place, contact.entered, contact.entered))
        tally.last[contact.queue] = max(contact.entered, tally.last.get(contact.queue, 0))
    tally.counts = counted_of(found, COLUMNS)
    return tally


def _add_entry(row: Counter[str], entry: Entry, rules: Rulebook, now: float) -> None:
    row["entries"] += 1
    match entry.outcome:
        case Outcome.ANSWERED:
            wait = entry.wait(now)
            row["entries_answered"] += 1
            row["waits_ms"] += milliseconds(wait)
            row["answered_within_threshold"] += wait <= rules.of(entry.queue).service_threshold
        case Outcome.ABANDONED:
            row["entries_abandoned"] += 1
            row["short_abandoned"] += is_short_abandon(entry, rules, now)
        case Outcome.LEFT_FOR_CALLBACK:
            row["entries_left_for_callback"] += 1


def _add_contact(row: Counter[str], contact: Contact, rules: Rulebook, now: float) -> None:
    row["contacts"] += 1
    row["contacts_repeated"] += contact.calls > 1
    time = contact.time_to_human
    if time is not None:
        row["contacts_in_time"] += time <= rules.of(contact.queue).service_threshold
    else:
        row["contacts_short"] += all(is_short_abandon(entry, rules, now) for entry in contact.entries)


def _is_pending(contact: Contact) -> bool:
    return any(entry.outcome in (Outcome.WAITING, Outcome.LEFT_FOR_CALLBACK) for entry in contact.entries)


def add_places(tallies: Iterable[PlacesTally]) -> PlacesTally:
    """The tally of all of them."""
    parts = list(tallies)
    last: dict[str, int] = {}
    for part in parts:
        for queue, at in part.last.items():
            last[queue] = max(at, last.get(queue, 0))
    return PlacesTally(
        add_counted(part.counts for part in parts), [each for part in parts for each in part.waiting],
        [each for part in parts for each in part.pending], last)


def renamed(tally: PlacesTally, name_of: Callable[[str], str]) -> PlacesTally:
    """With other names for the places; several may become one."""
    found: defaultdict[Words, Counter[str]] = defaultdict(Counter)
    for (queue, place), row in tally.counts.rows(COLUMNS):
        found[queue, name_of(place)].update(row)
    return PlacesTally(
        counted_of(found, COLUMNS),
        [(queue, name_of(place), first, last) for queue, place, first, last in tally.waiting],
        [(queue, name_of(place), first, last) for queue, place, first, last in tally.pending], tally.last)


def moved(whole: PlacesTally, away: PlacesTally, there: PlacesTally) -> PlacesTally:
    """The whole, in which some callers stand in another place.

    Args:
        whole: of all callers.
        away: of those callers, where they stand in it.
        there: of the same, where they belong.
    """
    return PlacesTally(
        add_counted([whole.counts, away.counts, there.counts], [1, -1, 1]),
        _exchanged(whole.waiting, away.waiting, there.waiting), _exchanged(whole.pending, away.pending, there.pending),
        whole.last)


def _exchanged(whole: Sequence[Still], away: Sequence[Still], there: Sequence[Still]) -> list[Still]:
    rest = Counter(whole)
    rest.subtract(away)
    return [*rest.elements(), *there]


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
        for queue, where, first, last in tally.waiting if ours(queue, where))
    pending = sum(
        now - began <= rules.of(queue).service_threshold
        for queue, where, began, _ in tally.pending if ours(queue, where))
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
