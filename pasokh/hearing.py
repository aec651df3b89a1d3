"""Kept sound for who sits at the machine: played, or written to a file of his own."""

import asyncio
import os
import subprocess
from pathlib import Path

import numpy as np

from pasokh.refusal import RefusedError
from pasokh.site import Site
from recordings.sound import BrokenSoundError, Sides, SoundGoneError, SoundLockedError, decode, read_sound
from recordings.store import Recording
from recordings.wav import wav_bytes


def wav_of(site: Site, kept: Recording) -> bytes:
    """A recording as a WAV file, whatever it is packed in and sealed with.

    Raises:
        RefusedError: it cannot be read; the text says why.
    """
    try:
        return _wav(decode(asyncio.run(read_sound(site.home, site.settings, kept))))
    except (SoundGoneError, SoundLockedError, BrokenSoundError) as error:
        raise RefusedError(str(error)) from error


def play_wav(sound: bytes, name: str) -> None:
    """Play it here; it touches no disk.

    Raises:
        RefusedError: nothing here can play it.
    """
    try:
        subprocess.run(["aplay", "-q", "-"], input=sound, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise RefusedError(f"{name}: cannot be played here ({error}); --output FILE writes it") from error


def write_output(sound: bytes, target: Path) -> None:
    """Write it where the caller said, for nobody else's eyes.

    Raises:
        RefusedError: it cannot be written there.
    """
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sound)
    except OSError as error:
        raise RefusedError(f"--output {target}: {error}") from error


def _wav(sides: Sides) -> bytes:
    alone = not len(sides.agent)
    return wav_bytes(sides.caller.reshape(-1, 1) if alone else np.stack([sides.caller, sides.agent], axis=1))
