"""Writes down what was said in kept recordings: a bounded number of processes, beside everything else.

One pool at a time works for a site, whoever began it. The words are entered in one step, so a kill before it loses only
work that is done again, and a kill after it changes nothing.
"""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Final, TypeVar

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.paths import Home
from foundation.service import back_off, keep_trying
from foundation.settings import Language, Settings
from recordings.store import Recording
from recordings.transcripts.models import language_of, transcript_faults, usable_models
from recordings.transcripts.queue import Wish, begin, enter, give_up, next_recording, note_crash
from recordings.transcripts.transcriber_process import (
    NoTranscriberError,
    Transcriber,
    TranscriberEndedError,
    TranscriptFailedError,
)
from recordings.transcripts.transcripts import Word

LOOK_SECONDS = 2.0
IDLE_SECONDS: Final = 60.0
"""So long a process keeps its model in memory with nothing to do."""
AFTER_CRASH_SECONDS = 5.0
LOCK_SECONDS: Final = 5.0
DAY_MS = 86_400_000
PUT_OFF_MS = 300_000
WHOLE_LOOK_MS = 3_600_000
"""So often all recordings are looked at; between, only the young ones, once there was nothing left to do."""

Result = TypeVar("Result")

log = structlog.get_logger()


def present_ms() -> int:
    return int(time.time() * 1000)


@dataclass
class Backlog:
    """What is to be done, and who is at it."""

    database: Database
    wish: Callable[[], Wish]
    now_ms: Callable[[], int] = present_ms
    busy: set[str] = field(default_factory=set)
    _put_off: dict[str, int] = field(default_factory=dict)
    """Languages whose model cannot be used, until then."""
    _empty_ms: int = 0
    """When there was last nothing to do among all recordings."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self) -> Recording | None:
        """The next recording, now busy; None: there is nothing to do."""
        async with self._lock, self.database.read() as connection:
            began = self.now_ms()
            wish = self._without_put_off(self.wish(), began)
            whole = began - self._empty_ms >= WHOLE_LOOK_MS
            if not whole:
                wish = replace(wish, since_ms=max(wish.since_ms, self._empty_ms - DAY_MS))
            found = await next_recording(connection, wish, self.busy)
            if found is not None:
                self.busy.add(found.id)
            elif whole and wish.languages == self.wish().languages:
                self._empty_ms = began
            return found

    def leave(self, recording: Recording) -> None:
        self.busy.discard(recording.id)

    def put_off(self, language: str) -> None:
        """Take none in this language for a while."""
        self._put_off[language] = self.now_ms() + PUT_OFF_MS
        self._empty_ms = 0  # they are to be found again, however old

    def _without_put_off(self, wish: Wish, now_ms: int) -> Wish:
        usable = frozenset(one for one in wish.languages if self._put_off.get(one, 0) <= now_ms)
        return replace(wish, languages=usable)


class Pool:
    """Transcribers at work on one backlog."""

    def __init__(
        self, home: Home, settings: Settings, backlog: Backlog, models: Mapping[Language, Path],
        registry: CollectorRegistry = REGISTRY, *, idle: bool = True,
    ) -> None:
        self._home, self._settings, self._backlog, self._models = home, settings, backlog, models
        self._idle = idle
        self._made = Counter(
            "pasokh_transcripts_made", "Recordings that were written down, or could not be", ["result"],
            registry=registry)

    async def run(self) -> None:
        """Work for ever."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._settings.transcripts.workers):
                group.create_task(self._work(last=False), name=f"transcriber-{number}")

    async def finish(self) -> None:
        """Work until there is nothing left to do.

        Raises:
            NoTranscriberError: in a group; nothing can be done.
        """
        async with asyncio.TaskGroup() as group:
            for number in range(self._settings.transcripts.workers):
                group.create_task(self._work(last=True), name=f"transcriber-{number}")

    async def _work(self, *, last: bool) -> None:
        transcriber = Transcriber(self._home, self._settings, self._idle)
        idle_since = time.monotonic()
        try:
            while True:
                recording = await self._in_database(self._backlog.take)
                if recording is not None:
                    await self._listen(transcriber, recording, last=last)
                    idle_since = time.monotonic()
                    continue
                if last:
                    return
                if time.monotonic() - idle_since > IDLE_SECONDS:
                    await transcriber.end()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await transcriber.end()

    async def _listen(self, transcriber: Transcriber, recording: Recording, *, last: bool) -> None:
        language = language_of(recording.language, self._settings)
        model = self._models[language]
        try:
            await self._write(lambda connection: begin(
                connection, recording.id, language, model.name, self._backlog.now_ms()))
            await self._settle(recording, await transcriber.listen(recording, str(model)))
        except TranscriptFailedError as error:
            await self._give_up(recording, str(error))
        except TranscriberEndedError as error:
            await self._on_crash(recording, str(error))
        except NoTranscriberError as error:
            if last:
                raise
            log.error("A MODEL CANNOT BE USED: nothing is written down", language=language, reason=str(error))  # noqa: TRY400
            self._backlog.put_off(language)
        finally:
            self._backlog.leave(recording)

    async def _settle(self, recording: Recording, words: list[Word]) -> None:
        entered = await self._write(
            lambda connection: enter(connection, recording.id, words, self._backlog.now_ms()))
        if entered:
            self._made.labels("made").inc()
            log.info("transcript made", kind=recording.kind, call_id=recording.call_id, words=len(words),
                     seconds=recording.duration_ms / 1000)

    async def _give_up(self, recording: Recording, reason: str) -> None:
        await self._write(lambda connection: give_up(connection, recording.id, reason, self._backlog.now_ms()))
        self._made.labels("failed").inc()
        log.warning("no transcript", recording=recording.id, reason=reason)

    async def _on_crash(self, recording: Recording, reason: str) -> None:
        log.error("a recogniser ended over a recording", recording=recording.id, reason=reason)
        await self._write(lambda connection: note_crash(connection, recording.id, reason, self._backlog.now_ms()))
        await asyncio.sleep(AFTER_CRASH_SECONDS)

    async def _write(self, step: Callable[[AsyncConnection], Awaitable[bool | None]]) -> bool | None:
        async def act() -> bool | None:
            async with self._backlog.database.write() as connection:
                return await step(connection)

        return await self._in_database(act)

    async def _in_database(self, act: Callable[[], Awaitable[Result]]) -> Result:
        """A database that is away is waited for, with the words in hand."""
        return await keep_trying("transcripts", act, OperationalError, InterfaceError, OSError)


@asynccontextmanager
async def alone(home: Home, *, wait: bool) -> AsyncIterator[bool]:
    """Be the only pool of this site; yields False where another one is at work and `wait` is not asked for."""
    home.run.mkdir(parents=True, exist_ok=True)
    with (home.run / "transcribing.lock").open("w") as file:
        while not _lock(file):
            if not wait:
                yield False
                return
            await asyncio.sleep(LOCK_SECONDS)
        yield True


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def young_ones(settings: Settings, models: Mapping[Language, Path], now_ms: Callable[[], int]) -> Callable[[], Wish]:
    """What the service writes down by itself."""
    chosen = settings.transcripts
    return lambda: Wish(
        frozenset(models), settings.site.language, tuple(chosen.kinds), now_ms() - chosen.days * DAY_MS)


async def keep_transcribing(
    home: Home, settings: Settings, database: Database, registry: CollectorRegistry = REGISTRY,
) -> None:
    """Write down what comes, for ever; without a model, wait for ever."""
    for fault in transcript_faults(settings):
        log.warning("recordings are not written down", reason=fault)
    models = usable_models(settings)
    if not models:
        await asyncio.Event().wait()
    backlog = Backlog(database, young_ones(settings, models, present_ms))
    pool, wait = Pool(home, settings, backlog, models, registry), back_off(first=1.0, longest=60.0)
    async with alone(home, wait=True):
        while True:
            try:
                await pool.run()
            except* Exception:
                # Recordings are kept by the same service; a fault here must not end that.
                log.exception("transcripts begin again")
            await asyncio.sleep(wait())
