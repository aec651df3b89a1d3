"""`bin/pasokh up`, `down`, `status`, `restart`: the running line."""

import subprocess
import sys
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from foundation.paths import Home
from pasokh.line import hold_line, standings, start_line, stop_line, wait_ready
from pasokh.refusal import RefusedError
from pasokh.services import SERVICES, service_named, services_of
from pasokh.site import Site, open_site
from pasokh.supervise import SupervisorLink, is_supervised

Detach = Annotated[bool, typer.Option("--detach", help="Return when the line is ready; `bin/pasokh down` stops it.")]
Name = Annotated[str, typer.Argument(help=", ".join(service.name for service in SERVICES))]


def up(detach: Detach = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Start the line: prepare the site, run all services."""
    from pasokh.announcement import announcement  # noqa: PLC0415 - slow to load, and the other commands need none of it
    from pasokh.preparation import prepare_site  # noqa: PLC0415 - the same

    _refuse_running(Home.from_environment())
    site = prepare_site(sys.stdout)
    supervisor = start_line(site)
    ready = _wait(site, supervisor)
    # A password that nobody reads would only lie in a log.
    _say(announcement(site, with_passwords=sys.stdout.isatty()))
    if detach:
        raise typer.Exit(0 if ready else 1)
    _say("Ctrl-C stops the line.")
    code = hold_line(supervisor)
    _say("stopped" if code == 0 else f"the supervisor ended with code {code}: see {site.home.logs}")
    raise typer.Exit(1 if code else 0)


def down() -> None:
    """Stop a line that runs in the background."""
    home = Home.from_environment()
    if not is_supervised(home):
        _say(f"{home.root}: this site is not up")
        return
    stop_line(home)
    _say("stopped")


def status() -> None:
    """Show the services of this site; exit code 1 unless all are ready."""
    from ivr.emergency import read_emergency  # noqa: PLC0415 - slow to load, and the other commands need none of it
    from pasokh.commands.emergency import standing_text  # noqa: PLC0415 - the same

    site = open_site()
    table = Table("service", "state", "ready", "pid", "running for", box=None)
    found = standings(site)
    for one in found:
        since = str(timedelta(seconds=one.state.seconds)) if one.state.word == "RUNNING" else one.state.error
        table.add_row(one.state.name, one.state.word, "yes" if one.ready else "no", str(one.state.pid or "-"), since)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    emergency = read_emergency(site.home)
    if emergency is not None:
        _say(standing_text(emergency, site))
    raise typer.Exit(0 if all(one.ready for one in found) else 1)


def restart(name: Name) -> None:
    """Restart one service without touching the others; returns when it is ready."""
    service = service_named(name)
    site = open_site()
    if service not in services_of(site.settings):
        raise RefusedError(f"{site.home.settings_file}: this machine runs no {name}; see site.without")
    SupervisorLink(site.home).restart(service)
    wait_ready(site, [service.name])
    _say(f"{service.name} is ready")


def _refuse_running(home: Home) -> None:
    # Before anything is prepared: a running line shall not find its configuration changed under it.
    if is_supervised(home):
        raise RefusedError(f"{home.root}: this site is up already; `bin/pasokh status` shows it")


def _wait(site: Site, supervisor: "subprocess.Popen[bytes]") -> bool:
    try:
        wait_ready(site, [service.name for service in services_of(site.settings)], supervisor=supervisor)
    except RefusedError as error:
        print(f"pasokh: {error}", file=sys.stderr)
        if supervisor.poll() is not None:
            raise typer.Exit(1) from error
        print("The others run. `bin/pasokh doctor` may tell more; `bin/pasokh down` stops all.", file=sys.stderr)
        return False
    except KeyboardInterrupt:
        supervisor.terminate()
        hold_line(supervisor)
        raise
    return True


def _say(text: str) -> None:
    print(text, flush=True)
