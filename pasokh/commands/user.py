"""`bin/pasokh user`: who may sign in to the web pages."""

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from foundation.calendars import moment_text
from foundation.web.accounts import Account, NewUser
from foundation.web.roles import Role
from foundation.web.sessions import Session
from pasokh.refusal import RefusedError
from pasokh.web_users import Stores, roles_of, with_stores

app = typer.Typer(no_args_is_help=True, help="Who may sign in to the web pages, and as what.")

UserId = Annotated[str, typer.Argument(help="What is typed at sign-in.")]
RoleWords = Annotated[list[str] | None, typer.Option("--role", help=f"May be repeated: {', '.join(Role)}.")]
AgentId = Annotated[str | None, typer.Option("--agent", help="The agent of site.yaml that this person is.")]


@app.command("add")
def add_user(
    user: UserId, role: RoleWords = None, agent: AgentId = None,
    name: Annotated[str, typer.Option(help="For people to read.")] = "",
) -> None:
    """Add a user; prints a password that must be replaced at the first sign-in, within seven days."""

    async def errand(stores: Stores) -> str:
        _check_agent(stores, agent)
        return await stores.accounts.add(NewUser(user, name, roles_of(role or []), agent), stores.by)

    print(f"{user}: password {with_stores(errand)} (shown only now)")


@app.command("list")
def list_users() -> None:
    """All users."""
    table = Table("user", "name", "roles", "agent", "state", box=None)
    for one in with_stores(lambda stores: stores.accounts.list()):
        table.add_row(one.user.id, one.user.name, _roles(one), one.user.agent or "-", _state(one))
    _show(table)


@app.command("roles")
def change_roles(user: UserId, role: RoleWords = None, agent: AgentId = None) -> None:
    """Set the roles; without `--agent` the agent stays, and `--agent ""` takes it away."""

    async def errand(stores: Stores) -> None:
        known = (await stores.accounts.find(user)).user
        found = known.agent if agent is None else agent or None
        _check_agent(stores, found)
        await stores.accounts.change(user, stores.by, roles=roles_of(role or []), agent=found)

    with_stores(errand)
    print(f"{user}: {', '.join(sorted(roles_of(role or []))) or 'no roles'}")


@app.command("password")
def give_password(user: UserId) -> None:
    """Give a new password to one who has lost it; ends all sessions."""
    password = with_stores(lambda stores: stores.accounts.give_password(user, stores.by))
    print(f"{user}: password {password} (shown only now)")


@app.command("lock")
def lock_user(user: UserId) -> None:
    """Let a user not sign in any more; ends all sessions."""
    _do(user, lambda stores: stores.accounts.lock(user, stores.by), "locked")


@app.command("unlock")
def unlock_user(user: UserId) -> None:
    """Let a user sign in again, also after too many wrong tries."""
    _do(user, lambda stores: stores.accounts.unlock(user, stores.by), "may sign in")


@app.command("sessions")
def list_sessions(user: Annotated[str | None, typer.Argument(help="Of this user, else of all.")] = None) -> None:
    """Open sessions: from where, since when, when last used."""

    async def errand(stores: Stores) -> tuple[ZoneInfo, list[Session]]:
        return ZoneInfo(stores.site.settings.site.timezone), await stores.sessions.list(user)

    zone, sessions = with_stores(errand)
    table = Table("user", "address", "since", "last used", "browser", box=None)
    for one in sessions:
        table.add_row(one.user_id, one.address, _at(one.created_ms, zone), _at(one.seen_ms, zone), one.browser)
    _show(table)


@app.command("sign-out")
def sign_out(user: UserId) -> None:
    """End all of a user's sessions."""
    ended = with_stores(lambda stores: stores.accounts.sign_out(user, stores.by))
    print(f"{user}: {ended} sessions ended")


def _do(user: str, errand: Callable[[Stores], Awaitable[None]], said: str) -> None:
    with_stores(errand)
    print(f"{user}: {said}")


def _check_agent(stores: Stores, agent: str | None) -> None:
    if agent and agent not in stores.site.settings.agents:
        raise RefusedError(f"there is no agent {agent!r} in {stores.site.home.settings_file}")


def _roles(account: Account) -> str:
    return ", ".join(sorted(account.user.roles)) or "-"


def _state(account: Account) -> str:
    if account.locked:
        return "locked"
    return "waiting for the first sign-in" if account.user.must_change else "active"


def _at(at_ms: int, zone: ZoneInfo) -> str:
    return moment_text(datetime.fromtimestamp(at_ms / 1000, zone), "en")


def _show(table: Table) -> None:
    Console(width=None if sys.stdout.isatty() else 160).print(table)
