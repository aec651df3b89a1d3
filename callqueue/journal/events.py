"""What the journal's lines say, one small record for each thing that can happen.

`at` is in epoch seconds (UTC). `channel_id` is the journal's callid, the uniqueid of the waiting channel. Waits and
talks are whole seconds as Asterisk wrote them, None where an older Asterisk wrote none.
"""

from dataclasses import dataclass

from callqueue.ledger.evidence import AgentDeed
from callqueue.ledger.stint import Ending, Origin, Refusal


@dataclass(frozen=True, slots=True)
class StintSaid:
    """Our dialplan's line before `Queue()`: whose stint the next ENTERQUEUE of the channel opens."""

    at: int
    channel_id: str
    queue: str
    call_id: str
    caller: str | None
    origin: Origin
    promise: str | None
    number: int


@dataclass(frozen=True, slots=True)
class EntryRefused:
    at: int
    channel_id: str
    queue: str
    reason: Refusal
    call_id: str


@dataclass(frozen=True, slots=True)
class CallbackRequested:
    """A caller was promised to be called back; what the promise needs, should the database not have it."""

    at: int
    channel_id: str
    """Empty when nobody was on the line: asked for on the web, by a program, by an agent."""
    queue: str
    promise: str | None
    number: str | None = None
    """Where to call; None in the lines of earlier versions."""
    place_ms: int = 0
    """The kept place: the instant of first joining or, outside a queue, of asking; epoch milliseconds."""
    priority: int = 0
    language: str = ""
    channel: str = ""
    """How it was asked for: queue, menu, web, api, schedule or agent."""
    call_id: str = ""
    not_before_ms: int | None = None
    """Asked for at a time; epoch milliseconds."""
    tracking: str | None = None
    """The code that he was told."""
    due_ms: int | None = None
    """The time that he was told; epoch milliseconds."""


@dataclass(frozen=True, slots=True)
class CallbackAttempted:
    """A call out is about to be dialled, under this channel's id."""

    at: int
    channel_id: str
    queue: str | None
    promise: str
    number: int
    """1 for the first attempt of this promise."""
    purpose: str


@dataclass(frozen=True, slots=True)
class CallbackEnded:
    """What came of an attempt."""

    at: int
    channel_id: str
    queue: str | None
    promise: str
    number: int
    outcome: str
    cause: str


@dataclass(frozen=True, slots=True)
class CallbackClosed:
    """A promise is settled: kept, cancelled, or given up with its reason."""

    at: int
    channel_id: str
    """Of the attempt that settled it; empty where none did."""
    queue: str | None
    promise: str
    result: str
    by: str


@dataclass(frozen=True, slots=True)
class Entered:
    at: int
    channel_id: str
    queue: str
    caller: str | None
    position: int | None


@dataclass(frozen=True, slots=True)
class Connected:
    at: int
    channel_id: str
    queue: str
    agent: str
    wait: int | None
    agent_channel_id: str | None


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """COMPLETECALLER, COMPLETEAGENT, or one of the transfers."""

    at: int
    channel_id: str
    queue: str
    agent: str
    wait: int | None
    talk: int | None
    ending: Ending


@dataclass(frozen=True, slots=True)
class PageLost:
    """The agent's page, and the telephone in it, was gone in mid-call; the caller has hung up nothing."""

    at: int
    channel_id: str
    queue: str
    agent: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    at: int
    channel_id: str
    queue: str
    wait: int | None


@dataclass(frozen=True, slots=True)
class TimedOut:
    at: int
    channel_id: str
    queue: str
    wait: int | None


@dataclass(frozen=True, slots=True)
class LeftEmpty:
    at: int
    channel_id: str
    queue: str
    wait: int | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    at: int
    channel_id: str
    queue: str
    wait: int | None


@dataclass(frozen=True, slots=True)
class LeftByKey:
    at: int
    channel_id: str
    queue: str
    wait: int | None


WaitEnded = Abandoned | TimedOut | LeftEmpty | Withdrawn | LeftByKey


@dataclass(frozen=True, slots=True)
class RangNoAnswer:
    at: int
    channel_id: str
    queue: str
    agent: str
    ring_ms: int


@dataclass(frozen=True, slots=True)
class AgentDid:
    at: int
    agent: str
    deed: AgentDeed
    queue: str | None
    reason: str | None
    interface: str | None


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """An agent put the other side on hold, or came back; `channel_id` is the agent's channel."""

    at: int
    channel_id: str
    call_id: str
    at_us: int
    begins: bool


@dataclass(frozen=True, slots=True)
class MaskBegun:
    """From now on nothing of this call is heard in recordings; `channel_id` is the caller's."""

    at: int
    channel_id: str
    call_id: str
    agent: str
    by: str
    at_us: int
    until_us: int
    """When it ends by itself."""


@dataclass(frozen=True, slots=True)
class MaskEnded:
    at: int
    channel_id: str
    call_id: str
    at_us: int
    why: str


@dataclass(frozen=True, slots=True)
class Started:
    """QUEUESTART: Asterisk began; whatever was open before is over."""

    at: int


@dataclass(frozen=True, slots=True)
class Stopping:
    at: int
    who: str


@dataclass(frozen=True, slots=True)
class Rescued:
    at: int
    channel_id: str
    call_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A sound line that the ledger has no use for."""

    at: int
    event: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be understood; `text` is safe to store and to show."""

    text: str
    reason: str


CallbackEvent = CallbackRequested | CallbackAttempted | CallbackEnded | CallbackClosed
ChannelEvent = (
    StintSaid | EntryRefused | CallbackEvent | Entered | Connected | TalkEnded | PageLost | WaitEnded | RangNoAnswer
    | Rescued | HoldChanged | MaskBegun | MaskEnded
)
Event = ChannelEvent | AgentDid | Started | Stopping | Ignored
