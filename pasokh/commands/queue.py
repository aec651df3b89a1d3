"""`bin/pasokh queue`: the queues as they are now, and what a supervisor may do with those who wait."""

import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console

from callqueue.agents.desk import AsteriskAwayError
from callqueue.live import ami_link
from callqueue.queues.desk import Moved, QueueDesk
from foundation.asterisk.ami import AmiError
from pasokh.commands.site_entries import add_entry, remove_entry
from pasokh.live_site import AMI_SECONDS, LiveSite, quiet_logs

app = typer.Typer(no_args_is_help=True, help="See the queues as they are now; move those who wait.")

Call = Annotated[str, typer.Argument(help="The call's id, as `queue show` shows it.")]


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


@app.command("add")
def add(
    queue: Annotated[str, typer.Argument(help="A new name: lower-case letters, digits and '-'.")],
    *,
    title: Annotated[list[str] | None, typer.Option("--title", help="LANGUAGE=TEXT; may be repeated.")] = None,
    max_wait: Annotated[int, typer.Option("--max-wait", help="Seconds.")] = 900,
) -> None:
    """A new queue: into site.yaml, and into the running line. Everything else about it is edited there."""
    titles = dict(each.split("=", 1) for each in title or () if "=" in each)
    add_entry("queues", queue, {**({"title": titles} if titles else {}), "max_wait_seconds": max_wait})


@app.command("remove")
def remove(queue: Annotated[str, typer.Argument(help="A queue of site.yaml.")]) -> None:
    """Out of site.yaml and out of the running line; refused while somebody waits in it or anything names it."""
    remove_entry("queues", queue)


@app.command("move")
def move(call: Call, position: Annotated[int, typer.Argument(help="From 1, the head.")]) -> None:
    """Put a waiting caller at another place; all others keep their order."""
    _ask(lambda desk: desk.move(call, position, getpass.getuser()))


@app.command("raise")
def raise_priority(
    call: Call, priority: Annotated[int, typer.Argument(help="Higher is served first; usual is 0.")],
) -> None:
    """Give a waiting caller a priority; he stands behind all who have the same or more."""
    _ask(lambda desk: desk.raise_priority(call, priority, getpass.getuser()))


@app.command("withdraw")
def withdraw(call: Call) -> None:
    """Take a waiting caller out of the queue; he goes on as one whose time there is over."""
    _ask(lambda desk: desk.withdraw(call, getpass.getuser()))


def _ask(carry_out: Callable[[QueueDesk], Awaitable[Moved]]) -> None:
    quiet_logs()
    site = LiveSite.open()
    moved = site.run(_at_desk(site, carry_out))
    title = site.view().title(moved.before.queue)
    if moved.after is None:
        print(site.texts("queue.done.out", queue=title))
    else:
        places = {"before": moved.before.position, "after": moved.after.position}
        print(site.texts("queue.done.place", queue=title, **places))


async def _at_desk(site: LiveSite, carry_out: Callable[[QueueDesk], Awaitable[Moved]]) -> Moved:
    async with ami_link(site.home, site.settings) as link:
        try:
            await link.connected(AMI_SECONDS)
        except AmiError as error:
            raise AsteriskAwayError(reason=str(error)) from error
        return await carry_out(QueueDesk(link))
