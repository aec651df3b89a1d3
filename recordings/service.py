"""The service that keeps recordings: joins finished legs, takes in voice messages, archives them, watches the disk."""

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, start_http_server
from sqlalchemy.exc import InterfaceError, OperationalError

from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.service import alive, back_off, keep_trying
from foundation.settings import Settings
from recordings.archive.archive import join_legs, keep_message
from recordings.archive.archiver import Archiver
from recordings.archive.disk import watch_disk
from recordings.archive.legs import Legs, find_legs, is_closed
from recordings.archive.repacking import Repacker
from recordings.measuring.measuring import Measurer
from recordings.messages.messages import Message, add_message, is_taken, message_of
from recordings.messages.spoken import Progress, Spooled, find_facts, read_spooled
from recordings.store import Recording, add_recording, is_kept
from recordings.transcripts.transcribing import keep_transcribing
from recordings.voices import watch_voices
from recordings.wav import BrokenSoundError

LOOK_SECONDS = 1.0
NICENESS = 10
METRICS_OFFSET = 2

log = structlog.get_logger()


class Archivist:
    """Takes finished sounds one by one into the store."""

    def __init__(self, home: Home, database: Database, registry: CollectorRegistry = REGISTRY) -> None:
        self._raw = home.recordings_raw
        self._spool = home.voice_spool
        self._store = home.recordings_store
        self._broken = home.recordings_raw.parent / "broken"
        self._database = database
        self._kept = Counter("pasokh_recordings_kept", "Sounds taken into the store", ["kind"], registry=registry)
        self._waiting = Gauge("pasokh_recordings_waiting", "Stints whose legs wait to be taken in", registry=registry)

    async def look(self) -> None:
        """Take in everything that is finished.

        Raises:
            OperationalError, InterfaceError, OSError: the database or the disk is away; what was not entered waits.
        """
        legs = list(find_legs(self._raw))
        self._waiting.set(len(legs))
        for pair in legs:
            if pair.finished():
                await self._take_legs(pair)
        for facts in find_facts(self._spool) if self._spool.exists() else []:
            await self._look_at_facts(facts)

    async def _take_legs(self, legs: Legs) -> None:
        try:
            await self._keep_once(legs.name, lambda: join_legs(legs, self._store))
        except BrokenSoundError as error:
            self._put_aside(legs.files(), error)
        _remove(legs.files())

    async def _look_at_facts(self, path: Path) -> None:
        try:
            message = read_spooled(path)
            if message.facts.progress is Progress.CANCELLED:
                _remove(message.files())
            elif _is_over(message):
                await self._take_message(message)
        except ValueError as error:
            self._put_aside([one for one in (path.with_suffix(".wav"), path) if one.exists()], error)
        except FileNotFoundError:
            return  # cancelled while we looked

    async def _take_message(self, message: Spooled) -> None:
        async with self._database.read() as connection:
            taken = await is_taken(connection, message.id)
        if not taken:
            await self._enter_message(message)
        _remove(message.files())

    async def _enter_message(self, spooled: Spooled) -> None:
        try:
            sound = await asyncio.to_thread(keep_message, spooled, self._store)
        except BrokenSoundError as error:
            # The number is still worth a call.
            sound = None
            self._put_aside([spooled.sound] if spooled.sound else [], error)
        message = message_of(spooled, sound)
        if message is None:
            log.info("nothing was said and no number is known", call_id=spooled.facts.call_id, box=spooled.facts.box)
            return
        async with self._database.write() as connection:
            if sound is not None:
                await add_recording(connection, sound)
            await add_message(connection, message)
            entered = await is_taken(connection, message.id)
        if entered:
            self._tell(message)
        else:
            log.info("this number waits for a call of this queue already", call_id=message.call_id, queue=message.queue)

    def _tell(self, message: Message) -> None:
        self._kept.labels(message.kind).inc()
        log.info("message taken in", kind=message.kind, box=message.box, call_id=message.call_id,
                 seconds=message.duration_ms / 1000)

    async def _keep_once(self, recording_id: str, take: Callable[[], Recording | None]) -> None:
        # A kill while files were being removed left some of them: what is entered must not be made again from those.
        async with self._database.read() as connection:
            if await is_kept(connection, recording_id):
                return
        kept = await asyncio.to_thread(take)
        if kept is None:
            return
        async with self._database.write() as connection:
            await add_recording(connection, kept)
        self._kept.labels(kept.kind).inc()
        log.info("recording kept", kind=kept.kind, call_id=kept.call_id, path=kept.path,
                 seconds=kept.duration_ms / 1000, damaged=kept.damaged)

    def _put_aside(self, files: list[Path], error: Exception) -> None:
        self._broken.mkdir(exist_ok=True)
        for path in files:
            shutil.move(path, self._broken / path.name)
        log.error("a sound could not be read and was put aside", error=str(error), folder=str(self._broken))


def _is_over(message: Spooled) -> bool:
    if message.facts.progress is Progress.BEGUN:
        return message.forgotten()
    return message.sound is None or not message.sound.exists() or is_closed(message.sound)


def _remove(files: list[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)


async def serve(home: Home, settings: Settings) -> None:
    """Run until asked to stop."""
    os.nice(NICENESS)  # calls come first
    start_http_server(settings.ports.of("metrics") + METRICS_OFFSET, addr="127.0.0.1")
    database = Database(store_url(home, settings, Store.MAIN))
    archiver = Archiver(home, settings.recordings, database, Repacker(home, settings, database))
    measurer = Measurer(home, settings, database, lambda: time.time_ns() // 1_000_000)
    async with alive() as stop:
        tasks = [
            asyncio.create_task(_keep_doing(Archivist(home, database).look), name="archivist"),
            asyncio.create_task(_keep_archiving(archiver), name="archiver"),
            asyncio.create_task(_keep_doing(measurer.measure_some), name="measurer"),
            asyncio.create_task(watch_disk(home, settings), name="disk"),
            asyncio.create_task(watch_voices(home, settings), name="voices"),
            asyncio.create_task(keep_transcribing(home, settings, database), name="transcripts"),
            asyncio.create_task(stop.wait(), name="stop"),
        ]
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for task in done:
            task.result()
    await database.close()


async def _keep_archiving(archiver: Archiver) -> None:
    await keep_trying("the archive", archiver.clean_up, OperationalError, InterfaceError, OSError)
    await _keep_doing(archiver.archive_some)


async def _keep_doing(work: Callable[[], Awaitable[object]]) -> None:
    wait = back_off(first=LOOK_SECONDS, longest=15.0)
    while True:
        seconds = LOOK_SECONDS
        try:
            await work()
            wait = back_off(first=LOOK_SECONDS, longest=15.0)
        except (OperationalError, InterfaceError, OSError) as error:
            seconds = wait()
            log.warning("recordings wait", error=str(error), seconds=round(seconds, 1))
        await asyncio.sleep(seconds)
