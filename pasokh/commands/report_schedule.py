"""`bin/pasokh report schedule`: reports that are sent by mail again and again."""

import asyncio
import getpass
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from foundation.calendars import Calendar, calendar_of, moment_text
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import LANGUAGES, Settings, load_secrets
from foundation.web.clock import present_ms
from pasokh.commands.report_options import console, present, site
from pasokh.refusal import RefusedError
from reports.catalog import find_report
from reports.forms.files import Form
from reports.frame.parameters import ParameterError
from reports.frame.report import Context
from reports.frame.stores import store_exists
from reports.frame.tables import report_texts
from reports.post.book import (
    NewSchedule,
    Posted,
    Schedule,
    add_schedule,
    list_schedules,
    mark_now,
    remove_schedule,
)
from reports.post.days import read_when
from reports.post.sending import Post, mail_server

ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")

app = typer.Typer(no_args_is_help=True, help="Reports sent by mail: add, list, remove, run (docs/reports.md).")


@app.command("add")
def add(
    report: Annotated[str, typer.Argument(help="Its name, as `report --help` lists them.")],
    *,
    when: Annotated[str, typer.Option("--when", help="`daily 08:00`, `weekly saturday 08:00`, `monthly 1 08:00`.")],
    to: Annotated[list[str], typer.Option("--to", help="An address; may be repeated.")],
    query: Annotated[str, typer.Option("--query", help="As in the report's address: period=yesterday&queue=operator")]
    = "period=yesterday",
    form: Annotated[Form, typer.Option("--format", help="The file that is sent.")] = Form.XLSX,
    calendar: Annotated[Calendar | None, typer.Option("--calendar", help="By which months are told.")] = None,
    language: Annotated[str, typer.Option("--language", help=", ".join(LANGUAGES))] = "",
) -> None:
    """Send a report by mail again and again; refused where it could not be made."""
    home, settings = site()
    context = Context(home, settings, report_texts("en"), present())
    spoken = next((one for one in LANGUAGES if one == (language or settings.site.language)), None)
    if spoken is None:
        raise RefusedError(f"--language {language}: there are {', '.join(LANGUAGES)}")
    wrong = [address for address in to if not ADDRESS.fullmatch(address) or len(address) > 254]
    if wrong:
        raise RefusedError(f"--to {wrong[0]}: this is no mail address; write one like chief@example.org")
    found = calendar or calendar_of(settings.site.language)
    try:
        what = NewSchedule(report, query.removeprefix("?"), read_when(when), found, form, spoken, tuple(to))
        find_report(report).read(what.pairs, context)
    except ParameterError as error:
        raise _refusal(error) from error
    asyncio.run(_add(home, settings, what))


@app.command("list")
def show() -> None:
    """All schedules: what, when, to whom, and what became of the last mail."""
    home, settings = site()
    console().print(_table(asyncio.run(_list(home, settings)), settings))


@app.command("remove")
def remove(schedule: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]) -> None:
    """Send it no more."""
    home, settings = site()
    asyncio.run(_remove(home, settings, schedule))


@app.command("run")
def run(
    schedule: Annotated[str | None, typer.Argument(metavar="[ID]", help="Send this one now, too.")] = None,
) -> None:
    """Send what is due now; the service `web` does it by itself while the line is up."""
    home, settings = site()
    if settings.smtp.server is None:
        raise RefusedError("smtp.server: no mail server in site.yaml; write smtp: {server: ..., sender: ...}")
    sent = asyncio.run(_run(home, settings, schedule))
    console().print(f"{sent} sent; `bin/pasokh report schedule list` shows what was not")


def _refusal(error: ParameterError) -> RefusedError:
    return RefusedError(report_texts("en")(f"report.refused.{error.name}", **error.values))


def _who() -> str:
    return f"command:{getpass.getuser()}"


@asynccontextmanager
async def _store(home: Home, settings: Settings) -> AsyncIterator[Database]:
    if not store_exists(home, settings, Store.MAIN):
        raise RefusedError(f"{home.database}: no main store here yet; `bin/pasokh up` makes it")
    database = Database(store_url(home, settings, Store.MAIN))
    try:
        yield database
    except ParameterError as error:
        raise _refusal(error) from error
    except SQLAlchemyError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise RefusedError(f"the main store: {first}; `bin/pasokh doctor` says how to mend it") from error
    finally:
        await database.close()


async def _add(home: Home, settings: Settings, what: NewSchedule) -> None:
    zone = ZoneInfo(settings.site.timezone)
    async with _store(home, settings) as database, database.write() as connection:
        found = await add_schedule(connection, what, zone, present_ms(), _who())
    console().print(f"{found.id}: first on {_moment(found.next_ms, settings)}")


async def _list(home: Home, settings: Settings) -> list[tuple[Schedule, Posted | None]]:
    async with _store(home, settings) as database, database.read() as connection:
        return await list_schedules(connection)


async def _remove(home: Home, settings: Settings, schedule: str) -> None:
    async with _store(home, settings) as database, database.write() as connection:
        await remove_schedule(connection, schedule, present_ms(), _who())


async def _run(home: Home, settings: Settings, schedule: str | None) -> int:
    send = mail_server(settings.smtp, load_secrets(home, settings))
    async with _store(home, settings) as database:
        if schedule is not None:
            async with database.write() as connection:
                await mark_now(connection, schedule, present_ms())
        return await Post(home, settings, database, present_ms, send).look()


def _table(found: list[tuple[Schedule, Posted | None]], settings: Settings) -> Table:
    table = Table("id", "report", "query", "when", "format", "to", "next", "last", box=None)
    for schedule, last in found:
        what = schedule.what
        told = "" if last is None else f"{last.state} {_moment(last.due_ms, settings)} {last.trouble or ''}".strip()
        table.add_row(schedule.id, what.report, what.query, str(what.when), what.form.value,
                      ", ".join(what.recipients), _moment(schedule.next_ms, settings), told)
    return table


def _moment(at_ms: int, settings: Settings) -> str:
    return moment_text(datetime.fromtimestamp(at_ms / 1000, ZoneInfo(settings.site.timezone)), settings.site.language)
