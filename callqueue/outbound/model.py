"""A call that is owed, its attempts, and what may become of them. Instants are epoch milliseconds (UTC)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from foundation.settings import Language

CALLBACK = "callback"
"""The purpose of a promise; other rooms have words of their own."""


class Channel(StrEnum):
    """How a call was asked for."""

    QUEUE = "queue"
    """By a key while waiting: the place is that of the waiting."""
    MENU = "menu"
    WEB = "web"
    API = "api"
    SCHEDULE = "schedule"
    """By us: a call that another room owes."""
    AGENT = "agent"


class State(StrEnum):
    OPEN = "open"
    DIALLING = "dialling"
    """A worker has it; it counts as open for everybody else."""
    CLOSED = "closed"


class Result(StrEnum):
    """Why a call that was owed is owed no longer."""

    REACHED = "reached"
    CANCELLED = "cancelled"
    UNREACHABLE = "unreachable"
    """Every attempt of the retry plan has failed."""
    WRONG_PERSON = "wrong_person"
    EXPIRED = "expired"
    """Its time had passed before anybody could be reached."""
    REFUSED = "refused"
    """The number may not be called (any more)."""
    HELPED_OTHERWISE = "helped_otherwise"
    """He called us and was answered."""
    MERGED = "merged"
    """An earlier promise to the same number for the same queue was open: that one is kept (`reference` names it)."""


class AttemptOutcome(StrEnum):
    REACHED = "reached"
    """Of a callback: an agent spoke with him. Of others: the script was heard to its end."""
    CANCELLED = "cancelled"
    """He was reached and wants no call any more."""
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    """The network could not reach the number."""
    WRONG_PERSON = "wrong_person"
    NOT_CONFIRMED = "not_confirmed"
    """Somebody answered, or a machine, and no key said that it is he."""
    GAVE_UP = "gave_up"
    """He hung up while waiting at the head of the queue."""
    INTERRUPTED = "interrupted"
    """We or Asterisk failed while he was on the line."""
    UNCERTAIN = "uncertain"
    """A worker was killed, and no record says what became of the attempt."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A wish to be called back."""

    number: str
    """As it was given, typed or shown; `promise` brings it into its normal form."""
    queue: str
    language: Language
    channel: Channel
    place_ms: int | None = None
    """When he first joined the queue; None (asked outside a queue): the instant of asking."""
    priority: int = 0
    not_before_ms: int | None = None
    """The time wished for; None: as soon as his place comes."""
    origin_call_id: str | None = None
    tracking: str | None = None
    """The code that he was told, if one was."""
    id: str | None = None
    """The promise's id where it exists already, as in a journal line; None: a new one is made."""
    asked_ms: int | None = None
    """None: now."""
    due_ms: int | None = None
    """The time that he was told; None: by the estimate, if there is one."""


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """A call that another room owes to somebody."""

    purpose: str
    """The room's word; it names the script that speaks (ivr/outbound/<purpose>.py). Not `callback`."""
    reference: str
    """The room's own key. While a call of this purpose and reference is open, asking again gives the same call."""
    number: str
    language: Language
    queue: str | None = None
    """Whose agents talk with him; None: a script does, and no agent is needed."""
    not_before_ms: int | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class OutboundCall:
    """One call that is or was owed: a row of `outbound_call`."""

    id: str
    purpose: str
    number: str
    """Normal form."""
    language: Language
    channel: Channel
    place_ms: int
    asked_ms: int
    state: State
    next_attempt_ms: int
    """It is not dialled before."""
    reference: str | None = None
    queue: str | None = None
    priority: int = 0
    origin_call_id: str | None = None
    tracking: str | None = None
    not_before_ms: int | None = None
    due_ms: int | None = None
    """The time that was promised; None: none was."""
    attempts: int = 0
    claimed_by: str | None = None
    claimed_until_ms: int | None = None
    closed_ms: int | None = None
    result: Result | None = None
    closed_by: str | None = None
    closing: int | None = None
    """Which closing it was, from 1; results are read in this order."""
    told_ms: int | None = None


Promise = OutboundCall
"""A call of the purpose `callback`: its `queue` is never None."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: a row of `outbound_attempt`."""

    channel_id: str
    """Uniqueid of the channel to be originated; no other attempt ever has it."""
    outbound_id: str
    n: int
    worker: str
    claimed_ms: int
    dialled_ms: int | None = None
    answered_ms: int | None = None
    confirmed_ms: int | None = None
    joined_ms: int | None = None
    ended_ms: int | None = None
    outcome: AttemptOutcome | None = None
    cause: int | None = None
    idle_ms: int = 0


def channel_id_of(outbound_id: str, n: int) -> str:
    return f"{outbound_id}-{n}"


def call_of(row: Mapping[Any, Any]) -> OutboundCall:
    """The call in a row of `outbound_call`."""
    values = dict(row)
    values["channel"], values["state"] = Channel(values["channel"]), State(values["state"])
    values["result"] = Result(values["result"]) if values["result"] else None
    return OutboundCall(**values)


def attempt_of(row: Mapping[Any, Any]) -> Attempt:
    """The attempt in a row of `outbound_attempt`."""
    values = dict(row)
    values["outcome"] = AttemptOutcome(values["outcome"]) if values["outcome"] else None
    return Attempt(**values)
