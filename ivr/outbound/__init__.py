"""Calls of ours that were picked up: one module for each purpose, with `run` (see `Run`).

`agi://…/outbound` leads here, in dialplans/outbound.conf. A script says who calls and makes sure that a person hears it
before anybody else is troubled; it leaves the call with a queue chosen, or with the outcome written into the journal
and `finish`. What it does neither with was our own fault: the dialplan apologises, and the call is tried again.
"""

import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import structlog

from callqueue.outbound.model import AttemptOutcome
from ivr.actions.context import Resources
from ivr.agi.protocol import Opening
from ivr.call import Call

PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,39}")

log = structlog.get_logger()


class UnknownPurposeError(Exception):
    """Nobody here knows what to say in such a call."""


@dataclass(frozen=True, slots=True)
class Owed:
    """The call that was picked up, as the dialler ordered it."""

    purpose: str
    id: str
    attempt: int
    queue: str
    """Empty: no agent is needed."""
    priority: int
    place_ms: int
    """The place that is kept, in epoch milliseconds."""


class Run(Protocol):
    """What a module of this folder has as `run`."""

    async def __call__(self, call: Call, owed: Owed, resources: Resources) -> None: ...


async def answered(call: Call, opening: Opening, resources: Resources) -> None:
    """Let the purpose's script speak.

    Raises:
        UnknownPurposeError: there is none.
    """
    owed = read_owed(opening.arguments)
    log.info("call of ours picked up", purpose=owed.purpose, outbound=owed.id, attempt=owed.attempt)
    await script_of(owed.purpose)(call, owed, resources)


def read_owed(arguments: tuple[str, ...]) -> Owed:
    """The dialplan's arguments: purpose, id, attempt, queue, priority, place."""
    purpose, call_id, attempt, queue, priority, place = (*arguments, *[""] * 6)[:6]
    return Owed(purpose, call_id, int(attempt or 0), queue, int(priority or 0), int(place or 0))


def script_of(purpose: str) -> Run:
    """The function that speaks in calls of this purpose.

    Raises:
        UnknownPurposeError: there is none.
    """
    if not PURPOSE.fullmatch(purpose) or find_spec(f"ivr.outbound.{purpose}") is None:
        raise UnknownPurposeError(f"purpose {purpose!r}: there is no ivr/outbound/{purpose}.py")
    found: Run | None = getattr(import_module(f"ivr.outbound.{purpose}"), "run", None)
    if found is None:
        raise UnknownPurposeError(f"purpose {purpose!r}: ivr/outbound/{purpose}.py has no run")
    return found


async def tell(call: Call, owed: Owed, outcome: AttemptOutcome) -> None:
    """Write what became of the attempt into the journal, where it outlives all of us."""
    data = f"{owed.id}|{owed.attempt}|{outcome}"
    await call.execute("QueueLog", f"{owed.queue or 'NONE'},{call.call_id},NONE,CALLBACK_RESULT,{data}")
