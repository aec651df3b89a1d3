"""The service `web`: the pages of all rooms over https, or over http to a proxy on this machine."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from foundation.paths import Home
from foundation.service import alive
from foundation.settings import Settings
from foundation.web.app import app_of, web_site
from foundation.web.certificate import web_certificate
from foundation.web.site import Web
from pasokh.web_rooms import web_rooms

LOOPBACK = "127.0.0.1"
KEEP_SECONDS = 60
GRACE_SECONDS = 3
"""For answers that are on their way at the end."""

log = structlog.get_logger()


class Server(uvicorn.Server):
    """uvicorn, but signals are ours."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(home: Home, settings: Settings) -> None:
    """Serve until asked to stop.

    Raises:
        CertificateError: the site's own certificate cannot be used.
        UnguardedRouteError: a room has a page that says not who may see it.
    """
    web = web_site(home, settings, web_rooms())
    server = Server(configuration(web))
    listener = socket.create_server(where(settings), backlog=512, family=_family(settings))
    async with alive() as stop, asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve([listener]), name="serve")
        log.info("web pages listen", address=where(settings)[0], port=where(settings)[1])
        await stop.wait()
        await web.live.close()
        server.should_exit = True


def where(settings: Settings) -> tuple[str, int]:
    """Address and port to listen on."""
    if settings.web.behind_proxy:
        return LOOPBACK, settings.ports.of("web_http")
    return settings.web.address, settings.ports.of("web")


def configuration(web: Web) -> uvicorn.Config:
    """How to serve a site."""
    proxied = web.settings.web.behind_proxy
    certificate = None if proxied else web_certificate(web.home, web.settings)
    # No access log: addresses of pages hold ids of people's cases; what was done stands in the audit log.
    return uvicorn.Config(
        app_of(web), access_log=False, log_config=None, lifespan="on", ws="websockets-sansio", server_header=False,
        timeout_keep_alive=KEEP_SECONDS, timeout_graceful_shutdown=GRACE_SECONDS, proxy_headers=proxied,
        forwarded_allow_ips=LOOPBACK, ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


def _family(settings: Settings) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in where(settings)[0] else socket.AF_INET
