"""The ports that a site listens on, and whether they are free."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from foundation import speech
from foundation.settings import METRICS_PORTS, Settings

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class ListeningPort:
    """One port; `key` is the setting that moves it."""

    key: str
    address: str
    number: int
    kind: socket.SocketKind

    def __str__(self) -> str:
        return f"{self.key} ({'TCP' if self.kind == socket.SOCK_STREAM else 'UDP'} {self.address}:{self.number})"

    def is_free(self) -> bool:
        """Whether this process could listen there now."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        with socket.socket(family, self.kind) as attempt:
            if self.kind == socket.SOCK_STREAM:
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((self.address, self.number))
            except OSError:
                return False
        return True


def listening_ports(settings: Settings) -> list[ListeningPort]:
    """Every port of the site, but of the range for sound only the first."""
    of, public = settings.ports.of, settings.sip.address
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    local = [(f"ports.{name}", of(name)) for name in ("ami", "asterisk_http", "agi", "mqtt")]
    if settings.back_office.url is None and "backoffice" not in settings.site.without:
        local.append(("ports.back_office", of("back_office")))
    if speech.runs_here(settings):
        local.append(("ports.speech", of("speech")))
    pages = ("ports.web", settings.web.address, of("web"))
    if settings.web.behind_proxy:
        pages = ("ports.web_http", LOOPBACK, of("web_http"))
    metrics = [("ports.metrics", of("metrics") + number) for number in range(METRICS_PORTS)]
    return [
        ListeningPort("ports.sip", public, of("sip"), udp),
        ListeningPort("ports.sip", public, of("sip"), tcp),
        ListeningPort("ports.rtp_first", public, of("rtp_first"), udp),
        ListeningPort(*pages, tcp),
        *(ListeningPort(key, LOOPBACK, number, tcp) for key, number in local + metrics),
    ]


def taken_ports(ports: Sequence[ListeningPort]) -> list[ListeningPort]:
    """Those that another program holds."""
    return [port for port in ports if not port.is_free()]
