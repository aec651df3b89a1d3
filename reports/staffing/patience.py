"""How long callers are willing to wait, from those who gave up and those who did not have to."""

import math
from dataclasses import dataclass

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Patience:
    """Exponential patience. Seconds; `low` and `high` hold 95 % of what chance allows."""

    mean: float
    low: float
    high: float
    abandoned: int


def patience_of(abandoned: int, waited: float) -> Patience | None:
    """The maximum likelihood estimate with censoring: all time waited ÷ the number of those who gave up.

    Who was answered (or left otherwise) would have waited longer, nobody knows how long: such waits count in the time
    and not in the number. L. Brown et al., "Statistical Analysis of a Telephone Call Center", JASA 2005; its
    logarithm's standard error is 1 ÷ √abandoned.

    Args:
        abandoned: how many gave up.
        waited: seconds of all callers together, in which they might have given up.

    Returns:
        None where nobody gave up: patience is longer than can be seen.
    """
    if abandoned <= 0 or waited <= 0:
        return None
    mean, factor = waited / abandoned, math.exp(Z95 / math.sqrt(abandoned))
    return Patience(mean, mean / factor, mean * factor, abandoned)
