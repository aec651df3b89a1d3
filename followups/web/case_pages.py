"""The page of one case: what it is about, all that happened, and what can be done now."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from followups.cases.actor import Actor, Reach
from followups.cases.case import Case, ToldBy
from followups.cases.desk import CaseDesk
from followups.cases.files import LARGEST
from followups.cases.lifecycle import Closing, Step, closings_from, steps_from
from followups.cases.reading import Shown
from followups.cases.refusals import CaseRefusalError
from followups.web.access import WORKERS, APage, Code, Reader, Sheet, Worker, actor_of
from followups.web.api_work import file_headers
from followups.web.inbox_pages import subject_choices
from foundation.web.guards import note as audit
from foundation.web.pages import page
from foundation.web.parts import part_response
from foundation.web.roles import User

router = APIRouter(prefix="/cases/{code}")
Text = Annotated[str, Form(max_length=5000)]
Version = Annotated[int, Form(ge=1, le=2**31 - 1)]


@router.get("", response_model=None)
async def show_case(sheet: APage, user: Reader, code: Code) -> HTMLResponse:
    return await _page(sheet, user, code)


@router.post("/step/{step}", response_model=None)
async def take_step(  # noqa: PLR0917 - fields of the form
    sheet: APage, user: Worker, code: Code, step: Step, version: Version,
    text: Text = "", choice: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Go a step upon the version that the page showed; a refusal shows the page again, with what was written."""
    try:
        await STEPS[step](sheet.office.desk, code, actor_of(user), version, text, choice)
    except CaseRefusalError as error:
        return await _page(sheet, user, code, refused=error, written=text)
    return RedirectResponse(f"/cases/{code}?said=case-changed", 303)


@router.post("/reclassify", response_model=None)
async def reclassify(  # noqa: PLR0917 - fields of the form
    sheet: APage, user: Worker, code: Code, version: Version, text: Text = "",
    choice: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    try:
        await sheet.office.desk.reclassify(code, choice, text, actor_of(user), version=version)
    except CaseRefusalError as error:
        return await _page(sheet, user, code, refused=error, written=text)
    return RedirectResponse(f"/cases/{code}?said=case-changed", 303)


@router.post("/note", response_model=None)
async def add_note(
    sheet: APage, user: Worker, code: Code, text: Text = "",
) -> Response:
    try:
        await sheet.office.desk.note(code, text, actor_of(user))
    except CaseRefusalError as error:
        return await _page(sheet, user, code, refused=error, written=text)
    return RedirectResponse(f"/cases/{code}?said=case-noted", 303)


@router.post("/files", response_model=None)
async def add_file(
    sheet: APage, user: Worker, code: Code, file: UploadFile,
) -> Response:
    content = await file.read(LARGEST + 1)
    try:
        await sheet.office.desk.attach(code, file.filename or "file", content, actor_of(user))
    except CaseRefusalError as error:
        return await _page(sheet, user, code, refused=error)
    return RedirectResponse(f"/cases/{code}?said=case-noted", 303)


@router.get("/files/{file_id}", response_model=None)
async def show_file(sheet: APage, user: Reader, code: Code, file_id: str) -> Response:
    found, content = await sheet.office.reading.file(code, file_id, actor_of(user))
    return Response(content, media_type=found.media_type, headers=file_headers(found.name))


@router.get("/sound/{recording_id}", response_model=None)
async def play_sound(sheet: APage, user: Worker, code: Code, recording_id: str) -> Response:
    """A recording of the case's calls; the history and the audit log say who listened."""
    sound, is_new = await sheet.office.reading.sound(code, recording_id, actor_of(user))
    if is_new:
        await audit(sheet.request, "recording.heard", recording_id[:100], case=code)
    return part_response(sheet.request, sound.content, sound.media_type, f"{recording_id}-{sound.codec.value}")


@router.post("/identity", response_model=None)
async def show_identity(sheet: APage, user: Worker, code: Code) -> HTMLResponse:
    """The page with national IDs in clear, this once; the history and the audit log say who looked."""
    shown = await sheet.office.reading.show_identity(code, actor_of(user))
    await audit(sheet.request, "case.identity", code)
    return await _page(sheet, user, code, shown=shown)


async def _page(
    sheet: Sheet, user: User, code: str, *, shown: Shown | None = None,
    refused: CaseRefusalError | None = None, written: str = "",
) -> HTMLResponse:
    actor = actor_of(user)
    words, reading = sheet.words, sheet.office.reading
    view = await reading.view(code, actor)
    adds = user.may(*WORKERS)
    works = adds and (actor.reach is Reach.EVERYTHING or view.case.unit in await reading.units_of(actor))
    members = (await sheet.office.units.members()).get(view.case.unit, ())
    steps = [step for step in steps_from(view.case.state) if works or (adds and step in OPEN_STEPS)]
    return page(
        sheet.request, "followups/case.html", status=refused.status if refused else 200, words=words, view=view,
        case=shown.case if shown else view.case, events=list(shown.events if shown else view.events),
        national_id=shown.national_id if shown else view.national_id, shown=shown is not None,
        refusal=words.refusal(refused.name, refused.values) if refused else "", written=written, adds=adds,
        works=works, steps=steps, members=members,
        members_named=[(one, one) for one in members],
        closings_named=[(one.value, words.of("closing", one.value)) for one in closings_from(view.case.state)],
        told_named=[(one.value, words.of("told-by", one.value)) for one in ToldBy],
        units=[(unit.id, words.unit(unit.id)) for unit in words.book.units.by_id.values()],
        subjects=subject_choices(words), owed=view.case.resolved_ms is None and view.case.closed_ms is None,
    )


OPEN_STEPS = frozenset({Step.TELL, Step.REOPEN})
"""Any agent may take them: the one who has the caller on the line."""
Take = Callable[[CaseDesk, str, Actor, int, str, str], Awaitable[Case]]
STEPS: Mapping[Step, Take] = {
    Step.ASSIGN: lambda desk, code, actor, version, text, choice: desk.assign(
        code, choice, actor, reason=text, version=version),
    Step.HAND_OVER: lambda desk, code, actor, version, text, choice: desk.hand_over(
        code, choice, text, actor, version=version),
    Step.WAIT_UNIT: lambda desk, code, actor, version, text, _: desk.wait_for_unit(code, text, actor, version=version),
    Step.WAIT_CALLER: lambda desk, code, actor, version, text, _: desk.wait_for_caller(
        code, text, actor, version=version),
    Step.RESUME: lambda desk, code, actor, version, text, _: desk.resume(code, actor, note=text, version=version),
    Step.RESOLVE: lambda desk, code, actor, version, text, _: desk.resolve(code, text, actor, version=version),
    Step.TELL: lambda desk, code, actor, version, _, choice: desk.tell(code, ToldBy(choice), actor, version=version),
    Step.CLOSE: lambda desk, code, actor, version, text, choice: desk.close(
        code, Closing(choice), actor, reason=text, version=version),
    Step.REOPEN: lambda desk, code, actor, version, text, _: desk.reopen(code, text, actor, version=version),
}
