"""Puts the rooms' pages together into one application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from foundation.bus import Broker
from foundation.catalogue import Catalogue, load_catalogue
from foundation.database import Database, Store, store_url
from foundation.paths import Home, tools_folder
from foundation.service import back_off
from foundation.settings import Settings
from foundation.web.accounts import Accounts
from foundation.web.assets import PREFIX, Assets
from foundation.web.clock import Clock, present_ms
from foundation.web.forms import check_form
from foundation.web.guards import unguarded
from foundation.web.headers import BodyLimit, SecurityHeaders, security_headers
from foundation.web.live import LiveFloor
from foundation.web.openid import OpenIdProvider
from foundation.web.pages import template_environment
from foundation.web.passwords import Passwords
from foundation.web.problems import FaultLog, handle_problems
from foundation.web.room import room as own_room
from foundation.web.rooms import Refusals, WebRoom
from foundation.web.sessions import Sessions
from foundation.web.sign_in import Door
from foundation.web.site import Web
from foundation.web.tokens import Tokens

API_PREFIX = "/api/v1"
API_TITLE = "Pasokh"
API_VERSION = "1"
BUNDLES = "bundles"
"""The name under which the bundled scripts are served."""

log = structlog.get_logger()


class UnguardedRouteError(Exception):
    """A room has routes that do not say who may come in."""


def bundles_folder() -> Path:
    """Where the launcher bundles the scripts of all rooms."""
    return tools_folder() / "web" / "bundles"


def web_site(
    home: Home, settings: Settings, rooms: Sequence[WebRoom], *, clock: Clock = present_ms,
    passwords: Passwords | None = None, load_texts: Callable[[tuple[Path, ...]], Catalogue] = load_catalogue,
) -> Web:
    """What the pages of a site stand on; its own room first.

    Raises:
        UnguardedRouteError: a route names neither `signed_in(...)` nor `open_to_all`.
        CatalogueError: a text is missing or there twice.
    """
    everywhere = (own_room(), *rooms)
    for room in everywhere:
        bare = [*unguarded(room.router), *unguarded(room.api_router or APIRouter())]
        if bare:
            raise UnguardedRouteError(f"room {room.name}: {'; '.join(bare)}: depend on signed_in(...) or open_to_all")
    database = Database(store_url(home, settings, Store.MAIN))
    hashes = passwords or Passwords(shortest=settings.web.shortest_password)
    sessions = Sessions(database, settings.web, clock)
    assets = Assets({room.name: room.static for room in everywhere if room.static} | {BUNDLES: bundles_folder()})
    return Web(
        home, settings, database, Database(store_url(home, settings, Store.LEDGER)), clock,
        accounts=Accounts(database, hashes, clock), sessions=sessions, tokens=Tokens(database, clock),
        door=Door(database, hashes, sessions, clock),
        catalogue=load_texts(tuple(dict.fromkeys(file.resolve() for room in everywhere for file in room.texts))),
        templates=template_environment(everywhere, assets), assets=assets,
        live=LiveFloor(Broker(settings.ports.of("mqtt")), clock), rooms=everywhere,
        openid=OpenIdProvider(settings.web.openid, clock) if settings.web.openid else None,
    )


def app_of(web: Web) -> ASGIApp:
    """The application around a site."""
    families = [family for room in web.rooms for family in room.refusals]
    app = FastAPI(openapi_url=None, lifespan=_lifespan(web))
    faults = FaultLog()
    handle_problems(app, families, faults)
    for room in web.rooms:
        app.include_router(room.router, dependencies=[Depends(check_form)])
    app.mount(API_PREFIX, _api(web, families, faults))
    app.mount(PREFIX, web.assets)
    sources = [source for room in web.rooms for source in room.connect_sources(web.settings)]
    headers = security_headers(sources, always_https=web.settings.web.certificate is not None)
    return SecurityHeaders(BodyLimit(GZipMiddleware(_WithSite(app, web))), headers)


def _api(web: Web, families: Sequence[Refusals], faults: FaultLog) -> FastAPI:
    api = FastAPI(title=API_TITLE, version=API_VERSION, docs_url=None, redoc_url=None)
    handle_problems(api, families, faults)
    for room in web.rooms:
        if room.api_router is not None:
            api.include_router(room.api_router, dependencies=[Depends(check_form)], tags=[room.name])
    return api


def _lifespan(web: Web) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    def life(_app: FastAPI) -> AbstractAsyncContextManager[None]:
        return _live(web)

    return life


@asynccontextmanager
async def _live(web: Web) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(web.live.run(), name="live")]
    tasks += [asyncio.create_task(_keep(room.name, room.work, web), name=room.name) for room in web.rooms if room.work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await web.close()


async def _keep(name: str, work: Callable[[Web], Coroutine[Any, Any, None]], web: Web) -> None:
    """Do a room's work for ever."""
    wait = back_off()
    while True:
        try:
            await work(web)
        except Exception:  # the pages go on without it
            log.exception("a room's work failed; it begins again", room=name)
        await asyncio.sleep(wait())


class _WithSite:
    """Puts the site into every request."""

    def __init__(self, app: ASGIApp, web: Web) -> None:
        self._app, self._web = app, web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            scope["state"] = {"web": self._web}
        await self._app(scope, receive, send)
