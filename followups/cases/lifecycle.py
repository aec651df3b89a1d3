"""The states of a case and the steps between them. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    """Known to the unit's inbox; nobody has taken it yet."""
    ASSIGNED = "assigned"
    WAITING_UNIT = "waiting_unit"
    """For what another unit owes."""
    WAITING_CALLER = "waiting_caller"
    """For what the caller owes: a paper, an answer."""
    RESOLVED = "resolved"
    """There is a result; the caller does not know it yet."""
    TOLD = "told"
    CLOSED = "closed"
    REOPENED = "reopened"
    """The caller says that it is not solved."""


class Step(StrEnum):
    ASSIGN = "assign"
    HAND_OVER = "hand_over"
    """To another unit, in whose inbox nobody has taken it yet."""
    WAIT_UNIT = "wait_unit"
    WAIT_CALLER = "wait_caller"
    RESUME = "resume"
    """What was waited for has come."""
    RESOLVE = "resolve"
    TELL = "tell"
    CLOSE = "close"
    REOPEN = "reopen"


class Closing(StrEnum):
    """Why a case is closed."""

    SOLVED = "solved"
    """The caller was told, and it is well."""
    UNREACHABLE = "unreachable"
    """There is a result, and no way led to the caller."""
    NOBODY_TO_TELL = "nobody_to_tell"
    """There is a result, and the case has no caller: praise, a word without a name."""
    WITHDRAWN = "withdrawn"
    """The caller does not want it any more."""
    DUPLICATE = "duplicate"


WORK = frozenset({State.OPEN, State.ASSIGNED, State.WAITING_UNIT, State.WAITING_CALLER, State.REOPENED})
"""A result is still owed."""
LIVE = WORK | {State.RESOLVED, State.TOLD}
"""Not closed."""

_STEPS: Mapping[Step, tuple[frozenset[State], State]] = {
    Step.ASSIGN: (WORK, State.ASSIGNED),
    Step.HAND_OVER: (WORK, State.OPEN),
    Step.WAIT_UNIT: (frozenset({State.ASSIGNED, State.WAITING_CALLER}), State.WAITING_UNIT),
    Step.WAIT_CALLER: (frozenset({State.ASSIGNED, State.WAITING_UNIT}), State.WAITING_CALLER),
    Step.RESUME: (frozenset({State.WAITING_UNIT, State.WAITING_CALLER}), State.ASSIGNED),
    Step.RESOLVE: (WORK, State.RESOLVED),
    Step.TELL: (frozenset({State.RESOLVED}), State.TOLD),
    Step.CLOSE: (LIVE, State.CLOSED),
    Step.REOPEN: (frozenset({State.RESOLVED, State.TOLD, State.CLOSED}), State.REOPENED),
}
_CLOSES: Mapping[Closing, frozenset[State]] = {
    Closing.SOLVED: frozenset({State.TOLD}),
    Closing.UNREACHABLE: frozenset({State.RESOLVED}),
    Closing.NOBODY_TO_TELL: frozenset({State.RESOLVED}),
    Closing.WITHDRAWN: LIVE,
    Closing.DUPLICATE: LIVE,
}


def after(state: State, step: Step) -> State | None:
    """The state that a step leads to; None: it cannot be taken from here."""
    wherefrom, whereto = _STEPS[step]
    return whereto if state in wherefrom else None


def may_close(state: State, closing: Closing) -> bool:
    return state in _CLOSES[closing]


def steps_from(state: State) -> tuple[Step, ...]:
    """Every step that can be taken from here."""
    return tuple(step for step in Step if after(state, step) is not None)


def closings_from(state: State) -> tuple[Closing, ...]:
    return tuple(closing for closing in Closing if may_close(state, closing))
