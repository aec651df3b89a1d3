"""The public's own pages: be called back, and take it back by the code.

Nobody learns from them whether a number is owed a call: asking again looks like asking, and only the code that was
given takes a call back. That the number is his own a person proves when he is called, by a key.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from callqueue.callbacks.desk import CallbackDesk
from callqueue.outbound.model import CallbackRequest, Channel
from callqueue.outbound.refusals import AlreadyClosedError, NoSuchCallError, OutboundRefusalError
from callqueue.web.access import Desk, Site, open_office
from foundation.tracking import read_tracking_code
from foundation.web.guards import open_to_all
from foundation.web.language import language_of
from foundation.web.lock_out import MINUTE_MS, Limit
from foundation.web.pages import page
from foundation.web.roles import User
from foundation.web.site import Web, texts_of
from foundation.web.visits import check_visits, count_visit

router = APIRouter(prefix="/call-me")
ASKING = Limit(tries=10, longest_ms=60 * MINUTE_MS)
"""Many people may stand behind one address."""
NAMING = Limit(tries=10, longest_ms=60 * MINUTE_MS)
Anybody = Annotated[User | None, Depends(open_to_all)]
Line = Annotated[str, Form(max_length=60)]


@router.get("", response_model=None)
async def show_form(request: Request, web: Site, _user: Anybody) -> HTMLResponse:
    return _form(request, web)


@router.post("", response_model=None)
async def ask(request: Request, web: Site, _user: Anybody, number: Line = "", queue: Line = "") -> HTMLResponse:
    """Promise a call, at the place of this moment."""
    await check_visits(request, "call-me")
    if not web.settings.calls_back(queue):
        return _form(request, web, number, texts_of(request)("outbound.refused.no-such-queue", queue=queue), 409)
    await count_visit(request, "call-me", ASKING)
    wish = CallbackRequest(number, queue, language_of(request), Channel.WEB)
    try:
        async with open_office(web) as office:
            made = await office.accept(wish)
    except OutboundRefusalError as error:
        refusal = texts_of(request)(f"outbound.refused.{error.name}", **error.values)
        return _form(request, web, number, refusal, 409, queue=queue)
    return page(request, "callbacks/called.html", status=201, code=made.tracking, due_ms=made.due_ms)


@router.get("/cancel", response_model=None)
async def show_cancel(request: Request, _user: Anybody) -> HTMLResponse:
    return page(request, "callbacks/cancel.html", done=False, refusal="")


@router.post("/cancel", response_model=None)
async def cancel(request: Request, desk: Desk, _user: Anybody, code: Line = "") -> Response:
    """Take the call back whose code this is; a wrong one and one of a settled call get the same answer."""
    await check_visits(request, "call-me-code")
    if not await _take_back(desk, read_tracking_code(code)):
        await count_visit(request, "call-me-code", NAMING)
        refusal = texts_of(request)("callback.cancel.none")
        return page(request, "callbacks/cancel.html", status=404, done=False, refusal=refusal)
    return page(request, "callbacks/cancel.html", done=True, refusal="")


async def _take_back(desk: CallbackDesk, code: str | None) -> bool:
    if code is None:
        return False
    try:
        await desk.cancel(code, "web")
    except (NoSuchCallError, AlreadyClosedError):
        return False
    return True


def _form(
    request: Request, web: Web, number: str = "", refusal: str = "", status: int = 200, *, queue: str = "",
) -> HTMLResponse:
    language = language_of(request)
    queues = [
        (name, each.title.get(language, name)) for name, each in web.settings.queues.items()
        if web.settings.calls_back(name)
    ]
    return page(
        request, "callbacks/call-me.html", status=status, number=number, queue=queue or web.settings.default_queue,
        queues=queues, refusal=refusal,
    )
