"""The one way to kept sound, whatever its codec and whether it is sealed: `read_sound`, then `decode` for samples."""

import asyncio
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from recordings.archive.kept_file import Codec, files_of, parse_name
from recordings.archive.sealing import SiteKeys, SoundLockedError
from recordings.store import Recording
from recordings.wav import RATE, BrokenSoundError, read_wav

Samples = npt.NDArray[np.int16]
"""Of one side, 8000 a second."""


class SoundGoneError(Exception):
    """The file is not in the store (any more); the text names it."""


@dataclass(frozen=True)
class Sound:
    """A whole file of sound as a browser can play it: decrypted, in the codec in which it is kept."""

    content: bytes
    codec: Codec

    @property
    def media_type(self) -> str:
        """`audio/wav`, `audio/flac` or `audio/ogg`."""
        return self.codec.media_type


@dataclass(frozen=True)
class Sides:
    """What each side said, on one timeline; of a voice message the agent's side is empty."""

    caller: Samples
    agent: Samples


async def read_sound(home: Home, settings: Settings, recording: Recording) -> Sound:
    """The sound of a recording; also while it is being archived or its key replaced.

    Raises:
        SoundGoneError: there is no file.
        SoundLockedError: no key of this site opens it.
        BrokenSoundError: it was altered or cut off, so it cannot be decrypted.
    """
    return await asyncio.to_thread(read_kept, home, settings, home.recordings_store / recording.path)


def decode(sound: Sound) -> Sides:
    """The samples of both sides. An hour takes a second or two: call it in a thread.

    Raises:
        BrokenSoundError: it is no telephone sound.
    """
    if sound.codec is Codec.WAV:
        return _sides(read_wav(sound.content, "the sound"))
    decoder: Any = soundfile  # its functions are not typed
    try:
        samples, rate = decoder.read(io.BytesIO(sound.content), dtype="int16", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise BrokenSoundError(f"the sound cannot be decoded: {error}") from error
    if rate != RATE or not 1 <= samples.shape[1] <= 2:
        raise BrokenSoundError(f"the sound has {samples.shape[1]} channels, {rate} Hz; wanted 1 or 2, {RATE} Hz")
    return _sides(samples)


def read_kept(home: Home, settings: Settings, path: Path) -> Sound:
    """Like `read_sound`, without an event loop; `path` is where the sound is, or was, kept."""
    for one in files_of(path):
        try:
            content = one.read_bytes()
        except FileNotFoundError:  # it has just got another codec or key, and with it another name
            continue
        return open_sound(content, one.name, SiteKeys(load_secrets(home, settings).recording_keys))
    raise SoundGoneError(f"{path}: there is no such sound; `bin/pasokh recordings verify` tells what is missing")


def open_sound(content: bytes, name: str, keys: SiteKeys) -> Sound:
    """The sound in a kept file's content, decrypted where its name says that it is encrypted.

    Raises:
        SoundLockedError, BrokenSoundError: like `read_sound`; also for a name that is no kept sound's.
    """
    kept = parse_name(name)
    if kept is None:
        raise BrokenSoundError(f"{name}: no name of a kept sound")
    return Sound(keys.unseal(content, name) if kept.key else content, kept.codec)


def _sides(samples: Samples) -> Sides:
    caller = np.ascontiguousarray(samples[:, 0])
    agent = np.ascontiguousarray(samples[:, 1]) if samples.shape[1] > 1 else np.zeros(0, np.int16)
    return Sides(caller, agent)


__all__ = [
    "BrokenSoundError", "Samples", "Sides", "Sound", "SoundGoneError", "SoundLockedError", "decode", "open_sound",
    "read_kept", "read_sound",
]
