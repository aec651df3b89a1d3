"""`bin/pasokh plan`: agents' working times: imported, shown, removed."""

import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.work_plan.book import KeptLine, PlannedDays, import_plan, read_days, remove_plan
from callqueue.work_plan.file import read_plan_file
from callqueue.work_plan.refusals import WorkPlanRefusalError, WrongPlanFileError
from callqueue.work_plan.words import fault_text, plan_texts
from callqueue.work_plan.writing import clocks, write_plan_file
from foundation.calendars import MomentError, day_text, iso, parse_moment
from foundation.catalogue import Texts
from foundation.database import Database, Store, store_url
from foundation.text import digits
from foundation.web.clock import present_ms
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site
from reports.frame.stores import store_exists

app = typer.Typer(no_args_is_help=True, help="Working times of the agents: import, show, remove (docs/plan.md).")
Result = TypeVar("Result")
SHOWN_DAYS = 7
STANDARD_INPUT = "-"


class Form(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


Agents = Annotated[list[str] | None, typer.Option("--agent", "-a", help="Only of this agent; may be repeated.")]
Until = Annotated[str, typer.Option("--until", help="The last day, itself among them.")]


@app.command("import")
def take_in(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV with the columns agent, day, from, to, activity,"
                                                             " reason; - reads standard input.")],
) -> None:
    """Take a plan in. A day of an agent that it has is replaced; where any line is wrong, nothing changes."""
    desk = _Desk.open()
    content = _content(file)
    who, name = _who(), Path(file).name

    async def run(connection: AsyncConnection) -> str:
        lines = read_plan_file(content, desk.site.settings)
        done = await import_plan(connection, lines, present_ms(), who, name)
        return desk.texts("plan.imported", lines=done.lines, days=done.days, replaced=done.replaced,
                          unchanged=done.unchanged)

    print(desk.write(run, file))


@app.command("show")
def show(
    *, agent: Agents = None,
    from_: Annotated[str, typer.Option("--from", help="The first day: 1405-09-01, 2026-11-22, today.")] = "today",
    until: Until = "",
    form: Annotated[Form, typer.Option("--format", help="csv: as `import` reads it.")] = Form.TABLE,
) -> None:
    """What is planned; of the coming seven days unless said otherwise."""
    desk = _Desk.open()
    days = desk.days(agent, from_, until, SHOWN_DAYS)
    kept = desk.read(lambda connection: read_days(connection, days))
    if form is Form.CSV:
        sys.stdout.write(write_plan_file((each.plan for each in kept), desk.zone))
    elif form is Form.JSON:
        print(json.dumps([desk.record(each) for each in kept], ensure_ascii=False, indent=2))
    else:
        desk.print_table(kept, days)


@app.command("remove")
def remove(
    *, from_: Annotated[str, typer.Option("--from", help="The first day: 1405-09-01, 2026-11-22, today.")],
    until: Until = "", agent: Agents = None,
) -> None:
    """Take days out of the plan: of all agents, or of those named; one day unless `--until` names a later one."""
    desk = _Desk.open()
    days, who = desk.days(agent, from_, until, 1), _who()
    count = desk.write(lambda connection: remove_plan(connection, days, present_ms(), who))
    print(desk.texts("plan.removed", count=count))


def _who() -> str:
    return f"command:{getpass.getuser()}"


def _content(file: str) -> bytes:
    if file == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise RefusedError(f"{file}: {error.strerror or error}; give a file that can be read") from error


@dataclass(frozen=True, slots=True)
class _Desk:
    """One command's view of the plan."""

    site: Site
    texts: Texts

    @classmethod
    def open(cls) -> "_Desk":
        site = open_site()
        return cls(site, plan_texts(site.settings.site.language))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.settings.site.timezone)

    def days(self, agents: list[str] | None, first: str, last: str, count: int) -> PlannedDays:
        """`count` days, when no last one is said."""
        begun = self._day("--from", first)
        ended = self._day("--until", last) if last else begun + timedelta(days=count - 1)
        if ended < begun:
            raise RefusedError(f"--until {last}: this is before --from {first}; write a later day")
        return PlannedDays(begun, ended, tuple(agents or ()))

    def _day(self, option: str, written: str) -> date:
        try:
            return parse_moment(written, self.zone, datetime.now(UTC)).astimezone(self.zone).date()
        except MomentError as error:
            raise RefusedError(f"{option}: {error}") from error

    def read(self, act: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        async def run(database: Database) -> Result:
            async with database.read() as connection:
                return await act(connection)

        return self._run(run, "")

    def write(self, act: Callable[[AsyncConnection], Awaitable[Result]], file: str = "") -> Result:
        """In one transaction, which a refusal ends without a change."""
        async def run(database: Database) -> Result:
            async with database.write() as connection:
                return await act(connection)

        return self._run(run, file)

    def _run(self, act: Callable[[Database], Awaitable[Result]], file: str) -> Result:
        home, settings = self.site.home, self.site.settings
        if not store_exists(home, settings, Store.MAIN):
            raise RefusedError(f"{home.database}: no main store here yet; `bin/pasokh up` makes it")

        async def run() -> Result:
            database = Database(store_url(home, settings, Store.MAIN))
            try:
                return await act(database)
            finally:
                await database.close()

        try:
            return asyncio.run(run())
        except WrongPlanFileError as error:
            faults = "\n".join(f"{file}:{fault.line}: {fault_text(fault, self.texts)}" for fault in error.faults)
            told = self.texts(f"plan.refused.{error.name}", count=len(error.faults))
            raise RefusedError(f"{told}\n{faults}") from error
        except WorkPlanRefusalError as error:
            raise RefusedError(self.texts(f"plan.refused.{error.name}", **error.values)) from error
        except SQLAlchemyError as error:
            first = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
            raise RefusedError(f"the main store: {first}; `bin/pasokh doctor` says how to mend it") from error

    def record(self, kept: KeptLine) -> dict[str, str]:
        plan = kept.plan
        return {"agent": plan.agent, "day": plan.day.isoformat(), "from": iso(plan.start_ms / 1000, self.zone),
                "to": iso(plan.end_ms / 1000, self.zone), "activity": plan.activity.value, "reason": plan.reason,
                "imported": iso(kept.imported_ms // 1000, self.zone)}

    def print_table(self, kept: list[KeptLine], days: PlannedDays) -> None:
        language = self.texts.language
        console = Console(width=None if sys.stdout.isatty() else 200)
        first, last = (day_text(day, language) for day in (days.first, days.last))
        console.print(Text(self.texts("plan.title", first=first, last=last), style="bold"))
        if not kept:
            console.print(Text(self.texts("plan.none")))
            return
        names = ("agent", "day", "from", "to", "activity", "reason")
        table = Table(*(self.texts(f"plan.column.{name}") for name in names), box=None)
        for each in kept:
            plan = each.plan
            reason = f"agent.pause.{plan.reason}"
            table.add_row(plan.agent, day_text(plan.day, language),
                          *(digits(clock, language) for clock in clocks(plan, self.zone)),
                          self.texts(f"plan.activity.{plan.activity}"),
                          self.texts(reason) if reason in self.texts.messages else plan.reason)
        console.print(table)
