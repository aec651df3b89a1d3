"""Space kept aside for the journal: Asterisk loses lines silently when the disk is full.

A file of the reserve's size lies in the site's folder and is given up when space runs out.
"""

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callqueue.evidence import Gap, GapKind
from callqueue.gaps import declare_gap, end_gaps
from foundation.database import Database

MEGABYTE = 1 << 20
LEAST_FREE = 16 * MEGABYTE
WATCH_SECONDS = 1.0

log = structlog.get_logger()


class Reserve:
    """The file that keeps space aside."""

    def __init__(self, folder: Path, size: int) -> None:
        self.path = folder / "reserve"
        self._size = size

    @property
    def is_held(self) -> bool:
        return self.path.exists() and self.path.stat().st_size == self._size

    def free(self) -> int:
        """Bytes that others can write now."""
        status = os.statvfs(self.path.parent)
        return status.f_bavail * status.f_frsize

    def may_be_made(self) -> bool:
        return self.free() >= self._size + 2 * LEAST_FREE

    def make(self) -> None:
        """Take the space for good: not a sparse file."""
        half = self.path.with_suffix(".half")
        try:
            with half.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            half.replace(self.path)
        finally:
            half.unlink(missing_ok=True)

    def release(self) -> None:
        self.path.unlink(missing_ok=True)


async def watch_disk(reserve: Reserve, database: Database, journal: str) -> None:
    """Keep the reserve, release it in need, take it again when there is space; runs until cancelled."""
    while True:
        if reserve.is_held and reserve.free() < LEAST_FREE:
            free = reserve.free()
            reserve.release()
            log.error("disk full: the reserve was given to the journal; make space", free_bytes=free,
                      folder=str(reserve.path.parent))
            await _tell(database, journal, full=True)
        elif not reserve.is_held and reserve.may_be_made():
            with suppress(OSError):  # someone else took the space first; the next look decides
                await asyncio.to_thread(reserve.make)
                log.info("disk reserve taken", file=str(reserve.path))
                await _tell(database, journal, full=False)
        await asyncio.sleep(WATCH_SECONDS)


async def _tell(database: Database, journal: str, *, full: bool) -> None:
    now = int(time.time())
    try:
        async with database.write() as connection:
            if full:
                detail = "the disk was full; the journal may lack lines"
                await declare_gap(connection, journal, Gap(GapKind.DISK_FULL, now, None, "", detail))
            else:
                await end_gaps(connection, journal, GapKind.DISK_FULL, now)
    except (SQLAlchemyError, OSError):
        log.exception("the full disk could not be recorded as a gap")
