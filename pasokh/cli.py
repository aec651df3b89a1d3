"""The command line: one small application, of which only the command that was asked for is loaded."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import structlog
import typer

from foundation.asterisk.install import AsteriskMissingError
from foundation.settings import SettingsError
from pasokh.refusal import RefusedError

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@dataclass(frozen=True)
class Entry:
    """A command or a group of commands, and the module where it waits."""

    name: str
    module: str
    member: str
    help: str
    takes_anything: bool = False


ENTRIES = (
    Entry("up", "line", "up", "Start the line: prepare the site, run all services."),
    Entry("down", "line", "down", "Stop a line that runs in the background."),
    Entry("status", "line", "status", "Show the services of this site."),
    Entry("restart", "line", "restart", "Restart one service without touching the others."),
    Entry("apply", "apply", "apply", "Bring the running line to the changed site.yaml; nobody who waits is dropped."),
    Entry("drain", "drain", "drain", "Take no new calls and wait for those that are here, before an upgrade."),
    Entry("undrain", "drain", "undrain", "Take calls again."),
    Entry("doctor", "site", "doctor", "Check this site, and say how to mend what is wrong."),
    Entry("accounts", "site", "accounts", "Show the telephone accounts of the agents."),
    Entry("prepare", "site", "prepare", "Prepare this machine and this site, and start nothing."),
    Entry("render", "site", "render", "Write the files that an Asterisk of your own includes."),
    Entry("agent", "agent", "app", "Log agents in and out, pause them, see them."),
    Entry("queue", "queue", "app", "See the queues as they are now."),
    Entry("callback", "callback", "app", "Promised calls: list, show, give, take back, call once more."),
    Entry("floor", "floor", "app", "Watch agents and waiting callers, live; do what supervisors do."),
    Entry("report", "report", "app", "Figures of the queues with their passports, and lists of calls."),
    Entry("staffing", "staffing", "app", "Forecast calls, plan agents, hold working times beside that."),
    Entry("plan", "plan", "app", "Working times of the agents: import, show, remove."),
    Entry("journal", "journal", "app", "Import the queue log of any Asterisk; see what has been read."),
    Entry("messages", "messages", "app", "Voice messages and call-back requests: list, hear, close."),
    Entry("recordings", "recordings", "app", "The sound that is kept: how long, and what goes."),
    Entry("caller", "caller", "app", "What is kept of one caller: export it, or forget him."),
    Entry("hold", "hold", "app", "Legal hold: what must not be deleted, by anybody or anything."),
    Entry("case", "case", "app", "Follow-ups: open, assign, resolve, tell, close, reopen; inboxes, units."),
    Entry("emergency", "emergency", "app", "Switch an emergency announcement or a closure on and off."),
    Entry("ivr", "ivr", "app", "Check the menus, draw them, walk them without a telephone."),
    Entry("transcripts", "transcripts", "app", "What was said in recordings: written down, shown, found."),
    Entry("quality", "quality", "app", "Scorecards and the rules by which conversations are drawn."),
    Entry("prompts", "prompts", "app", "Render what callers hear; list it, with its texts and recordings."),
    Entry("action", "action", "app", "Corrective actions: faults of the organisation, and whether mending helped."),
    Entry("holidays", "holidays", "app", "Working days and holidays; open deadlines after a correction of them."),
    Entry("campaign", "campaign", "app", "Campaigns of the embedded back office: quotas, associations."),
    Entry("user", "user", "app", "Users of the web pages: add, roles, passwords, lock, sessions."),
    Entry("token", "token", "app", "Keys for programs that use the interfaces."),
    Entry("backup", "backup", "backup", "Back up the whole site while the line runs, encrypted."),
    Entry("restore", "backup", "restore", "Make this site, which must be empty, from a backup."),
    Entry("demo", "demo", "app", "Drive simulated callers and agents through the running line."),
    Entry("bench", "bench", "app", "Measure, each figure beside its baseline."),
    Entry(
        "test", "test", "test", "Run checks and tests; test fast: no live calls; test soak: the long ones.",
        takes_anything=True,
    ),
    Entry("service", "service", "service", "Run one service in the foreground (supervisor and systemd do this)."),
    Entry("supervise", "service", "supervise", "Run this site's supervisor in the foreground (`up` does this)."),
)
HIDDEN = {"supervise"}


def build(asked: str | None) -> typer.Typer:
    """The application, with the command `asked` for loaded and the others by their names alone."""
    app = typer.Typer(
        name="pasokh", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
        help="Pasokh: an open contact centre for a public hotline, on a real Asterisk.",
    )
    for entry in ENTRIES:
        if entry.name == asked:
            _load(app, entry)
        else:
            app.command(entry.name, help=entry.help, hidden=entry.name in HIDDEN, context_settings=PASS_ON)(_not_loaded)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; leaves by `SystemExit`, with 2 for a wrong setting or a refusal."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        _quiet_logs()
    try:
        build(next((word for word in words if not word.startswith("-")), None))(words, prog_name="bin/pasokh")
    except (SettingsError, RefusedError, AsteriskMissingError) as error:
        print(f"pasokh: {error}", file=sys.stderr)
        sys.exit(2)


def _quiet_logs() -> None:
    # A command speaks in its own words; only errors of what it uses are shown. Services set up their logs anew.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _load(app: typer.Typer, entry: Entry) -> None:
    member = getattr(import_module(f"pasokh.commands.{entry.module}"), entry.member)
    if isinstance(member, typer.Typer):
        app.add_typer(member, name=entry.name, help=entry.help)
    else:
        app.command(entry.name, help=entry.help, context_settings=PASS_ON if entry.takes_anything else None)(member)


def _not_loaded(words: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    raise AssertionError(f"this command was not loaded: {words}")
