"""Pages of many cases: what the units owe, an inbox by deadline, what was looked for, and the form for a new case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from followups.cases.actor import Actor
from followups.cases.case import Case, Channel, LinkKind
from followups.cases.contacts import Address, Person
from followups.cases.message_cases import About, open_from_message
from followups.cases.office import CaseOffice
from followups.cases.opening import NewCase
from followups.cases.refusals import CaseRefusalError
from followups.cases.words import CaseWords
from followups.web.access import WORKERS, APage, Reader, Sheet, Worker, actor_of
from foundation.settings import LANGUAGES, Language
from foundation.web.pages import page
from foundation.web.site import web_of

router = APIRouter(prefix="/cases")
PAGE = 100
CHANNELS = (Channel.CALL, Channel.DESK, Channel.CHAT, Channel.SMS, Channel.WEB)
"""How a person came whom staff type in."""
Line = Annotated[str, Form(max_length=254)]


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form."""

    subject: str = ""
    summary: str = ""
    channel: Channel = Channel.CALL
    language: Language = "fa"
    name: str = ""
    number: str = ""
    mailbox: str = ""
    province: str = ""
    call: str = ""
    message: str = ""

    def person(self, national_id: str) -> Person:
        telephone = self.channel if self.channel in {Channel.CALL, Channel.SMS} else Channel.DESK
        numbers = [Address(telephone, self.number)] if self.number.strip() else []
        mailboxes = [Address(Channel.WEB, self.mailbox)] if self.mailbox.strip() else []
        return Person(self.name, national_id, (*numbers, *mailboxes))


@router.get("", response_model=None)
async def show_units(sheet: APage, user: Reader) -> HTMLResponse:
    """The inboxes of the user's own units, and what every unit owes."""
    owed, mine = await sheet.office.reading.owed(), await sheet.office.reading.units_of(actor_of(user))
    everywhere = sheet.office.book.units.by_id.values()
    units = [unit for unit in everywhere if unit.province is None or unit.id in {*owed, *mine}]
    return page(sheet.request, "followups/units.html", words=sheet.words, units=units, owed=owed, mine=mine,
                opens=user.may(*WORKERS))


@router.get("/inbox/{unit}", response_model=None)
async def show_inbox(
    sheet: APage, user: Reader, unit: str,
    mine: Annotated[bool, Query()] = False,  # noqa: FBT002 - a parameter of the address
    number: Annotated[int, Query(alias="page", ge=0, le=10_000)] = 0,
) -> HTMLResponse:
    """What a unit still owes, by deadline."""
    sheet.office.book.unit(unit)
    assignee = (user.agent or user.id) if mine else None
    found = await sheet.office.reading.inbox(
        unit, actor_of(user), assignee=assignee, limit=PAGE + 1, offset=PAGE * number,
    )
    return page(
        sheet.request, "followups/inbox.html", words=sheet.words, unit=unit, mine=mine, found=found[:PAGE],
        number=number, more=len(found) > PAGE,
    )


@router.post("/find", response_model=None)
async def find(
    sheet: APage, user: Reader, text: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    """A POST: what is looked for, perhaps a national ID, stands in no address and no history of a browser."""
    found: Sequence[Case] = await sheet.office.reading.find(text, actor_of(user))
    if len(found) == 1:
        return RedirectResponse(f"/cases/{found[0].code}", 303)
    return page(sheet.request, "followups/found.html", words=sheet.words, found=found)


@router.get("/new", response_model=None)
async def show_new(
    sheet: APage, _user: Worker, call: Annotated[str, Query(max_length=200)] = "",
    number: Annotated[str, Query(max_length=30)] = "", message: Annotated[str, Query(max_length=200)] = "",
    subject: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """The form; the agent's desk fills in the call and its number, or a message and the subject that it suggests."""
    language = web_of(sheet.request).settings.site.language
    draft = Draft(subject, call=call, number=number, message=message, language=language)
    return _form(sheet, draft)


@router.post("/new", response_model=None)
async def open_case(  # noqa: PLR0917 - fields of the form
    sheet: APage, user: Worker, subject: Annotated[str, Form(max_length=40)] = "",
    summary: Annotated[str, Form(max_length=5000)] = "", channel: Annotated[Channel, Form()] = Channel.CALL,
    language: Annotated[Language, Form()] = "fa", name: Line = "", national_id: Line = "",
    number: Line = "", mailbox: Line = "", province: Annotated[str, Form(max_length=40)] = "", call: Line = "",
    message: Line = "", key: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    draft = Draft(subject, summary, channel, language, name, number, mailbox, province, call, message)
    try:
        case = await _open(sheet.office, draft, national_id, actor_of(user), f"{user.id}:{key}" if key else None)
    except CaseRefusalError as error:
        return _form(sheet, draft, error)
    return RedirectResponse(f"/cases/{case.code}?said=case-opened", 303)


async def _open(office: CaseOffice, draft: Draft, national_id: str, actor: Actor, key: str | None) -> Case:
    person = draft.person(national_id)
    if draft.message:
        about = About(draft.subject, draft.summary, None if person.is_nobody else person, draft.province or None)
        return await open_from_message(office.opening, draft.message, about, actor, draft.language)
    return await office.opening.open(NewCase(
        subject=draft.subject, summary=draft.summary, channel=draft.channel, language=draft.language, person=person,
        province=draft.province or None, links=((LinkKind.CALL, draft.call),) if draft.call else (), request_key=key,
    ), actor)


def _form(
    sheet: Sheet, draft: Draft, error: CaseRefusalError | None = None,
) -> HTMLResponse:
    refusal = sheet.words.refusal(error.name, error.values) if error else ""
    return page(
        sheet.request, "followups/new.html", status=error.status if error else 200, words=sheet.words, draft=draft,
        refusal=refusal, subjects=subject_choices(sheet.words), provinces=province_choices(sheet.words),
        channels_named=[(one.value, sheet.words.of("channel", one.value)) for one in CHANNELS],
        languages_named=[(one, sheet.words.t(f"web.language.{one}")) for one in LANGUAGES],
        key=sheet.office.desk.new_id(),
    )


def subject_choices(words: CaseWords) -> list[tuple[str, str]]:
    return [(one.id, words.subject(one.id, whole=True)) for one in words.book.subjects.open_ones()]


def province_choices(words: CaseWords) -> list[tuple[str, str]]:
    return [(name, words.province(name)) for name in words.book.provinces]
