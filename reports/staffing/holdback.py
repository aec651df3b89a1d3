"""How wrong the forecast would have been: weeks held back, forecast from the days before them, and compared."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from reports.staffing.forecast import Classes, learn
from reports.staffing.history import Day

WEEK = 7
MOST_WEEKS = 4
LEAST_LEARNING = 14
"""Days before a held-back week from which it is forecast."""
ASSUMED_SPREAD, ASSUMED_SPREAD_OF_FEW_DAYS = 0.25, 0.5
LEAST_SPREAD = 0.05


@dataclass(frozen=True, slots=True)
class Errors:
    """Of quarters of an hour in `weeks` held-back weeks, the naive forecast's over the same quarters."""

    weeks: int
    wape: float | None
    """Sum of absolute errors ÷ calls that came."""
    bias: float | None
    """Forecast − calls that came, ÷ calls that came: above 0, too many were expected."""
    naive_wape: float | None
    naive_bias: float | None
    day_wape: float | None
    """Of whole days."""
    spread: float
    """By what share of its calls a day differs from its forecast beyond chance, as one standard deviation."""
    spread_is_measured: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    came: float
    forecast: float
    naive: float


def errors_of(history: Sequence[Day], classes: Classes) -> Errors:
    """Each held-back week is forecast from what was known before it, as it would have been then."""
    weeks = max(0, min(MOST_WEEKS, (len(history) - LEAST_LEARNING) // WEEK))
    by_day = {each.day: each for each in history}
    pairs, days = [], []
    for back in range(weeks, 0, -1):
        first = len(history) - back * WEEK
        forecaster = learn(history[:first], classes)
        for day in history[first:first + WEEK]:
            forecast = forecaster.calls(day.day, classes(day.day))
            before = by_day.get(day.day - timedelta(days=WEEK))
            pairs += _pairs(day, forecast, before)
            if day.total is not None:
                days.append(_Pair(day.total, sum(forecast), 0.0))
    spread = _spread(days)
    assumed = ASSUMED_SPREAD if len(history) >= LEAST_LEARNING else ASSUMED_SPREAD_OF_FEW_DAYS
    return Errors(
        weeks, *_errors([(each.came, each.forecast) for each in pairs]),
        *_errors([(each.came, each.naive) for each in pairs]),
        _errors([(each.came, each.forecast) for each in days])[0],
        assumed if spread is None else spread, spread is not None,
    )


def _pairs(day: Day, forecast: Sequence[float], before: Day | None) -> list[_Pair]:
    naive = before.calls if before else [None] * len(forecast)
    return [
        _Pair(came, expected, last_week)
        for came, expected, last_week in zip(day.calls, forecast, naive, strict=True)
        if came is not None and last_week is not None
    ]


def _errors(pairs: Sequence[tuple[float, float]]) -> tuple[float | None, float | None]:
    came = sum(pair[0] for pair in pairs)
    if came <= 0:
        return None, None
    absolute = sum(abs(expected - calls) for calls, expected in pairs)
    return absolute / came, sum(expected - calls for calls, expected in pairs) / came


def _spread(days: Sequence[_Pair]) -> float | None:
    """What is left of the days' relative errors after chance (1 ÷ forecast) is taken away."""
    known = [each for each in days if each.forecast > 0]
    if len(known) < WEEK:
        return None
    excess = sum((each.came / each.forecast - 1) ** 2 - 1 / each.forecast for each in known) / len(known)
    return max(LEAST_SPREAD, math.sqrt(max(0.0, excess)))
