"""In the background, one by one: each new sound is measured and drawn, for pages and for quality's choice."""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from sqlalchemy import select

from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings
from recordings.listening.tables import MEASURE
from recordings.measuring.store import NOTHING, Outline, keep_outline, outline_of
from recordings.sound import BrokenSoundError, Sound, SoundGoneError, SoundLockedError, decode, read_sound
from recordings.store import Recording
from recordings.tables import recording

BATCH = 50

log = structlog.get_logger()


class Measurer:
    """Measures what was not measured yet."""

    def __init__(
        self, home: Home, settings: Settings, database: Database, now_ms: Callable[[], int],
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._home, self._settings, self._database, self._now_ms = home, settings, database, now_ms
        self._given_up: set[str] = set()
        self._measured = Counter("pasokh_recordings_measured", "Sounds measured", registry=registry)
        self._seconds = Histogram("pasokh_recordings_measuring_seconds", "Time to measure one sound", registry=registry)

    async def measure_some(self) -> int:
        """Measure the newest that wait, `BATCH` at most; returns how many it looked at.

        Raises:
            OperationalError, InterfaceError, OSError: the database or the disk is away; recordings wait on.
        """
        waiting = await self._newest_waiting()
        for one in waiting:
            await self._measure(one)
        return len(waiting)

    async def _newest_waiting(self) -> Sequence[Recording]:
        table = recording.c
        query = (
            select(recording).outerjoin(MEASURE, MEASURE.c.recording_id == table.id)
            .where(MEASURE.c.recording_id.is_(None), table.deleted_ms.is_(None), table.id.not_in(self._given_up))
            .order_by(table.started_ms.desc()).limit(BATCH)
        )
        async with self._database.read() as connection:
            return [Recording(**row) for row in (await connection.execute(query)).mappings()]

    async def _measure(self, one: Recording) -> None:
        try:
            sound = await read_sound(self._home, self._settings, one)
            with self._seconds.time():
                outline = await asyncio.to_thread(_outline, sound)
        except (SoundGoneError, SoundLockedError) as error:
            # It may come back with its disk or its key: the next start tries again.
            self._given_up.add(one.id)
            log.warning("a recording could not be measured", recording=one.id, error=str(error))
            return
        except BrokenSoundError as error:
            outline = Outline(NOTHING, readable=False)
            log.warning("a recording is damaged and has no measures", recording=one.id, error=str(error))
        async with self._database.write() as connection:
            await keep_outline(connection, one.id, outline, self._now_ms())
        self._measured.inc()


def _outline(sound: Sound) -> Outline:
    sides = decode(sound)
    return outline_of(sides.caller, sides.agent)
