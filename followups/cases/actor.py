"""Who does something with a case, and how far he may reach. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from followups.cases.case import Case
from followups.cases.refusals import MayOnlyLookError, NotYourUnitError, UnknownCaseError


class Reach(StrEnum):
    EVERYTHING = "everything"
    """Supervisors, the command line on the machine, services of ours."""
    UNITS = "units"
    """Sees all cases, opens and notes, and works on those of his units."""
    LOOK = "look"
    """Sees all cases and changes none."""
    OWN = "own"
    """A partner's desk: opens cases, and sees those alone."""


@dataclass(frozen=True, slots=True)
class Actor:
    name: str
    """As the history has it."""
    reach: Reach = Reach.EVERYTHING
    also: str | None = None
    """Another name under which he is a member of units: the agent that he is."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name, self.also} - {None}) if self.also else frozenset({self.name})


CLOCK = Actor("clock")
"""Deadlines that fall due by themselves."""


def check_sees(actor: Actor, case: Case) -> None:
    """Raises UnknownCaseError: for this one there is no such case."""
    if actor.reach is Reach.OWN and case.opened_by != actor.name:
        raise UnknownCaseError(code=case.code)


def check_adds(actor: Actor, case: Case) -> None:
    """Whether he may add to the case: notes, files, links.

    Raises:
        UnknownCaseError, MayOnlyLookError: he may not.
    """
    check_sees(actor, case)
    if actor.reach is Reach.LOOK:
        raise MayOnlyLookError(who=actor.name)


def check_works(actor: Actor, case: Case, units: Collection[str]) -> None:
    """Whether he may work on the case; `units` are those that he is a member of.

    Raises:
        UnknownCaseError, MayOnlyLookError, NotYourUnitError: he may not.
    """
    check_adds(actor, case)
    if actor.reach is not Reach.EVERYTHING and case.unit not in units:
        raise NotYourUnitError(unit=case.unit, who=actor.name)
