"""How loud a sound is over time, for the eye. Pure."""

from array import array
from collections.abc import Sequence
from typing import Final

BARS: Final = 120
HIGHEST: Final = 32768


def peaks(samples: "array[int]", bars: int = BARS) -> list[float]:
    """The loudest moment of each of `bars` equal parts, from 0 to 1; the loudest of all is 1 unless it is silent."""
    step = max(1, -(-len(samples) // bars))
    found = [max(map(abs, samples[at : at + step])) / HIGHEST for at in range(0, len(samples), step)]
    loudest = max(found, default=0.0)
    return [one / loudest for one in found] if loudest > 0.01 else found


def outline(levels: Sequence[float], height: int) -> str:
    """An SVG path of upright strokes, one a level, around the middle line; a unit of width each."""
    middle = height / 2
    strokes = ((number + 0.5, max(0.6, level * middle * 0.95)) for number, level in enumerate(levels))
    return " ".join(f"M{at:.1f} {middle - half:.1f}V{middle + half:.1f}" for at, half in strokes)
