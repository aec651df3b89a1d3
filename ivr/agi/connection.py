"""One FastAGI session's end of the wire: commands out, answers in, and every way it can end."""

import asyncio
from contextlib import suppress
from typing import Protocol

from ivr.agi.protocol import (
    Answer,
    DeadChannel,
    HungUp,
    Message,
    Opening,
    Parser,
    ProtocolError,
    Reply,
    ReplyError,
    Trying,
    UnknownCommand,
    encode,
)

REPLY_SECONDS = 5.0
"""For commands that do not wait for the caller, and added to those that do."""


class SessionError(Exception):
    """The session cannot go on."""


class HangupError(SessionError):
    """The caller hung up, or Asterisk closed the session."""


class SilentPeerError(SessionError):
    """A command was not answered in its time."""


class RefusedCommandError(SessionError):
    """Asterisk does not know the command, or not with these words."""


class FailedCommandError(SessionError):
    """Asterisk ran the command and it failed (result -1), though the caller is there."""


class Owner(Protocol):
    """Who is told of a connection's life."""

    def on_made(self, connection: "Connection") -> None: ...

    def on_open(self, connection: "Connection", opening: Opening) -> None: ...

    def on_command(self, name: str, seconds: float) -> None:
        """A command that does not wait for the caller was answered after `seconds`."""

    def on_close(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    """A session, from the accepted socket to its end."""

    def __init__(self, owner: Owner, opening_seconds: float) -> None:
        self._owner = owner
        self._opening_seconds = opening_seconds
        self._parser = Parser()
        self._transport: asyncio.Transport | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._hung_up = False
        self.fault: Exception | None = None
        """Why the wire was cut from our side, if it was."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio gives TCP servers nothing else
        self._transport = transport
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(self._opening_seconds, self._on_late_opening)
        self._owner.on_made(self)

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._parser.feed(data):
                self._on_message(message)
        except ProtocolError as error:
            self.cut(error)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._stop_waiting_for_opening()
        self._transport = None
        self._hung_up = True
        self._fail(self.fault or HangupError("the session was closed"))
        self._owner.on_close(self)

    @property
    def hung_up(self) -> bool:
        """Whether the caller, or the session, is gone."""
        return self._hung_up

    async def command(self, *words: str, seconds: float = 0.0) -> Reply:
        """Run one command that may keep the caller busy for `seconds`, and return Asterisk's reply.

        Raises:
            HangupError: the caller is gone.
            SilentPeerError: no answer within `seconds` and REPLY_SECONDS.
            RefusedCommandError, FailedCommandError: Asterisk could not do it.
            ProtocolError: the peer stopped speaking FastAGI.
            CommandError: the words cannot be sent.
        """
        if self._waiting is not None:
            raise RuntimeError(f"{words[0]}: the command before it has not been answered yet")
        clock = asyncio.get_running_loop().time
        asked = clock()
        answer = await self._ask(encode(*words), words[0], seconds)
        if not seconds:
            self._owner.on_command(words[0], clock() - asked)
        match answer:
            case Reply(result="-1"):
                raise await self._failure(words[0])
            case Reply():
                return answer
            case DeadChannel():
                raise HangupError(f"{words[0]}: the channel is dead")
            case UnknownCommand():
                raise RefusedCommandError(f"{words[0]}: Asterisk knows no such command; is its module loaded?")
        raise RefusedCommandError(f"{words[0]}: wrong words for this command")

    def close(self) -> None:
        """Give the call back to the dialplan."""
        if self._transport is not None:
            self._transport.close()

    def cut(self, fault: Exception) -> None:
        """End the session at once, without waiting for anything still to be written."""
        if self._transport is not None and self.fault is None:
            self.fault = fault
            self._transport.abort()

    async def _ask(self, line: bytes, name: str, seconds: float) -> Answer:
        if self._transport is None or self._hung_up:
            raise self.fault or HangupError(f"{name}: the caller is gone")
        self._waiting = asyncio.get_running_loop().create_future()
        # In one piece: Asterisk turns in circles while it has half a line.
        self._transport.write(line)
        limit = seconds + REPLY_SECONDS
        try:
            async with asyncio.timeout(limit):
                return await self._waiting
        except TimeoutError:
            silence = SilentPeerError(f"{name}: no answer within {limit:.0f} s")
            self.cut(silence)
            raise silence from None
        finally:
            self._waiting = None

    async def _failure(self, name: str) -> SessionError:
        # -1 means a hang-up or a failure. On a hang-up Asterisk says HANGUP before it answers anything else.
        with suppress(HangupError):
            await self._ask(encode("NOOP"), "NOOP", 0.0)
        if self._hung_up:
            return HangupError(f"{name}: the caller hung up")
        return FailedCommandError(f"{name}: Asterisk could not do it; its log says why")

    def _on_message(self, message: Message) -> None:
        match message:
            case Opening():
                self._stop_waiting_for_opening()
                self._owner.on_open(self, message)
            case HungUp():
                # A command under way is still answered; only the next one is refused.
                self._hung_up = True
            case Trying():
                pass
            case _:
                self._on_answer(message)

    def _on_answer(self, answer: Answer) -> None:
        if self._waiting is None or self._waiting.done():
            raise ReplyError("an answer to no command")
        self._waiting.set_result(answer)

    def _on_late_opening(self) -> None:
        self.cut(SilentPeerError(f"no complete opening block within {self._opening_seconds:g} s"))

    def _stop_waiting_for_opening(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
