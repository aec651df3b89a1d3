"""Space kept aside for the journal: Asterisk loses lines silently when the disk is full.

A file of the reserve's size lies in the site's folder and is given up when space runs out. A full disk is declared as
a gap, whether there was a reserve to give up or not.
"""

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.gaps import declare_gap, end_gaps, is_lasting
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
    def is_wanted(self) -> bool:
        """A site may do without."""
        return self._size > 0

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


class DiskWatch:
    """Whether the disk is full, and what the ledger has to be told of it, kept until it takes it.

    The disk is full with less than `LEAST_FREE`; it is so no more once there is room for the reserve beside that.
    """

    def __init__(self, reserve: Reserve, database: Database, journal: str) -> None:
        self._reserve, self._database, self._journal = reserve, database, journal
        self._full: bool | None = None
        self._untold: list[tuple[bool, int]] = []
        """Became full (or ceased to be), at epoch seconds."""
        self._said = False

    async def look(self, now: int) -> None:
        reserve, free = self._reserve, self._reserve.free()
        if free < LEAST_FREE:
            reserve.release()
            self._turn(full=True, now=now, free=free)
        elif reserve.is_held or (reserve.may_be_made() and await self._take()):
            self._turn(full=False, now=now, free=free)
        await self._tell()

    async def _take(self) -> bool:
        if not self._reserve.is_wanted:
            self._reserve.release()  # of a time when there was one
            return True
        with suppress(OSError):  # someone else took the space first; the next look decides
            await asyncio.to_thread(self._reserve.make)
            log.info("disk reserve taken", file=str(self._reserve.path))
            return True
        return False

    def _turn(self, *, full: bool, now: int, free: int) -> None:
        if full is self._full:
            return
        self._full = full
        self._untold.append((full, now))
        if full:
            log.error("disk full: whatever reserve there was is the journal's now; make space", free_bytes=free,
                      folder=str(self._reserve.path.parent))

    async def _tell(self) -> None:
        """The ledger may lie on the full disk itself: what it does not take is told again at the next look."""
        untold = list(self._untold)
        if not untold:
            return
        try:
            async with self._database.write() as connection:
                for full, at in untold:
                    await _record(connection, self._journal, at, full=full)
        except (SQLAlchemyError, OSError) as error:
            if not self._said:  # once: the log lies on that disk too
                log.warning("the full disk could not be recorded as a gap yet", error=str(error)[:300])
            self._said = True
        else:
            self._said = False
            del self._untold[:len(untold)]


async def watch_disk(reserve: Reserve, database: Database, journal: str) -> None:
    """Keep the reserve, release it in need, take it again when there is space; runs until cancelled."""
    watch = DiskWatch(reserve, database, journal)
    while True:
        await watch.look(int(time.time()))
        await asyncio.sleep(WATCH_SECONDS)


async def _record(connection: AsyncConnection, journal: str, at: int, *, full: bool) -> None:
    if not full:
        await end_gaps(connection, journal, GapKind.DISK_FULL, at)
    elif not await is_lasting(connection, journal, GapKind.DISK_FULL):  # one that a process before this one declared
        detail = "the disk was full; the journal may lack lines"
        await declare_gap(connection, journal, Gap(GapKind.DISK_FULL, at, None, "", detail))
