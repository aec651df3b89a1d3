"""Cases as other programs read them: one shape for the command line's JSON and for the interface."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from followups.cases.case import Attachment, Case, Channel, Deed, Event, Link, LinkKind, Tier, ToldBy
from followups.cases.lifecycle import Closing, State, Step, steps_from
from followups.cases.reading import CaseView
from foundation.settings import Language


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class CaseRecord(_Record):
    """A case; moments in ISO 8601, UTC."""

    code: str = Field(description="The tracking code: nine digits, the last one a check digit.")
    version: int = Field(description="Name it in a change, and the change is refused if somebody was quicker.")
    state: State
    subject: str
    unit: str
    tier: Tier
    assignee: str | None
    province: str | None
    channel: Channel
    language: Language
    summary: str = Field(description="National IDs in it show their last digits.")
    opened: datetime
    opened_by: str
    contact: datetime = Field(description="When the person said it.")
    due: datetime | None
    due_provisional: bool = Field(description="A lunar holiday that is not announced yet may move it.")
    overdue: bool
    result: str | None
    resolved: datetime | None
    told: datetime | None
    told_by: ToldBy | None
    closed: datetime | None
    closing: Closing | None
    reopened: int = Field(description="How often.")


class EventRecord(_Record):
    at: datetime
    who: str
    deed: Deed
    version: int
    state: State
    text: str
    detail: Mapping[str, str]


class FileRecord(_Record):
    id: str
    name: str
    media_type: str
    bytes: int
    sha256: str
    added: datetime
    added_by: str


class LinkRecord(_Record):
    kind: LinkKind
    reference: str


class PersonRecord(_Record):
    name: str
    national_id: str | None = Field(description="All but its last digits hidden.")
    addresses: list[str]


class WholeCaseRecord(_Record):
    """A case with all that belongs to it."""

    case: CaseRecord
    person: PersonRecord | None
    steps: list[Step] = Field(description="What can be done now.")
    history: list[EventRecord]
    links: list[LinkRecord]
    recordings: list[str]
    files: list[FileRecord]


def case_record(case: Case, now_ms: int) -> CaseRecord:
    owed = case.resolved_ms is None and case.closed_ms is None
    return CaseRecord(
        code=case.code, version=case.version, state=case.state, subject=case.subject, unit=case.unit, tier=case.tier,
        assignee=case.assignee, province=case.province, channel=case.channel, language=case.language,
        summary=case.summary, opened=moment(case.opened_ms), opened_by=case.opened_by, contact=moment(case.contact_ms),
        due=_maybe(case.due_ms), due_provisional=case.due_provisional,
        overdue=owed and case.due_ms is not None and case.due_ms < now_ms, result=case.result,
        resolved=_maybe(case.resolved_ms), told=_maybe(case.told_ms), told_by=case.told_by,
        closed=_maybe(case.closed_ms), closing=case.closing, reopened=case.reopened,
    )


def whole_case_record(view: CaseView, now_ms: int) -> WholeCaseRecord:
    person = None if view.contact is None else PersonRecord(
        name=view.contact.name, national_id=view.national_id,
        addresses=list(dict.fromkeys(one.address for one in view.contact.addresses)),
    )
    return WholeCaseRecord(
        case=case_record(view.case, now_ms), person=person, steps=list(steps_from(view.case.state)),
        history=list(map(_event, view.events)), links=list(map(_link, view.links)),
        recordings=[one.id for one in view.recordings], files=list(map(file_record, view.attachments)),
    )


def _event(event: Event) -> EventRecord:
    return EventRecord(
        at=moment(event.at_ms), who=event.who, deed=event.deed, version=event.version, state=event.state,
        text=event.text, detail=dict(event.detail),
    )


def _link(link: Link) -> LinkRecord:
    return LinkRecord(kind=link.kind, reference=link.reference)


def file_record(one: Attachment) -> FileRecord:
    return FileRecord(
        id=one.id, name=one.name, media_type=one.media_type, bytes=one.bytes, sha256=one.sha256,
        added=moment(one.added_ms), added_by=one.added_by,
    )


def moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _maybe(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment(at_ms)
