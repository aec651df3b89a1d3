"""From entries to contacts: one person's attempts inside the window W, and when they spoke with somebody."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from callqueue.ledger.stint import Origin, Outcome, Stint
from callqueue.metrics.arithmetic import mean, mean_of_milliseconds, nearest_rank, ratio
from callqueue.metrics.entries import Entry, by_call, entries_of, stint_wait
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.service import is_short_abandon


@dataclass(frozen=True, slots=True)
class Contact:
    """Booked to the queue and second that the person first entered, whatever queues they tried afterwards."""

    entries: tuple[Entry, ...]
    spoken: float | None = None
    """When the person first spoke with somebody, callbacks included, in epoch seconds."""

    @property
    def queue(self) -> str:
        return self.entries[0].queue

    @property
    def entered(self) -> int:
        return self.entries[0].entered

    @property
    def calls(self) -> int:
        return len({entry.call_id for entry in self.entries})

    @property
    def time_to_human(self) -> float | None:
        """Seconds from first joining to the first conversation."""
        # Milliseconds are all the evidence has; beyond them stands only the noise of large floats.
        return None if self.spoken is None else max(0, round(self.spoken - self.entered, 3))

    def final(self, rules: Rulebook, now: float) -> bool:
        """Whether the window has passed, so that no further attempt can change it."""
        return now >= self.entered + rules.of(self.queue).contact_window


@dataclass(frozen=True, slots=True)
class ContactFigures:
    """Times in seconds."""

    contacts: int
    contacts_provisional: int
    service_level_human: float | None
    time_to_human: float | None
    time_to_human_p50: float | None
    time_to_human_p90: float | None
    repeat_rate: float | None
    attempts_until_helped: float | None


def contacts_of(
    stints: Sequence[Stint], rules: Rulebook, shared: Collection[str] = (), entries: Sequence[Entry] | None = None,
) -> list[Contact]:
    """The contacts in these stints, in the order of first entering.

    Args:
        stints: whole calls, reaching back until each number has been silent for its window.
        rules: W is that of the queue first entered.
        shared: numbers behind which many people stand (a hospital's switchboard): each call is a contact of its own.
        entries: those of the stints, where they have been made already.
    """
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries_of(stints) if entries is None else entries:
        groups[_person(entry.caller, entry.call_id, shared)].append(entry)
    conversations = _conversations(stints, shared)
    found = [
        Contact(attempts, _first_spoken(attempts, conversations[person], rules))
        for person, mine in groups.items()
        for attempts in _windows(mine, rules)
    ]
    return sorted(found, key=lambda contact: (contact.entered, contact.entries[0].call_id))


def contact_figures(contacts: Sequence[Contact], rules: Rulebook, now: float) -> ContactFigures:
    times = sorted(contact.time_to_human for contact in contacts if contact.time_to_human is not None)
    judged = [contact for contact in contacts if not _left_out(contact, rules, now)]
    return ContactFigures(
        contacts=len(contacts),
        contacts_provisional=sum(not contact.final(rules, now) for contact in contacts),
        service_level_human=ratio(sum(_in_time(contact, rules) for contact in judged), len(judged)),
        time_to_human=mean_of_milliseconds(times),
        time_to_human_p50=nearest_rank(times, 50),
        time_to_human_p90=nearest_rank(times, 90),
        repeat_rate=ratio(sum(contact.calls > 1 for contact in contacts), len(contacts)),
        attempts_until_helped=mean([contact.calls for contact in contacts]),
    )


def spoken_at(stint: Stint) -> float | None:
    """When the caller of this stint began to speak with an agent; None if they never did.

    CEL decides; where it has not spoken, an answered stint whose journal talk is not 0 counts as a conversation.
    """
    if stint.outcome is not Outcome.ANSWERED or stint.spoke is False:
        return None
    if stint.spoke is None and stint.talk == 0:
        return None
    return stint.entered + stint_wait(stint, stint.entered)


def _person(caller: str | None, call_id: str, shared: Collection[str]) -> str:
    return caller if caller and caller not in shared else f"call {call_id}"


def _windows(entries: Sequence[Entry], rules: Rulebook) -> Iterator[tuple[Entry, ...]]:
    """Each contact's entries."""
    attempts: list[Entry] = []
    for entry in entries:
        if attempts and not _belongs(entry, attempts, rules):
            yield tuple(attempts)
            attempts = []
        attempts.append(entry)
    if attempts:
        yield tuple(attempts)


def _belongs(entry: Entry, attempts: Sequence[Entry], rules: Rulebook) -> bool:
    first, last = attempts[0], attempts[-1]
    return entry.entered < first.entered + rules.of(first.queue).contact_window or entry.call_id == last.call_id


def _conversations(stints: Iterable[Stint], shared: Collection[str]) -> defaultdict[str, list[float]]:
    """Per person, when conversations that they asked for began. A follow-up's call tells news: it is not one."""
    promised = _promisers(stints, shared)
    found: defaultdict[str, list[float]] = defaultdict(list)
    for call_id, call in by_call(stints).items():
        for stint in call:
            spoken = spoken_at(stint)
            if spoken is None or stint.origin is Origin.FOLLOWUP:
                continue
            person = _person(call[0].caller, call_id, shared)
            if stint.origin is Origin.CALLBACK and stint.promise in promised:
                person = promised[stint.promise]
            found[person].append(spoken)
    return found


def _promisers(stints: Iterable[Stint], shared: Collection[str]) -> dict[str | None, str]:
    """Who asked for each callback, so that a withheld number's callback finds its person."""
    return {
        stint.promise: _person(stint.caller, stint.call_id, shared)
        for stint in stints if stint.promise and stint.outcome is Outcome.LEFT_FOR_CALLBACK
    }


def _first_spoken(attempts: Sequence[Entry], conversations: Sequence[float], rules: Rulebook) -> float | None:
    """The first conversation inside the window: once it has passed, nothing changes the contact any more."""
    first = attempts[0]
    until = first.entered + rules.of(first.queue).contact_window
    return min((instant for instant in conversations if first.entered <= instant < until), default=None)


def _in_time(contact: Contact, rules: Rulebook) -> bool:
    time = contact.time_to_human
    return time is not None and time <= rules.of(contact.queue).service_threshold


def _left_out(contact: Contact, rules: Rulebook, now: float) -> bool:
    """Nobody is judged for short abandons alone, nor while the threshold is still running."""
    if contact.spoken is not None:
        return False
    pending = any(entry.outcome in (Outcome.WAITING, Outcome.LEFT_FOR_CALLBACK) for entry in contact.entries)
    if pending and now - contact.entered <= rules.of(contact.queue).service_threshold:
        return True
    return all(is_short_abandon(entry, rules, now) for entry in contact.entries)
