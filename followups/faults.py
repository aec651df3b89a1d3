"""What ails the organisation: cases of a subject, cause or province that rise suddenly. Pure.

A time is held against the same hours of the same weekday in earlier weeks. What was usual is the median of those
weeks, which a strike or an old outage among them does not move. The median of a Poisson variable is at least its mean
minus ln 2 (Choi, 1994), so the mean that is allowed for is median + ln 2. Where the weeks differ more than by chance,
their spread (by the median absolute deviation) counts instead of the Poisson variance.

Many series are looked at together, and the more, the more will stand out by chance. So those are flagged that the
step-up procedure of Benjamini and Hochberg (1995) finds at 5 %: of all that are flagged over time, one in twenty at
most is expected to be chance. Independently of that a flag needs five cases and half again what is allowed for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import log
from typing import Final

from followups.poisson import median, spread, tail

EARLIER_WEEKS: Final = 8
FEWEST_WEEKS: Final = 4
"""With fewer there is nothing to compare with."""
FALSE_SHARE: Final = 0.05
FEWEST_CASES: Final = 5
LEAST_RISE: Final = 1.5


class Dimension(StrEnum):
    """What is counted apart."""

    SUBJECT = "subject"
    CAUSE = "cause"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True, order=True)
class Series:
    dimension: Dimension
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
    """Of so many or more, if nothing had changed."""
    flagged: bool

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


def find_rises(counts: Mapping[Series, int], earlier: Mapping[Series, Sequence[int | None]]) -> Rises:
    """Flag what rose; `earlier` has each series' counts of earlier weeks, None for a week without records."""
    measured, too_young = [], 0
    for series in counts.keys() | earlier.keys():
        weeks = tuple(count for count in earlier.get(series, ()) if count is not None)
        if len(weeks) < FEWEST_WEEKS:
            too_young += 1
        else:
            measured.append(_measure(series, counts.get(series, 0), weeks))
    limit = _limit([one.chance for one in measured])
    compared = [_decide(one, limit) for one in measured]
    compared.sort(key=lambda one: (not one.flagged, one.chance, one.series))
    return Rises(tuple(compared), too_young, limit)


def _measure(series: Series, count: int, weeks: tuple[int, ...]) -> Compared:
    usual = median(weeks)
    allowed = usual + log(2)
    variance = max(allowed, spread(weeks) ** 2)
    return Compared(series, count, weeks, usual, allowed, tail(count, allowed, variance), flagged=False)


def _limit(chances: Sequence[float]) -> float | None:
    """The largest of the ordered chances that is at most its rank's share of FALSE_SHARE."""
    passed = [
        chance for rank, chance in enumerate(sorted(chances), start=1) if chance <= FALSE_SHARE * rank / len(chances)
    ]
    return max(passed, default=None)


def _decide(one: Compared, limit: float | None) -> Compared:
    is_rise = one.count >= FEWEST_CASES and one.count >= LEAST_RISE * one.allowed
    return replace(one, flagged=is_rise and limit is not None and one.chance <= limit)
