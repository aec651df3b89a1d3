"""Days as the forecast sees them: 96 quarters of an hour each, and whether a holiday is near."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from foundation.calendars import Interval, day_start
from reports.staffing.erlang import QUARTER

SLOTS = 96
DAY = timedelta(days=1)
BLIND_SECONDS = 60
"""A quarter of which so much is unseen says nothing about its calls."""
Slots = tuple[float | None, ...]


class DayClass(StrEnum):
    ORDINARY = "ordinary"
    HOLIDAY = "holiday"
    BEFORE = "before"
    """An ordinary day before a holiday."""
    AFTER = "after"
    """An ordinary day after a holiday."""


@dataclass(frozen=True, slots=True)
class Day:
    """Calls of each quarter of an hour by the site's clock; None where nobody knows."""

    day: date
    calls: Slots

    @property
    def total(self) -> float | None:
        """Calls of the whole day; None unless all of it is known."""
        known = [each for each in self.calls if each is not None]
        return sum(known) if len(known) == len(self.calls) else None


def class_of(day: date, is_holiday: Callable[[date], bool]) -> DayClass:
    """A day after a holiday and before another counts as one after: what was left undone comes then."""
    if is_holiday(day):
        return DayClass.HOLIDAY
    if is_holiday(day - DAY):
        return DayClass.AFTER
    return DayClass.BEFORE if is_holiday(day + DAY) else DayClass.ORDINARY


def slot_start(day: date, slot: int, zone: ZoneInfo) -> int:
    """Epoch seconds at which a quarter of an hour begins by the site's clock."""
    midnight = day_start(day, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight + slot * timedelta(seconds=QUARTER)).timestamp())


def is_skipped(day: date, slot: int, zone: ZoneInfo) -> bool:
    """Whether clocks jump over this quarter of an hour."""
    local = datetime.fromtimestamp(slot_start(day, slot, zone), zone)
    return (local.hour * 60 + local.minute) // 15 != slot


def days_of(
    counted: Mapping[int, int], seen: Interval, unseen: Iterable[Interval], zone: ZoneInfo,
) -> Sequence[Day]:
    """Every day of the site's clock that `seen` touches, in order.

    Args:
        counted: calls by the number of their quarter of an hour since the epoch; none: no call.
        seen: the time of which the ledger tells.
        unseen: times in it in which calls could come without being written.
        zone: the site's; its offset from UTC is a multiple of a quarter of an hour, as all zones' are today.
    """
    blind = _blind_quarters(unseen)
    slots: dict[date, list[float | None]] = {}
    first, last = -(-seen.start // QUARTER), seen.end // QUARTER
    for quarter in range(first, last):
        local = datetime.fromtimestamp(quarter * QUARTER, zone)
        day = slots.setdefault(local.date(), [None] * SLOTS)
        if quarter not in blind:
            slot = (local.hour * 60 + local.minute) // 15
            # An hour that clocks repeat counts once, with the mean of both.
            before, found = day[slot], float(counted.get(quarter, 0))
            day[slot] = found if before is None else (before + found) / 2
    return [Day(day, tuple(_bridge_skipped_hour(day, calls, zone))) for day, calls in sorted(slots.items())]


def _bridge_skipped_hour(day: date, calls: Sequence[float | None], zone: ZoneInfo) -> Iterable[float | None]:
    """An hour that clocks skip has no calls, and that is known."""
    for slot, found in enumerate(calls):
        yield 0.0 if is_skipped(day, slot, zone) else found


def _blind_quarters(unseen: Iterable[Interval]) -> frozenset[int]:
    lost: dict[int, int] = {}
    for gap in unseen:
        for quarter in range(gap.start // QUARTER, -(-gap.end // QUARTER)):
            inside = min(gap.end, (quarter + 1) * QUARTER) - max(gap.start, quarter * QUARTER)
            lost[quarter] = lost.get(quarter, 0) + inside
    return frozenset(quarter for quarter, seconds in lost.items() if seconds >= BLIND_SECONDS)
