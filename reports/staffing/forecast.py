"""The forecast of calls: weekday by quarter of an hour, times season, times what holidays do, times growth.

Classical multiplicative decomposition (R. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice",
chapter 3), with recent weeks weighing more, and every factor drawn towards 1 while little is known of it.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from foundation.calendars import jalali_month
from reports.staffing.history import SLOTS, Day, DayClass

HALF_LIFE = 28
"""Days after which a day weighs half as much in the level of today."""
YEAR = 364
"""Days, so that weekdays meet their like."""
SEASON_DAYS = YEAR + 28
"""Fewer days of history cannot tell season from growth."""
SEASON_PRIOR = 10
SPECIAL_PRIOR = 1
OWN_PROFILE = 3
"""So many whole holidays, and the course of a holiday is taken from them."""
Z80 = 1.281552
Classes = Callable[[date], DayClass]


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of one quarter of an hour."""

    calls: float
    low: float
    high: float
    """`low` to `high` should hold the calls in 8 of 10 such quarters."""


@dataclass(frozen=True, slots=True)
class Forecaster:
    """What was learnt from a history."""

    weeks: Mapping[int, Sequence[float]]
    """Calls of each quarter on an ordinary day without season, by weekday (Monday: 0)."""
    seasons: Mapping[int, float]
    """By Jalali month; empty: not known."""
    specials: Mapping[DayClass, float]
    holiday_profile: Sequence[float] | None
    """Shares of a holiday's calls in its quarters; None: like the weekday's."""
    yearly_growth: float | None
    """Calls ÷ calls a year before; None: not known."""

    def calls(self, day: date, kind: DayClass, growth: float = 1.0) -> list[float]:
        """Of each quarter of an hour; `growth` is a factor that the asker knows of."""
        week = self.weeks[day.weekday()]
        factor = growth * self.seasons.get(jalali_month(day), 1.0) * self.specials.get(kind, 1.0)
        if kind is DayClass.HOLIDAY and self.holiday_profile is not None:
            return [sum(week) * factor * share for share in self.holiday_profile]
        return [each * factor for each in week]


def expectations(calls: Sequence[float], spread: float) -> list[Expectation]:
    """With ranges: chance from call to call (Poisson), and days that differ as a whole by `spread` of their calls."""
    found = []
    for each in calls:
        reach = Z80 * math.sqrt(each + (spread * each) ** 2)
        found.append(Expectation(each, max(0.0, each - reach), each + reach))
    return found


def learn(history: Sequence[Day], classes: Classes) -> Forecaster:
    """From days in order, at least one of which has a known quarter of an hour."""
    ordinary = [each for each in history if classes(each.day) is DayClass.ORDINARY] or list(history)
    growth = _yearly_growth(ordinary)
    seasons = _seasons(ordinary, growth)
    weeks = _weeks(ordinary, seasons, history[-1].day)
    plain = Forecaster(weeks, seasons, {}, None, growth)
    specials: dict[DayClass, float] = {
        kind: _special([each for each in history if classes(each.day) is kind], plain, history[-1].day)
        for kind in DayClass if kind is not DayClass.ORDINARY
    }
    holidays = [each for each in history if classes(each.day) is DayClass.HOLIDAY and each.total]
    return Forecaster(weeks, seasons, specials, _profile(holidays), growth)


def _yearly_growth(days: Sequence[Day]) -> float | None:
    totals = {each.day.toordinal(): each.total for each in days if each.total is not None}
    pairs = [(total, totals[day - YEAR]) for day, total in totals.items() if day - YEAR in totals]
    now, then = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    return now / then if len(pairs) >= SEASON_DAYS - YEAR - 14 and now > 0 and then > 0 else None


def _seasons(days: Sequence[Day], growth: float | None) -> dict[int, float]:
    """Each month's ordinary days against the year's, without growth and without the weekdays' differences."""
    if growth is None:
        return {}
    last = days[-1].day
    level = [
        (each.day, each.total * growth ** ((last - each.day).days / YEAR)) for each in days if each.total is not None
    ]
    usual = _means([(day.weekday(), total) for day, total in level])
    ratios = [(jalali_month(day), total / usual[day.weekday()]) for day, total in level if usual[day.weekday()] > 0]
    months: defaultdict[int, list[float]] = defaultdict(list)
    for month, ratio in ratios:
        months[month].append(ratio)
    means = _means(ratios)
    # Every month weighs the same, however often the history holds it.
    middle = sum(means.values()) / len(means) if means else 1.0
    return {
        month: (sum(found) / middle + SEASON_PRIOR) / (len(found) + SEASON_PRIOR) for month, found in months.items()
    }


def _means(pairs: Sequence[tuple[int, float]]) -> dict[int, float]:
    found: defaultdict[int, list[float]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {key: sum(values) / len(values) for key, values in found.items()}


def _weeks(days: Sequence[Day], seasons: Mapping[int, float], last: date) -> dict[int, Sequence[float]]:
    """Weighted means; a weekday or quarter that was never seen is taken from all days."""
    every = _slots(days, seasons, last, [0.0] * SLOTS)
    return {
        weekday: _slots([each for each in days if each.day.weekday() == weekday], seasons, last, every)
        for weekday in range(7)
    }


def _slots(
    days: Sequence[Day], seasons: Mapping[int, float], last: date, otherwise: Sequence[float],
) -> Sequence[float]:
    sums, weights = [0.0] * SLOTS, [0.0] * SLOTS
    for each in days:
        weight = 0.5 ** ((last - each.day).days / HALF_LIFE)
        scale = weight / seasons.get(jalali_month(each.day), 1.0)
        for slot, calls in enumerate(each.calls):
            if calls is not None:
                sums[slot] += calls * scale
                weights[slot] += weight
    return [total / weight if weight else usual
            for total, weight, usual in zip(sums, weights, otherwise, strict=True)]


def _special(days: Sequence[Day], plain: Forecaster, last: date) -> float:
    """Calls of such days ÷ those of ordinary days in their places."""
    came = usual = 0.0
    whole = [(each.day, each.total) for each in days if each.total is not None]
    for day, total in whole:
        age = (last - day).days / YEAR
        usual += sum(plain.calls(day, DayClass.ORDINARY)) * (plain.yearly_growth or 1.0) ** -age
        came += total
    if usual <= 0:
        return 1.0
    prior = SPECIAL_PRIOR * usual / len(whole)
    return (came + prior) / (usual + prior)


def _profile(holidays: Sequence[Day]) -> Sequence[float] | None:
    if len(holidays) < OWN_PROFILE:
        return None
    slots = [sum(each.calls[slot] or 0.0 for each in holidays) for slot in range(SLOTS)]
    return [each / sum(slots) for each in slots]
