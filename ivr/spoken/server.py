"""The recogniser's server: a WebSocket from Asterisk for each caller who may speak, at most so many at once."""

import asyncio
import http
import os
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from ivr.spoken.aeap import AeapError
from ivr.spoken.listener import Listener
from ivr.spoken.recogniser import Recogniser

PROTOCOL = Subprotocol("speech_to_text")
READY = "/ready"
"""Asked over HTTP before a caller is listened to: 200, or 503 when there is no room for one more."""
LONGEST_FRAME = 65_536
NICENESS = 10
"""Calls and queues come first."""

log = structlog.get_logger()


@asynccontextmanager
async def speech_server(
    recogniser: Recogniser, threads: Executor, *, port: int, calls: int, confidence: int,
) -> AsyncIterator[Server]:
    """Serve on loopback while the block runs.

    Raises:
        OSError: the port is taken.
    """
    callers = _Callers(recogniser, threads, calls, confidence)
    async with serve(
        callers.on_call, "127.0.0.1", port, process_request=callers.on_request, subprotocols=[PROTOCOL],
        compression=None, max_size=LONGEST_FRAME, ping_interval=None, close_timeout=1,
    ) as server:
        yield server


def niced_threads(count: int) -> ThreadPoolExecutor:
    """Threads that recognise: they have what the processor can spare."""
    return ThreadPoolExecutor(count, "recognise", initializer=_step_back)


def _step_back() -> None:
    # On Linux a priority belongs to a thread, so the server itself keeps its own.
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class _Callers:
    def __init__(self, recogniser: Recogniser, threads: Executor, most: int, confidence: int) -> None:
        self._recogniser = recogniser
        self._threads = threads
        self._most = most
        self._confidence = confidence
        self._now = 0

    def on_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse whoever comes beyond the limit before he is connected."""
        if self._now >= self._most:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "no room\n")
        return connection.respond(http.HTTPStatus.OK, "ready\n") if request.path == READY else None

    async def on_call(self, connection: ServerConnection) -> None:
        self._now += 1
        listener = Listener(self._recogniser, self._threads, self._confidence, connection.send)
        hearing = asyncio.create_task(listener.recognise(), name="recognise")
        hearing.add_done_callback(_tell_failure)
        try:
            async for message in connection:
                if isinstance(message, str):
                    await listener.on_text(message)
                else:
                    listener.on_sound(message)
        except ConnectionClosed:
            pass
        except AeapError as error:
            log.warning("asterisk was not understood", error=str(error))
        finally:
            hearing.cancel()
            self._now -= 1


def _tell_failure(hearing: "asyncio.Task[None]") -> None:
    error = None if hearing.cancelled() else hearing.exception()
    if error is not None and not isinstance(error, ConnectionClosed):
        log.error("a caller is not listened to any more", error=repr(error))
