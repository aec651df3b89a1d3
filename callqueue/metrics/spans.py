"""Arithmetic of time spans: (start, end) in seconds, half open."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[float, float]


def join(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in rising order; empty spans vanish."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def overlap(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """The time that lies in both; each must be joined."""
    found: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return found


def seconds_within(joined: Sequence[Span], start: float, end: float) -> float:
    """How much of joined spans lies between `start` and `end`."""
    found = 0.0
    for index in range(max(0, bisect_right(joined, start, key=lambda span: span[0]) - 1), len(joined)):
        if joined[index][0] >= end:
            break
        found += max(0.0, min(joined[index][1], end) - max(joined[index][0], start))
    return found


def milliseconds_within(joined: Sequence[Span], start: float, end: float) -> int:
    """As `seconds_within`, each span rounded to the millisecond first: sums are the same in whatever order."""
    found = 0
    for index in range(max(0, bisect_right(joined, start, key=lambda span: span[0]) - 1), len(joined)):
        if joined[index][0] >= end:
            break
        found += max(0, round((min(joined[index][1], end) - max(joined[index][0], start)) * 1000))
    return found


def seconds(spans: Iterable[Span]) -> float:
    return sum(end - start for start, end in spans)
