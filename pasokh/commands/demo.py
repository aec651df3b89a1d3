"""`bin/pasokh demo`: simulated callers and agents on the running line."""

import asyncio
import os
import sys
import time
from typing import Annotated

import structlog
import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from bench.demo import DemoError, Outcome, Plan, run_demo
from bench.sipp import SippError
from foundation.paths import Home
from foundation.service import stop_requests
from foundation.settings import load_settings
from pasokh.refusal import RefusedError

app = typer.Typer(invoke_without_command=True)

PerMinute = Annotated[float, typer.Option("--callers-per-minute", min=0.1, max=120, help="New callers, on average.")]
Agents = Annotated[int, typer.Option(min=1, max=50, help="Agents at most; those who are logged in are left alone.")]
Minutes = Annotated[float, typer.Option(min=0.1, max=1440, help="How long; Ctrl-C stops it sooner.")]
Seed = Annotated[int, typer.Option(help="The same seed brings the same callers.")]


@app.callback()
def demo(callers_per_minute: PerMinute = 8, agents: Agents = 3, minutes: Minutes = 5, seed: Seed = 1) -> None:
    """Drive simulated callers and agents (real SIP, real sound) through the line that is up.

    They stand in its journal and reports like any others.
    """
    # What the rooms log about themselves would stand between the lines of the story.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    plan = Plan(callers_per_minute, agents, minutes, seed)
    try:
        outcome = asyncio.run(_run(plan))
    except (DemoError, SippError, SQLAlchemyError) as error:
        raise RefusedError(f"demo: {error}") from error
    _say(
        f"done: {outcome.called} called, {outcome.joined} came to a queue, {outcome.answered} were answered,"
        f" {outcome.given_up} gave up or were cut off by the end",
    )
    _say("the figures: bin/pasokh report queue --from -1h")


async def _run(plan: Plan) -> Outcome:
    home = Home.from_environment()
    settings = load_settings(home)
    stop = stop_requests()
    _say(f"{plan.callers_per_minute:g} callers a minute for {plan.minutes:g} min, seed {plan.seed}; Ctrl-C stops it")
    _say("watch it in another terminal: bin/pasokh floor")
    if os.geteuid() != 0:
        _say("not root: keys go by SIP INFO instead of RTP (RFC 4733)")
    return await run_demo(home, settings, plan, stop, _say)


def _say(text: str) -> None:
    line = f"{time.strftime('%H:%M:%S')}  {text}"
    if sys.stdout.isatty():
        Console(highlight=False, soft_wrap=True).print(line, markup=False)
    else:
        print(line, flush=True)
