"""The running line: started under supervisor, waited for until it is ready, stopped in an orderly way."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.paths import Home
from foundation.settings.changes import write_applied
from pasokh.drain import end_drain
from pasokh.ports import LOOPBACK, listening_ports, taken_ports
from pasokh.refusal import RefusedError
from pasokh.services import SERVICES, Readiness, Service
from pasokh.site import Site
from pasokh.supervise import ServiceState, SupervisorLink, is_supervised, write_configuration
from pasokh.watchdog_service import ReadyNotes

READY_SECONDS = 120.0
STOP_SECONDS = 90.0
LOOK_SECONDS = 0.2
TAIL_LINES = 8


@dataclass(frozen=True)
class Standing:
    """How one service stands."""

    state: ServiceState
    ready: bool


def start_line(site: Site) -> "subprocess.Popen[bytes]":
    """Start the supervisor of a site, and with it every service; returns at once.

    Raises:
        RefusedError: the site is up, or its ports are taken.
    """
    if is_supervised(site.home):
        raise RefusedError(f"{site.home.root}: this site is up already; `bin/pasokh status` shows it")
    write_configuration(site.home)
    write_applied(site.home, site.settings)
    end_drain(site.home)
    taken = taken_ports(listening_ports(site.settings))
    if taken:
        raise RefusedError(
            "another program listens already on " + ", ".join(str(port) for port in taken) + ".\nEnd it, or move the"
            f" ports in {site.home.settings_file} (ports.offset moves all of them: PASOKH_PORTS__OFFSET=1000).",
        )
    notes = ReadyNotes(site.home)
    for service in SERVICES:
        notes.erase(service.name)
    with (site.home.logs / "supervisord.out").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "pasokh", "supervise"], stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "PASOKH_HOME": str(site.home.root)},
        )


def standings(site: Site) -> list[Standing]:
    """Every service of the running line.

    Raises:
        RefusedError: the site is not up.
    """
    states = {state.name: state for state in SupervisorLink(site.home).states()}
    found = [(service, states[service.name]) for service in SERVICES if service.name in states]
    return [Standing(state, _is_ready(site, service, state)) for service, state in found]


def wait_ready(site: Site, names: Sequence[str], *, supervisor: "subprocess.Popen[bytes] | None" = None) -> None:
    """Return when those services are ready.

    Raises:
        RefusedError: one is not after `READY_SECONDS`, or the supervisor has ended.
    """
    limit = time.monotonic() + READY_SECONDS
    waiting = list(names)
    while waiting:
        if supervisor is not None and supervisor.poll() is not None:
            output = site.home.logs / "supervisord.out"
            raise RefusedError(f"the supervisor has ended with code {supervisor.returncode}:\n{tail(output)}")
        if time.monotonic() > limit:
            raise RefusedError("\n".join(_describe(site.home, name) for name in waiting))
        time.sleep(LOOK_SECONDS)
        try:
            ready = {one.state.name for one in standings(site) if one.ready}
        except RefusedError:  # the supervisor itself is still starting
            continue
        waiting = [name for name in waiting if name not in ready]


def stop_line(home: Home) -> None:
    """Stop every service in an orderly way; returns when all have ended.

    Raises:
        RefusedError: the site is not up, or does not stop within `STOP_SECONDS`.
    """
    SupervisorLink(home).shut_down()
    limit = time.monotonic() + STOP_SECONDS
    while is_supervised(home):
        if time.monotonic() > limit:
            raise RefusedError(f"{home.root}: still not stopped after {STOP_SECONDS:.0f} s; see {home.logs}")
        time.sleep(LOOK_SECONDS)


def hold_line(supervisor: "subprocess.Popen[bytes]") -> int:
    """Stay until the supervisor ends; Ctrl-C and SIGTERM ask it to stop everything in an orderly way."""

    def stop(_number: int, _frame: object) -> None:
        supervisor.send_signal(signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return supervisor.wait()


def tail(log: Path) -> str:
    """The last lines of a log, indented."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return "    (no log yet)"
    return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])


def _describe(home: Home, name: str) -> str:
    log = home.logs / f"{name}.log"
    return f"{name} is not ready after {READY_SECONDS:.0f} s; the end of {log}:\n{tail(log)}"


def _is_ready(site: Site, service: Service, state: ServiceState) -> bool:
    match service.readiness:
        case Readiness.RUNS:
            return state.word == "RUNNING"
        case Readiness.BEATS:
            process = ReadyNotes(site.home).read(service.name)
            return process is not None and process.pid == state.pid
        case Readiness.PORT:
            with socket.socket() as attempt:
                attempt.settimeout(1.0)
                return attempt.connect_ex((LOOPBACK, site.settings.ports.of("mqtt"))) == 0
