"""What the routes about callbacks need: the desk, and the office with a way into the journal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from callqueue.agents.refusals import AsteriskAwayError
from callqueue.callbacks.desk import CallbackDesk
from callqueue.callbacks.office import Journal, PromiseOffice, journal_by
from callqueue.live import ami_link
from foundation.asterisk.ami import AmiError
from foundation.settings import load_secrets
from foundation.web.guards import signed_in
from foundation.web.roles import Role, User
from foundation.web.site import Web, web_of

AMI_SECONDS = 3.0


@asynccontextmanager
async def open_journal(web: Web) -> AsyncIterator[Journal]:
    """A way into the journal, while the block runs.

    Raises:
        AsteriskAwayError: no link in `AMI_SECONDS`.
    """
    async with ami_link(web.home, web.settings) as link:
        try:
            await link.connected(AMI_SECONDS)
        except AmiError as error:
            raise AsteriskAwayError(reason=str(error)) from error
        yield journal_by(link)


@asynccontextmanager
async def open_office(web: Web) -> AsyncIterator[PromiseOffice]:
    """Where promises are given."""
    async with open_journal(web) as journal:
        key = load_secrets(web.home, web.settings).tracking_key
        yield PromiseOffice(desk_of_web(web), journal, key, web.clock)


def desk_of_web(web: Web) -> CallbackDesk:
    return CallbackDesk(web.database, web.settings, now_ms=web.clock)


def desk_of(request: Request) -> CallbackDesk:
    return desk_of_web(web_of(request))


Desk = Annotated[CallbackDesk, Depends(desk_of)]
Site = Annotated[Web, Depends(web_of)]
Giver = Annotated[User, Depends(signed_in(Role.SUPERVISOR, Role.AGENT))]
Reader = Annotated[User, Depends(signed_in(Role.SUPERVISOR, Role.AGENT, Role.MANAGER, Role.AUDITOR))]
