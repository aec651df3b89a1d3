"""One TCP connection to Asterisk's manager, from connecting to its end. It never connects again; the link does."""

import asyncio
from collections.abc import Callable
from typing import Any

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol

from foundation.asterisk.ami_protocol import Decoder, Event, Response, encode, fields_of


class AmiError(Exception):
    """Something about the link to Asterisk's manager interface."""


class AmiAwayError(AmiError):
    """There is no connection: nothing was sent."""


class AmiLostError(AmiError):
    """The connection ended while the action was under way: Asterisk may have done it or not. It is not sent again."""


class AmiTimeoutError(AmiError):
    """No (whole) answer came in time: Asterisk may have done it or not."""


class AmiRefusedError(AmiError):
    """Asterisk answered with an error; the text is Asterisk's."""


class AmiLoginError(AmiError):
    """Asterisk refused the user or the secret, or does not speak AMI as we need it."""


class Connection(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's protocol with its faults mended.

    Bytes are decoded per message, not per chunk. An answer belongs to an action by its ActionID alone, not by words in
    its text. Actions under way when the connection ends fail; panoramisk's factory would send them once more.
    """

    def __init__(self, on_event: Callable[[Event], None], on_end: Callable[[], None], describe: str) -> None:
        self._on_event = on_event
        self._on_end = on_end
        self._describe = describe
        self._decoder = Decoder()
        self._pending: dict[str, Pending] = {}
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when the connection has ended; the result says why."""

    def data_received(self, data: bytes) -> None:
        for message in self._decoder.feed(data):
            pending = self._pending.get(message.action_id)
            if pending is None or not pending.take(message):
                self._pass_on(message)

    def _pass_on(self, message: Event | Response) -> None:
        if isinstance(message, Event):
            self._on_event(message)
            if message.name == "Shutdown":
                self.end("Asterisk is shutting down")

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(str(exc) if exc else "the peer closed the connection")

    def end(self, reason: str) -> None:
        """Close for good and fail whatever is under way."""
        if self.lost.done():
            return
        self.lost.set_result(reason)
        self._on_end()
        self.transport.abort()
        for pending in list(self._pending.values()):
            pending.fail(AmiLostError(f"{pending.name} to {self._describe}: {reason} before the answer; not repeated"))

    @property
    def ami_version(self) -> str | None:
        return self._decoder.version

    async def ask(self, name: str, seconds: float, *, as_list: bool, fields: dict[str, Any]) -> list[Event | Response]:
        """Send one action; the response, followed for a list by its events.

        Raises:
            AmiInjection: a value holds a line end.
            AmiLostError, AmiTimeoutError: no whole answer came.
        """
        action = Action({"Action": name, **fields_of(fields)}, as_list=as_list)
        data = encode(action)
        if self.lost.done():
            raise AmiAwayError(f"{name} to {self._describe}: {self.lost.result()}; not sent")
        pending = Pending(name, action)
        self._pending[action.id] = pending
        try:
            self.transport.write(data)
            async with asyncio.timeout(seconds):
                return await pending.answer
        except TimeoutError as error:
            raise AmiTimeoutError(f"{name} to {self._describe}: no whole answer in {seconds:g} s") from error
        finally:
            del self._pending[action.id]


class Pending:
    """An action under way and what has come of its answer."""

    def __init__(self, name: str, action: Action) -> None:
        self.name = name
        self.answer: asyncio.Future[list[Event | Response]] = action.future
        self._as_list: bool = action.as_list
        self._parts: list[Event | Response] = []

    def take(self, message: Event | Response) -> bool:
        """True if the message belongs to this answer."""
        if isinstance(message, Event) and not (self._as_list and self._parts):
            return False
        self._parts.append(message)
        if not self.answer.done() and self._is_whole(message):
            self.answer.set_result(self._parts)
        return True

    def _is_whole(self, message: Event | Response) -> bool:
        if isinstance(message, Response):
            return not (self._as_list and message.succeeded)
        return message.get("EventList").lower() in {"complete", "cancelled"} or message.name.endswith("Complete")

    def fail(self, error: AmiError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
