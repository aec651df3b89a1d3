"""`bin/pasokh queue`: the queues as they are now."""

from typing import Annotated

import typer
from rich.console import Console

from pasokh.live_site import LiveSite

app = typer.Typer(no_args_is_help=True, help="See the queues as they are now.")


@app.command("list")
def list_queues() -> None:
    """All queues: who waits, how long, and what their agents do."""
    site = LiveSite.open()
    pictures = site.pictures()
    view = site.view()
    Console().print(view.status(pictures), view.queues(pictures), sep="\n")


@app.command("show")
def show_queue(queue: Annotated[str, typer.Argument(help="A queue of site.yaml.")]) -> None:
    """One queue: its callers in their order, and its agents."""
    site = LiveSite.open()
    site.check_queue(queue)
    pictures = site.pictures()
    view = site.view()
    Console().print(view.status(pictures), view.waiting(pictures, queue), view.agents(pictures, queue), sep="\n")
