"""A kept sound gets another file: packed otherwise, or encrypted with another key; nothing is ever written over.

The new file is written beside the old one under another name, entered, and only then the old one is removed. So a kill
at any moment leaves the recording readable; what it left over, `remove_others` removes at the next start. A lock keeps
the service and commands from giving one recording two files at once; a deletion needs none, it wins at any moment.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from recordings.archive.archive import fingerprint_of, loudness
from recordings.archive.kept_file import Codec, KeptName, files_of, settle, write_whole
from recordings.archive.packing import pack
from recordings.archive.sealing import SiteKeys
from recordings.sound import BrokenSoundError, Sides, Sound, SoundGoneError, decode, open_sound
from recordings.store import Recording, find_recording, replace_file

log = structlog.get_logger()


class SoundAlteredError(Exception):
    """The file is not what was kept; the text names it. It stays as it is, for whoever looks into it."""


class Repacker:
    """Gives recordings new files."""

    def __init__(
        self, home: Home, settings: Settings, database: Database, clock: Callable[[], float] = time.time,
    ) -> None:
        self._home = home
        self._settings = settings
        self._database = database
        self._clock = clock

    def keys(self) -> SiteKeys:
        """The site's keys at this moment: a command may have added one."""
        return SiteKeys(load_secrets(self._home, self._settings).recording_keys)

    async def repack(self, recording_id: str, codec: Codec | None, *, sealed: bool) -> Recording | None:
        """Give a recording a new file; None as codec leaves it packed as it is. None: it was deleted.

        Raises:
            SoundGoneError, SoundLockedError: there is no file, or no key that opens it.
            SoundAlteredError, BrokenSoundError: the file is not what was kept.
            OSError: the disk is full; the old file stays.
        """
        async with self.alone():
            async with self._database.read() as connection:
                before = await find_recording(connection, recording_id)
            if before is None:
                return None
            after = await asyncio.to_thread(self._rewrite, before, codec, sealed=sealed)
            async with self._database.write() as connection:
                entered = await replace_file(connection, before, after)
            path = self._home.recordings_store / after.path
            await asyncio.to_thread(remove_others if entered else remove, path)
            return after if entered else None

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Within the block, nobody gives any recording a new file; what was under way is done."""
        lock = self._home.recordings_store.parent / "repack.lock"
        descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            await asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _rewrite(self, before: Recording, codec: Codec | None, *, sealed: bool) -> Recording:
        store, keys = self._home.recordings_store, self.keys()
        old = store / before.path
        try:
            content = old.read_bytes()
        except FileNotFoundError as error:
            raise SoundGoneError(f"{old}: there is no such sound") from error
        sound = open_sound(content, old.name, keys)
        digest = fingerprint_of(sound.content)
        if digest != (before.sound_sha256 or before.sha256):
            raise SoundAlteredError(f"{old}: not what was kept; it stays as it is")
        sound, measured = _packed(sound, before, codec or sound.codec)
        name = KeptName(before.id, sound.codec, keys.newest if sealed else None)
        path = Path(before.path).with_name(str(name))
        if path != Path(before.path):
            content = keys.seal(sound.content) if name.key else sound.content
            write_whole(store / path, content)
        return replace(
            measured, path=str(path), bytes=len(content), sha256=fingerprint_of(content), codec=name.codec.value,
            key=name.key, sound_sha256=fingerprint_of(sound.content), archived_ms=int(self._clock() * 1000),
        )


def remove_others(path: Path) -> list[str]:
    """Remove every other file of the recording that is kept at `path`; none while that one is not there."""
    others = [one for one in files_of(path) if one != path] if path.exists() else []
    for one in others:
        remove(one)
    return [one.name for one in others]


def remove(path: Path) -> None:
    """Remove a file so that it stays removed after a power failure."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        settle(path.parent)


def _packed(sound: Sound, before: Recording, codec: Codec) -> tuple[Sound, Recording]:
    """The sound in that codec, and the recording with its loudness."""
    if codec is sound.codec and before.caller_peak is not None:
        return sound, before
    try:
        samples = _columns(decode(sound))
        packed = sound if codec is sound.codec else Sound(pack(samples, codec), codec)
    except BrokenSoundError as error:
        # Whatever it is, it is somebody's: it is kept as it is, and encrypted like all other sound.
        log.warning("a recording cannot be decoded and is kept as it is", recording=before.id, error=str(error))
        return sound, replace(before, damaged=True)
    return packed, replace(before, **loudness(samples))


def _columns(sides: Sides) -> "npt.NDArray[np.int16]":
    return np.stack([sides.caller, sides.agent], axis=1) if len(sides.agent) else sides.caller.reshape(-1, 1)
