"""The watchdog of one machine: hears each service's beats on a socket of its own, kills what hangs.

supervisor starts again what was killed. The kernel vouches for the sender of every beat, and only processes that this
site's supervisor has started itself are heard, so nobody can have another process killed.
"""

import asyncio
import os
import signal
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from foundation.paths import Home
from foundation.service import stop_requests
from foundation.settings import Settings
from pasokh.services import notify_socket, services_of
from pasokh.watchdog import Process, Watch, on_beat, on_leave, on_tick

TICK_SECONDS = 0.1
CREDENTIALS = struct.Struct("3i")
LARGEST_NOTICE = 4096

log = structlog.get_logger()


async def serve(home: Home, settings: Settings) -> None:
    """Watch this site's services until asked to stop."""
    stop = stop_requests()
    services = services_of(settings)
    limits = {one.name: one.silence_seconds for one in services if one.silence_seconds is not None}
    sockets = {one.name: notify_socket(home, one) for one in services}
    with_watch = Watchdog(sockets, limits, ReadyNotes(home), parent=os.getppid())
    watching = asyncio.create_task(with_watch.run(), name="watch")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({watching, stopping}, return_when=asyncio.FIRST_COMPLETED)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


class ReadyNotes:
    """Notes of which process of a service has said that it is ready, for other processes to read."""

    def __init__(self, home: Home) -> None:
        self._folder = home.run / "ready"

    def write(self, service: str, process: Process) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        half = self._folder / f"{service}.half"
        half.write_text(f"{process.pid} {process.began}\n", encoding="ascii")
        half.replace(self._folder / service)

    def erase(self, service: str) -> None:
        (self._folder / service).unlink(missing_ok=True)

    def read(self, service: str) -> Process | None:
        try:
            pid, began = (self._folder / service).read_text(encoding="ascii").split()
            return Process(int(pid), int(began))
        except (FileNotFoundError, ValueError):
            return None


class Watchdog:
    """Listens and kills; what it decides comes from `pasokh.watchdog`."""

    def __init__(
        self, sockets: Mapping[str, Path], limits: Mapping[str, float], notes: ReadyNotes, *, parent: int,
    ) -> None:
        self._limits = limits
        self._notes = notes
        self._parent = parent
        self._watch = Watch()
        self._ears = {service: _listen(path) for service, path in sockets.items()}

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            for service in self._ears:
                self._remember(service)
            last = time.monotonic()
            while True:
                await asyncio.sleep(TICK_SECONDS)
                # Everything that has been said is heard first, so a late watchdog blames nobody for its own delay.
                self._hear()
                now = time.monotonic()
                self._watch, silent = on_tick(self._watch, now - last, self._limits)
                last = now
                for service, process in silent.items():
                    self._kill(service, process)
        finally:
            for ear in self._ears.values():
                ear.close()

    def _remember(self, service: str) -> None:
        """A service that was ready before this watchdog began is known, with no silence held against it."""
        noted = self._notes.read(service)
        if noted is not None and process_of(noted.pid, self._parent) == noted:
            self._watch = on_beat(self._watch, service, noted)
        else:
            self._notes.erase(service)

    def _hear(self) -> None:
        for service, ear in self._ears.items():
            for pid, words in _received(ear):
                self._on_notice(service, pid, words)

    def _on_notice(self, service: str, pid: int, words: set[str]) -> None:
        known = self._watch.process_of(service)
        process = process_of(pid, self._parent)
        if process is None:
            return
        if "STOPPING=1" in words:
            self._watch = on_leave(self._watch, service)
            self._notes.erase(service)
        elif words & {"READY=1", "WATCHDOG=1"}:
            self._watch = on_beat(self._watch, service, process)
            if process != known:
                self._notes.write(service, process)
                log.info("heard", watched=service, pid=pid)

    def _kill(self, service: str, process: Process) -> None:
        self._notes.erase(service)
        try:
            handle = os.pidfd_open(process.pid)
        except ProcessLookupError:
            return
        try:
            # The handle keeps the pid from being another's between this look and the signal.
            if process_of(process.pid, self._parent) == process:
                log.warning("silent, killed", watched=service, pid=process.pid, limit=self._limits[service])
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            os.close(handle)


def process_of(pid: int, parent: int) -> Process | None:
    """The process, if it lives and `parent` has started it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started_by, began = fields[0], int(fields[1]), int(fields[19])
    return Process(pid, began) if started_by == parent and state != "Z" else None


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    ear.bind(str(path))
    return ear


def _received(ear: socket.socket) -> Iterable[tuple[int, set[str]]]:
    while True:
        try:
            data, ancillary, _, _ = ear.recvmsg(LARGEST_NOTICE, socket.CMSG_SPACE(CREDENTIALS.size))
        except (BlockingIOError, InterruptedError):
            return
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                pid, _, _ = CREDENTIALS.unpack(content[: CREDENTIALS.size])
                yield pid, set(data.decode(errors="replace").splitlines())
