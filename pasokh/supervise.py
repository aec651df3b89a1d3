"""supervisor keeps the services of one site running: its configuration, and the line to it."""

import fcntl
import http.client
import os
import resource
import sys
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from supervisor.xmlrpc import Faults, SupervisorTransport

from foundation.paths import CHECKOUT, Home
from foundation.settings import load_settings
from pasokh.refusal import RefusedError
from pasokh.services import Service, notify_socket, services_of

LOCK_DESCRIPTOR = 3
"""supervisord closes what it inherits from 5 on, and gives nothing above 2 to its services."""
FILES_AT_ONCE = 8192
FORBIDDEN = ("%", '"', " ;", "\n")

HEAD = """\
[supervisord]
nodaemon=true
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=3
pidfile={run}/supervisord.pid
childlogdir={logs}
minfds={files}
{user}
[unix_http_server]
file={sockets}/supervisor.sock
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# A service that ends in its first two seconds is tried again for ever, with a pause that grows by a second each time.
PROGRAM = """
[program:{name}]
command={command}
directory={checkout}
priority={order}
autorestart=true
startsecs=2
startretries=1000000
stopwaitsecs={stop}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=5
environment={environment}
"""


def supervisor_configuration(
    home: Home, services: Sequence[Service], python: Path, *, files: int, as_root: bool,
) -> str:
    """The text of supervisord's configuration; `files` is how many each service may have open."""
    logs = _plain(home.logs)
    user = "user=root\n" if as_root else ""
    head = HEAD.format(logs=logs, run=_plain(home.run), sockets=_plain(home.sockets), files=files, user=user)
    return head + "".join(
        PROGRAM.format(
            name=service.name, order=service.order, stop=service.stop_seconds, logs=logs, checkout=_plain(CHECKOUT),
            command=f"{_quoted(python)} -P -m pasokh service {service.name}",
            environment=f"NOTIFY_SOCKET={_quoted(notify_socket(home, service))},PASOKH_HOME={_quoted(home.root)}",
        )
        for service in services
    )


def _plain(path: Path) -> str:
    # supervisor expands %(names)s, some values once and some twice, and takes what follows " ;" for a comment.
    text = str(path)
    if any(sign in text for sign in FORBIDDEN):
        raise RefusedError(f"{text!r}: supervisor cannot work in a folder with {FORBIDDEN} in its name; choose another")
    return text


def _quoted(path: Path) -> str:
    return f'"{_plain(path)}"'


def configuration_file(home: Home) -> Path:
    return home.run / "supervisord.conf"


def write_configuration(home: Home) -> None:
    """Write the configuration for this process' user and Python."""
    files = min(FILES_AT_ONCE, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    services = services_of(load_settings(home))
    text = supervisor_configuration(home, services, Path(sys.executable), files=files, as_root=os.geteuid() == 0)
    configuration_file(home).write_text(text, encoding="utf-8")


def is_supervised(home: Home) -> bool:
    """Whether a supervisor of this site lives: it holds a lock as long as it does."""
    try:
        descriptor = os.open(_lock_file(home), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def become_supervisor(home: Home) -> NoReturn:
    """Become this site's supervisor.

    Raises:
        RefusedError: it has one.
    """
    descriptor = os.open(_lock_file(home), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RefusedError(f"{home.root}: this site is up already") from error
    write_configuration(home)
    os.dup2(descriptor, LOCK_DESCRIPTOR)
    os.set_inheritable(LOCK_DESCRIPTOR, True)  # noqa: FBT003 - the function's own signature
    arguments = [sys.executable, "-P", "-m", "pasokh.supervisord", "-n", "-c", str(configuration_file(home))]
    os.execv(sys.executable, arguments)  # noqa: S606 - no shell is wanted


def _lock_file(home: Home) -> Path:
    return home.run / "line.lock"


@dataclass(frozen=True)
class ServiceState:
    """What supervisor knows of a service."""

    name: str
    word: str
    """RUNNING, STARTING, BACKOFF, STOPPED, ..."""
    pid: int
    seconds: int
    """How long it has run."""
    error: str


class SupervisorLink:
    """Speaks with the supervisor of one site. Each method raises RefusedError when the site is not up."""

    def __init__(self, home: Home) -> None:
        self._home = home
        transport = SupervisorTransport(None, None, f"unix://{home.sockets / 'supervisor.sock'}")
        self._proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)

    def states(self) -> list[ServiceState]:
        return [
            ServiceState(one["name"], one["statename"], one["pid"], max(0, one["now"] - one["start"]), one["spawnerr"])
            for one in self._ask("getAllProcessInfo")
        ]

    def restart(self, service: Service) -> None:
        """Stop one service in an orderly way and start it; returns while it is starting."""
        self._ask("stopProcess", service.name, True, but=Faults.NOT_RUNNING)  # noqa: FBT003 - the protocol's own order
        self._ask("startProcess", service.name, False)  # noqa: FBT003

    def shut_down(self) -> None:
        """Begin to stop everything; returns at once."""
        self._ask("shutdown")

    def _ask(self, method: str, *arguments: object, but: int | None = None) -> Any:
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == but:
                return None
            raise RefusedError(f"supervisor refused {method} {arguments}: {fault.faultString}") from fault
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            reason = "" if isinstance(error, FileNotFoundError) else f" ({error})"
            raise RefusedError(f"{self._home.root} is not up{reason}: `bin/pasokh up` starts it") from error
