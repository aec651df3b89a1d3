"""Corrective actions: a fault of the organisation that somebody mends, by a day, and what the mending did. Pure.

The effect is measured over whole weeks, so that weekdays weigh the same on both sides: cases of the action's subject
(with those below it), cause and province, in the eight weeks before the process was mended and in those after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from followups.faults.poisson import Ratio, rate_ratio
from followups.faults.store import Opened

WEEK: Final = 7 * 86_400
WEEKS: Final = 8


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases the fault brings about."""

    subject: str | None = None
    cause: str | None = None
    province: str | None = None

    @property
    def is_open(self) -> bool:
        """Nothing is named: every case would count."""
        return (self.subject, self.cause, self.province) == (None, None, None)

    def holds(self, case: Opened) -> bool:
        return (
            (self.subject is None or self.subject in case.subjects)
            and self.cause in (None, case.cause) and self.province in (None, case.province)
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """Cases a week before and after."""

    before: tuple[int, ...]
    """By week, the last one first."""
    after: tuple[int, ...]
    """By week, the first one first; only whole weeks."""
    ratio: Ratio | None
    """None: too few weeks, or no cases before."""

    @property
    def is_proved(self) -> bool:
        """Whether the whole interval lies below 1."""
        return self.ratio is not None and self.ratio.high < 1


def measure_effect(cases: Sequence[Opened], scope: Scope, mended: float, now: float, first: float) -> Effect:
    """The effect of a mend at `mended`; `first` is when cases began to be kept. Times in epoch seconds."""
    moments = [case.at for case in cases if scope.holds(case)]
    before = [mended - WEEK * (number + 1) for number in range(WEEKS)]
    after = [mended + WEEK * number for number in range(WEEKS)]
    counted_before = tuple(_count(moments, start) for start in before if start >= first)
    counted_after = tuple(_count(moments, start) for start in after if start + WEEK <= now)
    return Effect(counted_before, counted_after, rate_ratio(counted_before, counted_after))


def _count(moments: Sequence[float], start: float) -> int:
    return sum(start <= moment < start + WEEK for moment in moments)
