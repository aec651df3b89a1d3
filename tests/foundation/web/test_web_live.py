"""What a page with the present moment is told, and when it is told that the moment has passed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import aiomqtt
import pytest
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from starlette.types import Message

from foundation.bus import Broker, instant
from foundation.web.clock import present_ms
from foundation.web.guards import signed_in
from foundation.web.live import FLOOR, LiveEvent, LiveFloor, Pictures, live_response
from foundation.web.roles import Role, User
from foundation.web.rooms import WebRoom
from foundation.web.site import web_of
from tests.support.broker import running_broker
from tests.support.page_site import HandClock, PageSite, page_site

NOBODY = Broker(1)


def floor(at_ms: int, status: str = "live", waiting: int = 0) -> dict[str, object]:
    return {"status": status, "at": instant(at_ms / 1000), "waiting": waiting}


@pytest.mark.parametrize(
    ("status", "age_ms", "shown"),
    [
        ("live", 0, "live"), ("live", 2000, "live"), ("live", 2001, "stale"), ("blind", 500, "blind"),
        ("blind", 9000, "stale"),
    ],
)
async def test_a_picture_older_than_two_seconds_is_stale(status: str, age_ms: int, shown: str) -> None:
    clock = HandClock(1_800_000_000_000)
    live = LiveFloor(NOBODY, clock)
    assert (live.status, live.age_ms) == ("stale", None)
    await live.take(FLOOR, floor(clock() - age_ms, status))
    assert (live.status, live.age_ms) == (shown, age_ms)


async def test_a_vanished_publishers_last_will_has_no_time_and_is_stale() -> None:
    live = LiveFloor(NOBODY, HandClock(1_800_000_000_000))
    await live.take(FLOOR, {"status": "blind", "at": None, "sequence": 0})
    assert live.status == "stale"


async def test_a_piece_is_made_once_for_all_pages_until_the_picture_changes() -> None:
    live, made = LiveFloor(NOBODY, HandClock()), []

    def make(pictures: Pictures) -> int:
        made.append(len(pictures))
        return len(pictures)

    assert [live.once("count", make) for _ in range(3)] == [0, 0, 0]
    await live.take("pasokh/queues/a", {"waiting": []})
    assert [live.once("count", make) for _ in range(3)] == [1, 1, 1]
    await live.take("pasokh/queues/a", None)
    assert live.once("count", make) == 0
    assert len(made) == 3


def live_room() -> WebRoom:
    router = APIRouter()

    @router.get("/now", response_model=None)
    async def stream(request: Request, _user: Annotated[User, Depends(signed_in(Role.MANAGER))]) -> StreamingResponse:
        def render(pictures: Pictures) -> Iterable[LiveEvent]:
            yield LiveEvent("waiting", f"<b>{pictures.get(FLOOR, {}).get('waiting')}</b>\n<i>two lines</i>")
            yield LiveEvent("fixed", "always the same")

        return live_response(request, web_of(request).live, render)

    return WebRoom("now", router)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [live_room()]) as made:
        yield made


class Listener:
    """The events of one stream, read from the application itself."""

    def __init__(self, site: PageSite, key: str) -> None:
        self._site, self._key = site, key
        self.events: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._task = asyncio.create_task(self._listen(), name="listener")

    async def next(self, name: str) -> str:
        async with asyncio.timeout(60):
            while True:
                found, text = await self.events.get()
                if found == name:
                    return text

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def ended(self) -> None:
        async with asyncio.timeout(60):
            await self._task

    async def _listen(self) -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "GET", "path": "/now",
            "raw_path": b"/now", "query_string": b"", "scheme": "https", "server": ("pasokh.test", 443),
            "client": ("127.0.0.1", 1), "root_path": "", "http_version": "1.1",
            "headers": [(b"host", b"pasokh.test"), (b"cookie", f"__Host-pasokh-session={self._key}".encode())],
        }
        await self._site.app(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Message) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        for block in body.decode().split("\n\n"):
            lines = block.splitlines()
            if lines:
                data = "\n".join(line.removeprefix("data: ") for line in lines[1:])
                await self.events.put((lines[0].removeprefix("event: "), data))


async def test_a_stream_tells_all_at_first_and_then_what_has_changed(site: PageSite) -> None:
    live = site.web.live
    listener = Listener(site, await site.session(Role.MANAGER))
    beat = json.loads(await listener.next("beat"))
    assert beat == {"status": "stale", "age": None}
    assert await listener.next("waiting") == "<b>None</b>\n<i>two lines</i>"
    await live.take(FLOOR, floor(site.clock(), waiting=3))
    assert (await listener.next("waiting")).startswith("<b>3</b>")
    assert json.loads(await listener.next("beat"))["status"] == "live"
    seen = []
    while not listener.events.empty():
        seen.append((await listener.events.get())[0])
    assert "fixed" not in seen
    await live.close()
    await listener.ended()


async def test_a_stream_ends_soon_after_its_session(site: PageSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foundation.web.live.ADMISSION_SECONDS", 0.1)
    key = await site.session(Role.MANAGER)
    listener = Listener(site, key)
    await listener.next("fixed")
    await site.web.sessions.end(key)
    await listener.next("over")
    await listener.ended()


async def test_the_bus_is_read_and_read_again_after_the_broker_was_away(tmp_path: Path) -> None:
    async with running_broker(tmp_path) as broker:
        live = LiveFloor(broker.broker, present_ms)
        reading = asyncio.create_task(live.run(), name="reading")
        for waiting in (3, 4):
            picture = json.dumps(floor(present_ms(), waiting=waiting))
            async with aiomqtt.Client(broker.broker.host, broker.broker.port) as publisher:
                await publisher.publish(FLOOR, picture, qos=1, retain=True)
            await _until(lambda: live.pictures.get(FLOOR, {}).get("waiting") == waiting)  # noqa: B023 - called at once
            await broker.kill()
            await _until(lambda: live.status == "stale")
            await broker.start()
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - the clock is part of it
            await asyncio.sleep(0.05)
