"""The ledger's row: one stay in one queue."""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Why a stint began (METRICS: words)."""

    DIRECT = "direct"
    OVERFLOW = "overflow"
    TRANSFER = "transfer"
    REQUEUE = "requeue"
    CALLBACK = "callback"
    FOLLOWUP = "followup"


class Outcome(StrEnum):
    """How a stint's waiting ended; every stint has exactly one, so the ledger balances."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    LEFT_BY_KEY = "left_by_key"
    LEFT_EMPTY = "left_empty"
    LEFT_FOR_CALLBACK = "left_for_callback"
    WITHDRAWN = "withdrawn"
    INTERRUPTED = "interrupted"
    WAITING = "waiting"


class Refusal(StrEnum):
    """Turned away before entering a queue: no stint, counted beside the ledger."""

    FULL = "refused_full"
    EMPTY = "refused_empty"
    CLOSED = "refused_closed"
    BUSY = "refused_busy"
    """All lines of the site were busy; booked to its default queue."""


class Ending(StrEnum):
    """How an answered stint's conversation ended."""

    CALLER = "caller"
    AGENT = "agent"
    TRANSFER = "transfer"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Stint:
    """One stay in one queue, as the two durable records tell it.

    Instants are whole epoch seconds (UTC), the journal's resolution; names ending in `_ms` are
    milliseconds measured by CEL and are None until (or unless) CEL has spoken.
    """

    call_id: str
    """Asterisk's linkedid of the call (for imported logs without STINT lines: the callid)."""
    channel_id: str
    """Uniqueid of the waiting channel: the journal's callid."""
    number: int
    """1 for the first stint of this channel, 2 for the next, in the journal's order."""
    queue: str
    origin: Origin
    entered: int
    outcome: Outcome = Outcome.WAITING
    caller: str | None = None
    """The validated number; None when withheld or malformed."""
    promise: str | None = None
    """Id of the promise (callback, follow-up) this stint keeps."""
    wait: int | None = None
    """Seconds waited, None while waiting."""
    agent: str | None = None
    answered: int | None = None
    """When the agent answered."""
    finished: int | None = None
    """When the conversation (or, unanswered, the waiting) ended."""
    talk: int | None = None
    """Seconds of conversation by the journal (includes hold)."""
    ending: Ending | None = None
    agent_channel_id: str | None = None
    spoke: bool | None = None
    """True when the two were bridged, False when they never were, None while CEL has not said."""
    wait_ms: int | None = None
    talk_ms: int | None = None
    """Bridged time without hold."""
    hold_ms: int | None = None
    ended_by_cel: bool = False
    """The end is CEL's word: the journal has no line of it. A line that is read later counts instead."""
