"""The pulse of calls: what rose or fell by queue, service, province and hour, against the same hours before. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from followups.faults.faults import EARLIER_WEEKS, Rises, Series, find_rises
from foundation.calendars import Interval


class Sort(StrEnum):
    """What calls are counted apart by."""

    ALL = "all"
    QUEUE = "queue"
    SERVICE = "service"
    PROVINCE = "province"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that came, as far as the pulse counts it."""

    at: float
    """Epoch seconds."""
    queue: str | None
    """The first one it asked for, whether it was let in or not."""
    services: frozenset[str]
    province: str


def series_of(call: Arrival, zone: ZoneInfo) -> Iterator[Series]:
    local = datetime.fromtimestamp(call.at, zone)
    yield Series(Sort.ALL, "")
    yield Series(Sort.PROVINCE, call.province)
    yield Series(Sort.HOUR, f"{local.weekday()}-{local.hour:02}")
    if call.queue is not None:
        yield Series(Sort.QUEUE, call.queue)
    for service in call.services:
        yield Series(Sort.SERVICE, service)


def weeks_before(interval: Interval, zone: ZoneInfo) -> list[Interval]:
    """The same hours by the clock of the same weekdays, the last week first."""
    return [
        Interval(_before(interval.start, week, zone), _before(interval.end, week, zone))
        for week in range(1, EARLIER_WEEKS + 1)
    ]


def _before(instant: int, weeks: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(instant, zone).replace(tzinfo=None)
    return int((local - timedelta(weeks=weeks)).replace(tzinfo=zone).timestamp())


def compare_calls(
    calls: Sequence[Arrival], earlier: Sequence[Sequence[Arrival] | None], zone: ZoneInfo,
) -> Rises:
    """Every series of the time against its earlier weeks (None: a week that is not wholly on record)."""
    now = _counts(calls, zone)
    weeks: list[Mapping[Series, int] | None] = [None if week is None else _counts(week, zone) for week in earlier]
    known = now.keys() | {series for week in weeks if week is not None for series in week}
    return find_rises(
        now, {series: [None if week is None else week.get(series, 0) for week in weeks] for series in known},
        falls=True)


def _counts(calls: Sequence[Arrival], zone: ZoneInfo) -> Counter[Series]:
    return Counter(series for call in calls for series in series_of(call, zone))
