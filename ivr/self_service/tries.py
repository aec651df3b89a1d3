"""How often somebody may be wrong about a PIN: the pure rules."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Tally:
    """Tries for one national ID, or from one telephone number. Epoch milliseconds."""

    failures: int = 0
    first_ms: int = 0
    """The first of these failures."""
    locked_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` wrong tries within `window_ms`; then it is locked for as long."""

    most: int
    window_ms: int


def is_locked(tally: Tally, now_ms: int) -> bool:
    return now_ms < tally.locked_until_ms


def on_try(tally: Tally, limit: Limit, now_ms: int) -> Tally:
    """A try begins. It counts as wrong until it is known to be right: so many at once gain nothing."""
    if now_ms >= tally.first_ms + limit.window_ms:
        tally = Tally(first_ms=now_ms)
    failures = tally.failures + 1
    locked_until = now_ms + limit.window_ms if failures >= limit.most else 0
    return replace(tally, failures=failures, locked_until_ms=locked_until)


def on_not_counted(tally: Tally, limit: Limit) -> Tally:
    """The try was right, or nobody could tell: it is taken back."""
    failures = max(tally.failures - 1, 0)
    locked_until = tally.locked_until_ms if failures >= limit.most else 0
    return replace(tally, failures=failures, locked_until_ms=locked_until)
