"""The web pages of a small site, without a line: for tests by an HTTP client, and by a real browser.

`page_site(tmp_path, [room()])` makes it, `await site.client(Role.MANAGER)` is an httpx client that is signed in, and
within `site.served() as url, chromium() as browser` there is `await site.open(browser, url, "/reports", Role.MANAGER)`.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, ViewportSize
from starlette.types import ASGIApp

from foundation.catalogue import Catalogue, load_catalogue
from foundation.database import LEDGER, MAIN
from foundation.paths import Home
from foundation.settings import Agent, Language, Queue, Settings
from foundation.web.accounts import By, NewUser
from foundation.web.app import app_of, web_site
from foundation.web.clock import present_ms
from foundation.web.passwords import Passwords
from foundation.web.roles import Role
from foundation.web.rooms import WebRoom
from foundation.web.sessions import Visitor
from foundation.web.site import Web
from tests.support.browser import DESK, Complaints
from tests.support.stores import make_tables

PASSWORD = "grey-heron-over-water"
HTTPS = "https://pasokh.test"
TOKEN = re.compile(r'name="csrf" value="(\w+)"')
QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
"""Hashes that are good for nothing but tests."""


@dataclass
class HandClock:
    """Shows what it is set to, in epoch milliseconds; `None`: the true time."""

    at_ms: int | None = None

    def __call__(self) -> int:
        return present_ms() if self.at_ms is None else self.at_ms

    def go_on(self, minutes: float) -> None:
        self.at_ms = self() + round(minutes * 60_000)


@dataclass
class PageSite:
    web: Web
    app: ASGIApp
    clock: HandClock
    complaints: Complaints = field(default_factory=Complaints)
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def add_user(
        self, *roles: Role, user_id: str = "", agent: str | None = None, language: Language | None = None,
    ) -> str:
        """A user with these roles who has chosen `PASSWORD`; returns the id. The same roles again are the same user."""
        wanted = user_id or "-".join(sorted(roles)) or "nobody"
        if wanted in [one.user.id for one in await self.web.accounts.list()]:
            return wanted
        given = await self.web.accounts.add(NewUser(wanted, wanted.title(), frozenset(roles), agent), By("test"))
        user = (await self.web.accounts.find(wanted)).user
        await self.web.accounts.change_password(user, given, PASSWORD, "", keep=None)
        if language:
            await self.web.accounts.choose_language(wanted, language)
        return wanted

    async def session(self, *roles: Role, **user: Any) -> str:
        """The key of a new session of a user with these roles."""
        user_id = await self.add_user(*roles, **user)
        async with self.web.database.write() as connection:
            return await self.web.sessions.begin(connection, user_id, Visitor("127.0.0.1", "test"))

    def stranger(self, **headers: str) -> httpx.AsyncClient:
        """A client of one who is not signed in."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=HTTPS, headers={"accept": "text/html", **headers})
        self._clients.append(client)
        return client

    async def client(self, *roles: Role, **user: Any) -> httpx.AsyncClient:
        """A signed-in client whose requests carry the form's token."""
        client = self.stranger()
        client.cookies.set("__Host-pasokh-session", await self.session(*roles, **user))
        client.headers["x-csrf-token"] = form_token(await client.get("/account/password"))
        return client

    @asynccontextmanager
    async def served(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on `port` of the loopback, or on a free one; yields the address."""
        listener = socket.create_server(("127.0.0.1", port))
        self.web.live.closing.clear()
        server = uvicorn.Server(uvicorn.Config(self.app, log_config=None, access_log=False, ws="none", lifespan="off"))
        serving = asyncio.create_task(server._serve([listener]), name="pages")  # signals stay pytest's
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await self.web.live.close()
            server.should_exit = True
            await serving

    async def open(
        self, browser: Browser, url: str, path: str, *roles: Role, language: Language = "fa", theme: str = "light",
        size: dict[str, int] | None = None, **user: Any,
    ) -> Page:
        """A page in a browser window of its own; without roles as a stranger. Complaints are collected."""
        wanted = size or DESK
        context = await browser.new_context(
            viewport=ViewportSize(width=wanted["width"], height=wanted["height"]),
            locale={"fa": "fa-IR", "tr": "tr-TR", "en": "en-GB"}[language], reduced_motion="reduce",
        )
        cookies = {"pasokh-language": language, "pasokh-theme": theme}
        if roles or user:
            cookies["pasokh-session"] = await self.session(*roles, **user)
        await context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        page = await context.new_page()
        self.complaints.listen(page)
        await page.goto(url + path)
        return page

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()
        await self.web.close()


def form_token(answer: httpx.Response) -> str:
    """The token in the first form of a page."""
    found = TOKEN.search(answer.text)
    assert found, f"no form on {answer.url}: {answer.status_code}"
    return found[1]


def small_settings(**more: Any) -> Settings:
    agents = {"a101": Agent(name="Sara", queues={"operator": 0}), "a102": Agent(queues={"operator": 0})}
    return Settings(**{"queues": {"operator": Queue()}, "agents": agents, **more})


@cache
def _load_texts_once(files: tuple[Path, ...]) -> Catalogue:
    return load_catalogue(files)


@asynccontextmanager
async def page_site(
    folder: Path, rooms: Sequence[WebRoom] = (), *, settings: Settings | None = None,
    prepare: Callable[[Home], None] | None = None,
) -> AsyncIterator[PageSite]:
    """A site with empty tables under `folder`; `prepare` may lay files into its home first."""
    home, clock = Home(folder / "home"), HandClock()
    home.make()
    if prepare:
        prepare(home)
    found = settings or small_settings()
    passwords = Passwords(QUICK, found.web.shortest_password)
    web = web_site(home, found, rooms, clock=clock, passwords=passwords, load_texts=_load_texts_once)
    await make_tables(web.database, MAIN)
    await make_tables(web.ledger, LEDGER)
    site = PageSite(web, app_of(web), clock)
    try:
        yield site
    finally:
        await site.close()
