"""The services of a site: in which order they start, when silence means that they hang, and how to run one."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from pathlib import Path

from foundation import speech
from foundation.logs import configure_logs
from foundation.paths import Home
from foundation.settings import Settings, load_settings
from pasokh.broker import become_broker
from pasokh.refusal import RefusedError

PR_SET_PDEATHSIG = 1


class Readiness(Enum):
    """How a service shows that it is ready."""

    BEATS = auto()
    PORT = auto()
    RUNS = auto()


@dataclass(frozen=True)
class Service:
    """One process of a site. Those with a lower `order` start earlier and stop later."""

    name: str
    order: int
    stop_seconds: int = 10
    """How long it may take to stop in an orderly way."""
    silence_seconds: float | None = None
    """Silence after which it counts as hanging and is killed; None: never."""
    readiness: Readiness = Readiness.BEATS
    module: str = ""
    """Where its `serve(home, settings)` is."""
    wanted: Callable[[Settings], bool] | None = None
    """Whether a site with these settings has it; None: every site."""


SERVICES = (
    Service("mosquitto", 10, readiness=Readiness.PORT),
    Service("recordings", 20, silence_seconds=10.0, module="pasokh.recordings_service"),
    Service("callqueue", 30, silence_seconds=10.0, module="callqueue.service"),
    Service(
        "backoffice", 35, silence_seconds=10.0, module="back_office.service",
        wanted=lambda settings: settings.back_office.url is None,
    ),
    Service("followups", 35, silence_seconds=10.0, module="followups.service"),
    # A caller who meets a hanging IVR must hear the apology within 5 s: that leaves 2 for being certain.
    Service("ivr", 40, silence_seconds=2.0, module="ivr.service"),
    Service("dialler", 45, silence_seconds=10.0, module="callqueue.dialler.service"),
    # It works in the callers' time: it only loads models before it says that it is ready.
    Service("speech", 45, silence_seconds=3.0, module="ivr.spoken.service", wanted=speech.runs_here),
    # Killing Asterisk ends every call, so no silence of the process around it is reason enough.
    Service("asterisk", 50, stop_seconds=30, module="foundation.asterisk.run"),
    Service("web", 55, silence_seconds=10.0, module="pasokh.web_service"),
    Service("watchdog", 60, readiness=Readiness.RUNS, module="pasokh.watchdog_service"),
)


def services_of(settings: Settings) -> tuple[Service, ...]:
    """Those that a site with these settings runs."""
    return tuple(
        service for service in SERVICES
        if service.name not in settings.site.without and (service.wanted is None or service.wanted(settings))
    )


def service_named(name: str) -> Service:
    """The service of that name.

    Raises:
        RefusedError: there is none.
    """
    for service in SERVICES:
        if service.name == name:
            return service
    raise RefusedError(f"there is no service {name!r}; there are {', '.join(one.name for one in SERVICES)}")


def notify_folder(home: Home) -> Path:
    """Where the watchdog listens, a socket for each service."""
    return home.sockets / "notify"


def notify_socket(home: Home, service: Service) -> Path:
    return notify_folder(home) / f"{service.name}.sock"


def run_service(name: str) -> None:
    """Be that service, until it is asked to stop."""
    service = service_named(name)
    home = Home.from_environment()
    settings = load_settings(home)
    configure_logs(name)
    if "SUPERVISOR_ENABLED" in os.environ:
        _end_with_supervisor()
    if not service.module:
        become_broker(home, settings)
    asyncio.run(import_module(service.module).serve(home, settings))


def _end_with_supervisor() -> None:
    # Otherwise services outlive a supervisor that was killed, keep their ports, and nobody restarts them.
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)

