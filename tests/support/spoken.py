"""A recogniser that understands tones, what its callers' telephones send, and menus whose queues can be named."""

import asyncio
import cmath
import math
from array import array
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum, auto
from http import HTTPStatus
from pathlib import Path

import yaml
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from foundation.paths import Home
from ivr.spoken import aeap
from ivr.spoken.aeap import Hearing
from ivr.spoken.alaw import RATE, to_samples
from ivr.spoken.server import PROTOCOL, READY, niced_threads, speech_server

FIRST, SECOND, UNSURE, STRANGE = 500, 1100, 1700, 2900
"""Hertz: the first and the second phrase of the grammar, the first one mumbled, and words of no menu."""
WORD_SECONDS = 0.4
LOUD = 2000
CONFIDENCE = 70
WORDS: dict[str, dict[str, list[str]]] = {
    "1": {"fa": ["بیمه"], "en": ["insurance", "my insurance"]}, "2": {"fa": ["درمان", "پزشکی"], "en": ["medical"]},
}
"""Of the live tests' subject menu."""


class ToneEar:
    """Says which of the tones is the strongest, whatever gaps a busy machine has left in it."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        self._phrases = phrases
        self._heard = array("h")

    def hear(self, samples: bytes) -> Hearing | None:
        piece = array("h", samples)
        if sum(abs(sample) > LOUD for sample in piece) < len(piece) / 10:
            self._heard = array("h")
            return None
        self._heard.extend(piece)
        if len(self._heard) < WORD_SECONDS * RATE / 2:
            return None
        return self._understood(max((FIRST, SECOND, UNSURE, STRANGE), key=self._strength))

    def _strength(self, hertz: float) -> float:
        turn = 2j * math.pi * hertz / RATE
        return abs(sum(sample * cmath.exp(turn * n) for n, sample in enumerate(self._heard)))

    def _understood(self, hertz: int) -> Hearing:
        self._heard = array("h")
        return {
            FIRST: Hearing(self._phrases[0], 95), SECOND: Hearing(self._phrases[1], CONFIDENCE),
            UNSURE: Hearing(self._phrases[0], CONFIDENCE - 1), STRANGE: Hearing("سلام", 100),
        }[hertz]


class ToneRecogniser:
    languages = frozenset({"fa", "en"})

    def listen(self, language: str, phrases: tuple[str, ...]) -> ToneEar:  # noqa: ARG002 - a tone has no language
        return ToneEar(phrases)


def alaw_tone(hertz: float, seconds: float = WORD_SECONDS) -> bytes:
    """A tone as the telephone sends it: each sample is the nearest that A-law has."""
    levels = array("h", to_samples(bytes(range(256))))
    codes = [min(range(256), key=lambda code: abs(levels[code] - wanted)) for wanted in range(-8000, 8001, 100)]
    wave = (math.sin(2 * math.pi * hertz * n / RATE) for n in range(round(RATE * seconds)))
    return bytes(codes[round(80 * value) + 80] for value in wave)


def say(path: Path, hertz: float, after: float) -> Path:
    """What a caller's telephone sends who is silent, says one word, and is silent again."""
    path.write_bytes(b"\xd5" * round(after * RATE) + alaw_tone(hertz) + b"\xd5" * 60 * RATE)
    return path


@asynccontextmanager
async def tone_server(port: int, calls: int = 10) -> AsyncIterator[None]:
    with niced_threads(1) as threads:
        async with speech_server(ToneRecogniser(), threads, port=port, calls=calls, confidence=CONFIDENCE):
            yield


@asynccontextmanager
async def silent_server(port: int) -> AsyncIterator[None]:
    """It accepts every connection and never says a word, like a process that hangs."""
    gone = asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", port)
    try:
        yield
    finally:
        gone.set()
        server.close()


def _done(message: aeap.Message) -> str:
    if isinstance(message, aeap.Setup):
        return aeap.setup_done(message)
    assert isinstance(message, aeap.Set)
    return aeap.set_done(message)


class Failure(Enum):
    """What befalls a server when it hears its first sound."""

    FROZEN = auto()
    KILLED = auto()


@asynccontextmanager
async def failing_server(port: int, failure: Failure) -> AsyncIterator[None]:
    """Good until a caller is listened to."""

    async def fail(connection: ServerConnection) -> None:
        async for message in connection:
            if isinstance(message, str):
                await connection.send(_done(aeap.decode(message)))
            elif failure is Failure.KILLED:
                connection.transport.abort()
            else:
                await gone.wait()

    def greet(connection: ServerConnection, request: Request) -> Response | None:
        return connection.respond(HTTPStatus.OK, "") if request.path == READY else None

    gone = asyncio.Event()
    async with serve(fail, "127.0.0.1", port, process_request=greet, subprotocols=[PROTOCOL], close_timeout=0.1):
        try:
            yield
        finally:
            gone.set()


def let_callers_speak(home: Home, words: Mapping[str, Mapping[str, list[str]]] = WORDS, wait_seconds: int = 3) -> None:
    """Give the subject menu words; the next call knows them."""
    path = home.root / "menus" / "main.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["menus"]["subject"] |= {"speech": words, "wait_seconds": wait_seconds, "retries": 0}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
