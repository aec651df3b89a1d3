"""`bin/pasokh hold`: what must not be deleted, by anybody or anything."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from followups.cases.store import load_case
from foundation.calendars import moment_text
from foundation.erasure import normal_form
from foundation.text import latin_digits
from foundation.tracking import read_tracking_code
from pasokh.keeping import Keeping, keeping, now_in_ms
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site
from recordings.keeping.holds import Hold, HoldKind, NoSuchHoldError, lift_hold, list_holds, place_hold
from recordings.tables import recording, voice_message

app = typer.Typer(no_args_is_help=True, help="Legal hold: what must not be deleted, by anybody or anything.")

Result = TypeVar("Result")
Reason = Annotated[str, typer.Option("--reason", help="For the audit log.")]
Who = Annotated[str, typer.Option("--by", help="Who does it; your user's name unless given.")]


@app.command("add")
def add_hold(
    kind: Annotated[HoldKind, typer.Argument(help="What is named: a recording, call, caller or case.")],
    reference: Annotated[str, typer.Argument(help="Its id; of a caller his number, of a case its tracking code.")],
    reason: Reason, by: Who = "",
) -> None:
    """Hold a recording, a call, all of one caller's or all of one case's."""
    site = open_site()
    why = _reason(reason)

    async def place(rooms: Keeping) -> Hold:
        found = await _checked(rooms, kind, reference.strip())
        return await place_hold(rooms.main, kind, found, why, by=_actor(by), now_ms=now_in_ms())

    hold = _run(site, place)
    print(f"hold {hold.id} on {hold.shown}: nothing of it is deleted before it is lifted")


@app.command("list")
def show_holds(
    *,
    lifted: Annotated[bool, typer.Option("--lifted", help="Those that hold no more too.")] = False,
    whole_numbers: Annotated[bool, typer.Option("--whole-numbers", help="Show numbers whole.")] = False,
) -> None:
    """The holds, oldest first."""
    site = open_site()
    found = _run(site, lambda rooms: list_holds(rooms.main, lifted=lifted))
    table = Table("hold", "on", "reason", "placed", "by", *(("lifted", "by", "why") if lifted else ()), box=None)
    for one in found:
        shown = f"{one.kind} {one.reference}" if whole_numbers else one.shown
        ended = (_moment(site, one.lifted_ms), one.lifted_by or "", one.lifted_why or "") if lifted else ()
        table.add_row(str(one.id), shown, one.reason, _moment(site, one.placed_ms), one.placed_by, *ended)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@app.command("lift")
def end_hold(
    number: Annotated[int, typer.Argument(help="As `hold list` shows it.")], reason: Reason, by: Who = "",
) -> None:
    """End a hold; what has had its time goes with the next daily round."""
    why = _reason(reason)
    hold = _run(open_site(), lambda rooms: lift_hold(rooms.main, number, why, by=_actor(by), now_ms=now_in_ms()))
    print(f"hold {hold.id} on {hold.shown} is lifted")


async def _checked(rooms: Keeping, kind: HoldKind, text: str) -> str:
    """What the hold names, in the form in which it is looked for.

    Raises:
        RefusedError: there is no such thing: a slip would hold nothing.
    """
    if kind is HoldKind.CALLER:
        number = normal_form(latin_digits("".join(text.split())))
        if number is None:
            raise RefusedError(f"{text}: no telephone number")
        return number
    if kind is HoldKind.CALL:
        return text
    async with rooms.main.read() as connection:
        if kind is HoldKind.CASE:
            code = read_tracking_code(text)
            if code is None or await load_case(connection, code) is None:
                raise RefusedError(f"{text}: there is no case with this code; `bin/pasokh case list` shows them")
            return code
        message = (await connection.execute(select(voice_message.c.recording_id).where(
            (voice_message.c.id == text) | (voice_message.c.tracking == text)))).scalar()
        wanted = message or text
        query = select(recording.c.id).where(recording.c.id == wanted, recording.c.deleted_ms.is_(None))
        if (await connection.execute(query)).first() is None:
            raise RefusedError(f"{text}: there is no such recording")
        return str(wanted)


def _run(site: Site, act: Callable[[Keeping], Awaitable[Result]]) -> Result:
    async def work() -> Result:
        async with keeping(site.home, site.settings) as rooms:
            return await act(rooms)

    try:
        return asyncio.run(work())
    except NoSuchHoldError as error:
        raise RefusedError(str(error)) from error


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    if not plain or len(plain) > 500:
        raise RefusedError("--reason: say why, in 500 characters at most")
    return plain


def _actor(by: str) -> str:
    return f"command:{by or getpass.getuser()}"[:80]


def _moment(site: Site, at_ms: int | None) -> str:
    if at_ms is None:
        return ""
    zone = ZoneInfo(site.settings.site.timezone)
    return moment_text(datetime.fromtimestamp(at_ms / 1000, zone), site.settings.site.language)
