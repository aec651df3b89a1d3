"""What an action comes to."""

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """Where the caller goes after an action; `then` and `otherwise` stand in the menu file."""

    HELPED = "helped"
    """He has what he came for: on to the action's `then`, or the menu again."""
    CANCELLED = "cancelled"
    """He changed his mind: the menu again."""
    FAILED = "failed"
    """It could not be done: on to the action's `otherwise`."""
    OPERATOR = "operator"
    """He asked for a person: the site's default queue."""
    QUEUE = "queue"
    """Into the queue that the outcome names."""
    LEFT = "left"
    """The call ends here with a goodbye, which the menus say."""
    AWAY = "away"
    """The dialplan has been told where to take the call; nothing more is said."""


@dataclass(frozen=True, slots=True)
class Outcome:
    ending: Ending
    result: str = ""
    """Written into the call's steps, like `wrong_pin`; the ending's name where empty. Never what a caller typed."""
    queue: str = ""
    priority: int = 0
