"""`bin/pasokh messages`: voice messages and call-back requests, and what became of them."""

import asyncio
import csv
import getpass
import json
import math
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.calendars import MomentError, parse_moment
from foundation.database import Database, Store, store_url
from foundation.settings import RESCUE_BOX
from foundation.web.audit_log import Act, record
from pasokh.hearing import play_wav, wav_of, write_output
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site
from recordings.listening.listens import MACHINE, Listen, Purpose, Way, add_listen
from recordings.messages.messages import (
    Message,
    MessageState,
    Wanted,
    close_message,
    mark_heard,
    messages,
    messages_named,
    sound_of,
)

app = typer.Typer(no_args_is_help=True, help="Voice messages and call-back requests: who left them, who heard them.")

Result = TypeVar("Result")
LAST_DIGITS = 4
MOMENTS = ("taken_ms", "heard_ms", "closed_ms")


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Name = Annotated[str, typer.Argument(help="A tracking code, or the id of a message.")]
Who = Annotated[str, typer.Option("--by", help="Who does it; your user's name unless given.")]
Whole = Annotated[bool, typer.Option("--whole-numbers", help="Show telephone numbers whole.")]


@app.command("list")
def list_messages(
    *,
    box: Annotated[str | None, typer.Option("--box", help="Only this box.")] = None,
    queue: Annotated[str | None, typer.Option("--queue", help="Only call-back requests to this queue.")] = None,
    state: Annotated[MessageState | None, typer.Option("--state", help="Only in this state.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="The first moment: 1405-09-01, today, -1h, ...")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The first moment after the last one.")] = None,
    whole_numbers: Whole = False,
    form: Annotated[Form, typer.Option("--format", help="For people (table) or machines (json, csv).")] = Form.TABLE,
) -> None:
    """The messages, oldest first."""
    site = open_site()
    if box is not None and box not in {*site.settings.boxes, RESCUE_BOX}:
        raise RefusedError(f"--box {box}: no such box; there are {', '.join((*site.settings.boxes, RESCUE_BOX))}")
    if queue is not None and queue not in site.settings.queues:
        raise RefusedError(f"--queue {queue}: no such queue; there are {', '.join(site.settings.queues)}")
    wanted = Wanted(box, state, _moment(site, from_), _moment(site, to), queue)
    found = _run(site, lambda connection: messages(connection, wanted))
    shown = [_shown(message, whole_numbers=whole_numbers) for message in found]
    match form:
        case Form.JSON:
            print(json.dumps([asdict(message) for message in shown], ensure_ascii=False, indent=1))
        case Form.CSV:
            _print_csv(shown)
        case Form.TABLE:
            _console().print(_table(shown, site))


@app.command()
def show(name: Name, *, whole_numbers: Whole = False) -> None:
    """All that is known about one message."""
    site = open_site()
    message = _run(site, lambda connection: _one(connection, name))
    sound = _run(site, lambda connection: sound_of(connection, message))
    table = Table(show_header=False, box=None)
    for key, value in asdict(_shown(message, whole_numbers=whole_numbers)).items():
        if value is not None:
            table.add_row(key, _moment_text(value, site) if key in MOMENTS else str(value))
    if sound:
        table.add_row("sound", str(site.home.recordings_store / sound.path))
    _console().print(table)


@app.command()
def play(
    name: Name,
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file, a WAV.")] = None,
    by: Who = "",
) -> None:
    """Play a message (with aplay), or write its sound to a file; the message counts as heard then."""
    site = open_site()
    message = _run(site, lambda connection: _one(connection, name))
    kept = _run(site, lambda connection: sound_of(connection, message))
    if kept is None:
        raise RefusedError(f"{name}: nothing was said; `bin/pasokh messages show {name}` tells what is known")
    sound = wav_of(site, kept)
    if output is None:
        play_wav(sound, name)
    else:
        write_output(sound, output)
    _run(site, lambda connection: _note_heard(connection, message, by or getpass.getuser()), write=True)
    if output is not None:
        print(output)


@app.command()
def close(name: Name, *, by: Who = "") -> None:
    """Note that nothing more is to be done about a message."""
    site = open_site()
    message = _run(site, lambda connection: _one(connection, name))
    now = _now_ms()
    closed = _run(
        site, lambda connection: close_message(connection, message.id, by or getpass.getuser(), now), write=True,
    )
    print(f"{name} is closed" if closed else f"{name} was closed already, by {message.closed_by}")


async def _note_heard(connection: AsyncConnection, message: Message, who: str) -> None:
    now = _now_ms()
    await mark_heard(connection, message.id, who, now)
    seconds = message.duration_ms // 1000
    listener = f"command:{who}"
    heard = Listen(message.recording_id or "", now, listener, MACHINE, Purpose.CASE, way=Way.COMMAND)
    await add_listen(connection, heard)
    await record(connection, Act(listener, "message.heard", message.id, {"seconds": seconds}), now)


async def _one(connection: AsyncConnection, name: str) -> Message:
    found = await messages_named(connection, name)
    if not found:
        raise RefusedError(f"{name}: no such message; `bin/pasokh messages list` shows their codes")
    if len(found) > 1:
        raise RefusedError(f"{name}: this code has {len(found)} messages: name one by its id: "
                           f"{', '.join(message.id for message in found)}")
    return found[0]


def _shown(message: Message, *, whole_numbers: bool) -> Message:
    if whole_numbers:
        return message
    return replace(message, caller=_masked(message.caller), callback_number=_masked(message.callback_number))


def _masked(number: str | None) -> str | None:
    return number and "…" + number[-LAST_DIGITS:]


def _table(found: Sequence[Message], site: Site) -> Table:
    table = Table(
        "code or id", "taken", "box", "kind", "queue", "caller", "call back at", "language", "seconds", "state",
    )
    for message in found:
        table.add_row(
            message.tracking or message.id, _moment_text(message.taken_ms, site), message.box, message.kind,
            message.queue or "–", message.caller or "–", message.callback_number or "–", message.language or "–",
            str(round(message.duration_ms / 1000)) if message.recording_id else "–", message.state,
        )
    return table


def _print_csv(found: Sequence[Message]) -> None:
    names = list(Message.__dataclass_fields__)
    writer = csv.DictWriter(sys.stdout, names)
    writer.writeheader()
    writer.writerows(asdict(message) for message in found)


def _moment_text(at_ms: int, site: Site) -> str:
    zone = ZoneInfo(site.settings.site.timezone)
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _moment(site: Site, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = parse_moment(text, ZoneInfo(site.settings.site.timezone), datetime.now(UTC))
    except MomentError as error:
        raise RefusedError(str(error)) from error
    return math.floor(moment.timestamp() * 1000)


def _run(site: Site, work: Callable[[AsyncConnection], Awaitable[Result]], *, write: bool = False) -> Result:
    async def act() -> Result:
        database = Database(store_url(site.home, site.settings, Store.MAIN))
        try:
            async with database.write() if write else database.read() as connection:
                return await work(connection)
        finally:
            await database.close()

    try:
        return asyncio.run(act())
    except (SQLAlchemyError, OSError) as error:
        reason = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
        raise RefusedError(f"main store: {reason}; `bin/pasokh doctor` says how to mend it") from error


def _now_ms() -> int:
    return int(time.time() * 1000)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 200)
