"""A circuit breaker: after failures in a row nobody waits for the back office until one question shows that it is back.

Pure: it is told the time. Pattern: M. Nygard, "Release It!", 2nd ed., section 5.2.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

FAILURES = 3
OPEN_SECONDS = 10.0
PROBE_SECONDS = 10.0
"""A probe that has not been heard of for so long is given up, and another may go."""


class State(StrEnum):
    CLOSED = "closed"
    """All is well."""
    OPEN = "open"
    """Nobody asks."""
    HALF_OPEN = "half_open"
    """One asks, the others wait for what becomes of it."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Seconds of any clock that only grows."""

    failures: int = 0
    """In a row."""
    opened: float | None = None
    probing: float | None = None
    """Since when a probe is under way."""

    def state(self, now: float) -> State:
        if self.opened is None:
            return State.CLOSED
        return State.OPEN if now < self.opened + OPEN_SECONDS else State.HALF_OPEN


def admit(breaker: Breaker, now: float) -> Breaker | None:
    """May a question go out now? The breaker from then on, or None when it may not."""
    match breaker.state(now):
        case State.CLOSED:
            return breaker
        case State.OPEN:
            return None
        case State.HALF_OPEN:
            under_way = breaker.probing is not None and now < breaker.probing + PROBE_SECONDS
            return None if under_way else replace(breaker, probing=now)


def on_success(_breaker: Breaker) -> Breaker:
    return Breaker()


def on_failure(breaker: Breaker, now: float) -> Breaker:
    """A question was not answered; the third in a row, or a probe, opens the breaker anew."""
    failures = breaker.failures + 1
    if breaker.opened is not None or failures >= FAILURES:
        return Breaker(failures, opened=now)
    return replace(breaker, failures=failures)
