"""What the phone's script asks for: a password to register with, and what to dial for a number or a name."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from agent_softphone.phones import Phones
from agent_softphone.refusals import LineAwayError, NoAgentError, NotDialledError, NoWayOutError
from callqueue.outbound.numbers import number_to_call, own_numbers, shown
from callqueue.outbound.refusals import DoNotCallError
from callqueue.outbound.store import wants_no_calls
from foundation.asterisk.ami import AmiError
from foundation.provinces import load_provinces
from foundation.settings import Settings
from foundation.web.guards import note, signed_in
from foundation.web.roles import Role, User
from foundation.web.site import web_of

Agent = Annotated[User, Depends(signed_in(Role.AGENT))]
PAGE: Final = r"^[0-9a-f]{16}$"
QUEUE: Final = "queue-"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,44}")


class Window(BaseModel):
    page: Annotated[str, Field(pattern=PAGE)]
    """Made by the page's script; a reloaded window has another."""


class Registration(BaseModel):
    user: str
    password: str


class Wish(BaseModel):
    to: Annotated[str, Field(min_length=1, max_length=60)]
    """An agent's id, `queue-` and a queue's name, a site's extension, or a telephone number as people write it."""


class Target(BaseModel):
    dial: str
    """What the phone calls or transfers to; a ticket for a number is good once, and for a minute."""


def phone_api(phones: Phones) -> APIRouter:
    api = APIRouter()

    @api.post("/phone/registration")
    async def register(user: Agent, window: Window, request: Request) -> Registration:
        """A new password for this window; the one before opens nothing any more."""
        agent = browser_agent(user, web_of(request).settings)
        with line_errors():
            await phones.check_free(agent, window.page)
            made = await phones.line.passwords.issue(agent)
        return Registration(user=made.user, password=made.password)

    @api.post("/phone/target")
    async def find_target(user: Agent, wish: Wish, request: Request) -> Target:
        """What to dial."""
        settings = web_of(request).settings
        browser_agent(user, settings)
        inside = inside_target(wish.to, settings)
        if inside:
            return Target(dial=inside)
        number = outside_number(wish.to, settings)
        async with web_of(request).database.read() as connection:
            if await wants_no_calls(connection, number):
                raise DoNotCallError(number=shown(number))
        with line_errors():
            ticket = await phones.line.ticket(number)
        await note(request, "phone.call-out", number)
        return Target(dial=ticket)

    return api


def browser_agent(user: User, settings: Settings) -> str:
    """The agent whose phone is the browser.

    Raises:
        NoAgentError: the user is none.
    """
    agent = settings.agents.get(user.agent or "")
    if agent is None or user.agent is None or agent.device != "webrtc":
        raise NoAgentError(user=user.id)
    return user.agent


def inside_target(to: str, settings: Settings) -> str | None:
    """An agent, a queue or an extension of the site's; None: it must be a number.

    Raises:
        NotDialledError: it is written like a name, and is none of them.
    """
    if to in settings.extensions.model_dump().values():
        return to
    if not _NAME.fullmatch(to):
        return None
    if to in settings.agents or (to.startswith(QUEUE) and to.removeprefix(QUEUE) in settings.queues):
        return to
    raise NotDialledError(to=to)


def outside_number(text: str, settings: Settings) -> str:
    """A number that the site may call, in the form that is dialled.

    Raises:
        NoWayOutError, NumberRefusedError
    """
    if settings.sip.trunk.proxy is None:
        raise NoWayOutError
    return number_to_call(text, settings.outbound.numbers, own_numbers(settings), load_provinces())


@contextmanager
def line_errors() -> Iterator[None]:
    try:
        yield
    except AmiError as error:
        raise LineAwayError from error
