"""The public's own pages: ask for something to be followed up, and see how far it has come."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse

from followups.cases.actor import Actor, Reach
from followups.cases.case import Channel
from followups.cases.contacts import Address, Person
from followups.cases.opening import NewCase
from followups.cases.refusals import CaseRefusalError
from followups.web.access import APage
from followups.web.inbox_pages import Draft, province_choices, subject_choices
from foundation.tracking import read_tracking_code
from foundation.web.guards import open_to_all
from foundation.web.language import language_of
from foundation.web.lock_out import MINUTE_MS, Limit
from foundation.web.pages import page
from foundation.web.roles import User
from foundation.web.visits import check_visits, count_visit

router = APIRouter(prefix="/ask")
PUBLIC = Actor("public", Reach.OWN)
ASKING = Limit(tries=20, longest_ms=60 * MINUTE_MS)
"""Many people may stand behind one address."""
LOOKING = Limit(tries=10, longest_ms=60 * MINUTE_MS)
Anybody = Annotated[User | None, Depends(open_to_all)]
Line = Annotated[str, Form(max_length=254)]


@router.get("", response_model=None)
async def show_form(sheet: APage, _user: Anybody) -> HTMLResponse:
    return _form(sheet, Draft(channel=Channel.WEB))


@router.post("", response_model=None)
async def ask(  # noqa: PLR0917 - fields of the form
    sheet: APage, _user: Anybody, subject: Annotated[str, Form(max_length=40)] = "",
    summary: Annotated[str, Form(max_length=5000)] = "", name: Line = "", national_id: Line = "", number: Line = "",
    mailbox: Line = "", province: Annotated[str, Form(max_length=40)] = "",
    key: Annotated[str, Form(max_length=64)] = "",
) -> HTMLResponse:
    """Open a case of what the form says; sent twice, it is one case."""
    draft = Draft(subject, summary, Channel.WEB, language_of(sheet.request), name, number, mailbox, province)
    numbers = [Address(Channel.WEB, number)] if number.strip() else []
    mailboxes = [Address(Channel.WEB, mailbox)] if mailbox.strip() else []
    await check_visits(sheet.request, "ask")
    try:
        case = await sheet.office.opening.open(NewCase(
            subject=subject, summary=summary, channel=Channel.WEB, language=draft.language,
            person=Person(name, national_id, (*numbers, *mailboxes)), province=province or None,
            request_key=f"public:{key}" if key else None,
        ), PUBLIC)
    except CaseRefusalError as error:
        return _form(sheet, draft, error)
    await count_visit(sheet.request, "ask", ASKING)
    return page(sheet.request, "followups/asked.html", status=201, words=sheet.words, case=case)


@router.get("/status", response_model=None)
async def show_status_form(sheet: APage, _user: Anybody) -> HTMLResponse:
    return page(sheet.request, "followups/status.html", case=None, refusal="")


@router.post("/status", response_model=None)
async def show_status(
    sheet: APage, _user: Anybody, code: Line = "", proof: Line = "",
) -> Response:
    """State and deadline, for who names the code and what was given with it; the result is told by the line."""
    await check_visits(sheet.request, "look")
    wanted = read_tracking_code(code)
    case = await sheet.office.reading.for_caller(wanted, proof) if wanted else None
    if case is None:
        await count_visit(sheet.request, "look", LOOKING)
        nothing = sheet.words.t("ask.status.none")
        return page(sheet.request, "followups/status.html", status=404, case=None, refusal=nothing)
    return page(sheet.request, "followups/status.html", case=case, words=sheet.words, refusal="")


def _form(
    sheet: APage, draft: Draft, error: CaseRefusalError | None = None,
) -> HTMLResponse:
    values: Mapping[str, str] = error.values if error else {}
    return page(
        sheet.request, "followups/ask.html", status=error.status if error else 200, draft=draft,
        refusal=sheet.words.refusal(error.name, values) if error else "", subjects=subject_choices(sheet.words),
        provinces=province_choices(sheet.words), key=sheet.office.desk.new_id(),
    )
