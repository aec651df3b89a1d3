"""Whether a recogniser is there for one more caller: asked each time, since Asterisk itself would wait too long.

Asterisk waits without a limit for the greeting of a server that accepts a connection and then says nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import structlog

from foundation.settings import Language
from foundation.speech import server_url, spoken_languages
from ivr.actions import Resources

PATIENCE_SECONDS = 0.3
CLOSED_SECONDS = 5.0
"""After a failure nobody is listened to for so long: a recogniser in trouble must not cost every caller a pause."""
NO_ROOM = b" 503 "
LONGEST_GREETING = 256

log = structlog.get_logger()


class Gate:
    """One for all calls."""

    def __init__(
        self, languages: frozenset[Language], url: str, confidence: int, clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._languages = languages
        self._where = urlsplit(url)
        self.confidence = confidence
        self._clock = clock
        self._closed_until = 0.0

    async def lets_in(self, language: str) -> bool:
        """Whether a caller can be listened to now."""
        if language not in self._languages or self._clock() < self._closed_until:
            return False
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                greeting = await self._greet()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            self.close(repr(error))
            return False
        # A recogniser of the site's own need not know what `ready` is; it answers, and that is enough.
        return NO_ROOM not in greeting

    def close(self, reason: str) -> None:
        """Listen to nobody for a while."""
        self._closed_until = self._clock() + CLOSED_SECONDS
        log.warning("no recogniser: menus are keys only for a while", seconds=CLOSED_SECONDS, reason=reason)

    async def _greet(self) -> bytes:
        host, port = self._where.hostname or "", self._where.port or 80
        reader, writer = await asyncio.open_connection(host, port, limit=LONGEST_GREETING)
        try:
            writer.write(f"GET /ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return await reader.readuntil(b"\r\n")
        finally:
            writer.close()


@asynccontextmanager
async def open_gate(resources: Resources) -> AsyncIterator[Gate]:
    settings = resources.settings
    yield Gate(spoken_languages(settings), server_url(settings), settings.speech.confidence)
