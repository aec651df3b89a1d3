"""Looks at kept sound: its keys, whether it can still be opened, and whether the disk holds what shall be kept."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pyrage import IdentityError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database, Store, store_url
from pasokh.doctor.findings import Finding, fault, good, note
from pasokh.doctor.outlook import Growth, kept_days, outlook
from pasokh.site import Site
from recordings.archive.sealing import SoundLockedError, fingerprint
from recordings.sound import BrokenSoundError, SoundGoneError, decode, read_kept
from recordings.store import Recording
from recordings.tables import recording

SECONDS = 10.0
LOOKED_BACK_DAYS = 14
FEW_DAYS, SOME_DAYS = 14, 90
"""A disk that is full so soon is a fault, or worth knowing."""
DAY_MS = 86_400_000
MEGABYTE, GIGABYTE = 1 << 20, 1 << 30
UNREACHED = "see what is said about the database"
Answer = TypeVar("Answer")


def look_at_keys(site: Site) -> Finding:
    """The keys of kept sound, and the newest archived recording opened by them."""
    if wrong := [number for number, key in enumerate(site.secrets.recording_keys, 1) if not _is_key(key)]:
        places = ", ".join(str(number) for number in wrong)
        return fault(f"{site.home.secrets_file}: recording_keys: no key of age in place {places}",
                     "take the file back from a backup: what that key sealed is lost without it")
    mode = site.home.secrets_file.stat().st_mode & 0o777
    if mode & 0o077:
        return fault(f"{site.home.secrets_file}: others may read the keys (mode {mode:o})",
                     f"chmod 600 {site.home.secrets_file}")
    keys = ", ".join(fingerprint(key) for key in site.secrets.recording_keys)
    try:
        newest = _ask(_newest_archived(site))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return note(f"{keys}; not tried: {type(error).__name__}", UNREACHED)
    if newest is None:
        return good(f"{keys}; nothing is archived yet")
    return _opened(site, newest) or good(f"{keys}; the newest archived recording opens ({_day(newest.started_ms)})")


def _opened(site: Site, kept: Recording) -> Finding | None:
    """None: it opens."""
    try:
        decode(read_kept(site.home, site.settings, site.home.recordings_store / kept.path))
    except SoundGoneError as error:
        return fault(str(error), "take the file back from a backup, or delete the recording")
    except SoundLockedError as error:
        return fault(str(error), "without a backup of secrets.yaml it is lost; `bin/pasokh recordings verify --deep`"
                                 " names the others")
    except (BrokenSoundError, OSError) as error:
        return fault(f"{kept.path}: {error}", "`bin/pasokh recordings verify --deep` looks at all of them")
    return None


def _is_key(text: str) -> bool:
    try:
        fingerprint(text)
    except IdentityError:
        return False
    return True


def look_at_space(site: Site) -> Finding:
    """Whether what the site keeps a day, as long as it keeps it, has room on the disk."""
    store = site.home.recordings_store
    free = shutil.disk_usage(store if store.exists() else site.home.root).free
    usable = max(0, free - site.settings.disk.recordings_stop_below_megabytes * MEGABYTE)
    try:
        growths = _ask(_growths(site))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return note(f"not looked at: {type(error).__name__}", UNREACHED)
    if not growths:
        return good(f"nothing was recorded in the last {LOOKED_BACK_DAYS} days; {_size(free)} free")
    found = outlook(growths, _oldest_days(store), usable)
    text = f"sound grows by {_size(found.bytes_a_day)} a day, {_size(free)} free"
    if found.days_left is None:
        return good(f"{text}; {_size(found.wanted)} more until as much goes as comes")
    full = f"{text}: no room for more in {found.days_left:.0f} days"
    mend = "make room, shorten retention.days in site.yaml, or keep sound as opus (recordings.codec)"
    if found.days_left < FEW_DAYS:
        return fault(full, mend)
    return note(full, mend) if found.days_left < SOME_DAYS else good(full)


def _ask(question: Coroutine[Any, Any, Answer]) -> Answer:
    return asyncio.run(asyncio.wait_for(question, SECONDS))


async def _newest_archived(site: Site) -> Recording | None:
    there = (recording.c.archived_ms.is_not(None), recording.c.deleted_ms.is_(None))
    query = select(recording).where(*there).order_by(recording.c.archived_ms.desc()).limit(1)
    async with _main_store(site) as connection:
        row = (await connection.execute(query)).mappings().first()
    return Recording(**row) if row else None


async def _growths(site: Site) -> list[Growth]:
    """What came in the last days; less than a day counts as one."""
    table, now_ms = recording.c, time.time_ns() // 1_000_000
    query = select(table.kind, table.queue, func.sum(table.bytes), func.min(table.started_ms)).where(
        table.started_ms >= now_ms - LOOKED_BACK_DAYS * DAY_MS, table.deleted_ms.is_(None),
    ).group_by(table.kind, table.queue)
    async with _main_store(site) as connection:
        rows = (await connection.execute(query)).all()
    days = max([1.0, *((now_ms - first_ms) / DAY_MS for _, _, _, first_ms in rows)])
    return [
        Growth(float(total) / days, kept_days(site.settings.retention, kind, queue)) for kind, queue, total, _ in rows
    ]


@asynccontextmanager
async def _main_store(site: Site) -> AsyncIterator[AsyncConnection]:
    database = Database(store_url(site.home, site.settings, Store.MAIN))
    try:
        async with database.read() as connection:
            yield connection
    finally:
        await database.close()


def _oldest_days(store: Path) -> float:
    """How many days ago the oldest sound that is still there was kept."""
    for folder in sorted(store.glob("[0-9]*/[0-9]*/[0-9]*")):
        if any(folder.iterdir()):
            year, month, day = (int(part) for part in folder.relative_to(store).parts)
            return (datetime.now(UTC) - datetime(year, month, day, tzinfo=UTC)).total_seconds() / 86_400
    return 0.0


def _size(count: float) -> str:
    return f"{count / GIGABYTE:.1f} GB" if count >= GIGABYTE else f"{count / MEGABYTE:.0f} MB"


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
