"""In the background, one by one: what was taken in is packed by the site's policy and encrypted."""

import asyncio
from collections.abc import Sequence

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from sqlalchemy import func, select

from foundation.database import Database
from foundation.paths import Home
from foundation.settings.recordings import Recordings
from recordings.archive.kept_file import Codec
from recordings.archive.repacking import Repacker, SoundAlteredError, remove_others
from recordings.keeping.deletion import sweep
from recordings.sound import BrokenSoundError, SoundGoneError, SoundLockedError
from recordings.tables import recording

SWEPT = 200
"""How many of the last replaced files are looked at again after a start; one at most can have been interrupted."""
BATCH = 50

log = structlog.get_logger()


class Archiver:
    """Brings recordings to the form in which they stay."""

    def __init__(
        self, home: Home, policy: Recordings, database: Database, repacker: Repacker,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._home = home
        self._policy = policy
        self._database = database
        self._repacker = repacker
        self._given_up: set[str] = set()
        self._archived = Counter("pasokh_recordings_archived", "Sounds packed and encrypted", registry=registry)
        self._waiting = Gauge("pasokh_recordings_to_archive", "Sounds that wait to be packed", registry=registry)

    async def clean_up(self) -> None:
        """Remove what a crash left over: deleted sound, and files of recordings that have another one by now."""
        for one in await sweep(self._home, self._database):
            log.warning("a deletion that was interrupted is done", recording=one.recording_id, files=one.files)
        table = recording.c
        query = select(table.path).where(table.archived_ms.is_not(None), table.deleted_ms.is_(None))
        async with self._database.read() as connection:
            paths = (await connection.execute(query.order_by(table.archived_ms.desc()).limit(SWEPT))).scalars().all()
        for path in paths:
            removed = await asyncio.to_thread(remove_others, self._home.recordings_store / path)
            if removed:
                log.warning("files that a crash left over are removed", files=removed)

    async def archive_some(self) -> int:
        """Archive the oldest that wait, `BATCH` at most; returns how many it looked at.

        Raises:
            OperationalError, InterfaceError, OSError: the database or the disk is away; recordings wait on.
        """
        waiting = await self._oldest_waiting()
        for recording_id in waiting:
            await self._archive(recording_id)
        return len(waiting)

    async def _oldest_waiting(self) -> Sequence[str]:
        table = recording.c
        waits = (table.archived_ms.is_(None), table.deleted_ms.is_(None))
        query = select(table.id).where(*waits, table.id.not_in(self._given_up)).order_by(table.started_ms)
        async with self._database.read() as connection:
            self._waiting.set((await connection.execute(select(func.count()).where(*waits))).scalar_one())
            return (await connection.execute(query.limit(BATCH))).scalars().all()

    async def _archive(self, recording_id: str) -> None:
        try:
            kept = await self._repacker.repack(recording_id, Codec(self._policy.codec), sealed=self._policy.encrypt)
        except (SoundGoneError, SoundLockedError, SoundAlteredError, BrokenSoundError) as error:
            self._given_up.add(recording_id)
            log.warning("a recording could not be archived; `bin/pasokh recordings verify` says what to do",
                        recording=recording_id, error=str(error))
            return
        if kept is not None:
            self._archived.inc()
            log.info("recording archived", recording=recording_id, path=kept.path, bytes=kept.bytes)
