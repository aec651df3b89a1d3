"""How long a disk lasts for the sound that comes each day, given how long each kind of it is kept. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.settings import Retention


@dataclass(frozen=True, slots=True)
class Growth:
    """What a kind of sound of one queue takes."""

    bytes_a_day: float
    days: int | None
    """How long it is kept; None: for ever."""


@dataclass(frozen=True, slots=True)
class Outlook:
    bytes_a_day: float
    days_left: float | None
    """Until the disk is full; None: what goes by then makes room for what comes."""
    wanted: float
    """Bytes that are still to come before as much goes as comes, where something goes."""


def outlook(growths: Sequence[Growth], oldest_days: float, free: float) -> Outlook:
    """How long `free` bytes last, when the oldest sound is so many days old.

    Each growth fills the disk until its own time is over; then as much goes as comes.
    """
    spans = [(one.bytes_a_day, None if one.days is None else max(0.0, one.days - oldest_days)) for one in growths]
    total = sum(rate for rate, _ in spans)
    left, at = free, 0.0
    for end in sorted({span for _, span in spans if span is not None}):
        rate = sum(one for one, span in spans if span is None or span >= end)
        if rate * (end - at) > left:
            return Outlook(total, at + left / rate, _wanted(spans))
        left, at = left - rate * (end - at), end
    endless = sum(rate for rate, span in spans if span is None)
    return Outlook(total, at + left / endless if endless else None, _wanted(spans))


def _wanted(spans: Sequence[tuple[float, float | None]]) -> float:
    return sum(rate * span for rate, span in spans if span is not None)


def kept_days(retention: Retention, kind: str, queue: str | None) -> int | None:
    """How long a kind of sound of a queue is kept; rules for single subjects change it for few calls."""
    rules = (one for one in retention.rules if one.kind == kind and one.subject is None and one.queue in {None, queue})
    found = next(rules, None)
    return found.days if found else next((days for name, days in retention.days.items() if name == kind), None)
