"""Service levels and what stands beside them. Each field is a figure's id; its passport is in passports.py."""

from collections.abc import Sequence
from dataclasses import dataclass

from callqueue.ledger.stint import Outcome, Stint
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.entries import Entry, stint_wait
from callqueue.metrics.rules import Rulebook

UNSERVED = (Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.LEFT_EMPTY, Outcome.WITHDRAWN)
"""What Asterisk's own second figure sets against the answered."""


@dataclass(frozen=True, slots=True)
class EntryCounts:
    """Entries by what became of them; the headline is made of these numbers alone."""

    entries: int
    entries_answered: int
    answered_within_threshold: int
    entries_abandoned: int
    short_abandoned: int
    entries_left_for_callback: int
    entries_waiting_within_threshold: int
    service_level_denominator: int


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    service_level: float | None
    service_level_answered: float | None
    service_level_asterisk2: float | None
    abandonment_rate: float | None
    stints_answered_within_threshold: int
    stints_unserved_within_threshold: int


def is_short_abandon(entry: Entry, rules: Rulebook, now: float) -> bool:
    return entry.outcome is Outcome.ABANDONED and entry.wait(now) <= rules.of(entry.queue).short_abandon


def group_entries(entries: Sequence[Entry], rules: Rulebook, now: float) -> dict[str, list[Entry]]:
    """The entries behind each of their counts, by its id."""

    def having(outcome: Outcome) -> list[Entry]:
        return [entry for entry in entries if entry.outcome is outcome]

    def in_time(entry: Entry) -> bool:
        return entry.wait(now) <= rules.of(entry.queue).service_threshold

    def judged(entry: Entry) -> bool:
        return not (
            is_short_abandon(entry, rules, now) or entry.outcome is Outcome.LEFT_FOR_CALLBACK
            or (entry.outcome is Outcome.WAITING and in_time(entry))
        )

    return {
        "entries": list(entries),
        "entries_answered": having(Outcome.ANSWERED),
        "answered_within_threshold": [entry for entry in having(Outcome.ANSWERED) if in_time(entry)],
        "entries_abandoned": having(Outcome.ABANDONED),
        "short_abandoned": [entry for entry in entries if is_short_abandon(entry, rules, now)],
        "entries_left_for_callback": having(Outcome.LEFT_FOR_CALLBACK),
        "entries_waiting_within_threshold": [entry for entry in having(Outcome.WAITING) if in_time(entry)],
        "service_level_denominator": [entry for entry in entries if judged(entry)],
    }


def count_entries(entries: Sequence[Entry], rules: Rulebook, now: float) -> EntryCounts:
    return EntryCounts(**{name: len(group) for name, group in group_entries(entries, rules, now).items()})


def group_stints(stints: Sequence[Stint], rules: Rulebook, now: float) -> dict[str, list[Stint]]:
    """The stints within their queue's threshold, by the ids of their counts."""
    in_time = [stint for stint in stints if stint_wait(stint, now) <= rules.of(stint.queue).service_threshold]
    return {
        "stints_answered_within_threshold": [each for each in in_time if each.outcome is Outcome.ANSWERED],
        "stints_unserved_within_threshold": [each for each in in_time if each.outcome in UNSERVED],
    }


def service_figures(counts: EntryCounts, stints: Sequence[Stint], rules: Rulebook, now: float) -> ServiceFigures:
    answered = sum(stint.outcome is Outcome.ANSWERED for stint in stints)
    unserved = sum(stint.outcome in UNSERVED for stint in stints)
    in_time = {name: len(group) for name, group in group_stints(stints, rules, now).items()}
    denominator = counts.service_level_denominator
    return ServiceFigures(
        service_level=ratio(counts.answered_within_threshold, denominator),
        service_level_answered=ratio(in_time["stints_answered_within_threshold"], answered),
        service_level_asterisk2=ratio(sum(in_time.values()), answered + unserved),
        abandonment_rate=ratio(counts.entries_abandoned - counts.short_abandoned, denominator),
        **in_time,
    )
