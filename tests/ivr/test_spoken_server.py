"""The recogniser's server as Asterisk meets it, with a recogniser that understands tones."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from foundation.settings import Language
from ivr.spoken.aeap import Hearing
from ivr.spoken.gate import CLOSED_SECONDS, Gate
from ivr.spoken.server import PROTOCOL, niced_threads, speech_server
from tests.support.spoken import (
    CONFIDENCE,
    FIRST,
    SECOND,
    STRANGE,
    UNSURE,
    ToneEar,
    ToneRecogniser,
    alaw_tone,
    silent_server,
)

PHRASES = "بیمه|درمان"
FRAME = 160
SILENCE = b"\xd5" * 4000


@asynccontextmanager
async def server(recogniser: Any = None, calls: int = 2) -> AsyncIterator[int]:
    with niced_threads(1) as threads:
        async with speech_server(
            recogniser or ToneRecogniser(), threads, port=0, calls=calls, confidence=CONFIDENCE,
        ) as made:
            yield next(iter(made.sockets)).getsockname()[1]


class Asterisk:
    """Its end of one caller's connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def ask(self, request: str, **more: Any) -> dict[str, Any]:
        await self._socket.send(json.dumps({"request": request, "id": "r", **more}))
        return await self.next()

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(60):
            found: dict[str, Any] = json.loads(await self._socket.recv())
            return found

    async def expect(self, phrases: str = PHRASES, language: str = "fa") -> None:
        assert await self.ask("setup", codecs=[{"name": "alaw"}]) == {
            "response": "setup", "id": "r", "codecs": [{"name": "alaw"}],
        }
        for parameters in ({"language": language}, {"grammar": phrases}):
            assert await self.ask("set", params=parameters) == {"response": "set", "id": "r"}

    async def say(self, sound: bytes) -> None:
        for start in range(0, len(sound), FRAME):
            await self._socket.send(sound[start:start + FRAME])

    async def hear_result(self) -> list[dict[str, Any]]:
        message = await self.next()
        assert message["request"] == "set"
        found: list[dict[str, Any]] = message["params"]["results"]
        return found


@asynccontextmanager
async def caller(port: int) -> AsyncIterator[Asterisk]:
    async with connect(f"ws://127.0.0.1:{port}", subprotocols=[PROTOCOL]) as socket:
        assert socket.subprotocol == PROTOCOL
        yield Asterisk(socket)


async def test_a_word_of_the_grammar_is_told_once() -> None:
    async with server() as port, caller(port) as asterisk:
        await asterisk.expect()
        await asterisk.say(SILENCE + alaw_tone(SECOND) + SILENCE + alaw_tone(FIRST))
        assert await asterisk.hear_result() == [{"text": "درمان", "score": CONFIDENCE, "grammar": "grammar"}]
        assert (await asterisk.ask("get", params=["results"]))["params"]["results"][0]["text"] == "درمان"


async def test_what_is_strange_or_unsure_is_nothing_said_and_listening_goes_on() -> None:
    async with server() as port, caller(port) as asterisk:
        await asterisk.expect()
        await asterisk.say(alaw_tone(STRANGE) + SILENCE + alaw_tone(UNSURE) + SILENCE + alaw_tone(FIRST) + SILENCE)
        assert (await asterisk.hear_result())[0]["text"] == "بیمه"


async def test_the_next_question_is_heard_afresh() -> None:
    async with server() as port, caller(port) as asterisk:
        await asterisk.expect()
        await asterisk.say(alaw_tone(FIRST) + SILENCE)
        assert (await asterisk.hear_result())[0]["text"] == "بیمه"
        await asterisk.ask("set", params={"grammar": "یک|دو"})
        await asterisk.say(alaw_tone(SECOND) + SILENCE)
        assert (await asterisk.hear_result())[0]["text"] == "دو"


async def test_what_it_cannot_do_it_says() -> None:
    async with server() as port, caller(port) as asterisk:
        assert "alaw" in (await asterisk.ask("setup", codecs=[{"name": "opus"}]))["error_msg"]
        assert "'tr'" in (await asterisk.ask("set", params={"language": "tr"}))["error_msg"]
        assert (await asterisk.ask("dance"))["error_msg"]
        assert await asterisk.ask("set", params={"dtmf": "4"}) == {"response": "set", "id": "r"}


async def test_who_does_not_speak_the_protocol_is_shown_the_door_and_others_stay() -> None:
    async with server() as port, caller(port) as stranger, caller(port) as asterisk:
        with pytest.raises(ConnectionClosed):
            await stranger.ask("set", id=7)
        await asterisk.expect()


class SlowRecogniser:
    languages = frozenset({"fa"})

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def listen(self, language: str, phrases: tuple[str, ...]) -> "SlowRecogniser":  # noqa: ARG002
        return self

    def hear(self, samples: bytes) -> Hearing | None:  # noqa: ARG002
        self.go_on.wait(10)
        return Hearing("بیمه", 100)


async def test_a_recogniser_that_falls_behind_stops_listening_and_still_answers() -> None:
    slow = SlowRecogniser()
    async with server(slow) as port, caller(port) as asterisk:
        try:
            await asterisk.expect()
            await asterisk.say(SILENCE * 8)
            assert await asterisk.ask("set", params={"dtmf": "4"}) == {"response": "set", "id": "r"}
        finally:
            slow.go_on.set()
        assert (await asterisk.ask("get", params=["results"]))["params"]["results"] == []


class BrokenRecogniser(ToneRecogniser):
    def listen(self, language: str, phrases: tuple[str, ...]) -> ToneEar:  # noqa: ARG002
        raise RuntimeError("a fault of the engine")


async def test_a_fault_of_the_engine_leaves_the_connection_up() -> None:
    async with server(BrokenRecogniser()) as port, caller(port) as asterisk:
        await asterisk.expect()
        await asterisk.say(SILENCE)
        assert await asterisk.ask("set", params={"dtmf": "4"}) == {"response": "set", "id": "r"}


def gate(port: int, *times: float) -> Gate:
    languages: frozenset[Language] = frozenset({"fa"})
    clock = iter(times)
    return Gate(languages, f"ws://127.0.0.1:{port}", CONFIDENCE, lambda: next(clock, 0.0))


async def test_beyond_the_limit_callers_have_keys_only() -> None:
    async with server(calls=1) as port:
        assert await gate(port).lets_in("fa")
        async with caller(port):
            assert not await gate(port).lets_in("fa")
            with pytest.raises(InvalidStatus):
                await connect(f"ws://127.0.0.1:{port}")
        async with asyncio.timeout(60):
            while not await gate(port).lets_in("fa"):  # noqa: ASYNC110 - the server has no bell
                await asyncio.sleep(0.01)


async def test_nobody_is_let_in_whose_language_is_not_understood() -> None:
    async with server() as port:
        assert not await gate(port).lets_in("tr")


async def test_a_silent_server_costs_a_moment_and_then_nothing_for_a_while() -> None:
    async with server() as port:
        pass
    async with silent_server(port):
        door = gate(port, 0.0, 0.0, 1.0, CLOSED_SECONDS + 0.1)
        async with asyncio.timeout(60):
            assert not await door.lets_in("fa")
    assert not await door.lets_in("fa")
    async with server() as again:
        door._where = gate(again)._where
        assert await door.lets_in("fa")


async def test_a_recogniser_of_the_sites_own_need_not_know_the_question() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 426 Upgrade Required\r\n\r\n")
        await writer.drain()
        writer.close()

    other = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with other:
        assert await gate(other.sockets[0].getsockname()[1]).lets_in("fa")
