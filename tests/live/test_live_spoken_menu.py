"""A caller says a word instead of pressing a key; whatever becomes of the recogniser, his keys work."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

import pytest

from bench.sipp import Caller, Keys, calling
from tests.support.live_calls import LANGUAGE
from tests.support.live_line import LiveLine, Moment
from tests.support.live_start import running_line
from tests.support.spoken import (
    FIRST,
    SECOND,
    STRANGE,
    UNSURE,
    Failure,
    failing_server,
    let_callers_speak,
    say,
    silent_server,
    tone_server,
)

pytestmark = pytest.mark.live

SPEAKS_AFTER = 2.5
"""Seconds from the answer: by then the subject menu listens."""


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def spoken(model: Path, port: int) -> Iterator[LiveLine]:
    """A line whose recogniser is the test's."""
    with running_line(model, more={"speech": {"url": f"ws://127.0.0.1:{port}"}}) as line:
        let_callers_speak(line.home)
        line.restart("ivr")  # the first calls come at once, while changed menus would still be read
        yield line


async def _queues(line: LiveLine, since: Moment, count: int) -> dict[str, str]:
    """Caller to the queue that he came to."""
    stints = await line.written("STINT", since, count)
    return {stint.data[1]: stint.queue for stint in stints}


async def test_words_and_keys_choose(spoken: LiveLine, port: int, tmp_path: Path) -> None:
    """Words that are strange or mumbled count as nothing said."""
    since = spoken.now()
    spoke = {
        "09127000001": (FIRST, "insurance"), "09127000002": (SECOND, "medical"), "09127000003": (UNSURE, "operator"),
        "09127000004": (STRANGE, "operator"),
    }
    async with tone_server(port), asyncio.TaskGroup() as tasks:
        for number, (hertz, _) in spoke.items():
            sound = say(tmp_path / f"{number}.alaw", hertz, SPEAKS_AFTER)
            tasks.create_task(_call_until_queued(spoken, since, Caller(number, (LANGUAGE,)), sound))
        for number, key in (("09127000005", "3"), ("09127000006", "#")):
            caller = Caller(number, (LANGUAGE, Keys(1.5, key)))
            tasks.create_task(_call_until_queued(spoken, since, caller))
    expected = {number: queue for number, (_, queue) in spoke.items()}
    expected |= {"09127000005": "pensions", "09127000006": "operator"}
    assert await _queues(spoken, since, 6) == expected


async def _call_until_queued(line: LiveLine, since: Moment, caller: Caller, sound: Path | None = None) -> None:
    async with calling(line.target, [caller], line.sipp, tone=sound):
        while caller.number not in await _queues(line, since, 0):  # noqa: ASYNC110 - the journal has no bell
            await asyncio.sleep(0.2)


async def test_keys_work_whatever_becomes_of_the_recogniser(spoken: LiveLine, port: int) -> None:
    """Frozen or killed in mid-call, silent from the start, not there: each arrives by his key, or by his silence."""
    servers = (
        failing_server(port, Failure.FROZEN), failing_server(port, Failure.KILLED), silent_server(port), nothing(),
    )
    for number, server in enumerate(servers, 1):
        since = spoken.now()
        pressing = Caller(f"0912701000{number}", (LANGUAGE, Keys(3.0, "3")))
        silent = Caller(f"0912702000{number}", (LANGUAGE,))
        async with server, asyncio.TaskGroup() as tasks:
            tasks.create_task(_call_until_queued(spoken, since, pressing))
            tasks.create_task(_call_until_queued(spoken, since, silent))
        assert await _queues(spoken, since, 2) == {pressing.number: "pensions", silent.number: "operator"}
        assert spoken.events("RESCUED", since) == []


def nothing() -> AbstractAsyncContextManager[None]:
    return nullcontext()
