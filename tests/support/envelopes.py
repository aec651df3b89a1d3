"""Recognises a prompt in what a telephone heard, by the rise and fall of its loudness."""

import random
from collections.abc import Sequence
from math import sqrt

from tests.support.raw_phone import FRAME, linear_of


def loudness_curve(alaw: bytes) -> list[float]:
    """Loudness of each 20 ms."""
    samples = linear_of(alaw)
    return [
        sqrt(sum(sample * sample for sample in samples[n:n + FRAME]) / FRAME)
        for n in range(0, len(samples) - FRAME + 1, FRAME)
    ]


def likeness(prompt: bytes, heard: bytes) -> float:
    """The best correlation of the prompt's curve with any stretch of what was heard: 1 is the same, 0 another."""
    wanted, curve = loudness_curve(prompt), loudness_curve(heard)
    starts = range(len(curve) - len(wanted) + 1)
    return max((_correlation(wanted, curve[n:n + len(wanted)]) for n in starts), default=0.0)


def babble(seed: str, seconds: float = 1.2) -> bytes:
    """Sound in A-law whose loudness rises and falls like nothing else's: noise in syllables of chance."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    frames = int(seconds * 50)
    loud = [chance.choice((0, 2, 4, 6)) for _ in range(frames // 4 + 1)]
    return bytes(
        ((chance.getrandbits(1) << 7) | (loud[n // 4] << 4) | chance.getrandbits(4)) ^ 0x55
        for n in range(frames) for _ in range(FRAME)
    )


def _correlation(left: Sequence[float], right: Sequence[float]) -> float:
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    pairs = [(one - mean_left, other - mean_right) for one, other in zip(left, right, strict=True)]
    power = sum(one * one for one, _ in pairs) * sum(other * other for _, other in pairs)
    return sum(one * other for one, other in pairs) / sqrt(power) if power else 0.0
