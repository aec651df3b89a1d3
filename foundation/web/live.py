"""The present moment for pages: one reader of the bus in this process, and a stream of events for each open page.

A page gets a beat twice a second that says how old the picture is; one that gets none for two seconds says so itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiomqtt
import structlog
from fastapi import Request
from fastapi.responses import StreamingResponse

from foundation.bus import ROOT, Broker, Picture, bus_reader
from foundation.service import back_off
from foundation.web.clock import Clock

BEAT_SECONDS = 0.5
STALE_MS = 2000
"""The floor is published every second: an older picture cannot be trusted."""
SHORTEST_SECONDS = 0.2
"""Between two pictures for one page."""
ADMISSION_SECONDS = 15.0
"""How often a stream asks whether its user may still see it."""
FLOOR = f"{ROOT}/floor"

log = structlog.get_logger()

Pictures = Mapping[str, Picture]


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A piece of a page: `name` is what its element listens to (`sse-swap`), `html` what it shows from now on."""

    name: str
    html: str


Render = Callable[[Pictures], Iterable[LiveEvent]]
Admits = Callable[[Request], Awaitable[bool]]


class LiveFloor:
    """The newest picture of every topic, as long as this process lives."""

    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._broker, self._clock = broker, clock
        self._changed = asyncio.Condition()
        self._pieces: dict[object, tuple[int, Any]] = {}
        self.pictures: dict[str, Picture] = {}
        self.version = 0
        self.closing = asyncio.Event()

    async def run(self) -> None:
        """Read the bus until cancelled; a broker that is away is waited for."""
        wait = back_off()
        while True:
            try:
                async with bus_reader(self._broker, f"{ROOT}/#") as messages:
                    wait = back_off()
                    async for message in messages:
                        await self.take(message.topic, message.content)
            except aiomqtt.MqttError as error:
                log.warning("bus away", error=str(error))
            await asyncio.sleep(wait())

    async def take(self, topic: str, content: Picture | None) -> None:
        """A topic shows this now; None: nothing any more."""
        if content is None:
            self.pictures.pop(topic, None)
        else:
            self.pictures[topic] = content
        self.version += 1
        async with self._changed:
            self._changed.notify_all()

    async def close(self) -> None:
        """End all streams."""
        self.closing.set()
        async with self._changed:
            self._changed.notify_all()

    async def next_version(self, seen: int, seconds: float) -> None:
        """Return when there is another picture than `seen`, or after so long."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self.version != seen or self.closing.is_set())
        except TimeoutError:
            return

    def once(self, key: object, make: Callable[[Pictures], Any]) -> Any:
        """What `make` makes of the present pictures, made once for all pages that ask for `key` meanwhile."""
        version, made = self._pieces.get(key, (-1, None))
        if version != self.version:
            made = make(self.pictures)
            self._pieces[key] = (self.version, made)
        return made

    @property
    def age_ms(self) -> int | None:
        """How old the picture is; None: nothing was ever seen."""
        at = self.pictures.get(FLOOR, {}).get("at")
        return None if at is None else max(0, self._clock() - round(datetime.fromisoformat(at).timestamp() * 1000))

    @property
    def status(self) -> str:
        """`live`, `stale` (too old), or `blind` (the floor says itself that it cannot see)."""
        age = self.age_ms
        if age is None or age > STALE_MS:
            return "stale"
        return "live" if self.pictures[FLOOR].get("status") == "live" else "blind"


def live_response(
    request: Request, live: LiveFloor, render: Render, admits: Admits | None = None,
) -> StreamingResponse:
    """A stream of `render`'s events: all at first, then those that have changed. Ends when its user may not see it;
    `admits` says so where it is not a signed-in user's.
    """
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = _stream(request, live, render, admits or _is_admitted)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(request: Request, live: LiveFloor, render: Render, admits: Admits) -> AsyncIterator[str]:
    sent: dict[str, str] = {}
    version, loop = -1, asyncio.get_running_loop()
    admitted = loop.time()
    while not live.closing.is_set():
        yield _message("beat", json.dumps({"status": live.status, "age": live.age_ms}))
        if live.version != version:
            version = live.version
            for event in render(live.pictures):
                if sent.get(event.name) != event.html:
                    sent[event.name] = event.html
                    yield _message(event.name, event.html)
        if loop.time() - admitted > ADMISSION_SECONDS:
            admitted = loop.time()
            if not await admits(request):
                yield _message("over", "")
                return
        await asyncio.sleep(SHORTEST_SECONDS)
        await live.next_version(version, BEAT_SECONDS - SHORTEST_SECONDS)


def _message(name: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n"


async def _is_admitted(request: Request) -> bool:
    from foundation.web.guards import still_admitted  # noqa: PLC0415 - it looks at this module

    return await still_admitted(request)
