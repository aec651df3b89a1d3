"""How a caller walks through the menus: where he stands and what he pressed say what he hears next.

Pure: it speaks to no telephone, so a table of keys and expectations tests it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from foundation.settings import Language
from ivr.actions.outcome import Ending, Outcome
from ivr.conditions import Facts, fits
from ivr.menu.menu import (
    Alternative,
    Announce,
    Back,
    ChooseLanguage,
    EnterQueue,
    Escape,
    GoMenu,
    Goodbye,
    Handled,
    Operator,
    Repeat,
    Tree,
)

Chosen = TypeVar("Chosen", bound=Alternative)
SILENCE = ""
"""What was pressed when nothing was."""


class Result(StrEnum):
    """What became of one question."""

    CHOSEN = "chosen"
    ANNOUNCED = "announced"
    """Chosen, and told."""
    BACK = "back"
    REPEAT = "repeat"
    NO_INPUT = "no_input"
    WRONG_KEY = "wrong_key"
    GAVE_UP = "gave_up"
    """The last retry failed as well."""


@dataclass(frozen=True, slots=True)
class Position:
    menu: str
    trail: tuple[str, ...] = ()
    """The menus before this one, for the way back."""
    failures: int = 0
    """Wrong keys and silences in this menu so far."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Play the prompts, and wait for a key."""

    prompts: tuple[str, ...]
    seconds: float
    position: Position


@dataclass(frozen=True, slots=True)
class Leave:
    """The caller leaves the menus: into a queue, or (queue None) with a goodbye."""

    prompts: tuple[str, ...]
    queue: str | None = None
    priority: int = 0
    away: bool = False
    """The dialplan knows already where the call goes."""


@dataclass(frozen=True, slots=True)
class Do:
    """An action of a module of its own; `follow` says where its outcome leads."""

    action: Handled
    position: Position


@dataclass(frozen=True, slots=True)
class Move:
    result: Result
    then: Ask | Leave | Do
    language: Language | None = None
    """The language from here on; None: as it was."""


def begin(tree: Tree, facts: Facts) -> Ask:
    """The first question of a call."""
    return _ask(tree, Position(_certain(tree.call.start, facts).menu))


def begin_busy(tree: Tree) -> Ask | Leave:
    """For a caller for whom the site has no line left."""
    if tree.call.busy is None:
        return Leave(("lines-busy", *tree.call.goodbye))
    return _ask(tree, Position(tree.call.busy))


def without_queue(tree: Tree, leave: Leave) -> Leave:
    """The same way out for a caller who was refused already: no queue, but a goodbye."""
    return leave if leave.queue is None and not leave.away else Leave(tree.call.goodbye)


def walk(tree: Tree, facts: Facts, position: Position, key: str) -> Move:
    """What a key (or SILENCE) does here, at this moment, for this caller."""
    action = choose(tree.menus[position.menu].keys.get(key, ()), facts)
    match action:
        case None:
            return _failed(tree, facts, position, key)
        case Back():
            return Move(Result.BACK, _back(tree, position))
        case Repeat():
            return Move(Result.REPEAT, _ask(tree, Position(position.menu, position.trail, position.failures)))
        case ChooseLanguage(language=language, menu=name):
            return Move(Result.CHOSEN, _forward(tree, position, name), language)
        case Announce(say=say):
            return Move(Result.ANNOUNCED, _ask(tree, Position(position.menu, position.trail), say))
        case _:
            return Move(Result.CHOSEN, _chosen(tree, position, action))


def follow(tree: Tree, facts: Facts, do: Do, outcome: Outcome) -> Ask | Leave:
    """Where a caller goes after an action."""
    match outcome.ending:
        case Ending.HELPED if do.action.then is not None:
            return _escape(tree, do.position, _certain(do.action.then, facts))
        case Ending.HELPED | Ending.CANCELLED:
            return _ask(tree, do.position)
        case Ending.FAILED:
            return _escape(tree, do.position, _certain(do.action.otherwise, facts))
        case _:
            return _out(tree, outcome)


def _out(tree: Tree, outcome: Outcome) -> Leave:
    match outcome.ending:
        case Ending.QUEUE:
            return Leave(tree.call.before_queue, outcome.queue, outcome.priority)
        case Ending.LEFT:
            return Leave(tree.call.goodbye)
        case Ending.AWAY:
            return Leave((), away=True)
        case _:
            return to_operator(tree)


def choose(alternatives: Sequence[Chosen], facts: Facts) -> Chosen | None:
    """The first that fits."""
    return next((each for each in alternatives if fits(each.when, facts)), None)


def _certain(alternatives: Sequence[Chosen], facts: Facts) -> Chosen:
    """The first that fits; the last one always does."""
    return choose(alternatives[:-1], facts) or alternatives[-1]


def to_operator(tree: Tree) -> Leave:
    return Leave(tree.call.before_queue, tree.default_queue)


def _chosen(tree: Tree, position: Position, action: Handled | Escape) -> Ask | Leave | Do:
    if isinstance(action, Handled):
        return Do(action, Position(position.menu, position.trail))
    return _escape(tree, position, action)


def _failed(tree: Tree, facts: Facts, position: Position, key: str) -> Move:
    menu = tree.menus[position.menu]
    if position.failures >= menu.retries:
        return Move(Result.GAVE_UP, _chosen(tree, position, _certain(menu.otherwise, facts)))
    result, hint = (
        (Result.NO_INPUT, tree.call.no_input) if key == SILENCE else (Result.WRONG_KEY, tree.call.wrong_key)
    )
    again = Position(position.menu, position.trail, position.failures + 1)
    return Move(result, _ask(tree, again, hint))


def _escape(tree: Tree, position: Position, action: Escape) -> Ask | Leave:
    match action:
        case GoMenu(menu=name):
            return _forward(tree, position, name)
        case EnterQueue(queue=queue, priority=priority):
            return Leave(tree.call.before_queue, queue, priority)
        case Operator():
            return to_operator(tree)
        case Goodbye():
            return Leave(tree.call.goodbye)


def _forward(tree: Tree, position: Position, name: str) -> Ask:
    trail = (*position.trail, position.menu)
    if name in trail:
        # A menu that leads to one before it is a way back: the trail must not grow for ever.
        trail = trail[: trail.index(name)]
    return _ask(tree, Position(name, trail))


def _back(tree: Tree, position: Position) -> Ask:
    if not position.trail:
        return _ask(tree, Position(position.menu))
    *trail, before = position.trail
    return _ask(tree, Position(before, tuple(trail)))


def _ask(tree: Tree, position: Position, first: tuple[str, ...] = ()) -> Ask:
    menu = tree.menus[position.menu]
    return Ask((*first, *menu.say), menu.wait_seconds, position)
