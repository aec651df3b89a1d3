"""Reads and writes 16-bit linear sound in WAV files, also those that a crash left unfinished."""

import sys
import wave
from array import array
from pathlib import Path

RATE = 8000
"""Samples a second: the telephone's."""
SAMPLE_BYTES = 2


class BrokenSoundError(Exception):
    """The file is not 16-bit mono WAV at 8 kHz; the text names it."""


def read_mono(path: Path) -> "array[int]":
    """The samples of a 16-bit, 8 kHz, mono WAV file.

    Asterisk writes the length into the header when it closes the file; after a crash it says 0, so everything behind
    the data chunk's header counts.

    Raises:
        BrokenSoundError: another kind of file.
    """
    content = path.read_bytes()
    if not content:
        return array("h")
    start = content.find(b"data", 12, 4096)
    form = content.find(b"fmt ", 12, 4096)
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE" or start < 0 or form < 0:
        raise BrokenSoundError(f"{path}: not a WAV file")
    channels = int.from_bytes(content[form + 10 : form + 12], "little")
    rate = int.from_bytes(content[form + 12 : form + 16], "little")
    bits = int.from_bytes(content[form + 22 : form + 24], "little")
    if (channels, rate, bits) != (1, RATE, 8 * SAMPLE_BYTES):
        raise BrokenSoundError(f"{path}: {channels} channels, {rate} Hz, {bits} bits; wanted 1, {RATE} Hz, 16 bits")
    sound = content[start + 8 :]
    samples = array("h", sound[: len(sound) // SAMPLE_BYTES * SAMPLE_BYTES])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


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
