"""The time as the web pages take it."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Epoch milliseconds, UTC."""

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def present_ms() -> int:
    return time.time_ns() // 1_000_000
