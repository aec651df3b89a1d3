"""What the days asked for need: the forecast of every quarter of an hour, and each target's agents. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from reports.staffing.forecast import Expectation, expectations
from reports.staffing.history import SLOTS, DayClass, is_skipped, slot_start
from reports.staffing.need import TARGETS, Assumptions
from reports.staffing.notes import Ahead
from reports.staffing.plan import Choice, Need, plan
from reports.staffing.reading import Learnt


@dataclass(frozen=True, slots=True)
class Quarter:
    start: int
    kind: DayClass
    expected: Expectation


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The quarters of an hour, and for each of them what was planned for."""

    ahead: Ahead
    assumptions: Assumptions
    choice: Choice
    high: bool
    """Whether the upper end of the forecast's range was taken."""
    quarters: Sequence[Quarter]
    calls: Sequence[float]
    needs: Sequence[Sequence[Need]]
    """Of each quarter, in the order of the targets."""


def quarters(learnt: Learnt, ahead: Ahead, zone: ZoneInfo) -> list[Quarter]:
    """Every quarter of an hour of the days asked for, by the site's clock."""
    found = []
    for number in range(ahead.days):
        day = ahead.first + timedelta(days=number)
        kind = learnt.kind(day)
        expected = expectations(learnt.forecaster.calls(day, kind, ahead.growth), learnt.errors.spread)
        found += [
            Quarter(slot_start(day, slot, zone), kind, expected[slot])
            for slot in range(SLOTS) if not is_skipped(day, slot, zone)
        ]
    return found


def reckon(
    learnt: Learnt, ahead: Ahead, assumptions: Assumptions, choice: Choice, zone: ZoneInfo, *, high: bool = False,
) -> Reckoning:
    """
    Args:
        learnt: the history.
        ahead: the days.
        assumptions: handle time, patience, shrinkage, cost.
        choice: by which model the roster is made.
        zone: the site's.
        high: plan for the upper end of the forecast's range.
    """  # noqa: D212
    found = quarters(learnt, ahead, zone)
    calls = [each.expected.high if high else each.expected.calls for each in found]
    return Reckoning(ahead, assumptions, choice, high, found, calls, plan(calls, assumptions, TARGETS, choice))
