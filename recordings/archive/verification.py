"""Whether every kept sound is there, whole, as it was kept, and audible; and whether the store holds anything else."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select

from foundation.database import Database
from foundation.paths import Home
from recordings.archive.archive import day_folder, fingerprint_of
from recordings.archive.kept_file import HALF, parse_name
from recordings.archive.sealing import SiteKeys, SoundLockedError
from recordings.measuring.loudness import HEARD
from recordings.sound import BrokenSoundError, decode, open_sound
from recordings.store import Recording, find_recording
from recordings.tables import recording

BATCH = 200
YOUNG_SECONDS = 600
"""Files without a row may be on their way into the database so long."""


class Fault(StrEnum):
    """What is wrong; the first ones are the store's, the last three the call's own."""

    MISSING = "missing"
    ALTERED = "altered"
    LOCKED = "locked"
    UNREADABLE = "unreadable"
    ORPHAN = "orphan"
    LEFT_OVER = "left_over"
    HALF_WRITTEN = "half_written"
    PUT_ASIDE = "put_aside"
    SILENT = "silent"
    ONE_SIDED = "one_sided"
    CUT_SHORT = "cut_short"

    @property
    def is_of_the_call(self) -> bool:
        """Whether it was so when it was recorded: there is nothing to mend in the store."""
        return self in {Fault.SILENT, Fault.ONE_SIDED, Fault.CUT_SHORT}


WHAT_TO_DO = {
    Fault.MISSING: "take the file back from a backup to the place that is named; or delete the recording",
    Fault.ALTERED: "take the file back from a backup; if there is none, ask who could write to the store",
    Fault.LOCKED: "put the key that sealed it back into recording_keys of secrets.yaml",
    Fault.UNREADABLE: "take the file back from a backup; it was kept as it is, so no other program will play it",
    Fault.ORPHAN: "`verify --mend` enters it again where it is a call's; else move it away",
    Fault.LEFT_OVER: "`verify --mend` removes it: the recording has another file, or was deleted",
    Fault.HALF_WRITTEN: "`verify --mend` removes it: what it was made from is kept",
    Fault.PUT_ASIDE: "listen to it with a program of your own, then move it away",
    Fault.SILENT: "neither side is heard: look at the telephones' and the carrier's sound (RTP) at that time",
    Fault.ONE_SIDED: "one side is not heard: look at that telephone's sound (RTP) at that time",
    Fault.CUT_SHORT: "one side ended early, as after a crash of Asterisk or on a full disk; the rest is there",
}


@dataclass(frozen=True)
class Finding:
    fault: Fault
    subject: str
    """The recording's id, or the file's path."""
    detail: str = ""


async def verify(
    home: Home, database: Database, keys: SiteKeys, since_ms: int = 0, *, deep: bool = False,
) -> AsyncIterator[Finding]:
    """All that is wrong with recordings from that moment on (epoch ms), and with the store; with `deep`, every sound is
    decrypted and decoded too, which takes a second for an hour of it.
    """
    async for row in _rows(database, since_ms):
        found = await asyncio.to_thread(_look_at, home.recordings_store, row, keys, deep=deep)
        if not all(finding.fault.is_of_the_call for finding in found):
            found = await _look_again(home, database, row, keys, deep=deep)
        for finding in found:
            yield finding
    for folder in await asyncio.to_thread(_day_folders, home.recordings_store, since_ms):
        for finding in await _strangers(database, home.recordings_store, folder):
            yield finding
    broken = home.recordings_raw.parent / "broken"
    for path in sorted(broken.iterdir()) if broken.is_dir() else ():
        yield Finding(Fault.PUT_ASIDE, str(path))


async def _rows(database: Database, since_ms: int) -> AsyncIterator[Recording]:
    last = ""
    while True:
        there = (recording.c.id > last, recording.c.started_ms >= since_ms, recording.c.deleted_ms.is_(None))
        query = select(recording).where(*there).order_by(recording.c.id).limit(BATCH)
        async with database.read() as connection:
            found = [Recording(**row) for row in (await connection.execute(query)).mappings()]
        if not found:
            return
        for row in found:
            yield row
        last = found[-1].id


async def _look_again(
    home: Home, database: Database, row: Recording, keys: SiteKeys, *, deep: bool,
) -> list[Finding]:
    """Meanwhile the recording may have got another file, or been deleted."""
    async with database.read() as connection:
        now = await find_recording(connection, row.id)
    return await asyncio.to_thread(_look_at, home.recordings_store, now, keys, deep=deep) if now else []


def _look_at(store: Path, row: Recording, keys: SiteKeys, *, deep: bool) -> list[Finding]:
    found = list(_of_the_call(row))
    try:
        content = (store / row.path).read_bytes()
    except FileNotFoundError:
        return [Finding(Fault.MISSING, row.id, str(store / row.path)), *found]
    if fingerprint_of(content) != row.sha256:
        return [Finding(Fault.ALTERED, row.id, str(store / row.path)), *found]
    if deep:
        found += _inside(content, row, keys)
    return found


def _of_the_call(row: Recording) -> Iterator[Finding]:
    heard = [peak >= HEARD for peak in (row.caller_peak, row.agent_peak) if peak is not None]
    if heard and not any(heard):
        yield Finding(Fault.SILENT, row.id)
    elif not all(heard):
        yield Finding(Fault.ONE_SIDED, row.id, "the agent" if heard[0] else "the caller")
    if row.damaged:
        yield Finding(Fault.CUT_SHORT, row.id)


def _inside(content: bytes, row: Recording, keys: SiteKeys) -> list[Finding]:
    try:
        sound = open_sound(content, Path(row.path).name, keys)
        if row.sound_sha256 is not None and fingerprint_of(sound.content) != row.sound_sha256:
            return [Finding(Fault.ALTERED, row.id, "what is sealed in it")]
        decode(sound)
    except SoundLockedError as error:
        return [Finding(Fault.LOCKED, row.id, str(error))]
    except BrokenSoundError as error:
        return [Finding(Fault.UNREADABLE, row.id, str(error))]
    return []


def _day_folders(store: Path, since_ms: int) -> list[Path]:
    first = day_folder(since_ms)
    days = (path for path in store.glob("[0-9]*/[0-9]*/[0-9]*") if path.is_dir())
    return sorted(path for path in days if str(path.relative_to(store)) >= first)


async def _strangers(database: Database, store: Path, folder: Path) -> list[Finding]:
    """Files of one day that no recording has."""
    files = await asyncio.to_thread(lambda: sorted(path for path in folder.iterdir() if path.is_file()))
    ids = {name.recording_id for path in files if (name := parse_name(path.name))}
    known = await _paths_of(database, ids)
    found = (_stranger(path, str(path.relative_to(store)), known) for path in files)
    return [finding for finding in found if finding is not None]


def _stranger(path: Path, relative: str, known: dict[str, str | None]) -> Finding | None:
    name = parse_name(path.name)
    if name is not None and known.get(name.recording_id) == relative:
        return None
    try:
        is_young = time.time() - path.stat().st_mtime < YOUNG_SECONDS
    except FileNotFoundError:  # the service has just removed it
        return None
    if path.name.endswith(HALF):
        return None if is_young else Finding(Fault.HALF_WRITTEN, str(path))
    if name is not None and name.recording_id in known:
        return None if is_young else Finding(Fault.LEFT_OVER, str(path))
    return None if is_young else Finding(Fault.ORPHAN, str(path))


async def _paths_of(database: Database, ids: Collection[str]) -> dict[str, str | None]:
    """Where these recordings are kept; None for those that were deleted."""
    found: dict[str, str | None] = {}
    wanted, table = sorted(ids), recording.c
    async with database.read() as connection:
        for start in range(0, len(wanted), BATCH):
            query = select(table.id, table.path, table.deleted_ms).where(table.id.in_(wanted[start : start + BATCH]))
            for row in await connection.execute(query):
                found[row.id] = row.path if row.deleted_ms is None else None
    return found
