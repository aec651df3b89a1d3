"""The life of a service: it starts in any order, says it is alive, and stops when asked.

A service tells a watchdog that it is alive by the systemd notification protocol (`NOTIFY_SOCKET`, datagrams
of `READY=1`, `WATCHDOG=1`). systemd understands it, and so does our own watchdog on one machine. The beats come from
the event loop itself, so a process that hangs falls silent.
"""

import asyncio
import os
import random
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import structlog

BEAT_SECONDS = 0.5

Result = TypeVar("Result")

log = structlog.get_logger()


class Heart:
    """Sends the notifications; without `NOTIFY_SOCKET` it does nothing."""

    def __init__(self, address: str | None) -> None:
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)  # noqa: FBT003 - the socket module's own signature

    def say(self, state: str) -> None:
        if not self._address:
            return
        with suppress(OSError):  # a watchdog that is being restarted must not stop the service
            self._socket.sendto(f"{state}\nMAINPID={os.getpid()}".encode(), self._address)

    async def beat(self) -> None:
        while True:
            self.say("WATCHDOG=1")
            await asyncio.sleep(BEAT_SECONDS)


def stop_requests() -> asyncio.Event:
    """An event that is set when SIGTERM or SIGINT asks this process to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@asynccontextmanager
async def heartbeat() -> AsyncIterator[None]:
    """Say that the service is ready, and beat while the block runs."""
    heart = Heart(os.environ.get("NOTIFY_SOCKET"))
    heart.say("READY=1")
    beating = asyncio.create_task(heart.beat(), name="heart")
    try:
        yield
    finally:
        beating.cancel()
        heart.say("STOPPING=1")  # from here on silence is no sign of hanging


@asynccontextmanager
async def alive() -> AsyncIterator[asyncio.Event]:
    """Both at once: beats while the block runs, and yields the event that asks us to stop."""
    stop = stop_requests()
    async with heartbeat():
        yield stop


def back_off(first: float = 0.2, longest: float = 5.0) -> Callable[[], float]:
    """Growing waits in seconds, with a little chance in them so that services do not knock in step."""
    wait = first

    def following() -> float:
        nonlocal wait
        this, wait = wait, min(wait * 2, longest)
        return this * random.uniform(0.8, 1.2)  # noqa: S311 - no secret

    return following


async def keep_trying(what: str, attempt: Callable[[], Awaitable[Result]], *errors: type[Exception]) -> Result:
    """Call `attempt` until it succeeds, waiting longer after each of the named `errors`."""
    wait = back_off()
    while True:
        try:
            return await attempt()
        except errors as error:
            seconds = wait()
            log.warning("waiting", what=what, error=str(error), seconds=round(seconds, 1))
            await asyncio.sleep(seconds)
