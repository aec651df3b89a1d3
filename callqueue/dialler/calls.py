"""One call of ours on its way, folded from what Asterisk tells of its channel. Pure; instants are in epoch
milliseconds.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from callqueue.outbound.evidence import Verdict, outcome_of_cause
from callqueue.outbound.model import Attempt, AttemptOutcome, OutboundCall
from foundation.asterisk.ami import Event

CALL_EVENTS = ("OriginateResponse", "QueueCallerJoin", "AgentConnect", "Hangup")
ANSWERED = "4"
"""OriginateResponse's reason."""
UP = "6"
"""A channel's state once it was picked up."""
UNSEEN_MS = 15_000
"""Asterisk makes the channel in a thread of its own: only after so long there is none."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A call that is out."""

    call: OutboundCall
    attempt: Attempt
    answered_ms: int | None = None
    joined_ms: int | None = None
    seen: bool = False
    """Asterisk has (or had) its channel."""
    over: bool = False
    """Its channel has ended; what became of it stands in `verdict`, or else in the records."""
    verdict: Verdict | None = None
    idle_ms: int = 0
    """For how long an agent stood ready for its sake."""

    @property
    def channel_id(self) -> str:
        return self.attempt.channel_id


def watch(call: OutboundCall, attempt: Attempt) -> Watched:
    """A call from here on, new or adopted."""
    return Watched(call, attempt, attempt.answered_ms, attempt.joined_ms, idle_ms=attempt.idle_ms)


def follow(watched: Watched, event: Event, now_ms: int) -> Watched:
    """The call after an event about its channel."""
    match event.name:
        case "OriginateResponse" if event.get("Reason") == ANSWERED:
            return replace(watched, seen=True, answered_ms=watched.answered_ms or now_ms)
        case "QueueCallerJoin":
            return replace(
                watched, seen=True, joined_ms=watched.joined_ms or now_ms, answered_ms=watched.answered_ms or now_ms)
        case "AgentConnect":
            return replace(watched, seen=True, verdict=watched.verdict or Verdict(AttemptOutcome.REACHED))
        case "Hangup":
            return _hung_up(watched, event)
        case _:
            return watched


def _hung_up(watched: Watched, event: Event) -> Watched:
    """Whoever never picked up is told by the cause; about the others the records know more than we saw."""
    if watched.verdict is not None or watched.answered_ms is not None or event.get("ChannelState") == UP:
        return replace(watched, over=True)
    cause = event.number("Cause") or None
    return replace(watched, over=True, verdict=Verdict(outcome_of_cause(cause), cause))


def compare(watched: Watched, channels: Collection[str], now_ms: int) -> Watched:
    """The call after a look at all channels: an end that came while we did not see is made up for."""
    if watched.channel_id in channels:
        return replace(watched, seen=True)
    dialled_ms = watched.attempt.dialled_ms or watched.attempt.claimed_ms
    return replace(watched, over=True) if watched.seen or now_ms - dialled_ms > UNSEEN_MS else watched

