"""The little statistics that a rise and an effect need. Pure.

Counts of independent events are Poisson; counts that vary more than that from week to week are taken as negative
binomial with the variance that was seen. Sums run over exact probabilities in logarithms, so a count in the tens of
thousands is no trouble.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAD_TO_SIGMA = 1.4826
"""Median absolute deviation to standard deviation, for what is normally distributed (Rousseeuw and Croux, 1993)."""
LEAST_STEP = 256
"""So many counts of a tail are summed at once, or more."""
Z95 = 1.959963984540054


def median(values: Sequence[float]) -> float:
    """Of at least one value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def spread(values: Sequence[float]) -> float:
    """The standard deviation by the median absolute deviation, which a few wild values do not move."""
    middle = median(values)
    return MAD_TO_SIGMA * median([abs(value - middle) for value in values])


def tail(count: int, mean: float, variance: float) -> float:
    """The chance of `count` or more where `mean` is expected: Poisson, or negative binomial with a variance above."""
    if count <= 0:
        return 1.0
    below = float(_chances(0, count, mean, variance).sum())
    if below < 0.5:
        return 1.0 - below
    # Far out the difference above would be lost in rounding: sum the tail itself.
    total, first, step = 0.0, count, max(LEAST_STEP, int(4 * math.sqrt(variance)))
    while True:
        chances = _chances(first, first + step, mean, variance)
        total += float(chances.sum())
        first += step
        if chances[-1] <= total * 1e-12 and first > mean:
            return min(total, 1.0)


def lower_tail(count: int, mean: float, variance: float) -> float:
    """The chance of `count` or fewer where `mean` is expected."""
    if count < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    return min(1.0, float(_chances(0, count + 1, mean, variance).sum()))


def quantile(share: float, mean: float, variance: float) -> int:
    """The least count that `share` (below 1) of all times do not exceed."""
    if mean <= 0:
        return 0
    # Beyond twenty deviations nothing but rounding is left of the share.
    last = int(mean + 20 * math.sqrt(max(mean, variance))) + 20
    below = np.cumsum(_chances(0, last, mean, variance))
    return int(np.searchsorted(below, share))


def _chances(first: int, end: int, mean: float, variance: float) -> NDArray[np.float64]:
    """The chance of each count of `first <= count < end`: the first one's, and how they follow each other."""
    counts = np.arange(first, end - 1, dtype=np.float64)
    if variance <= mean * (1 + 1e-9):
        steps = math.log(mean) - np.log(counts + 1)
    else:
        size, share = mean * mean / (variance - mean), mean / variance
        steps = np.log(counts + size) - np.log(counts + 1) + math.log1p(-share)
    logs = np.cumsum(np.concatenate(([_log_chance(first, mean, variance)], steps)))
    chances: NDArray[np.float64] = np.exp(logs)
    return chances


def _log_chance(number: int, mean: float, variance: float) -> float:
    if variance <= mean * (1 + 1e-9):
        return number * math.log(mean) - mean - math.lgamma(number + 1)
    size = mean * mean / (variance - mean)
    share = mean / variance
    return (math.lgamma(number + size) - math.lgamma(size) - math.lgamma(number + 1)
            + size * math.log(share) + number * math.log1p(-share))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A rate after over the rate before, with its 95 % interval."""

    value: float
    low: float
    high: float


def rate_ratio(before: Sequence[int], after: Sequence[int]) -> Ratio | None:
    """How the mean count a period changed; None with fewer than two periods on a side, or nothing before.

    Quasi-Poisson: the logarithm of the ratio is normal with the variance φ (1/a + 1/b), a and b the sums and φ the
    dispersion by Pearson's χ² over its degrees of freedom, at least 1 (McCullagh and Nelder, 1989, 6.2.3). A sum of 0
    after counts as a half in the interval.
    """
    if len(before) < 2 or len(after) < 2 or sum(before) == 0:
        return None
    first, second = sum(before) / len(before), sum(after) / len(after)
    dispersion = max(1.0, (_chi(before, first) + _chi(after, second)) / (len(before) + len(after) - 2))
    counted = max(sum(after), 0.5)
    middle = math.log(counted / len(after) / first)
    width = Z95 * math.sqrt(dispersion * (1 / sum(before) + 1 / counted))
    return Ratio(second / first, math.exp(middle - width), math.exp(middle + width))


def _chi(counts: Sequence[int], mean: float) -> float:
    return sum((count - mean) ** 2 for count in counts) / mean if mean else 0.0
