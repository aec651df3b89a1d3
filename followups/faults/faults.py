"""What ails the organisation: cases of a subject, cause or province that rise suddenly. Pure.

A time is held against the same hours of the same weekday in earlier weeks. What was usual is the median of those
weeks, which a strike or an old outage among them does not move. The median of a Poisson variable is at least its mean
minus ln 2 (Choi, 1994), so the mean that is allowed for is median + ln 2. Where the weeks differ more than by chance,
their spread (by the median absolute deviation) counts instead of the Poisson variance. A fall is judged the same way
from below: the median is at most the mean plus 1/3, so the mean that is allowed for is median − 1/3. Where both are
asked for, the chance of either is twice the smaller one.

Many series are looked at together, and the more, the more will stand out by chance. So those are flagged that the
step-up procedure of Benjamini and Hochberg (1995) finds at 5 %: of all that are flagged over time, one in twenty at
most is expected to be chance. Independently of that a flag needs five cases and half again what is allowed for; a fall
five that were allowed for, and half again what came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import log
from typing import Final

from followups.faults.poisson import lower_tail, median, quantile, spread, tail

EARLIER_WEEKS: Final = 8
FEWEST_WEEKS: Final = 4
"""With fewer there is nothing to compare with."""
FALSE_SHARE: Final = 0.05
FEWEST_CASES: Final = 5
LEAST_RISE: Final = 1.5
BELOW_MEDIAN: Final = 1 / 3
USUAL_SHARE: Final = 0.95
"""Of the times that were as usual, so many lie in the usual range."""


class Dimension(StrEnum):
    """What is counted apart."""

    SUBJECT = "subject"
    CAUSE = "cause"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True, order=True)
class Series:
    dimension: StrEnum
    """`Dimension`, or what another report counts by."""
    name: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One series in the time looked at, against earlier weeks."""

    series: Series
    count: int
    weeks: tuple[int, ...]
    """The same hours of earlier weeks, the last week first."""
    usual: float
    """Their median."""
    allowed: float
    """The mean that was allowed for."""
    chance: float
    """Of so many or more (of a fall: or fewer), if nothing had changed."""
    flagged: bool
    fell: bool = False
    low: int = 0
    high: int = 0
    """Between both lie 95 % of the times that are as usual."""

    @property
    def rise(self) -> float | None:
        """Times the usual; None where nothing was usual."""
        return self.count / self.usual if self.usual else None


@dataclass(frozen=True, slots=True)
class Rises:
    """All series that were compared, the flagged ones and then the least likely first."""

    compared: tuple[Compared, ...]
    too_young: int
    """Series that were not compared: fewer earlier weeks than it takes."""
    limit: float | None
    """The chance at or below which a series stands out; None when none does."""

    @property
    def flagged(self) -> tuple[Compared, ...]:
        return tuple(one for one in self.compared if one.flagged)


def find_rises(
    counts: Mapping[Series, int], earlier: Mapping[Series, Sequence[int | None]], *, falls: bool = False,
) -> Rises:
    """Flag what rose, and with `falls` what fell.

    Args:
        counts: of the time looked at.
        earlier: each series' counts of earlier weeks, None for a week without records.
        falls: whether falls are looked for, too.
    """
    measured, too_young = [], 0
    for series in counts.keys() | earlier.keys():
        weeks = tuple(count for count in earlier.get(series, ()) if count is not None)
        if len(weeks) < FEWEST_WEEKS:
            too_young += 1
        else:
            measured.append(_measure(series, counts.get(series, 0), weeks, falls=falls))
    limit = _limit([one.chance for one in measured])
    compared = [_decide(one, limit) for one in measured]
    compared.sort(key=lambda one: (not one.flagged, one.chance, one.series))
    return Rises(tuple(compared), too_young, limit)


def _measure(series: Series, count: int, weeks: tuple[int, ...], *, falls: bool) -> Compared:
    usual, variance = median(weeks), spread(weeks) ** 2
    above, below = usual + log(2), max(0.0, usual - BELOW_MEDIAN)
    rise = tail(count, above, max(above, variance))
    fall = lower_tail(count, below, max(below, variance)) if falls else 1.0
    fell = fall < rise
    return Compared(
        series, count, weeks, usual, below if fell else above, min(1.0, 2 * min(rise, fall)) if falls else rise,
        flagged=False, fell=fell, low=quantile((1 - USUAL_SHARE) / 2, below, max(below, variance)),
        high=quantile((1 + USUAL_SHARE) / 2, above, max(above, variance)),
    )


def _limit(chances: Sequence[float]) -> float | None:
    """The largest of the ordered chances that is at most its rank's share of FALSE_SHARE."""
    passed = [
        chance for rank, chance in enumerate(sorted(chances), start=1) if chance <= FALSE_SHARE * rank / len(chances)
    ]
    return max(passed, default=None)


def _decide(one: Compared, limit: float | None) -> Compared:
    more, less = (one.allowed, one.count) if one.fell else (one.count, one.allowed)
    is_change = more >= FEWEST_CASES and more >= LEAST_RISE * less
    return replace(one, flagged=is_change and limit is not None and one.chance <= limit)
