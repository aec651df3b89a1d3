"""A case: what a caller was promised, by whom it is worked on, and all that happened to it. Pure.

Times ending in `_ms` are epoch milliseconds (UTC).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from followups.cases.lifecycle import Closing, State
from foundation.settings import Language


class Channel(StrEnum):
    """How a person and the organisation met."""

    CALL = "call"
    VOICE_MESSAGE = "voice_message"
    WEB = "web"
    SMS = "sms"
    CHAT = "chat"
    DESK = "desk"
    """A visit, typed in by staff."""
    API = "api"
    """Another organisation's service desk, by its own system."""


class Tier(StrEnum):
    """Who must see to a case; each is above the one before."""

    AGENT = "agent"
    SPECIALIST = "specialist"
    PROVINCE = "province"
    HEADQUARTERS = "headquarters"

    @property
    def next(self) -> "Tier | None":
        """The tier above; None above headquarters."""
        tiers = list(Tier)
        place = tiers.index(self) + 1
        return tiers[place] if place < len(tiers) else None


class Deed(StrEnum):
    """What a line of the history tells."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    HANDED_OVER = "handed_over"
    """To another unit."""
    WAITING_FOR_UNIT = "waiting_for_unit"
    WAITING_FOR_CALLER = "waiting_for_caller"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    TOLD = "told"
    CLOSED = "closed"
    REOPENED = "reopened"
    RECLASSIFIED = "reclassified"
    """Another subject, and so perhaps another deadline."""
    NOTED = "noted"
    ATTACHED = "attached"
    LINKED = "linked"
    IDENTITY_SHOWN = "identity_shown"
    """Somebody looked at a national ID."""
    HEARD = "heard"
    """Somebody listened to a recording of the case's calls."""
    DUE_SET = "due_set"
    """The promised time was computed, or again after a correction of the calendar."""
    WARNED = "warned"
    ESCALATED = "escalated"
    TELLING = "telling"
    """An attempt to tell the result."""


class ToldBy(StrEnum):
    """How the caller learned the result."""

    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    OWN_CALL = "own_call"
    """He called and asked."""
    WEB = "web"
    DESK = "desk"


class LinkKind(StrEnum):
    """What may be linked to a case, by its id in its own room."""

    CALL = "call"
    RECORDING = "recording"
    VOICE_MESSAGE = "voice_message"
    OUTBOUND_CALL = "outbound_call"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Case:
    """The columns of `followups.cases.tables.CASE`."""

    code: str
    """The tracking code, which is the case's name too."""
    version: int
    """Grows with every change of the case itself; a change names the one it was made upon."""
    state: State
    subject: str
    unit: str
    tier: Tier
    assignee: str | None
    province: str | None
    channel: Channel
    language: Language
    contact_id: str | None
    reply_number: str | None
    """Where the result is told: the number given for this case, not just any of the contact's."""
    reply_mailbox: str | None
    summary: str
    """National IDs stand as marks like ⟦1⟧ (followups/vault/sealed_text.py)."""
    opened_ms: int
    opened_by: str
    contact_ms: int
    """When the person made contact; a voice message was spoken before somebody opened a case of it."""
    deadline_name: str
    deadline_days: int
    deadline_count: str
    deadline_starts: str
    clock_ms: int
    """What the rule counts from: the contact, or the moment it was opened again."""
    due_ms: int | None
    due_provisional: bool
    """A lunar holiday that is not announced yet may still move it."""
    result: str | None
    result_recording: str | None
    resolved_ms: int | None
    told_ms: int | None
    told_by: ToldBy | None
    closed_ms: int | None
    closing: Closing | None
    reopened: int
    """How often."""
    changed_ms: int


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a case's history; never changed or removed."""

    code: str
    at_ms: int
    who: str
    deed: Deed
    version: int
    """The case's, after this."""
    state: State
    """The case's, after this."""
    text: str = ""
    """What somebody wrote; national IDs as marks."""
    detail: Mapping[str, str] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    code: str
    id: str
    name: str
    media_type: str
    bytes: int
    sha256: str
    added_ms: int
    added_by: str


@dataclass(frozen=True, slots=True)
class Link:
    code: str
    kind: LinkKind
    reference: str
    added_ms: int
    added_by: str
