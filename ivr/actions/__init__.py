"""What a menu's key may start beyond moving about: one module for each kind of action, named as in `do:`.

A module `ivr/actions/NAME.py` has `run` (see `Run`), and `names`, where what the action speaks of must exist:
`names(home, settings)` gives the services, boxes or queues that there are. An action without its module is refused
when the menus are loaded.
"""

from importlib import import_module
from importlib.util import find_spec

from foundation.paths import Home
from foundation.settings import Settings
from ivr.actions.context import CallContext, Resources, Run
from ivr.actions.outcome import Ending, Outcome


def exists(kind: str) -> bool:
    """Whether this version carries out actions of this kind."""
    return find_spec(f"ivr.actions.{kind}") is not None


def handler(kind: str) -> Run:
    """The function that carries out actions of this kind.

    Raises:
        ModuleNotFoundError: there is none; menus with such an action were refused.
    """
    found: Run = import_module(f"ivr.actions.{kind}").run
    return found


def known_names(kind: str, home: Home, settings: Settings) -> frozenset[str]:
    """What actions of this kind may name here; empty where there is no such kind."""
    return frozenset(import_module(f"ivr.actions.{kind}").names(home, settings)) if exists(kind) else frozenset()


__all__ = ["CallContext", "Ending", "Outcome", "Resources", "Run", "exists", "handler", "known_names"]
