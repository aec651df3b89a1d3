"""Reads and writes 16-bit linear sound in WAV files, also those that a crash left unfinished."""

import io
import sys
import wave
from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 8000
"""Samples a second: the telephone's."""
SAMPLE_BYTES = 2


class BrokenSoundError(Exception):
    """A sound is not what it should be: cut off, altered, or of another kind; the text names it."""


def read_mono(path: Path) -> "array[int]":
    """The samples of a 16-bit, 8 kHz, mono WAV file; none of an empty file.

    Raises:
        BrokenSoundError: another kind of file.
    """
    content = path.read_bytes()
    if not content:
        return array("h")
    samples = read_wav(content, str(path))
    if samples.shape[1] != 1:
        raise BrokenSoundError(f"{path}: {samples.shape[1]} channels; wanted 1")
    return array("h", samples.tobytes())


def read_wav(content: bytes, name: str) -> "npt.NDArray[np.int16]":
    """The samples of a 16-bit, 8 kHz WAV file, a row for each moment with a column for each of its 1 or 2 channels.

    Asterisk writes the length into the header when it closes the file; after a crash it says 0, so everything behind
    the data chunk's header counts.

    Raises:
        BrokenSoundError: another kind of file; the text begins with `name`.
    """
    start = content.find(b"data", 12, 4096)
    form = content.find(b"fmt ", 12, 4096)
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE" or start < 0 or form < 0:
        raise BrokenSoundError(f"{name}: not a WAV file")
    channels = int.from_bytes(content[form + 10 : form + 12], "little")
    rate = int.from_bytes(content[form + 12 : form + 16], "little")
    bits = int.from_bytes(content[form + 22 : form + 24], "little")
    if channels not in {1, 2} or (rate, bits) != (RATE, 8 * SAMPLE_BYTES):
        raise BrokenSoundError(f"{name}: {channels} channels, {rate} Hz, {bits} bits; wanted 1 or 2, {RATE}, 16")
    sound = content[start + 8 :]
    whole = len(sound) // (channels * SAMPLE_BYTES) * channels * SAMPLE_BYTES
    return np.frombuffer(sound[:whole], "<i2").astype(np.int16).reshape(-1, channels)


def wav_bytes(samples: "npt.NDArray[np.int16]") -> bytes:
    """A WAV file of these samples, shaped like what `read_wav` gives."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(samples.shape[1])
        written.setsampwidth(SAMPLE_BYTES)
        written.setframerate(RATE)
        written.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def write_stereo(path: Path, left: "array[int]", right: "array[int]") -> None:
    """Write both sides as one stereo file; the shorter side ends in silence."""
    length = max(len(left), len(right))
    both = array("h", bytes(2 * SAMPLE_BYTES * length))
    both[0 : 2 * len(left) : 2] = left
    both[1 : 2 * len(right) + 1 : 2] = right
    if sys.byteorder == "big":
        both.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE)
        file.writeframes(both.tobytes())
