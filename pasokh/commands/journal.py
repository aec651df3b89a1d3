"""`bin/pasokh journal import` and `journal status`: the evidence that the ledger stands on."""

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from callqueue.journal.importing import Imported, NoJournalError, import_journal
from callqueue.journal.status import BadLineStatus, JournalStatus, read_bad_lines, read_status
from callqueue.ledger.evidence import Gap
from callqueue.ledger.store import read_gaps
from callqueue.queues.rules import rulebook
from callqueue.records.bookmarks import MovedError
from callqueue.rollups.check import Checked, check_rollups
from callqueue.rollups.model import Terms
from callqueue.rollups.service import roll_up
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings, load_settings
from pasokh.migrations import is_current, migrate
from pasokh.refusal import RefusedError
from pasokh.site import make_home, write_first_settings

SHOWN_BAD = 20
SHOWN_CONTENT = 200
WIDTH = 160
DAY = 86_400

Found = TypeVar("Found")

app = typer.Typer(no_args_is_help=True, help="Import the queue log of any Asterisk; see what has been read.")

File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, resolve_path=True, help="A queue_log.")]
Zone = Annotated[str | None, typer.Option("--timezone", help="Zone of local time stamps, like Asia/Tehran.")]
Name = Annotated[str | None, typer.Option(
    "--name", help="Name of the Asterisk that wrote it, to keep several apart; found in the call ids otherwise.")]
Days = Annotated[int, typer.Option("--days", min=1, help="So many days back.")]
Hours = Annotated[int, typer.Option("--hours", min=1, help="Gaps of so many hours back.")]


@app.command("import")
def import_file(file: File, timezone: Zone = None, name: Name = None) -> None:
    """Import a queue log. Repeatable: what is known already changes nothing. Exit code 1 when lines were bad."""
    home, settings = _prepared_site()
    done = asyncio.run(_import(home, settings, file, _zone(timezone), name))
    _show_import(file, done)
    raise typer.Exit(1 if done.bad else 0)


@app.command("status")
def status(hours: Hours = 24) -> None:
    """Show how far journal and CEL have been read, bad lines, and gaps."""
    home = Home.from_environment()
    settings = load_settings(home)
    found, bad, gaps = _refuse_without_database(lambda: asyncio.run(_status(home, settings, hours)))
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    zone = ZoneInfo(settings.site.timezone)
    console.print(_sources_table(found, zone))
    console.print(f"open stints: {found.open_stints}   lines whose beginning was never read: {found.orphans}")
    if bad:
        console.print(f"\nbad lines (the newest {len(bad)}):")
        for line in bad:
            console.print(f"  {line.path}:{line.line_number}: {line.reason}: {line.text}", markup=False, soft_wrap=True)
    console.print(f"\ngaps of the last {hours} h: {len(gaps) or 'none'}")
    for gap in gaps:
        console.print(f"  {_gap_line(gap, zone)}", markup=False, soft_wrap=True)


@app.command("check")
def check(days: Days = 2) -> None:
    """Make the roll-ups of the last days again from the ledger and compare. Exit code 1 when one differs."""
    home = Home.from_environment()
    settings = load_settings(home)
    checked, wrong = _refuse_without_database(lambda: asyncio.run(_check(home, settings, days)))
    for each in wrong:
        zone = ZoneInfo(settings.site.timezone)
        print(f"{each.kind.value} of {_moment(each.interval.start, zone)} to {_moment(each.interval.end, zone)}: the "
              f"roll-up says {each.says[:SHOWN_CONTENT]}, the ledger {each.should[:SHOWN_CONTENT]}")
    print(f"{checked:,} roll-ups of the last {days} days compared with the ledger: {len(wrong) or 'none'} differ")
    raise typer.Exit(1 if wrong else 0)


@app.command("roll-up")
def roll_up_now() -> None:
    """Make every roll-up that is missing now, instead of waiting for the service (after the import of years)."""
    home = Home.from_environment()
    settings = load_settings(home)
    while _refuse_without_database(lambda: asyncio.run(roll_up(home, settings, 60.0))):
        print("...", file=sys.stderr, flush=True)


async def _check(home: Home, settings: Settings, days: int) -> tuple[int, list[Checked]]:
    database = Database(store_url(home, settings, Store.LEDGER))
    checked, wrong = 0, []
    try:
        async with database.read() as connection:
            since = int(time.time()) - days * DAY
            terms = Terms(rulebook(settings), settings.shared_numbers, ZoneInfo(settings.site.timezone))
            async for each in check_rollups(connection, terms, since):
                checked += 1
                if not each.agrees:
                    wrong.append(each)
        return checked, wrong
    finally:
        await database.close()


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RefusedError(f"--timezone {name!r}: no such time zone; write it like Asia/Tehran") from error


def _prepared_site() -> tuple[Home, Settings]:
    """A log can be imported before the line has ever been started."""
    home = Home.from_environment()
    make_home(home)
    write_first_settings(home)
    settings = load_settings(home)
    _refuse_without_database(lambda: asyncio.run(_migrate_if_needed(home, settings)))
    return home, settings


async def _migrate_if_needed(home: Home, settings: Settings) -> None:
    if not await is_current(home, settings):
        await migrate(home, settings)


def _refuse_without_database(do: Callable[[], Found]) -> Found:
    try:
        return do()
    except (SQLAlchemyError, OSError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise RefusedError(f"the ledger's database cannot be used: {reason}; `bin/pasokh doctor` tells more") from error


async def _import(home: Home, settings: Settings, file: Path, zone: ZoneInfo | None, name: str | None) -> Imported:
    gc.set_threshold(200_000, 20, 20)  # millions of short-lived records, hardly a cycle: a quarter of the time
    database = Database(store_url(home, settings, Store.LEDGER))
    shown = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[lines]:>10,} lines"),
        TimeRemainingColumn(), console=Console(stderr=True), disable=not sys.stderr.isatty(),
    )
    try:
        with shown:
            bar = shown.add_task(file.name, total=1, lines=0)

            def show(done: Imported) -> None:
                shown.update(bar, total=done.size, completed=done.position, lines=done.lines)

            return await import_journal(database, file, journal=name, zone=zone, progress=show)
    except NoJournalError as error:
        raise RefusedError(f"{file}: {error} (--timezone for local times); nothing was imported") from error
    except MovedError as error:
        raise RefusedError(f"{file}: another import of this file is under way, and this one stopped; "
                           "wait for the other or begin this one again, nothing counts twice") from error
    except (SQLAlchemyError, OSError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise RefusedError(f"{file}: the import stopped: {reason}; begin it again, nothing counts twice") from error
    finally:
        await database.close()


def _show_import(file: Path, done: Imported) -> None:
    print(f"{file}: {done.lines:,} lines of {done.journal!r}: {done.new:,} new, {len(done.bad):,} bad")
    for number, bad in done.bad[:SHOWN_BAD]:
        print(f"  line {number}: {bad.reason}: {bad.text}")
    if len(done.bad) > SHOWN_BAD:
        print(f"  ... and {len(done.bad) - SHOWN_BAD:,} more; `bin/pasokh journal status` shows the newest")
    if done.orphans:
        print(f"  {done.orphans:,} lines speak of calls that began before this file; import the earlier one too")
    if done.half_line:
        print("  the last line has no end; it was left for the next import")


async def _status(home: Home, settings: Settings, hours: int) -> tuple[JournalStatus, list[BadLineStatus], list[Gap]]:
    if not await is_current(home, settings):
        raise RefusedError(f"{home.database}: no ledger of this version; `bin/pasokh prepare` makes it")
    database = Database(store_url(home, settings, Store.LEDGER))
    try:
        async with database.read() as connection:
            now = int(time.time())
            return (await read_status(connection), await read_bad_lines(connection, SHOWN_BAD),
                    await read_gaps(connection, now - hours * 3600, now + DAY))
    finally:
        await database.close()


def _sources_table(status: JournalStatus, zone: ZoneInfo) -> Table:
    table = Table("what", "of", "file", "read", "behind", "lines", "bad", "last line", box=None)
    for source in status.sources:
        behind = "gone" if source.behind is None else f"{source.behind:,}"
        table.add_row(
            source.kind if source.live or source.kind == "import" else f"{source.kind} (old)", source.journal,
            source.path, f"{source.position:,}", behind if source.live else "", f"{source.lines:,}",
            f"{source.bad_lines:,}", "" if source.last_at is None else _moment(source.last_at, zone),
        )
    return table


def _gap_line(gap: Gap, zone: ZoneInfo) -> str:
    until = "now" if gap.ended is None else _moment(gap.ended, zone)
    call = f" call {gap.call_id}" if gap.call_id else ""
    return f"{gap.kind}: {_moment(gap.started, zone)} to {until}{call}: {gap.detail}"


def _moment(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")
