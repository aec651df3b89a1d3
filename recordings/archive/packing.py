"""Samples into FLAC, Opus or WAV. In memory, so no plain sound touches the disk on its way to being encrypted."""

import io
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soundfile

from recordings.archive.kept_file import Codec
from recordings.sound import BrokenSoundError, Sound, decode
from recordings.wav import RATE, wav_bytes

FORMATS: Final = {Codec.FLAC: ("FLAC", "PCM_16"), Codec.OPUS: ("OGG", "OPUS")}


def pack(samples: "npt.NDArray[np.int16]", codec: Codec) -> bytes:
    """A file of these samples (a row for each moment, a column for each side), read again to be certain of it.

    Raises:
        BrokenSoundError: what was packed does not come back; the old file must stay.
    """
    if codec is Codec.WAV or not len(samples):
        return wav_bytes(samples)
    file = io.BytesIO()
    encoder: Any = soundfile  # its functions are not typed
    form, subtype = FORMATS[codec]
    encoder.write(file, samples, RATE, format=form, subtype=subtype)
    packed = file.getvalue()
    _compare(packed, samples, codec)
    return packed


def _compare(packed: bytes, samples: "npt.NDArray[np.int16]", codec: Codec) -> None:
    sides = decode(Sound(packed, codec))
    found = [sides.caller, sides.agent][: samples.shape[1]]
    if any(len(side) != len(samples) for side in found):
        raise BrokenSoundError(f"{codec.value}: {len(samples)} samples became {[len(side) for side in found]}")
    if codec is Codec.FLAC and not np.array_equal(np.stack(found, axis=1), samples):
        raise BrokenSoundError("flac: other samples came back than were packed")
