"""The steps of a call: every question and every action, and what became of it.

No step holds what a caller typed in secret.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a step is about."""

    CALL = "call"
    """Its beginning and its end."""
    MENU = "menu"
    SERVICE = "service"
    VOICE_MESSAGE = "voice_message"
    CALLBACK = "callback"
    TRANSFER = "transfer"
    FOLLOWUP = "followup"
    CASE = "case"
    SPEECH = "speech"
    """A word was understood; the menu's own step follows, with the key that it stands for."""


class CallEnding(StrEnum):
    """How a call left the menus: the result of its last step."""

    QUEUED = "queued"
    TRANSFERRED = "transferred"
    GOODBYE = "goodbye"
    HUNG_UP = "hung_up"
    FAILED = "failed"
    """By a fault of ours; the dialplan's rescue path takes the call."""


BEGAN = "began"
"""Result of a call's first step."""
BUSY = "busy"
"""Name of the first step where the site had no line left; the dialplan's word for it, too."""
HUNG_UP = CallEnding.HUNG_UP.value
"""Also of the question or action in which the caller went."""


@dataclass(frozen=True, slots=True)
class Step:
    call_id: str
    number: int
    """From 1 in each call."""
    at: float
    """When it ended, in epoch seconds."""
    kind: str
    name: str
    """Of the menu, service, box or queue."""
    key: str | None
    """None: a secret, or nothing was to be pressed; "" when nothing was pressed."""
    result: str
    """Of a question: see menu.walk.Result; of an action: its ending, like `failed:wrong_pin`; of a call: CallEnding."""
    ms: int
    """How long it took."""
    caller: str | None = None
    """The validated number, only in the step that begins the call."""


Keep = Callable[[Step], None]


def forget(_step: Step) -> None:
    """Keeps nothing."""


@dataclass(slots=True)
class StepLog:
    """The steps of one call, each handed to `keep` as it happens."""

    call_id: str
    keep: Keep = forget
    now: Callable[[], float] = time.time
    steps: list[Step] = field(default_factory=list)

    def add(
        self, kind: str, name: str, key: str | None = None, result: str = "", ms: int = 0, *,
        caller: str | None = None,
    ) -> None:
        """One more step. A key that is part of a secret is given as None."""
        step = Step(self.call_id, len(self.steps) + 1, round(self.now(), 3), kind, name, key, result, ms, caller)
        self.steps.append(step)
        self.keep(step)
