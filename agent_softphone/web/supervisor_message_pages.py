"""An agent's messages from supervisors, on his own desk."""

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from agent_softphone import supervisor_messages as messages
from foundation.bus import Picture
from foundation.web.guards import signed_in
from foundation.web.pages import page
from foundation.web.roles import Role, User
from foundation.web.site import web_of

AgentUser = Annotated[User, Depends(signed_in(Role.AGENT))]
MessageId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


def message_pages() -> APIRouter:
    router = APIRouter(prefix="/desk/messages")

    @router.get("", response_model=None)
    async def show_messages(request: Request, user: AgentUser) -> HTMLResponse:
        return await _shown(request, user)

    @router.post("/{message}/read", response_model=None)
    async def read(request: Request, user: AgentUser, message: MessageId) -> Response:
        web = web_of(request)
        async with web.database.write() as connection:
            await messages.mark_read(connection, message, user.agent or "", web.clock())
        return await _shown(request, user)

    return router


async def _shown(request: Request, user: User) -> HTMLResponse:
    async with web_of(request).database.read() as connection:
        found = await messages.unread(connection, user.agent or "")
    return page(request, "desk/messages.html", messages=found)


def messages_key(pictures: Mapping[str, Picture], agent: str) -> str:
    """What a desk's stream says: it changes when another message lies there."""
    picture = pictures.get(messages.TOPIC + agent, {})
    return json.dumps([picture.get("unread", 0), picture.get("newest")])
