"""`bin/pasokh floor pause|message|pick-up|...`: what a supervisor does from the floor's page, from the shell.

By the same desk, so with the same rules, and the same lines in the journal and the audit log: there the shell's user
stands as `command:NAME`.
"""

import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import agent_softphone
import callqueue
from agent_softphone.mask_desk import MaskDesk
from agent_softphone.supervisor_desk import SupervisorDesk
from agent_softphone.supervisor_office import Supervisor
from agent_softphone.supervisor_refusals import FloorRefusalError
from callqueue.agents.desk import AsteriskAwayError, Done
from callqueue.live import ami_link
from callqueue.queues.desk import Moved
from foundation.asterisk.ami import AmiError, AmiLink
from foundation.catalogue import Texts, load_catalogue
from foundation.database import Database, Store, store_url
from foundation.web.roles import Role
from pasokh.live_site import AMI_SECONDS, LiveSite, Result, quiet_logs
from pasokh.refusal import RefusedError
from recordings.masking.masking import Mask, MaskRefusalError

AgentId = Annotated[str, typer.Argument(help="An agent of site.yaml, like a101.")]
Call = Annotated[str, typer.Argument(help="The call's id, as `queue show` shows it.")]
Wish = Callable[[SupervisorDesk, Supervisor], Awaitable[Result]]
ROLES = frozenset({Role.SUPERVISOR.value, Role.ADMINISTRATOR.value})
"""Of whoever has the machine's shell."""


def add_deeds(app: typer.Typer) -> None:
    """The commands, to `bin/pasokh floor`."""
    for name, command in (
        ("pause", pause), ("unpause", unpause), ("logout", log_out), ("message", tell), ("pick-up", pick_up),
        ("move", move), ("raise", raise_priority), ("withdraw", withdraw), ("mask", mask), ("unmask", unmask),
    ):
        app.command(name)(command)


def pause(agent: AgentId, reason: Annotated[str, typer.Argument(help="One of pause_reasons in site.yaml.")]) -> None:
    """Pause an agent, as a supervisor's act; a conversation goes on to its end."""
    reads = LiveSite.open().view().pause_reason(reason)
    _changed(lambda desk, by: desk.pause(agent, reason, by), "agent.done.pause", reason=reads)


def unpause(agent: AgentId) -> None:
    """End an agent's pause or wrap-up, as a supervisor's act."""
    _changed(lambda desk, by: desk.unpause(agent, by), "agent.done.unpause")


def log_out(agent: AgentId) -> None:
    """Log an agent out, as a supervisor's act; a conversation goes on to its end."""
    _changed(lambda desk, by: desk.log_out(agent, by), "agent.done.logout")


def tell(agent: AgentId, text: Annotated[str, typer.Argument(help="What he shall read.")]) -> None:
    """Lay a message on an agent's desk, until he has read it."""
    _ask(lambda desk, by: desk.tell(agent, text, by))
    print(_texts()("supervise.said.sent", agent=agent))


def pick_up(
    call: Call, to: Annotated[str, typer.Option("--to", help="The agent of site.yaml whose telephone rings.")],
) -> None:
    """Take a waiting caller to a telephone; nobody answers: back to the head of his queue."""
    _ask(lambda desk, by: desk.pick_up(call, by), telephone=to)
    print(_texts()("supervise.said.rings", telephone=to))


def move(call: Call, position: Annotated[int, typer.Argument(help="From 1, the head.")]) -> None:
    """Put a waiting caller at another place; all others keep their order."""
    _moved(lambda desk, by: desk.move(call, position, by), "supervise.said.moved", position=position)


def raise_priority(
    call: Call, priority: Annotated[int, typer.Argument(help="Higher is served first; usual is 0.")],
) -> None:
    """Give a waiting caller a priority; he stands behind all who have the same or more."""
    _moved(lambda desk, by: desk.raise_priority(call, priority, by), "supervise.said.raised", priority=priority)


def withdraw(call: Call) -> None:
    """Take a waiting caller out of the queue; he goes on as one whose time there is over."""
    _moved(lambda desk, by: desk.withdraw(call, by), "supervise.said.withdrawn")


def mask(agent: AgentId) -> None:
    """Keep what this agent and his caller say now out of the recording: a secret is spoken. It ends by itself, too."""
    _masked(agent, lambda desk, user: desk.mask(agent, user, f"command:{user}"), "mask.done.on")


def unmask(agent: AgentId) -> None:
    """Record this agent's conversation again."""
    _masked(agent, lambda desk, user: desk.unmask(agent, user, f"command:{user}"), "mask.done.off")


def _masked(agent: str, wish: Callable[[MaskDesk, str], Awaitable[Mask]], key: str) -> None:
    quiet_logs()
    site = LiveSite.open()

    async def ask() -> None:
        async with _link(site) as (database, link):
            await wish(MaskDesk(site.settings, database, link), getpass.getuser())

    try:
        site.run(ask())
    except MaskRefusalError as error:
        raise RefusedError(_texts()(f"mask.refused.{error.name}", **error.values)) from error
    print(_texts()(key, agent=agent, seconds=site.settings.recordings.mask_seconds))


def _changed(wish: Wish[Done], key: str, **values: Any) -> None:
    done, t = _ask(wish), _texts()
    print(t(key, agent=done.agent, **values))
    for warning in done.warnings:
        print(t(f"agent.warning.{warning}", agent=done.agent))


def _moved(wish: Wish[Moved], key: str, **values: Any) -> None:
    _ask(wish)
    print(_texts()(key, **values))


def _ask(wish: Wish[Result], telephone: str | None = None) -> Result:
    quiet_logs()
    site, user = LiveSite.open(), getpass.getuser()
    by = Supervisor(user, f"command:{user}", ROLES, telephone)
    try:
        return site.run(_at_desk(site, wish, by))
    except FloorRefusalError as error:
        raise RefusedError(_texts()(f"supervise.refused.{error.name}", **error.values)) from error


async def _at_desk(site: LiveSite, wish: Wish[Result], by: Supervisor) -> Result:
    async with _desk(site) as desk:
        return await wish(desk, by)


@asynccontextmanager
async def _desk(site: LiveSite) -> AsyncIterator[SupervisorDesk]:
    async with _link(site) as (database, link):
        yield SupervisorDesk(site.settings, database, link)


@asynccontextmanager
async def _link(site: LiveSite) -> AsyncIterator[tuple[Database, AmiLink]]:
    database = Database(store_url(site.home, site.settings, Store.MAIN))
    try:
        async with ami_link(site.home, site.settings) as link:
            try:
                await link.connected(AMI_SECONDS)
            except AmiError as error:
                raise AsteriskAwayError(reason=str(error)) from error
            yield database, link
    finally:
        await database.close()


def _texts() -> Texts:
    own, queues = Path(agent_softphone.__path__[0]), Path(callqueue.__path__[0])
    catalogue = load_catalogue([own / "web/supervisor_texts.yaml", own / "texts.yaml", queues / "texts.yaml"])
    return catalogue.texts(LiveSite.open().settings.site.language)
