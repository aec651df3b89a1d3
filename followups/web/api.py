"""The interface for programs: cases are opened and read; `api_work.py` changes them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from followups.cases.case import Channel, LinkKind, Tier
from followups.cases.contacts import Address, Person
from followups.cases.lifecycle import State
from followups.cases.message_cases import About, open_from_message
from followups.cases.opening import NewCase
from followups.cases.record import CaseRecord, WholeCaseRecord, case_record, whole_case_record
from followups.cases.store import LONGEST_PAGE, Wanted
from followups.web.access import Code, Office, Opener, Program, Reader, Worker, actor_of
from foundation.settings import Language

router = APIRouter()
Short = Annotated[str, Field(max_length=254)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}$")]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonWish(_Wish):
    name: Annotated[str, Field(max_length=120)] = ""
    national_id: Annotated[str, Field(max_length=20, description="Sealed at once; never given back whole.")] = ""
    number: Annotated[str, Field(max_length=30, description="Where the result is told.")] = ""
    mailbox: Short = ""

    def person(self, channel: Channel) -> Person:
        telephone = channel if channel in {Channel.CALL, Channel.VOICE_MESSAGE, Channel.SMS} else Channel.DESK
        numbers = [Address(telephone, self.number)] if self.number.strip() else []
        mailboxes = [Address(Channel.WEB, self.mailbox)] if self.mailbox.strip() else []
        return Person(self.name, self.national_id, (*numbers, *mailboxes))


class LinkWish(_Wish):
    kind: LinkKind
    reference: Id


class CaseWish(_Wish):
    """What shall be followed up."""

    subject: Annotated[str, Field(max_length=40, description="As /case-subjects names them.")]
    summary: Text
    channel: Channel = Channel.API
    language: Language = "fa"
    person: PersonWish = PersonWish()
    province: Annotated[str, Field(max_length=40)] | None = None
    contact: AwareDatetime | None = Field(None, description="When the person said it; now unless given.")
    links: Annotated[list[LinkWish], Field(max_length=20)] = []


class MessageWish(_Wish):
    """What somebody who heard a voice message says of it."""

    message: Annotated[str, Field(min_length=1, max_length=200, description="Its tracking code or id.")]
    subject: Annotated[str, Field(max_length=40)]
    summary: Text
    person: PersonWish = PersonWish()
    province: Annotated[str, Field(max_length=40)] | None = None


class SearchWish(_Wish):
    text: Annotated[str, Field(max_length=254, description="A code, national ID, number, mailbox or call.")]


class SubjectRecord(BaseModel):
    id: str
    parent: str | None
    titles: dict[Language, str]
    deadline_days: int
    deadline_count: str
    unit: str = Field(description="Who answers first; of a province's office the kind.")


class UnitRecord(BaseModel):
    id: str
    tier: Tier
    titles: dict[Language, str]
    province: str | None
    owed: int
    overdue: int


RequestKey = Annotated[str | None, Header(
    alias="Idempotency-Key", max_length=200, description="The same key opens the same case, however often it is asked.",
)]


@router.post("/cases", status_code=201)
async def open_case(office: Office, user: Opener, wish: CaseWish, key: RequestKey = None) -> CaseRecord:
    """Open a case. Its unit and its deadline follow from the subject and the province."""
    case = await office.opening.open(NewCase(
        subject=wish.subject, summary=wish.summary, channel=wish.channel, language=wish.language,
        person=wish.person.person(wish.channel), province=wish.province, contact_ms=_ms(wish.contact),
        links=tuple((link.kind, link.reference) for link in wish.links),
        request_key=f"{user.id}:{key}" if key else None,
    ), actor_of(user))
    return await _record(office, user, case.code)


@router.post("/cases/from-message", status_code=201)
async def open_case_of_message(office: Office, user: Worker, wish: MessageWish) -> CaseRecord:
    """Open a case of a voice message, under the code that its caller heard; the message is closed."""
    person = wish.person.person(Channel.VOICE_MESSAGE)
    about = About(wish.subject, wish.summary, None if person.is_nobody else person, wish.province)
    case = await open_from_message(office.opening, wish.message, about, actor_of(user), "fa")
    return await _record(office, user, case.code)


@router.get("/cases")
async def list_cases(  # noqa: PLR0917 - parameters of the question
    office: Office, user: Program, response: Response, state: Annotated[list[State] | None, Query()] = None,
    unit: Annotated[str | None, Query(max_length=60)] = None, subject: Annotated[str | None, Query()] = None,
    province: str | None = None, assignee: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9._@-]{1,80}$")] = None,
    since: AwareDatetime | None = None, until: AwareDatetime | None = None, due_before: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100, offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> list[CaseRecord]:
    """The cases, the newest first; the header `X-Total-Count` says how many there are."""
    book = office.book
    subjects = None
    if subject is not None:
        book.subject(subject)
        subjects = frozenset(one for one in book.subjects.by_id if subject in [up.id for up in book.subjects.path(one)])
    if unit is not None:
        book.unit(unit)
    book.check_province(province)
    wanted = Wanted(
        frozenset(state) if state else None, unit, subjects, province, assignee, since_ms=_ms(since),
        until_ms=_ms(until), due_before_ms=_ms(due_before), limit=limit, offset=offset,
    )
    response.headers["x-total-count"] = str(await office.reading.count(wanted, actor_of(user)))
    return [case_record(case, book.now_ms()) for case in await office.reading.list(wanted, actor_of(user))]


@router.post("/cases/search")
async def search_cases(office: Office, user: Program, wish: SearchWish) -> list[CaseRecord]:
    """The cases of a code, person, number or call. A POST: what is looked for stands in no address."""
    found = await office.reading.find(wish.text, actor_of(user))
    return [case_record(case, office.book.now_ms()) for case in found]


@router.get("/cases/{code}")
async def show_case(office: Office, user: Program, code: Code) -> WholeCaseRecord:
    """A case with its history, links and files; national IDs show their last digits."""
    return whole_case_record(await office.reading.view(code, actor_of(user)), office.book.now_ms())


@router.get("/case-subjects")
async def list_subjects(office: Office, _user: Program) -> list[SubjectRecord]:
    """What cases may be about, each behind the one it stands under."""
    return [
        SubjectRecord(
            id=one.id, parent=one.parent, titles=dict(one.titles), deadline_days=one.deadline.days,
            deadline_count=one.deadline.count.value, unit=one.units[one.begins],
        ) for one in office.book.subjects.open_ones()
    ]


@router.get("/case-units")
async def list_units(office: Office, _user: Reader) -> list[UnitRecord]:
    """The units, and what each of them owes."""
    owed = await office.reading.owed()
    return [
        UnitRecord(
            id=unit.id, tier=unit.tier, titles=dict(unit.titles), province=unit.province,
            owed=owed.get(unit.id, (0, 0))[0], overdue=owed.get(unit.id, (0, 0))[1],
        ) for unit in office.book.units.by_id.values()
    ]


@router.get("/case-units/{unit}/inbox")
async def show_inbox(
    office: Office, user: Reader, unit: str, limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 200,
) -> list[CaseRecord]:
    """What a unit still owes, by deadline."""
    office.book.unit(unit)
    found = await office.reading.inbox(unit, actor_of(user), limit=limit)
    return [case_record(case, office.book.now_ms()) for case in found]


async def _record(office: Office, user: Opener, code: str) -> CaseRecord:
    view = await office.reading.view(code, actor_of(user))
    return case_record(view.case, office.book.now_ms())


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
