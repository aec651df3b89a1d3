"""The page with the phone, and the WebSocket that the phone speaks through."""

import json
import re
from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.websockets import WebSocket

from agent_softphone.phones import Page, Phones
from agent_softphone.refusals import NoAgentError
from agent_softphone.web.phone_api import PAGE, browser_agent
from foundation.catalogue import Texts
from foundation.web.forms import is_from_here
from foundation.web.guards import identify, signed_in, still_admitted
from foundation.web.pages import page
from foundation.web.roles import Role, User
from foundation.web.site import texts_of, web_of

PREFIX: Final = "phone.ui."
REFUSED: Final = 1008
"""«Policy violation» (RFC 6455): before it is accepted, the browser sees 403."""


def phone_pages(phones: Phones) -> APIRouter:
    router = APIRouter()

    @router.get("/phone")
    async def show(user: Annotated[User, Depends(signed_in(Role.AGENT))], request: Request) -> HTMLResponse:
        agent = browser_agent(user, web_of(request).settings)
        return page(request, "phone/phone.html", agent=agent, phone_texts=phone_texts(texts_of(request)))

    async def carry(browser: WebSocket) -> None:
        request = cast("Request", browser)  # it has all that is asked of a request here
        settings = web_of(request).settings
        user = await identify(request)
        window = browser.query_params.get("page", "")
        try:
            agent = browser_agent(user, settings) if user and user.may(Role.AGENT) else ""
        except NoAgentError:
            agent = ""
        if not agent or not is_from_here(request) or not re.fullmatch(PAGE, window):
            await browser.close(REFUSED)
            return
        here = Page(agent, window, browser.query_params.get("calls") == "1")
        address = f"ws://127.0.0.1:{settings.ports.of('asterisk_http')}/ws"
        await phones.serve(browser, here, address, lambda: still_admitted(request))

    router.add_websocket_route("/phone/ws", carry)
    return router


def phone_texts(t: Texts) -> str:
    """The phone's own texts as JSON, `{name}` where its script puts something in."""
    found = {key.removeprefix(PREFIX): t.messages[key].other for key in t.messages if key.startswith(PREFIX)}
    return json.dumps(found, ensure_ascii=False)
