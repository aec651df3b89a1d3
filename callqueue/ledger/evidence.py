"""What the two durable records tell beside stints: refusals, rings, agents' deeds, gaps.

All instants are whole epoch seconds (UTC) unless a name ends in `_ms` (milliseconds) or `_us` (epoch microseconds).
"""

from dataclasses import dataclass
from enum import StrEnum

from callqueue.ledger.stint import Origin, Refusal
from foundation.calendars import Interval
from foundation.records import record


class AgentDeed(StrEnum):
    """What an agent (or someone for the agent) did; pauses carry their reason."""

    LOGIN = "login"
    LOGOUT = "logout"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    ADDED = "added"
    """Became a member of a queue (ADDMEMBER)."""
    REMOVED = "removed"
    """Left a queue (REMOVEMEMBER)."""
    RESTORED = "restored"
    """Logged in again by us after a restart of Asterisk, as before it."""


class Mark(StrEnum):
    """Journal lines that stand for the whole of Asterisk."""

    START = "queuestart"
    STOPPING = "stopping"


class GapKind(StrEnum):
    """Why evidence is missing or contradicts itself; a gap is shown, never smoothed."""

    DOWN = "down"
    """Asterisk was not running, from the last journal line to QUEUESTART."""
    DISAGREEMENT = "disagreement"
    """Journal and CEL differ by more than a second about one stint."""
    JOURNAL_LOST = "journal_lost"
    """CEL knows a stay in a queue, or the end of one, of which the journal has no line."""
    CEL_LOST = "cel_lost"
    """The journal knows a conversation of which CEL has nothing."""
    FILE_LOST = "file_lost"
    """A followed file vanished before it was read to its end."""
    BLIND = "blind"
    """The live picture (AMI) was not there."""
    DISK_FULL = "disk_full"
    CHECK = "check"
    """The live picture and the journal differ."""


@record
class Refused:
    """Turned away before entering a queue."""

    at: int
    queue: str
    reason: Refusal
    channel_id: str
    call_id: str
    caller: str | None = None
    number: int = 0
    """Which attempt of this channel to enter a queue it was, 0 when not known."""
    origin: Origin | None = None


@record
class Ring:
    """An agent's telephone rang and was not picked up (RINGNOANSWER)."""

    at: int
    queue: str
    agent: str
    channel_id: str
    ring_ms: int


@record
class AgentEvent:
    at: int
    agent: str
    deed: AgentDeed
    queue: str | None = None
    """None: all of the agent's queues."""
    reason: str | None = None
    """Of a pause; of a logout, who did it."""
    interface: str | None = None
    journal: str = ""
    """Which Asterisk it happened at: agents of two may have one name."""


@record
class Rescue:
    """A call that our services could not handle and the dialplan rescued."""

    at: int
    channel_id: str
    call_id: str
    reason: str


@record
class Marker:
    at: int
    mark: Mark
    detail: str = ""
    journal: str = ""
    """Which Asterisk started or stopped."""


@dataclass(frozen=True, slots=True)
class CelReach:
    """How far back CEL tells of calls: another Asterisk's journal is imported without it."""

    since: int | None
    """Epoch seconds of the first call that it knows; None: it knows none."""

    def touches(self, interval: Interval) -> bool:
        """Whether there is CEL for any of that time; where there is none, what only CEL tells is not known."""
        return self.since is not None and self.since < interval.end


@record
class Gap:
    """A time, or a call, about which the evidence is missing or contradicts itself."""

    kind: GapKind
    started: int
    ended: int | None = None
    """None while it lasts."""
    call_id: str = ""
    detail: str = ""


@record
class Call:
    """One call from the trunk, as CEL tells it."""

    call_id: str
    channel: str
    """Name of the channel that began it, like PJSIP/trunk-0000001f."""
    started_us: int
    ended_us: int | None = None
    queued: bool = False
    """It came as far as a queue."""
    hung_up_by_caller: bool | None = None
    """None while it lasts."""
