"""`bin/pasokh agent`: log agents in and out, pause them, see them."""

import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from callqueue.agents.desk import AgentDesk, Done
from callqueue.floor.bus import AGENTS
from foundation.text import number_text
from pasokh.commands.site_entries import add_entry, remove_entry
from pasokh.live_site import LiveSite, quiet_logs
from pasokh.refusal import RefusedError

app = typer.Typer(no_args_is_help=True, help="Log agents in and out, pause them, see them.")

AgentId = Annotated[str, typer.Argument(help="An agent of site.yaml, like a101.")]


@app.command("list")
def list_agents() -> None:
    """All agents: what each does now, since when, and in which queues."""
    site = LiveSite.open()
    pictures = site.pictures()
    view = site.view()
    Console().print(view.status(pictures), view.agents(pictures), sep="\n")


@app.command("show")
def show_agent(agent: AgentId) -> None:
    """One agent: what he does now, and the penalty that he has in each of his queues."""
    site = LiveSite.open()
    if agent not in site.settings.agents:
        raise RefusedError(site.texts("agent.refused.unknown-agent", agent=agent))
    pictures = site.pictures()
    view, own = site.view(), {topic: picture for topic, picture in pictures.items() if topic == AGENTS + agent}
    penalties = own[AGENTS + agent]["queues"] if own else {}
    table = Table(site.texts("floor.queue"), site.texts("agent.penalty"))
    for queue, penalty in penalties.items():
        table.add_row(view.title(queue), number_text(penalty, site.texts.language))
    Console().print(view.status(pictures), view.agents(own), table, sep="\n")


@app.command("add")
def add(
    agent: Annotated[str, typer.Argument(help="A new id, like a104; not a number that callers dial.")],
    *,
    queue: Annotated[list[str], typer.Option("--queue", "-q", help="QUEUE or QUEUE:PENALTY; may be repeated.")],
    name: Annotated[str, typer.Option("--name", help="For people to read.")] = "",
    device: Annotated[str, typer.Option("--device", help="sip: a telephone; webrtc: the browser.")] = "sip",
) -> None:
    """A new agent: into site.yaml, and into the running line."""
    values: dict[str, object] = {"name": name} if name else {}
    values |= {"device": device} if device != "sip" else {}
    add_entry("agents", agent, {**values, "queues": dict(map(_membership, queue))})


@app.command("remove")
def remove(agent: AgentId) -> None:
    """Out of site.yaml and out of the running line; a conversation goes on to its end."""
    remove_entry("agents", agent)


def _membership(text: str) -> tuple[str, int]:
    queue, _, penalty = text.partition(":")
    if penalty and not (penalty.isascii() and penalty.isdecimal()):
        raise RefusedError(f"--queue {text}: write QUEUE or QUEUE:PENALTY, like operator:0")
    return queue, int(penalty or 0)


@app.command("login")
def log_in(agent: AgentId) -> None:
    """Into all of the agent's queues."""
    _ask("login", lambda desk: desk.log_in(agent))


@app.command("logout")
def log_out(agent: AgentId) -> None:
    """Out of all queues; a conversation goes on to its end."""
    _ask("logout", lambda desk: desk.log_out(agent, getpass.getuser()))


@app.command("pause")
def pause(agent: AgentId, reason: Annotated[str, typer.Argument(help="One of pause_reasons in site.yaml.")]) -> None:
    """Take no calls; another reason takes the place of the present one."""
    _ask("pause", lambda desk: desk.pause(agent, reason), reason)


@app.command("unpause")
def unpause(agent: AgentId) -> None:
    """Take calls again, also before a wrap-up is over."""
    _ask("unpause", lambda desk: desk.unpause(agent))


def _ask(wish: str, carry_out: Callable[[AgentDesk], Awaitable[Done]], reason: str = "") -> None:
    quiet_logs()
    site = LiveSite.open()
    done = site.run(_at_desk(site, carry_out))
    values = {"reason": site.view().pause_reason(reason)} if reason else {}
    print(site.texts(f"agent.done.{wish}", agent=done.agent, **values))
    for warning in done.warnings:
        print(site.texts(f"agent.warning.{warning}", agent=done.agent))


async def _at_desk(site: LiveSite, carry_out: Callable[[AgentDesk], Awaitable[Done]]) -> Done:
    async with site.desk() as desk:
        return await carry_out(desk)
