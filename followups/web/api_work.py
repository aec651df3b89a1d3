"""The interface for programs: work on cases. Each change may name the `version` that it was made upon."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from followups.cases.case import Case, ToldBy
from followups.cases.files import LARGEST
from followups.cases.lifecycle import Closing
from followups.cases.record import CaseRecord, FileRecord, case_record, file_record
from followups.web.access import Code, Office, Opener, Program, Worker, actor_of
from followups.web.api import Id, LinkWish, Text
from foundation.web.guards import note as audit

router = APIRouter(prefix="/cases/{code}")
Reason = Annotated[str, Field(max_length=4000)]


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Refused (409, changed-meanwhile) if the case has another one by now.",
    )


class Assignment(_Change):
    member: Annotated[str, Field(max_length=80)]
    reason: Reason = ""


class HandOver(_Change):
    unit: Annotated[str, Field(max_length=60)]
    reason: Text


class Reclassification(_Change):
    subject: Annotated[str, Field(max_length=40)]
    reason: Text


class Because(_Change):
    reason: Text


class Resumption(_Change):
    note: Reason = ""


class Resolution(_Change):
    result: Text
    recording: Id | None = None


class Telling(_Change):
    how: ToldBy


class End(_Change):
    closing: Closing
    reason: Reason = ""


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Text


class Identity(BaseModel):
    national_id: str | None
    summary: str


@router.post("/assign")
async def assign(office: Office, user: Worker, code: Code, wish: Assignment) -> CaseRecord:
    """Give the case to a member of its unit."""
    return await _done(office, user, await office.desk.assign(
        code, wish.member, actor_of(user), reason=wish.reason, version=wish.version,
    ))


@router.post("/hand-over")
async def hand_over(office: Office, user: Worker, code: Code, wish: HandOver) -> CaseRecord:
    """Give the case to another unit; its deadline stays."""
    return await _done(office, user, await office.desk.hand_over(
        code, wish.unit, wish.reason, actor_of(user), version=wish.version,
    ))


@router.post("/reclassify")
async def reclassify(office: Office, user: Worker, code: Code, wish: Reclassification) -> CaseRecord:
    """Give the case another subject, and that one's deadline."""
    return await _done(office, user, await office.desk.reclassify(
        code, wish.subject, wish.reason, actor_of(user), version=wish.version,
    ))


@router.post("/wait-for-unit")
async def wait_for_unit(office: Office, user: Worker, code: Code, wish: Because) -> CaseRecord:
    """Note that another unit owes something."""
    done = await office.desk.wait_for_unit(code, wish.reason, actor_of(user), version=wish.version)
    return await _done(office, user, done)


@router.post("/wait-for-caller")
async def wait_for_caller(office: Office, user: Worker, code: Code, wish: Because) -> CaseRecord:
    """Note that the caller owes something."""
    done = await office.desk.wait_for_caller(code, wish.reason, actor_of(user), version=wish.version)
    return await _done(office, user, done)


@router.post("/resume")
async def resume(office: Office, user: Worker, code: Code, wish: Resumption) -> CaseRecord:
    """What was waited for has come."""
    done = await office.desk.resume(code, actor_of(user), note=wish.note, version=wish.version)
    return await _done(office, user, done)


@router.post("/resolve")
async def resolve(office: Office, user: Worker, code: Code, wish: Resolution) -> CaseRecord:
    """Write what the caller shall be told."""
    return await _done(office, user, await office.desk.resolve(
        code, wish.result, actor_of(user), recording=wish.recording, version=wish.version,
    ))


@router.post("/tell")
async def tell(office: Office, user: Worker, code: Code, wish: Telling) -> CaseRecord:
    """Note that the caller knows the result."""
    return await _done(office, user, await office.desk.tell(code, wish.how, actor_of(user), version=wish.version))


@router.post("/close")
async def close(office: Office, user: Worker, code: Code, wish: End) -> CaseRecord:
    """Nothing more is to be done."""
    return await _done(office, user, await office.desk.close(
        code, wish.closing, actor_of(user), reason=wish.reason, version=wish.version,
    ))


@router.post("/reopen")
async def reopen(office: Office, user: Opener, code: Code, wish: Because) -> CaseRecord:
    """The caller says that it is not solved."""
    done = await office.desk.reopen(code, wish.reason, actor_of(user), version=wish.version)
    return await _done(office, user, done)


@router.post("/notes", status_code=204)
async def add_note(office: Office, user: Opener, code: Code, wish: Note) -> None:
    """Add a note to the history."""
    await office.desk.note(code, wish.text, actor_of(user))


@router.post("/links", status_code=204)
async def add_link(office: Office, user: Opener, code: Code, wish: LinkWish) -> None:
    """Link a call, a recording, a voice message or another case."""
    await office.desk.link(code, wish.kind, wish.reference, actor_of(user))


@router.post("/files", status_code=201)
async def add_file(office: Office, user: Opener, code: Code, file: UploadFile) -> FileRecord:
    """Keep a file: PDF, pictures, sound or plain text, 10 MB at most."""
    content = await file.read(LARGEST + 1)
    return file_record(await office.desk.attach(code, file.filename or "file", content, actor_of(user)))


@router.get("/files/{file_id}", response_class=Response)
async def show_file(office: Office, user: Program, code: Code, file_id: str) -> Response:
    """A file's content."""
    found, content = await office.reading.file(code, file_id, actor_of(user))
    return Response(content, media_type=found.media_type, headers=file_headers(found.name))


@router.post("/identity")
async def show_identity(request: Request, office: Office, user: Worker, code: Code) -> Identity:
    """National IDs in clear; the history and the audit log say who looked."""
    shown = await office.reading.show_identity(code, actor_of(user))
    await audit(request, "case.identity", code)
    return Identity(national_id=shown.national_id, summary=shown.case.summary)


def file_headers(name: str) -> dict[str, str]:
    """Have a browser keep it, not show it among our pages."""
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


async def _done(office: Office, user: Program, case: Case) -> CaseRecord:
    view = await office.reading.view(case.code, actor_of(user))
    return case_record(view.case, office.book.now_ms())
