"""The embedded back office as a service: HTTP on loopback, until a site has its own."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
import uvicorn

from back_office.office import Office
from back_office.store import Moment, open_office, prepare
from back_office.web import build_app
from foundation.paths import Home
from foundation.service import heartbeat, stop_requests
from foundation.settings import Settings, load_secrets

LOOPBACK = "127.0.0.1"
KEEP_SECONDS = 60
"""Clients let go of a quiet connection before us, so none is cut while a request is on its way."""

log = structlog.get_logger()


class Server(uvicorn.Server):
    """uvicorn, but signals are ours."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def present(zone: ZoneInfo) -> Moment:
    """The day at the site, and the time."""
    return Moment(datetime.now(zone).date(), round(time.time() * 1000))


async def serve(home: Home, settings: Settings) -> None:
    """Serve until asked to stop. A site with a back office of its own gets nothing but silence from this one."""
    stop = stop_requests()
    if settings.back_office.url is not None:
        log.info("the site has its own back office", url=settings.back_office.url)
        async with heartbeat():
            await stop.wait()
        return
    zone = ZoneInfo(settings.site.timezone)
    database = open_office(home)
    try:
        await prepare(database, present(zone))
        office = Office(database, load_secrets(home, settings).back_office, lambda: present(zone))
        await _listen(office, settings.ports.of("back_office"), stop)
    finally:
        await database.close()


async def _listen(office: Office, port: int, stop: asyncio.Event) -> None:
    listener = socket.create_server((LOOPBACK, port), backlog=1024)
    # No access log: an address holds the key of a session.
    config = uvicorn.Config(
        build_app(office), access_log=False, log_config=None, lifespan="off", ws="none",
        timeout_keep_alive=KEEP_SECONDS,
    )
    server = Server(config)
    async with heartbeat(), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve([listener]), name="serve")
        log.info("back office listens", port=port)
        await stop.wait()
        server.should_exit = True
