"""Requests of a time counted by how they ended, and a day of them as it is kept. Pure.

What an area code tells of a caller is so for ever; what others have told of themselves may change any time. So callers
without an area code are kept by their numbers, and their provinces are looked up when a report is made.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foundation.numbered import NUMBER, Numbers, Told, coded, numbers_of
from foundation.provinces import UNKNOWN, area_code
from reports.callers.requests import End, Request

ENDS = tuple(End)
PLACES = {end: place for place, end in enumerate(ENDS)}
ELSEWHERE = ""
"""In place of an area code: those of whose numbers nothing can be told."""

ByProvince = dict[str, Counter[End]]


@dataclass(slots=True)
class DayOfRequests:
    by_code: dict[str, Counter[End]] = field(default_factory=dict)
    """By area code, without its 0."""
    numbers: Numbers = field(default_factory=lambda: numbers_of(()))
    """Of the other callers, as far as they can be coded (`foundation.numbered`): rising, one for each request."""
    ends: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    """How each of these ended: places in `ENDS`."""


def tally_day(requests: Iterable[Request], codes: Collection[str]) -> DayOfRequests:
    """`codes`: area codes without their 0."""
    by_code: dict[str, Counter[End]] = {}
    others: list[tuple[int, int]] = []
    for request in requests:
        code = area_code(request.caller, codes)
        number = 0 if code else coded(request.caller)
        if number:
            others.append((number, PLACES[request.end]))
        else:
            by_code.setdefault(code or ELSEWHERE, Counter())[request.end] += 1
    others.sort()
    return DayOfRequests(
        by_code, numbers_of(number for number, _ in others), np.array([end for _, end in others], np.uint8))


def add_day(into: ByProvince, day: DayOfRequests, provinces: Mapping[str, str], told: Told) -> None:
    """Count a day's requests by province.

    Args:
        into: what is counted already.
        day: the day.
        provinces: by area code.
        told: the provinces of other numbers.
    """
    for code, ends in day.by_code.items():
        into.setdefault(provinces.get(code, UNKNOWN), Counter()).update(ends)
    if not len(day.numbers):
        return
    names = [UNKNOWN, *told.words]
    places = told.places_of(day.numbers) + 1  # the unknown come first
    counts = np.bincount(places * len(ENDS) + day.ends, minlength=len(names) * len(ENDS))
    for name, row in zip(names, counts.reshape(len(names), len(ENDS)).tolist(), strict=True):
        found = {end: count for end, count in zip(ENDS, row, strict=True) if count}
        if found:
            into.setdefault(name, Counter()).update(found)


def encode(day: DayOfRequests) -> tuple[str, bytes, bytes]:
    """Counts as JSON, numbers, and their ends."""
    counts = json.dumps(day.by_code, sort_keys=True, separators=(",", ":"))
    return counts, day.numbers.astype(NUMBER).tobytes(), day.ends.tobytes()


def decode(counts: str, numbers: bytes, ends: bytes) -> DayOfRequests:
    content: dict[str, Any] = json.loads(counts)
    by_code = {code: Counter({End(end): count for end, count in found.items()}) for code, found in content.items()}
    return DayOfRequests(by_code, np.frombuffer(numbers, NUMBER), np.frombuffer(ends, np.uint8))
