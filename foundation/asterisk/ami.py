"""The link to Asterisk's manager interface (AMI): it stays, or comes back, and says so.

One adapter around panoramisk 1.4. What panoramisk's `Manager` does about connections is not used: it sends actions
under way again after a reconnection (an Originate ran twice), connects again after `close()`, has no time-outs, and
ends the connection when a callback raises.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import structlog

from foundation.asterisk.ami_connection import (
    AmiAwayError,
    AmiError,
    AmiLoginError,
    AmiLostError,
    AmiRefusedError,
    AmiTimeoutError,
    Connection,
)
from foundation.asterisk.ami_news import Connected, Lost, News, Reader
from foundation.asterisk.ami_protocol import AmiInjection, Event, Response
from foundation.service import back_off

NOISE = frozenset({
    "ChallengeSent", "Newexten", "RTCPReceived", "RTCPSent", "RequestBadFormat", "SuccessfulAuth", "TestEvent",
    "VarSet",
})
"""Events that nobody here wants, in case the site's own AMI user lets them through."""

CLOSED = "closed by us"

log = structlog.get_logger()

Handler = Callable[[Event], Awaitable[None] | None]
Notice = Callable[[], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits in seconds."""

    connect: float = 5.0
    answer: float = 5.0
    boot: float = 60.0
    """From log-in to FullyBooted: Asterisk may still be starting."""
    ping_every: float = 5.0
    ping_answer: float = 5.0
    retry_first: float = 0.2
    retry_longest: float = 5.0
    refused_first: float = 1.0
    refused_longest: float = 30.0
    """Between attempts to log in with a secret that was refused."""


class AmiLink:
    """A link that lasts: `async with AmiLink(host, port, user, secret) as link`."""

    def __init__(
        self, host: str, port: int, user: str, secret: str, *, patience: Patience | None = None,
        noise: frozenset[str] = NOISE, clock: Callable[[], float] = time.time,
    ) -> None:
        self._host, self._port, self._user, self._secret = host, port, user, secret
        self._patience = patience or Patience()
        self._noise = noise
        self._clock = clock
        self._connection: Connection | None = None
        self._up = asyncio.Event()
        self._handlers: list[tuple[frozenset[str], Handler]] = []
        self._connected_notices: list[Notice] = []
        self._lost_notices: list[Notice] = []
        self._readers: list[Reader] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._life: asyncio.Task[None] | None = None
        self.last_error: AmiError | None = None
        """Why the last attempt to connect failed."""

    async def __aenter__(self) -> Self:
        self._life = asyncio.create_task(self._live(), name="ami-link")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def where(self) -> str:
        return f"AMI {self._user}@{self._host}:{self._port}"

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    async def connected(self, seconds: float | None = None) -> None:
        """Wait until the link is up.

        Raises:
            AmiError: it was not in `seconds`; the last attempt's own error where there is one.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._up.wait()
        except TimeoutError as error:
            raise self.last_error or AmiAwayError(f"{self.where}: not connected in {seconds:g} s") from error

    async def action(self, name: str, *, seconds: float | None = None, **fields: Any) -> Response:
        """Do one action and give Asterisk's response, whether it succeeded or not. A field may be a list of values.

        Raises:
            AmiAwayError: not connected; nothing was sent.
            AmiLostError, AmiTimeoutError: Asterisk may have done it or not; it is never sent twice.
            AmiInjection: a value holds a line end.
        """
        parts = await self._ask(name, seconds, as_list=False, fields=fields)
        return _response(parts)

    async def list_action(self, name: str, *, seconds: float | None = None, **fields: Any) -> list[Event]:
        """Do an action that answers with a list, and give its events without the closing one.

        Raises:
            AmiRefusedError: Asterisk answered with an error.
            AmiAwayError, AmiLostError, AmiTimeoutError, AmiInjection: as for `action`.
        """
        parts = await self._ask(name, seconds, as_list=True, fields=fields)
        response = _response(parts)
        if not response.succeeded:
            raise AmiRefusedError(f"{name} to {self.where}: {response.message}")
        return [part for part in parts[1:-1] if isinstance(part, Event)]

    def on_event(self, handler: Handler, *names: str) -> None:
        """Call `handler` with each event (of these names, or any); what it raises is logged and harms nothing."""
        self._handlers.append((frozenset(names), handler))

    def on_connected(self, notice: Notice) -> None:
        """Call `notice` each time the link is up and Asterisk fully booted."""
        self._connected_notices.append(notice)

    def on_lost(self, notice: Notice) -> None:
        """Call `notice` each time an established link is lost."""
        self._lost_notices.append(notice)

    def reader(self, limit: int = 50_000) -> Reader:
        """A stream from now on, beginning with `Connected` if the link is up.

        A reader that falls `limit` items behind costs the connection, so that it starts again from a snapshot.
        """
        reader = Reader(limit, lambda: self.drop("a reader fell too far behind"))
        self._readers.append(reader)
        if self.is_up:
            reader.put(Connected(self._clock()))
        return reader

    def drop(self, reason: str) -> None:
        """End the present connection; the link connects again."""
        if self._connection is not None:
            self._connection.end(reason)

    async def _ask(
        self, name: str, seconds: float | None, *, as_list: bool, fields: dict[str, Any],
    ) -> list[Event | Response]:
        if self._connection is None or not self.is_up:
            raise AmiAwayError(f"{name}: {self.where} is not connected; nothing was sent")
        limit = self._patience.answer if seconds is None else seconds
        return await self._connection.ask(name, limit, as_list=as_list, fields=fields)

    async def _live(self) -> None:
        while True:
            away, refused = self._waits()
            while not await self._try(away, refused):
                pass
            await asyncio.sleep(self._patience.retry_first)

    def _waits(self) -> tuple[Callable[[], float], Callable[[], float]]:
        own = self._patience
        return back_off(own.retry_first, own.retry_longest), back_off(own.refused_first, own.refused_longest)

    async def _try(self, away: Callable[[], float], refused: Callable[[], float]) -> bool:
        """Be connected once, or wait after failing; True if there was a connection."""
        try:
            await self._be_connected()
        except AmiLoginError as error:
            seconds = self._note(error, refused())
        except (OSError, TimeoutError, AmiError) as error:
            seconds = self._note(AmiAwayError(f"{self.where}: {error or 'no answer'}"), away())
        else:
            return True
        await asyncio.sleep(seconds)
        return False

    def _note(self, error: AmiError, seconds: float) -> float:
        self.last_error = error
        log.warning("ami_not_connected", error=str(error), retry_seconds=round(seconds, 1))
        return seconds

    async def _be_connected(self) -> None:
        """One connection from beginning to end; returns when an established one is lost."""
        loop = asyncio.get_running_loop()
        booted = asyncio.Event()

        def take(event: Event) -> None:
            if event.name == "FullyBooted":
                booted.set()
            elif self.is_up and self._connection is connection:
                self._dispatch(event)

        async with asyncio.timeout(self._patience.connect):
            _, connection = await loop.create_connection(
                lambda: Connection(take, self._up.clear, self.where), self._host, self._port,
            )
        try:
            await self._log_in(connection, booted)
            self._connection = connection
            self._begin(connection)
            await self._watch(connection)
        finally:
            connection.end(CLOSED)
            if self._connection is connection:
                self._finish(connection.lost.result())

    async def _log_in(self, connection: Connection, booted: asyncio.Event) -> None:
        login = {"Username": self._user, "Secret": self._secret, "Events": "on"}
        answer = _response(await connection.ask("Login", self._patience.answer, as_list=False, fields=login))
        if not answer.succeeded:
            raise AmiLoginError(
                f"{self.where}: Asterisk refused the log-in ({answer.message}): do the secret in secrets.yaml and "
                "Asterisk's manager.conf agree? Render the configuration again and reload Asterisk's manager",
            )
        waiting = asyncio.create_task(booted.wait(), name="ami-booted")
        either: list[asyncio.Future[Any]] = [waiting, connection.lost]
        await asyncio.wait(either, timeout=self._patience.boot, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if connection.lost.done():
            raise AmiAwayError(connection.lost.result())
        if not booted.is_set():
            raise AmiLoginError(
                f"{self.where}: no FullyBooted in {self._patience.boot:g} s: Asterisk hangs at its start, or the "
                "user lacks read=system",
            )

    async def _watch(self, connection: Connection) -> None:
        """Ping until the connection is lost: a half-open one answers nothing and says nothing."""
        while not connection.lost.done():
            await asyncio.wait({connection.lost}, timeout=self._patience.ping_every)
            try:
                await connection.ask("Ping", self._patience.ping_answer, as_list=False, fields={})
            except AmiTimeoutError:
                connection.end(f"no answer to a ping in {self._patience.ping_answer:g} s")
            except AmiError:
                return

    def _begin(self, connection: Connection) -> None:
        self._up.set()
        self.last_error = None
        log.info("ami_connected", where=self.where, version=connection.ami_version)
        self._tell(Connected(self._clock()))
        for notice in self._connected_notices:
            self._call(notice)

    def _finish(self, reason: str) -> None:
        self._connection = None
        self._up.clear()
        if reason != CLOSED:
            log.warning("ami_lost", where=self.where, reason=reason)
        self._tell(Lost(self._clock(), reason))
        for notice in self._lost_notices:
            self._call(notice)

    def _tell(self, item: News) -> None:
        for reader in self._readers:
            reader.put(item)

    def _dispatch(self, event: Event) -> None:
        if event.name in self._noise:
            return
        self._tell(event)
        for names, handler in self._handlers:
            if not names or event.name in names:
                self._call(handler, event)

    def _call(self, handler: Callable[..., Awaitable[None] | None], *arguments: Event) -> None:
        """Run a callback so that nothing it raises reaches the connection."""
        try:
            result = handler(*arguments)
        except Exception:
            log.exception("ami_callback_failed", callback=repr(handler))
            return
        if inspect.isawaitable(result):
            task = asyncio.create_task(_guarded(result, handler), name=f"ami-callback-{handler!r}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _guarded(work: Awaitable[None], handler: object) -> None:
    try:
        await work
    except Exception:
        log.exception("ami_callback_failed", callback=repr(handler))


def _response(parts: list[Event | Response]) -> Response:
    first = parts[0]
    if not isinstance(first, Response):  # the connection begins every answer with its response
        raise AmiError(f"an answer began with the event {first.name}")
    return first


__all__ = [
    "NOISE", "AmiAwayError", "AmiError", "AmiInjection", "AmiLink", "AmiLoginError", "AmiLostError", "AmiRefusedError",
    "AmiTimeoutError", "Connected", "Event", "Lost", "News", "Patience", "Reader", "Response",
]
