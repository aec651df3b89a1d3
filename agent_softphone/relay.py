"""A page's WebSocket, carried on to Asterisk's.

Asterisk's web server stays on the loopback; one certificate serves pages and telephones; and whoever closes the page is
noticed at once: Asterisk itself would wait for sound until `rtp_timeout`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

SIP: Final = "sip"
ASK: Final = "\r\n\r\n"
"""A question whether the page is there, which JsSIP answers by a line end (RFC 5626, 3.5.1)."""
ASK_SECONDS = 3.0
SILENT_SECONDS = 12.0
"""A page that has not answered for so long counts as gone: its caller would hear nothing."""
ADMIT_EVERY = 3
"""Looks at the session, in questions."""
GOING_AWAY: Final = 1001
OPEN_SECONDS = 5.0
CLOSE_SECONDS = 0.5
"""For the goodbye to Asterisk: until then the agent's next page is kept from being the phone."""


class End(Enum):
    """Why a relay has ended."""

    PAGE_LEFT = auto()
    """The browser said so: closed, reloaded, left."""
    PAGE_LOST = auto()
    """The connection broke, or the page does not answer."""
    LINE_LOST = auto()
    """Asterisk closed it, or was never there."""
    SIGNED_OUT = auto()


@dataclass
class _Heard:
    at: float


async def relay(browser: WebSocket, line: str, admitted: Callable[[], Awaitable[bool]]) -> End:
    """Carry messages both ways until one side ends; `line` is the address of Asterisk's WebSocket."""
    try:
        async with connect(
            line, subprotocols=[Subprotocol(SIP)], open_timeout=OPEN_SECONDS, close_timeout=CLOSE_SECONDS, proxy=None,
            ping_interval=None,
        ) as asterisk:
            return await _carry(browser, asterisk, admitted)
    except (OSError, TimeoutError, WebSocketException):
        return End.LINE_LOST


async def _carry(browser: WebSocket, asterisk: ClientConnection, admitted: Callable[[], Awaitable[bool]]) -> End:
    heard = _Heard(asyncio.get_running_loop().time())
    tasks = [
        asyncio.create_task(_to_line(browser, asterisk, heard), name="phone to line"),
        asyncio.create_task(_to_page(browser, asterisk), name="line to phone"),
        asyncio.create_task(_ask(browser, heard, admitted), name="is the phone there"),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _to_line(browser: WebSocket, asterisk: ClientConnection, heard: _Heard) -> End:
    try:
        while True:
            text = await browser.receive_text()
            heard.at = asyncio.get_running_loop().time()
            if text.strip():
                await asterisk.send(text)
    except WebSocketDisconnect as left:
        return End.PAGE_LEFT if left.code == GOING_AWAY else End.PAGE_LOST
    except ConnectionClosed:
        return End.LINE_LOST


async def _to_page(browser: WebSocket, asterisk: ClientConnection) -> End:
    try:
        async for message in asterisk:
            await browser.send_text(message if isinstance(message, str) else message.decode(errors="replace"))
    except ConnectionClosed:
        return End.LINE_LOST
    except (RuntimeError, WebSocketDisconnect, OSError):
        return End.PAGE_LOST
    return End.LINE_LOST


async def _ask(browser: WebSocket, heard: _Heard, admitted: Callable[[], Awaitable[bool]]) -> End:
    asked = 0
    while True:
        await asyncio.sleep(ASK_SECONDS)
        if asyncio.get_running_loop().time() - heard.at > SILENT_SECONDS:
            return End.PAGE_LOST
        asked += 1
        if asked % ADMIT_EVERY == 0 and not await admitted():
            return End.SIGNED_OUT
        try:
            await browser.send_text(ASK)
        except (RuntimeError, WebSocketDisconnect, OSError):
            return End.PAGE_LOST
