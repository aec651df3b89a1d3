"""When somebody is warned that a case falls due, and when it goes a tier up. Pure.

The warning comes when the unit opens on a working day before the last one. Once the deadline has passed, the case
goes one tier up at once, and one more at the end of every further working day, until it lies with headquarters.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from followups.cases.case import Tier
from followups.deadlines.deadline import end_of
from followups.deadlines.opening_hours import UnitCalendar


class NoticeKind(StrEnum):
    WARNING = "warning"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class EscalationRule:
    """The site's, in working days."""

    warn_days: int = 1
    """Before the last day."""
    every_days: int = 1
    """From one tier to the next."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A case whose result is still owed, and what has been said about it."""

    tier: Tier
    starts: datetime
    """When its clock started."""
    due: datetime
    """Its last second in time."""
    warned: bool
    escalations: int
    """Since this deadline began to run."""


@dataclass(frozen=True, slots=True)
class NextNotice:
    """What comes next if nobody ends the case, and when (UTC)."""

    kind: NoticeKind
    number: int
    """0 of a warning; escalations count from 1."""
    at: datetime
    tier: Tier
    """Whom it reaches: those who have the case, or the tier that gets it."""


def next_notice(case: Pending, rule: EscalationRule, unit: UnitCalendar, now: datetime) -> NextNotice | None:
    """The first notice that has not been given; None once the case has reached headquarters.

    A case that nobody was warned about while there was time (the line was down) escalates without a warning.
    """
    if not case.warned and now <= case.due:
        return NextNotice(NoticeKind.WARNING, 0, warning_at(case.starts, case.due, rule, unit), case.tier)
    above = case.tier.next
    if above is None:
        return None
    number = case.escalations + 1
    return NextNotice(NoticeKind.ESCALATION, number, escalation_at(case.due, number, rule, unit), above)


def warning_at(starts: datetime, due: datetime, rule: EscalationRule, unit: UnitCalendar) -> datetime:
    """When the unit opens, so many working days before the last day; never in the first half of the time it has."""
    opening = unit.opens(unit.days.preceding(unit.local(due).date(), rule.warn_days))
    half_way = starts + (due - starts) / 2
    return max(opening.astimezone(UTC), half_way.astimezone(UTC))


def escalation_at(due: datetime, number: int, rule: EscalationRule, unit: UnitCalendar) -> datetime:
    """The deadline itself for the first one; then the end of every further working day."""
    if number == 1:
        return due.astimezone(UTC)
    return end_of(unit.days.following(unit.local(due).date(), (number - 1) * rule.every_days), unit.zone)
