"""`bin/pasokh prepare`, `render`, `doctor`, `accounts`: a site that need not be running."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from foundation.asterisk.install import find_asterisk
from foundation.asterisk.render import copy_for_inclusion, prepare_folders
from foundation.asterisk.render import render as render_configuration
from foundation.reachable import reachable_address
from foundation.settings import SettingsError
from pasokh.refusal import RefusedError
from pasokh.site import open_site
from pasokh.supervise import is_supervised

MachineOnly = Annotated[bool, typer.Option("--machine-only", help="Install what is missing, make no site.")]


def prepare(machine_only: MachineOnly = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Prepare this machine and this site, and start nothing."""
    if machine_only:
        print("this machine has what Pasokh needs")
        return
    from pasokh.preparation import prepare_site  # noqa: PLC0415 - slow to load, and the other commands need none of it

    site = prepare_site(sys.stdout)
    print(f"{site.home.root} is ready: `bin/pasokh up` starts the line")


def render(folder: Annotated[Path, typer.Argument(help="Made where it is missing, e.g. /etc/asterisk")]) -> None:
    """Write the files that an Asterisk of your own includes, into FOLDER/pasokh; asterisk-config/README.md says how."""
    site = open_site()
    prepare_folders(site.home, asterisk := find_asterisk())
    render_configuration(site.home, site.settings, site.secrets, asterisk)
    try:
        copy_for_inclusion(site.home.asterisk_config, folder)
    except OSError as error:
        raise RefusedError(f"{folder}: the files cannot be written there: {error}") from error
    print(f"{folder / 'pasokh'}: include these files as asterisk-config/README.md says")


def doctor() -> None:
    """Check this site, and say how to mend what is wrong; exit code 1 on a fault."""
    from pasokh.doctor import Finding, Grade, make_round  # noqa: PLC0415 - the same

    def show(name: str, finding: Finding) -> None:
        mend = f"\n              → {finding.mend}" if finding.mend else ""
        text = finding.text.replace("\n", "\n              ")
        print(f"{finding.grade.value} {name:<11} {text}{mend}", flush=True)

    try:
        site = open_site()
    except SettingsError as error:
        show("settings", Finding(Grade.FAULT, str(error), "mend it: without settings nothing else can be checked"))
        raise typer.Exit(1) from error
    show("settings", Finding(Grade.GOOD, str(site.home.settings_file)))
    worst = Grade.GOOD
    for check, finding in make_round(site, line_is_up=is_supervised(site.home)):
        show(check.name, finding)
        worst = Grade.FAULT if Grade.FAULT in (worst, finding.grade) else worst
    raise typer.Exit(1 if worst is Grade.FAULT else 0)


def accounts() -> None:
    """Show the telephone accounts of the agents, and the extensions that ask for the PIN."""
    site = open_site()
    server = f"{reachable_address(site.settings.sip.address)}:{site.settings.ports.of('sip')}"
    table = Table("agent", "password", "server", "device", "queues", box=None)
    for name, agent in site.settings.agents.items():
        password = "in the browser" if agent.device == "webrtc" else site.secrets.agents[name]
        table.add_row(name, password, server, agent.device, ", ".join(agent.queues))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    extensions = site.settings.extensions
    print(f"PIN {site.secrets.pin}: {extensions.prompts} to record prompts, {extensions.emergency} for emergencies,"
          f" {extensions.results} to say a case's result, {extensions.recordings} to hear voice messages")
