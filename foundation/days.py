"""Which days are holidays: Iran's public ones, and the site's own closures."""

from collections.abc import Iterable
from datetime import date

import holidays

from foundation.settings import Closure, Holidays


class Days:
    """Asked for one day at a time. Lunar holidays are computed, and the sky may say a day later: see `working`."""

    def __init__(self, rules: Holidays) -> None:
        self._closures: Iterable[Closure] = tuple(rules.closures)
        self._working = frozenset(rules.working)
        self._public = holidays.country_holidays(rules.country) if rules.country else None

    def is_holiday(self, day: date) -> bool:
        if any(closure.first <= day <= closure.last for closure in self._closures):
            return True
        return self._public is not None and day not in self._working and day in self._public
