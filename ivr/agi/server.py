"""The FastAGI server: one task for each call, and none of them can hurt another."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from ivr.agi.connection import Connection, HangupError
from ivr.agi.protocol import Opening

log = structlog.get_logger()

Handler = Callable[[Connection, Opening], Awaitable[None]]


@dataclass(frozen=True)
class Limits:
    sessions: int = 2000
    """More at once are turned away: the dialplan's rescue path takes them, and nobody waits in silence."""
    opening_seconds: float = 3.0
    """Asterisk sends the whole opening block at once."""
    backlog: int = 1024


class Observer(Protocol):
    """What the server tells about itself (metrics)."""

    def on_begin(self) -> None: ...

    def on_end(self, ending: str) -> None: ...

    def on_refusal(self, reason: str) -> None: ...

    def on_command(self, name: str, seconds: float) -> None: ...


class Server:
    """Listens on loopback only: FastAGI has no password, and whoever speaks it commands the call."""

    def __init__(self, handler: Handler, observer: Observer, limits: Limits | None = None) -> None:
        self._handler = handler
        self._observer = observer
        self._limits = limits or Limits()
        self._connections: set[Connection] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1; port 0 chooses a free one. Returns the port."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._accept, "127.0.0.1", port, backlog=self._limits.backlog)
        found: int = self._listener.sockets[0].getsockname()[1]
        return found

    async def stop(self, grace_seconds: float) -> None:
        """Take no new calls, give the running ones a while, then hand the rest back to the dialplan."""
        if self._listener is not None:
            self._listener.close()
        if self._calls:
            await asyncio.wait(self._calls, timeout=grace_seconds)
        left = set(self._calls)
        for call in left:
            call.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for connection in set(self._connections):
            connection.close()

    @property
    def listening(self) -> bool:
        return self._listener is not None

    @property
    def active(self) -> int:
        """Calls being handled now."""
        return len(self._calls)

    def _accept(self) -> Connection:
        return Connection(self, self._limits.opening_seconds)

    def on_made(self, connection: Connection) -> None:
        self._connections.add(connection)
        if len(self._connections) > self._limits.sessions:
            self._observer.on_refusal("full")
            connection.cut(ConnectionRefusedError(f"{self._limits.sessions} sessions at once is the limit"))

    def on_open(self, connection: Connection, opening: Opening) -> None:
        call = asyncio.create_task(self._run(connection, opening), name=f"call {opening.call_id}")
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    def on_command(self, name: str, seconds: float) -> None:
        self._observer.on_command(name, seconds)

    def on_close(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if connection.fault is not None:
            log.warning("session cut", reason=str(connection.fault))
            self._observer.on_refusal("fault")

    async def _run(self, connection: Connection, opening: Opening) -> None:
        self._observer.on_begin()
        ending = "cancelled"
        try:
            with structlog.contextvars.bound_contextvars(call_id=opening.call_id):
                ending = await self._handle(connection, opening)
        finally:
            self._observer.on_end(ending)
            connection.close()

    async def _handle(self, connection: Connection, opening: Opening) -> str:
        try:
            await self._handler(connection, opening)
        except HangupError as hangup:
            log.info("hung up", where=str(hangup))
            return "hung_up"
        except Exception:  # noqa: BLE001 - one call ends here, with no queue chosen: the dialplan rescues it
            # Written out here: a log that shows local variables would show what the caller typed.
            log.error("a call failed", traceback=traceback.format_exc())  # noqa: TRY400 - the same
            return "failed"
        return "served"
