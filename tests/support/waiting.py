"""Waiting for a condition instead of for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")

PAUSE_SECONDS = 0.1


async def eventually(look: Callable[[], Awaitable[Found]], what: str, within: float = 60.0) -> Found:
    """The first true value of `look`; fails, telling what it saw last, when there is none `within` seconds."""
    limit = time.monotonic() + within
    while True:
        found = await look()
        if found:
            return found
        if time.monotonic() > limit:
            raise AssertionError(f"not within {within:.0f} s: {what}; last seen: {found!r}")
        await asyncio.sleep(PAUSE_SECONDS)
