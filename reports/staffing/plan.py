"""The plan: for every quarter of an hour and every target, agents by both models, the roster, and its cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from reports.staffing.erlang import QUARTER, ErlangC, Standing
from reports.staffing.erlang_a import ErlangA
from reports.staffing.need import Assumptions, Needs, Target, scheduled

HOURS = QUARTER / 3600


class Choice(StrEnum):
    """By which model the roster is made."""

    ERLANG_C = "erlang-c"
    ERLANG_A = "erlang-a"


@dataclass(frozen=True, slots=True)
class Need:
    """What one target needs in one quarter of an hour."""

    target: Target
    erlang_c: Standing
    erlang_a: Standing | None
    chosen: Standing
    scheduled: int
    cost: float


@dataclass(frozen=True, slots=True)
class Sum:
    """One target over the whole plan."""

    target: Target
    agent_hours: float
    paid_hours: float
    cost: float
    most: int
    """The most agents on the roster at once."""
    occupancy: float | None
    """Of the agents, over all their hours."""


def choose(assumptions: Assumptions, wanted: Choice | None) -> Choice:
    """The model asked for, or the one that knows most of the callers.

    Raises:
        ValueError: Erlang A without patience.
    """
    if assumptions.patience is None and wanted is Choice.ERLANG_A:
        raise ValueError("nobody is known to have given up, so patience could not be measured: give --patience")
    if wanted is not None:
        return wanted
    return Choice.ERLANG_C if assumptions.patience is None else Choice.ERLANG_A


def plan(
    calls: Sequence[float], assumptions: Assumptions, targets: Sequence[Target], choice: Choice,
) -> list[list[Need]]:
    """For each quarter of an hour's calls what each target needs."""
    patient = Needs(ErlangC(), assumptions.aht)
    leaving = None if assumptions.patience is None else Needs(ErlangA(assumptions.patience), assumptions.aht)

    def need(each: float, target: Target) -> Need:
        with_leaving = None if leaving is None else leaving.of(each, target)
        return _need(patient.of(each, target), with_leaving, target, assumptions, choice)

    return [[need(each, target) for target in targets] for each in calls]


def _need(
    patient: Standing, leaving: Standing | None, target: Target, assumptions: Assumptions, choice: Choice,
) -> Need:
    chosen = leaving if choice is Choice.ERLANG_A and leaving is not None else patient
    count = scheduled(chosen.agents, assumptions.shrinkage)
    return Need(target, patient, leaving, chosen, count, count * HOURS * assumptions.hourly_cost)


def sums(needs: Sequence[Sequence[Need]], targets: Sequence[Target]) -> list[Sum]:
    """Each target's, in their order."""
    found = []
    for number, target in enumerate(targets):
        column = [row[number] for row in needs]
        agents = sum(each.chosen.agents for each in column)
        busy = sum(each.chosen.agents * each.chosen.occupancy for each in column)
        found.append(Sum(
            target, agents * HOURS, sum(each.scheduled for each in column) * HOURS, sum(each.cost for each in column),
            max((each.scheduled for each in column), default=0), busy / agents if agents else None,
        ))
    return found
