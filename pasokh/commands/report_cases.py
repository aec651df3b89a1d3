"""`bin/pasokh report followups`, `satisfaction` and `faults`: promises kept, what callers say, what ails."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.case_book import load_case_book
from followups.causes import load_causes
from followups.faults import Dimension as FaultDimension
from followups.satisfaction import Dimension as SatisfactionDimension
from followups.surveys import load_surveys
from followups.timeliness import Dimension as KeptDimension
from foundation.calendars import Step
from foundation.data_file import DataFileError
from foundation.database import Store
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.commands.report_options import Form, Format, From, To, console, interval_of, made, present, site, write
from pasokh.refusal import RefusedError
from reports.case_names import CaseNames, case_names
from reports.faults import WindowTooLongError, build_fault_times_sheet, build_faults_sheet
from reports.followups_kept import build_followups_sheet
from reports.satisfaction import build_satisfaction_sheet
from reports.sheets import Sheet, sheet_csv, sheet_json, sheet_table
from reports.stores import open_store

app = typer.Typer()

Read = TypeVar("Read")
Build = Callable[[AsyncConnection], Awaitable[Sheet]]


@app.command("followups")
def followups(
    *,
    by: Annotated[KeptDimension, typer.Option("--by", help="A row for each.")] = KeptDimension.UNIT,
    from_: From = "-30d",
    to: To = None,
    form: Format = Form.TABLE,
) -> None:
    """Which promises to callers were kept: cases whose deadline lies in the time; docs/figures.md explains."""
    home, settings = site()
    now, names = present(), _names(home, settings)
    interval = interval_of(from_, to, settings, now)
    _print(home, settings, form, lambda main: build_followups_sheet(main, interval, by, names, now=now))


@app.command("satisfaction")
def satisfaction(
    *,
    by: Annotated[SatisfactionDimension, typer.Option("--by", help="A row for each.")] = SatisfactionDimension.QUEUE,
    survey: Annotated[str | None, typer.Option("--survey", help="Only this one's answers.")] = None,
    from_: From = "-30d",
    to: To = None,
    form: Format = Form.TABLE,
) -> None:
    """What callers answered by key after calls and results."""
    home, settings = site()
    now, names = present(), _names(home, settings)
    interval, surveys = interval_of(from_, to, settings, now), _read(lambda: load_surveys(home.surveys))
    if survey is not None and survey not in surveys:
        raise RefusedError(f"--survey {survey}: there is no such survey; there are {', '.join(surveys)}")
    _print(home, settings, form, lambda main: build_satisfaction_sheet(
        main, interval, by, surveys, names, survey=survey, now=now))


@app.command("faults")
def faults(
    *,
    from_: From = "today",
    to: To = None,
    step: Annotated[Step, typer.Option("--step", help="Cases over time instead: each hour or day.")] = Step.NONE,
    by: Annotated[FaultDimension, typer.Option("--by", help="With --step: what is counted.")] = FaultDimension.SUBJECT,
    everything: Annotated[bool, typer.Option("--all", help="Also what had no cases in the time.")] = False,
    form: Format = Form.TABLE,
) -> None:
    """What rose suddenly against the same hours of earlier weeks, and why it is thought so; docs/satisfaction.md."""
    home, settings = site()
    now, names = present(), _names(home, settings)
    interval = interval_of(from_, to, settings, now)
    if step is not Step.NONE:
        _print(home, settings, form, lambda main: build_fault_times_sheet(main, interval, step, by, names, now=now))
        return
    try:
        _print(home, settings, form, lambda main: build_faults_sheet(
            main, interval, names, now=now, everything=everything))
    except WindowTooLongError as error:
        raise RefusedError(str(error)) from error


def _names(home: Home, settings: Settings) -> CaseNames:
    book = _read(lambda: load_case_book(home, settings, lambda: present() * 1000))
    return case_names(book, _read(lambda: load_causes(home)), settings)


def _read(load: Callable[[], Read]) -> Read:
    try:
        return load()
    except DataFileError as error:
        raise RefusedError(str(error)) from error


def _print(home: Home, settings: Settings, form: Form, build: Build) -> None:
    async def make() -> Sheet:
        async with open_store(home, settings, Store.MAIN) as main:
            return await build(main)

    sheet = made(lambda: asyncio.run(make()))
    match form:
        case Form.JSON:
            write(sheet_json(sheet))
        case Form.CSV:
            write(sheet_csv(sheet))
        case Form.TABLE:
            console().print(sheet_table(sheet, settings))
