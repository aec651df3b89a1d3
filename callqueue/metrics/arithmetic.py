"""Sums that refuse to invent: nothing divided by nothing is no figure."""

import math
from collections.abc import Sequence
from fractions import Fraction


def ratio(part: float, whole: float) -> float | None:
    """`part ÷ whole`, or None when there is no whole."""
    return part / whole if whole else None


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def mean_of_milliseconds(values: Sequence[float]) -> float | None:
    """Mean of seconds that the evidence has to the millisecond, by whole numbers: in whatever order or parts they are
    added, the same figure comes out.
    """
    return sum(map(milliseconds, values)) / len(values) / 1000 if values else None


def milliseconds(seconds: float) -> int:
    """Beyond milliseconds stands only the noise of floats."""
    return round(seconds * 1000)


def nearest_rank(ordered: Sequence[float], percent: int) -> float | None:
    """The value at rank ⌈percent ÷ 100 × n⌉ of values in rising order: always one that somebody really had.

    Source: Hyndman and Fan, Sample Quantiles in Statistical Packages (1996), definition 1.
    """
    if not ordered:
        return None
    rank = math.ceil(Fraction(percent, 100) * len(ordered))
    return ordered[max(rank, 1) - 1]
