"""The phones of a site: which page is whose phone, and what is done when one comes or goes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_softphone.line import PhoneLine
from agent_softphone.refusals import LineAwayError, PhoneElsewhereError
from agent_softphone.relay import SIP, End, relay
from callqueue.live import ami_link
from foundation.asterisk.ami import AmiError
from foundation.web.site import Web

GRACE_SECONDS = 1.5
"""A connection that broke may come back so soon; after it, a page that sends no sound counts as gone."""
LISTEN_SECONDS = 0.5
"""How long it is looked whether the page still sends sound; within the grace."""
SWEEP_SECONDS = 60.0
TAKEN_OVER: Final = 4001
ELSEWHERE: Final = 4002
SIGNED_OUT: Final = 4401
LINE_LOST: Final = 1013
"""«Try again later» (RFC 6455's registry)."""

log = structlog.get_logger()

Admitted = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Page:
    """One window, as long as it is not reloaded."""

    agent: str
    id: str
    has_calls: bool
    """Whether it says that it holds a conversation: a new or reloaded window holds none."""


class Phones:
    """`run` beside the pages; the rest is asked by them."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._line: PhoneLine | None = None
        self._open: dict[str, tuple[Page, WebSocket]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def line(self) -> PhoneLine:
        """Asterisk.

        Raises:
            LineAwayError: the service is only starting.
        """
        if self._line is None:
            raise LineAwayError
        return self._line

    async def run(self, web: Web) -> None:
        """Hold the link to Asterisk, and take back the passwords of those who have gone."""
        async with ami_link(web.home, web.settings) as link:
            self._line = PhoneLine(link, self._clock)
            while True:
                await asyncio.sleep(SWEEP_SECONDS)
                try:
                    await self._sweep(self._line)
                except AmiError as error:
                    log.warning("phones_not_swept", error=str(error))

    async def _sweep(self, line: PhoneLine) -> None:
        await line.forget_tickets()
        for agent in await line.passwords.issued() - {*self._open}:
            await line.passwords.withdraw(agent)

    async def check_free(self, agent: str, page_id: str) -> None:
        """Whether this window may be the agent's phone.

        Raises:
            PhoneElsewhereError: the agent speaks in another window.
            AmiError: Asterisk is away.
        """
        known = self._open.get(agent)
        if known and known[0].id != page_id and await self.line.has_calls(agent):
            raise PhoneElsewhereError

    async def serve(self, browser: WebSocket, page: Page, address: str, admitted: Admitted) -> None:
        """Carry one page's messages for as long as it is there."""
        await browser.accept(SIP)
        try:
            await self._take(page, browser)
        except PhoneElsewhereError:
            await _close(browser, ELSEWHERE)
            return
        except (AmiError, LineAwayError):
            await _close(browser, LINE_LOST)
            return
        end = await relay(browser, address, lambda: self._may_go_on(page, admitted))
        mine = self._open.get(page.agent)
        if mine is None or mine[1] is not browser:
            return
        del self._open[page.agent]
        await _close(browser, SIGNED_OUT if end is End.SIGNED_OUT else LINE_LOST)
        if end is not End.LINE_LOST:
            self._spawn(self._after(page, end))

    async def _take(self, page: Page, browser: WebSocket) -> None:
        """The page is the agent's phone from now on."""
        await self.check_free(page.agent, page.id)
        before = self._open.get(page.agent)
        self._open[page.agent] = (page, browser)
        if before:
            await _close(before[1], TAKEN_OVER)
        if not page.has_calls:
            # What this agent still has in Asterisk belongs to a window that is no more.
            await self.line.return_callers(page.agent)

    async def _may_go_on(self, page: Page, admitted: Admitted) -> bool:
        if await admitted():
            return True
        try:
            await self.line.passwords.withdraw(page.agent)
            return await self.line.has_calls(page.agent)  # a conversation goes on to its end
        except AmiError:
            return True

    async def _after(self, page: Page, end: End) -> None:
        """A page is gone; unless it comes back, or speaks on although we hear nothing of it, so is the phone in it."""
        try:
            while end is End.PAGE_LOST and await self._may_come_back(page):
                pass
            if page.agent not in self._open:
                await self.line.return_callers(page.agent)
        except AmiError as error:
            log.warning("callers_not_returned", agent=page.agent, error=str(error))

    async def _may_come_back(self, page: Page) -> bool:
        """After the grace: whether the page is only cut off from us, and its conversation goes on."""
        await asyncio.sleep(GRACE_SECONDS - LISTEN_SECONDS)
        before = await self.line.packets_heard(page.agent)
        await asyncio.sleep(LISTEN_SECONDS)
        return page.agent not in self._open and await self.line.packets_heard(page.agent) > before

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _close(browser: WebSocket, code: int) -> None:
    with suppress(RuntimeError, OSError, WebSocketDisconnect):  # it is closed already
        await browser.close(code)
