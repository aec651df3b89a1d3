"""The FastAGI server against peers that do everything a peer can do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ivr.agi.connection import (
    Connection,
    FailedCommandError,
    HangupError,
    RefusedCommandError,
    SilentPeerError,
)
from ivr.agi.protocol import Opening
from ivr.agi.server import Limits, Server

OPENING = b"agi_network: yes\nagi_network_script: call\nagi_language: fa\nagi_uniqueid: 1.1\n\n"
Handler = Callable[[Connection, Opening], Awaitable[None]]


class Counting:
    def __init__(self) -> None:
        self.endings: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.changed = asyncio.Event()

    def on_begin(self) -> None:
        pass

    def on_end(self, ending: str) -> None:
        self.endings[ending] += 1
        self.changed.set()

    def on_refusal(self, reason: str) -> None:
        self.refusals[reason] += 1
        self.changed.set()

    def on_command(self, name: str, seconds: float) -> None:
        pass

    async def until(self, **expected: int) -> None:
        async with asyncio.timeout(60):
            while any((self.endings + self.refusals)[name] < count for name, count in expected.items()):
                self.changed.clear()
                await self.changed.wait()


class Peer:
    """What Asterisk would be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int, first: bytes = OPENING) -> "Peer":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first)
        return cls(reader, writer)

    async def command(self) -> str:
        async with asyncio.timeout(60):
            return (await self.reader.readline()).decode().strip()

    def say(self, line: str) -> None:
        self.writer.write(f"{line}\n".encode())

    async def closed(self) -> None:
        """Wait until the server has closed the session."""
        async with asyncio.timeout(60):
            while await self._more():
                pass
        self.writer.close()

    async def _more(self) -> bytes:
        try:
            return await self.reader.read(1000)
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def serving(handler: Handler, limits: Limits | None = None) -> AsyncIterator[tuple[int, Counting, Server]]:
    counting = Counting()
    server = Server(handler, counting, limits)
    port = await server.start(0)
    try:
        yield port, counting, server
    finally:
        await server.stop(0.0)


async def answer_twice(connection: Connection, _opening: Opening) -> None:
    await connection.command("ANSWER")
    await connection.command("SET VARIABLE", "PASOKH_QUEUE", "operator")


async def converse(port: int) -> None:
    peer = await Peer.connect(port)
    assert await peer.command() == "ANSWER"
    peer.say("200 result=0")
    assert await peer.command() == 'SET VARIABLE "PASOKH_QUEUE" "operator"'
    peer.say("200 result=1")
    await peer.closed()


async def test_a_call_is_served() -> None:
    async with serving(answer_twice) as (port, counting, _):
        await converse(port)
        await counting.until(served=1)


@pytest.mark.parametrize(
    "garbage",
    [b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01" * 5000, b"\n\n", b"agi_x: 1\nagi_x: 2\n\n", OPENING + b"what?\n"],
)
async def test_the_server_outlives_whatever_a_peer_sends_before_closing(garbage: bytes) -> None:
    async with serving(answer_twice) as (port, counting, _):
        peer = await Peer.connect(port, garbage)
        if garbage:
            await peer.closed()
        peer.writer.close()
        await converse(port)
        await counting.until(served=1)


async def test_a_peer_that_falls_silent_in_its_opening_is_cut() -> None:
    async with serving(answer_twice, Limits(opening_seconds=0.05)) as (port, counting, _):
        peer = await Peer.connect(port, OPENING[:30])
        await peer.closed()
        await counting.until(fault=1)


async def test_a_peer_that_never_answers_a_command_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.agi.connection.REPLY_SECONDS", 0.05)
    errors: list[Exception] = []

    async def handler(connection: Connection, _opening: Opening) -> None:
        try:
            await connection.command("ANSWER")
        except SilentPeerError as error:
            errors.append(error)
            raise

    async with serving(handler) as (port, counting, _):
        peer = await Peer.connect(port)
        await peer.closed()
        await counting.until(failed=1)
    assert "ANSWER" in str(errors[0])


@pytest.mark.parametrize("ending", ["HANGUP", "200 result=-1 endpos=800\nHANGUP", "511 Command Not Permitted", None])
async def test_a_hang_up_in_the_middle_of_a_command_is_a_hang_up(ending: str | None) -> None:
    async def handler(connection: Connection, _opening: Opening) -> None:
        await connection.command("GET DATA", "welcome", "5000", "1")

    async with serving(handler) as (port, counting, _):
        peer = await Peer.connect(port)
        await peer.command()
        if ending is not None:
            peer.say(ending)
        peer.writer.close()
        await counting.until(hung_up=1)


async def test_after_a_hang_up_no_further_command_is_sent() -> None:
    async with serving(answer_twice) as (port, counting, _):
        peer = await Peer.connect(port)
        assert await peer.command() == "ANSWER"
        peer.say("HANGUP\n200 result=0")
        assert await peer.command() == ""
        await counting.until(hung_up=1)
        peer.writer.close()


async def outcome(*replies: str) -> Exception | None:
    """What a command raises when Asterisk says these, one for each command."""
    raised: list[Exception] = []

    async def handler(connection: Connection, _opening: Opening) -> None:
        try:
            await connection.command("RECORD FILE", "x")
        except Exception as error:
            raised.append(error)
            raise

    async with serving(handler) as (port, _, _):
        peer = await Peer.connect(port)
        for reply in replies:
            await peer.command()
            peer.say(reply)
        await peer.closed()
    return raised[0] if raised else None


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        (["200 result=-1", "200 result=0"], FailedCommandError),
        (["200 result=-1", "HANGUP\n200 result=0"], HangupError),
        (["510 Invalid or unknown command"], RefusedCommandError),
        (["520-Usage\nRECORD FILE\n520 End of proper usage."], RefusedCommandError),
        (["520 Invalid command syntax."], RefusedCommandError),
        (["511 Command Not Permitted on a dead channel"], HangupError),
        (["100 result=0 Trying...\n200 result=0"], type(None)),
    ],
)
async def test_what_asterisk_says_decides_the_error(replies: list[str], error: type) -> None:
    assert isinstance(await outcome(*replies), error)


async def test_one_call_that_fails_does_not_touch_the_next() -> None:
    async def handler(connection: Connection, opening: Opening) -> None:
        if opening.script == "bad":
            raise ZeroDivisionError
        await answer_twice(connection, opening)

    async with serving(handler) as (port, counting, _):
        peer = await Peer.connect(port, OPENING.replace(b"script: call", b"script: bad"))
        await peer.closed()
        await converse(port)
        await counting.until(failed=1, served=1)


async def test_a_thousand_calls_at_once_are_served() -> None:
    everyone = asyncio.Barrier(1000)

    async def handler(connection: Connection, opening: Opening) -> None:
        await everyone.wait()
        await answer_twice(connection, opening)

    async with serving(handler) as (port, counting, _):
        async with asyncio.timeout(60):
            await asyncio.gather(*(converse(port) for _ in range(1000)))
        await counting.until(served=1000)


async def test_calls_beyond_the_limit_are_turned_away_at_once() -> None:
    async def handler(connection: Connection, _opening: Opening) -> None:
        await connection.command("ANSWER")

    async with serving(handler, Limits(sessions=1)) as (port, counting, _):
        first = await Peer.connect(port)
        await first.command()
        second = await Peer.connect(port)
        await second.closed()
        await counting.until(full=1)
        first.say("200 result=0")
        await first.closed()


async def test_a_peer_that_reads_nothing_holds_up_nobody() -> None:
    async with serving(answer_twice) as (port, _, _):
        deaf = await Peer.connect(port)
        await converse(port)
        deaf.writer.close()


async def test_a_graceful_stop_lets_running_calls_finish_and_takes_no_new_ones() -> None:
    async with serving(answer_twice) as (port, counting, server):
        peer = await Peer.connect(port)
        await peer.command()
        stopping = asyncio.create_task(server.stop(10.0))
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        peer.say("200 result=0")
        await peer.command()
        peer.say("200 result=1")
        await stopping
        await counting.until(served=1)
        await peer.closed()


async def test_a_stop_hands_stuck_calls_back_to_the_dialplan() -> None:
    async with serving(answer_twice) as (port, counting, server):
        peer = await Peer.connect(port)
        await peer.command()
        await server.stop(0.05)
        await peer.closed()
        await counting.until(cancelled=1)


async def test_a_failing_call_does_not_write_what_was_typed_into_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    async def handler(_connection: Connection, _opening: Opening) -> None:
        digits = str(4700 + 11)
        raise ValueError(f"{len(digits)} digits are too few")

    async with serving(handler) as (port, counting, _):
        peer = await Peer.connect(port)
        await peer.closed()
        await counting.until(failed=1)
    shown = capsys.readouterr().out
    assert "4 digits are too few" in shown
    assert "4711" not in shown
