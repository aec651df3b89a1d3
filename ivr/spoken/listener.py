"""One caller's listening, from Asterisk's connection to its end: sound in, in order and bounded; phrases out."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import structlog

from ivr.spoken import aeap
from ivr.spoken.aeap import Get, Hearing, Message, Response, Set, Setup
from ivr.spoken.alaw import RATE, to_samples
from ivr.spoken.recogniser import Ear, Recogniser, same

PIECE_SECONDS = 0.1
"""Sound is recognised in pieces of at least this length."""
LONGEST_PIECE_SECONDS = 0.2
"""So that nobody keeps a thread for long."""
BACKLOG_SECONDS = 3.0
"""A recogniser that is this far behind would answer too late: it stops, and the caller has his keys."""
MOST_PHRASES = 200

Send = Callable[[str], Awaitable[None]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listening:
    """What is expected of a caller."""

    language: str = ""
    phrases: tuple[str, ...] = ()


class Listener:
    """Answers Asterisk's messages, and tells it what the caller has said."""

    def __init__(self, recogniser: Recogniser, threads: Executor, confidence: int, send: Send) -> None:
        self._recogniser = recogniser
        self._threads = threads
        self._confidence = confidence
        self._send = send
        self._wanted = Listening()
        self._ear: Ear | None = None
        self._sound = bytearray()
        self._news = asyncio.Event()
        self._numbers = itertools.count(1)
        self._results: tuple[Hearing, ...] = ()

    async def on_text(self, text: str) -> None:
        """A message of Asterisk's.

        Raises:
            AeapError: it is none.
        """
        answer = self._answer(aeap.decode(text))
        if answer is not None:
            await self._send(answer)

    def on_sound(self, sound: bytes) -> None:
        """A frame of A-law."""
        if not self._wanted.phrases:
            return
        self._sound += sound
        if len(self._sound) > BACKLOG_SECONDS * RATE:
            log.warning("speech is recognised too slowly", backlog_seconds=BACKLOG_SECONDS)
            self._stop()
        elif len(self._sound) >= PIECE_SECONDS * RATE:
            self._news.set()

    async def recognise(self) -> None:
        """Hear what comes, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            wanted = self._wanted
            hearing = await self._hear(wanted)
            # Meanwhile Asterisk may have asked for something else: then this answers an old question.
            if hearing is not None and wanted is self._wanted and self._is_sure(hearing):
                self._stop()
                self._results = (hearing,)
                await self._send(aeap.heard(f"heard-{next(self._numbers)}", self._results))

    def _answer(self, message: Message) -> str | None:
        match message:
            case Response(error=error):
                if error is not None:
                    log.warning("asterisk refused a result", reason=error)
                return None
            case Setup(codecs=codecs) if aeap.CODEC not in codecs:
                return aeap.refused(message, f"{aeap.CODEC} only")
            case Setup():
                return aeap.setup_done(message)
            case Set():
                return self._set(message)
            case Get():
                return aeap.got(message, self._results)
            case _:
                return aeap.refused(message, "no such request")

    def _set(self, request: Set) -> str:
        for name, value in request.values:
            if name == aeap.LANGUAGE and value not in self._recogniser.languages:
                return aeap.refused(request, f"{value!r} is not understood here")
            if name == aeap.LANGUAGE:
                self._expect(Listening(value))
            if name == aeap.GRAMMAR:
                phrases = tuple(filter(None, value.split(aeap.SEPARATOR)))[:MOST_PHRASES]
                self._expect(Listening(self._wanted.language, phrases))
        # Others, like the keys that a caller presses, change nothing here.
        return aeap.set_done(request)

    def _expect(self, wanted: Listening) -> None:
        self._stop()
        self._results = ()
        self._wanted = wanted

    def _stop(self) -> None:
        self._wanted = Listening(self._wanted.language)
        self._ear = None
        self._sound.clear()
        self._news.clear()

    async def _hear(self, wanted: Listening) -> Hearing | None:
        most = round(LONGEST_PIECE_SECONDS * RATE)
        sound = bytes(self._sound[:most])
        del self._sound[:most]
        if len(self._sound) >= PIECE_SECONDS * RATE:
            self._news.set()
        run = asyncio.get_running_loop().run_in_executor
        if self._ear is None:
            ear = await run(self._threads, self._recogniser.listen, wanted.language, wanted.phrases)
            if wanted is not self._wanted:
                return None
            self._ear = ear
        return await run(self._threads, self._ear.hear, to_samples(sound))

    def _is_sure(self, hearing: Hearing) -> bool:
        return hearing.confidence >= self._confidence and same(hearing.text) in map(same, self._wanted.phrases)
