"""What the AMI link tells its readers: connected, an event, lost; in order, each reader at his own pace."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from foundation.asterisk.ami_protocol import Event


@dataclass(frozen=True, slots=True)
class Connected:
    """The link is up and Asterisk fully booted: whoever keeps a picture takes a new snapshot now."""

    at: float


@dataclass(frozen=True, slots=True)
class Lost:
    """The link is down: from `at` (epoch seconds) on nothing is seen."""

    at: float
    reason: str


News = Connected | Event | Lost


class Reader:
    """An ordered stream of what the link sees, for one reader: `async for item in reader`."""

    def __init__(self, limit: int, on_overflow: Callable[[], None]) -> None:
        self._items: deque[News] = deque()
        self._some = asyncio.Event()
        self._limit = limit
        self._on_overflow = on_overflow

    def put(self, item: News) -> None:
        if isinstance(item, Connected):
            self._items = deque(known for known in self._items if isinstance(known, Lost))
        self._items.append(item)
        self._some.set()
        if len(self._items) > self._limit:
            self._items.clear()
            self._on_overflow()

    def waiting(self) -> int:
        """How many items can be read at once."""
        return len(self._items)

    def __aiter__(self) -> AsyncIterator[News]:
        return self

    async def __anext__(self) -> News:
        while not self._items:
            self._some.clear()
            await self._some.wait()
        return self._items.popleft()
