"""The audit log, for auditors: to read, nothing else."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from foundation.web.audit_log import LONGEST_PAGE, Wanted, read_audit
from foundation.web.guards import signed_in
from foundation.web.pages import page
from foundation.web.roles import Role, User
from foundation.web.site import Web, web_of

router, api = APIRouter(prefix="/audit"), APIRouter()
Site = Annotated[Web, Depends(web_of)]
Auditor = Annotated[User, Depends(signed_in(Role.AUDITOR))]
Words = Annotated[str, Query(max_length=100)]
Before = Annotated[int | None, Query(ge=1)]
PAGE = 50


@router.get("", response_model=None)
async def show_audit(  # noqa: PLR0917 - fields of the form
    request: Request, web: Site, _user: Auditor, actor: Words = "", action: Words = "", subject: Words = "",
    before: Before = None,
) -> HTMLResponse:
    wanted = Wanted(actor.strip(), action.strip(), subject.strip(), before)
    entries = await read_audit(web.database, wanted, PAGE + 1)
    more = entries[PAGE - 1].id if len(entries) > PAGE else None
    block = "rows" if request.headers.get("hx-request") else ""
    return page(request, "web/audit.html", block=block, entries=entries[:PAGE], wanted=wanted, more=more)


class AuditEntry(BaseModel):
    id: int
    at_ms: int
    """Epoch milliseconds, UTC."""
    actor: str
    address: str
    action: str
    subject: str
    detail: dict[str, Any]


class AuditPage(BaseModel):
    entries: list[AuditEntry]
    before: int | None
    """What to ask for as `before` to get the next page; null: there is none."""


@api.get("/audit")
async def list_audit(  # noqa: PLR0917 - fields of the question
    web: Site, _user: Auditor, actor: Words = "", action: Words = "", subject: Words = "", before: Before = None,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE - 1)] = PAGE,
) -> AuditPage:
    """The newest entries first."""
    found = await read_audit(web.database, Wanted(actor, action, subject, before), limit + 1)
    entries = [
        AuditEntry(
            id=one.id, at_ms=one.at_ms, actor=one.act.actor, address=one.act.address, action=one.act.action,
            subject=one.act.subject, detail=dict(one.act.detail or {}),
        ) for one in found[:limit]
    ]
    return AuditPage(entries=entries, before=entries[-1].id if len(found) > limit else None)
