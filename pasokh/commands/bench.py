"""`bin/pasokh bench ivr`: measurements, each beside its baseline."""

import asyncio
import shutil
import signal
import sys
from contextlib import suppress
from typing import Annotated

import structlog
import typer
from rich.console import Console

from bench.bare import BareError
from bench.ivr import Plan, Report, measure_menus
from bench.line import LineError
from bench.screen import show
from bench.sipp import SippError
from pasokh.refusal import RefusedError

app = typer.Typer(no_args_is_help=True)

Rate = Annotated[float, typer.Option(min=1, max=500, help="New calls a second.")]
Calls = Annotated[int, typer.Option(min=1, max=100_000, help="Calls on each side, in each round.")]
Rounds = Annotated[int, typer.Option(min=1, max=100, help="Rounds; which side comes first changes.")]
RtpPort = Annotated[int, typer.Option(min=1024, max=63_000, help="First of 2000 UDP ports for sound.")]
Json = Annotated[bool, typer.Option("--json", help="All rounds as JSON on standard output.")]


@app.callback()
def bench() -> None:
    """Measurements that anyone can repeat, each beside its baseline."""


@app.command()
def ivr(
    rate: Rate = 100, calls: Calls = 1000, rounds: Rounds = 3, rtp_port: RtpPort = 28000,
    *, json: Json = False,
) -> None:
    """The same calls through the menus and through a bare dialplan, on an Asterisk of its own."""
    if shutil.which("sipp") is None:
        raise RefusedError("bench: there is no sipp on this machine; start it as `bin/pasokh bench`, which installs it")
    # The link to AMI tells of its connecting; here that is noise between the figures.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    try:
        report = asyncio.run(_stoppable(Plan(rate, calls, rounds), rtp_port))
    except (LineError, SippError, BareError) as error:
        raise RefusedError(f"bench: {error}") from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("\nstopped; nothing is left running", file=sys.stderr)
        raise typer.Exit(130) from None
    if json:
        print(report.as_json())
    else:
        show(report, Console(width=None if sys.stdout.isatty() else 120))


async def _stoppable(plan: Plan, rtp_port: int) -> Report:
    """SIGTERM ends it as Ctrl-C does: with everything that it started."""
    this = asyncio.current_task()
    with suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: this and this.cancel())
    return await measure_menus(plan, rtp_port, lambda text: print(text, file=sys.stderr, flush=True))
