"""The pulse of calls: what rose or fell by queue, service, province and hour, against the same hours before. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from followups.faults.faults import EARLIER_WEEKS, Rises, Series, find_rises
from foundation.calendars import Interval
from foundation.numbered import NUMBER, Numbers, Told, coded, numbers_of
from foundation.numbered import UNKNOWN as NOT_TOLD
from foundation.provinces import UNKNOWN, area_code

QUARTER = 900
"""Seconds; every zone's hours and days begin with one."""
COUNT, PLACE = np.dtype("<i4"), np.dtype("<u2")


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
    caller: str | None
    queue: str | None
    """The first one it asked for, whether it was let in or not."""
    services: Collection[str]


@dataclass(frozen=True, slots=True)
class CallsByQuarter:
    """Calls that came in one time, by quarters of an hour, in numbers that can be kept."""

    first: int
    """The quarter of an hour, counted from the epoch's, that the columns of `counts` begin with."""
    keys: Sequence[tuple[Sort, str]] = ()
    """Provinces stand here by the area codes of fixed lines; other callers' is empty."""
    counts: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 0), COUNT))
    """A row of each of `keys`, a column of each quarter."""
    numbers: Numbers = field(default_factory=lambda: numbers_of(()))
    """Of the callers without an area code, once for each call, rising."""
    quarters: NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, PLACE))
    """The column of each of these calls."""

    def between(self, time: Interval) -> "CallsByQuarter":
        """Those of the quarters of an hour that lie wholly in the time."""
        first = max(self.first, -(-time.start // QUARTER))
        last = max(first, min(self.first + self.counts.shape[1], time.end // QUARTER))
        low, high = first - self.first, last - self.first
        mine = (self.quarters >= low) & (self.quarters < high)
        return CallsByQuarter(first, self.keys, self.counts[:, low:high], self.numbers[mine],
                        (self.quarters[mine] - low).astype(PLACE))


def tally_quarters(calls: Iterable[Arrival], time: Interval, codes: Collection[str]) -> CallsByQuarter:
    """Of the calls of one time; `codes`: the area codes that there are."""
    first = time.start // QUARTER
    columns = -(-time.end // QUARTER) - first
    found: defaultdict[tuple[Sort, str], list[int]] = defaultdict(lambda: [0] * columns)
    mobile: list[tuple[int, int]] = []
    for call in calls:
        column = int(call.at // QUARTER) - first
        code = area_code(call.caller, codes)
        found[Sort.ALL, ""][column] += 1
        found[Sort.PROVINCE, code][column] += 1
        if call.queue is not None:
            found[Sort.QUEUE, call.queue][column] += 1
        for service in call.services:
            found[Sort.SERVICE, service][column] += 1
        if not code and (number := coded(call.caller)):
            mobile.append((number, column))
    keys, mobile = sorted(found), sorted(mobile)
    return CallsByQuarter(
        first, keys, np.array([found[key] for key in keys], COUNT).reshape(len(keys), columns),
        numbers_of(number for number, _ in mobile), np.array([column for _, column in mobile], PLACE))


def count_series(
    parts: Iterable[CallsByQuarter], zone: ZoneInfo, codes: Mapping[str, str], told: Told,
) -> Counter[Series]:
    """Every series of the calls of all parts.

    Args:
        parts: of times that do not overlap.
        zone: in which hours of the week are told.
        codes: area code to province.
        told: the provinces of callers who have no area code.
    """
    counts: Counter[Series] = Counter()
    for part in parts:
        for (sort, name), row in zip(part.keys, part.counts, strict=True):
            if sort is Sort.PROVINCE:
                counts[Series(sort, codes.get(name, UNKNOWN))] += int(row.sum())
            else:
                counts[Series(sort, name)] += int(row.sum())
            if sort is Sort.ALL:
                counts.update(_hours(part.first, row, zone))
        places = told.places_of(part.numbers)
        for place, count in zip(*np.unique(places[places != NOT_TOLD], return_counts=True), strict=True):
            counts[Series(Sort.PROVINCE, told.words[place])] += int(count)
            counts[Series(Sort.PROVINCE, UNKNOWN)] -= int(count)
    return +counts


def _hours(first: int, row: NDArray[np.int32], zone: ZoneInfo) -> Counter[Series]:
    hours: Counter[Series] = Counter()
    for column in np.flatnonzero(row).tolist():
        local = datetime.fromtimestamp((first + column) * QUARTER, zone)
        hours[Series(Sort.HOUR, f"{local.weekday()}-{local.hour:02}")] += int(row[column])
    return hours


def encode_quarters(calls: CallsByQuarter) -> tuple[str, bytes]:
    """What the numbers are, as JSON, and the numbers."""
    said = [calls.first, calls.counts.shape[1], len(calls.numbers), calls.keys]
    arrays = ((calls.numbers, NUMBER), (calls.counts, COUNT), (calls.quarters, PLACE))
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False), b"".join(
        array.astype(kind).tobytes() for array, kind in arrays)


def decode_quarters(said: str, content: bytes) -> CallsByQuarter:
    first, columns, mobile, keys = json.loads(said)
    at = NUMBER.itemsize * mobile
    counts = np.frombuffer(content, COUNT, len(keys) * columns, at)
    return CallsByQuarter(
        first, [(Sort(sort), name) for sort, name in keys], counts.reshape(len(keys), columns),
        np.frombuffer(content, NUMBER, mobile), np.frombuffer(content, PLACE, mobile, at + counts.nbytes))


def weeks_before(interval: Interval, zone: ZoneInfo) -> list[Interval]:
    """The same hours by the clock of the same weekdays, the last week first."""
    return [
        Interval(_before(interval.start, week, zone), _before(interval.end, week, zone))
        for week in range(1, EARLIER_WEEKS + 1)
    ]


def _before(instant: int, weeks: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(instant, zone).replace(tzinfo=None)
    return int((local - timedelta(weeks=weeks)).replace(tzinfo=zone).timestamp())


def compare_counts(now: Mapping[Series, int], weeks: Sequence[Mapping[Series, int] | None]) -> Rises:
    """Every series of the time against its earlier weeks (None: a week that is not wholly on record)."""
    known = now.keys() | {series for week in weeks if week is not None for series in week}
    return find_rises(
        now, {series: [None if week is None else week.get(series, 0) for week in weeks] for series in known},
        falls=True)
