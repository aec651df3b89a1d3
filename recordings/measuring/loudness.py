"""How loud a side is, in decibels of the loudest possible (dBFS). Pure."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FULL_SCALE = 32768
SILENCE = -100.0
"""What stands for no sound at all: 16 bits reach down to -90.3 dBFS."""
HEARD = -60.0
"""A side whose loudest moment stays below this was not heard: a telephone's own noise is about -65 dBFS."""


@dataclass(frozen=True)
class Level:
    """Of one side, in dBFS."""

    peak: float
    """20 log10 of the largest sample's part of full scale."""
    rms: float
    """20 log10 of the root of the mean square's part of full scale: a sine of full scale has -3.0 (AES17's +3 dB are
    not added)."""

    @property
    def is_silent(self) -> bool:
        return self.peak < HEARD


def level_of(samples: "npt.NDArray[np.int16]") -> Level | None:
    """None where there are no samples."""
    if not len(samples):
        return None
    wide = samples.astype(np.float64)
    return Level(_decibels(float(np.abs(wide).max())), _decibels(math.sqrt(float(np.mean(wide * wide)))))


def _decibels(amplitude: float) -> float:
    return round(max(SILENCE, 20 * math.log10(amplitude / FULL_SCALE)), 1) if amplitude else SILENCE
