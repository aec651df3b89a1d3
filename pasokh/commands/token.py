"""`bin/pasokh token`: keys for programs that use the interfaces under /api/v1."""

import sys
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from foundation.calendars import moment_text
from foundation.web.roles import Role
from foundation.web.tokens import Token
from pasokh.web_users import Stores, roles_of, with_stores

app = typer.Typer(no_args_is_help=True, help="Keys for programs that use the interfaces under /api/v1.")


@app.command("add")
def add_token(
    user: Annotated[str, typer.Argument(help="Whose it is: it can never do more than this user may.")],
    title: Annotated[str, typer.Option(help="What it is for.")],
    role: Annotated[list[str], typer.Option("--role", help=f"May be repeated: {', '.join(Role)}.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = 365,
) -> None:
    """Make a token; it is printed this once."""
    print(with_stores(lambda stores: stores.tokens.add(user, title, roles_of(role), days, stores.by)))


@app.command("list")
def list_tokens() -> None:
    """All tokens, also those that have ended."""

    async def errand(stores: Stores) -> tuple[ZoneInfo, list[Token]]:
        return ZoneInfo(stores.site.settings.site.timezone), await stores.tokens.list()

    zone, tokens = with_stores(errand)
    table = Table("token", "user", "title", "roles", "until", "last used", box=None)
    for one in tokens:
        until = moment_text(datetime.fromtimestamp(one.until_ms / 1000, zone), "en")
        used = moment_text(datetime.fromtimestamp(one.used_ms / 1000, zone), "en") if one.used_ms else "-"
        table.add_row(one.id, one.user_id, one.title, ", ".join(sorted(one.roles)), until, used)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command("revoke")
def revoke_token(token: Annotated[str, typer.Argument(help="Its id, the first column of the list.")]) -> None:
    """Make a token worthless at once."""
    with_stores(lambda stores: stores.tokens.revoke(token, stores.by))
    print(f"{token}: revoked")
