"""Service levels and what stands beside them. Each field is a figure's id; its passport is in passports.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.entries import Entry, stint_wait
from callqueue.metrics.rules import Rulebook
from callqueue.stint import Outcome, Stint

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


def count_entries(entries: Sequence[Entry], rules: Rulebook, now: float) -> EntryCounts:
    def in_time(entry: Entry) -> bool:
        return entry.wait(now) <= rules.of(entry.queue).service_threshold

    def count(outcome: Outcome, holds: Callable[[Entry], bool] = lambda _: True) -> int:
        return sum(entry.outcome is outcome and holds(entry) for entry in entries)

    short = count(Outcome.ABANDONED, lambda entry: is_short_abandon(entry, rules, now))
    called_back = count(Outcome.LEFT_FOR_CALLBACK)
    undecided = count(Outcome.WAITING, in_time)
    return EntryCounts(
        entries=len(entries),
        entries_answered=count(Outcome.ANSWERED),
        answered_within_threshold=count(Outcome.ANSWERED, in_time),
        entries_abandoned=count(Outcome.ABANDONED),
        short_abandoned=short,
        entries_left_for_callback=called_back,
        entries_waiting_within_threshold=undecided,
        service_level_denominator=len(entries) - short - called_back - undecided,
    )


def service_figures(counts: EntryCounts, stints: Sequence[Stint], rules: Rulebook, now: float) -> ServiceFigures:
    def in_time(stint: Stint) -> bool:
        return stint_wait(stint, now) <= rules.of(stint.queue).service_threshold

    answered = [stint for stint in stints if stint.outcome is Outcome.ANSWERED]
    unserved = [stint for stint in stints if stint.outcome in UNSERVED]
    answered_in_time, unserved_in_time = sum(map(in_time, answered)), sum(map(in_time, unserved))
    denominator = counts.service_level_denominator
    return ServiceFigures(
        service_level=ratio(counts.answered_within_threshold, denominator),
        service_level_answered=ratio(answered_in_time, len(answered)),
        service_level_asterisk2=ratio(answered_in_time + unserved_in_time, len(answered) + len(unserved)),
        abandonment_rate=ratio(counts.entries_abandoned - counts.short_abandoned, denominator),
        stints_answered_within_threshold=answered_in_time,
        stints_unserved_within_threshold=unserved_in_time,
    )
