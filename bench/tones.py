"""Sounds for simulated callers and agents: a steady tone in the telephone's own format (G.711 A-law)."""

import math
from pathlib import Path

RATE = 8000
LOUD = 8000


def write_tone(path: Path, hertz: float, seconds: float = 1.0) -> Path:
    """A tone as raw A-law, made to be repeated: where `hertz * seconds` is not whole, the joint clicks."""
    samples = (int(LOUD * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(int(RATE * seconds)))
    path.write_bytes(bytes(alaw(sample) for sample in samples))
    return path


def alaw(sample: int) -> int:
    """The A-law octet of a 16-bit linear sample (ITU-T G.711, table 1a)."""
    sign, magnitude = (0x80, sample >> 3) if sample >= 0 else (0, -(sample >> 3) - 1)
    segment = max(magnitude.bit_length() - 5, 0)
    mantissa = (magnitude >> max(segment, 1)) & 0x0F
    return (sign | segment << 4 | mantissa) ^ 0x55
