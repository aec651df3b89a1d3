"""`bin/pasokh staffing`: how many calls a coming day brings, and how many agents it needs."""

import asyncio
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from foundation.calendars import MomentError, parse_moment
from foundation.database import Store
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.commands.report_options import Form, Format, console, made, present, site, write
from pasokh.refusal import RefusedError
from reports.frame.sheets import Sheet, sheet_csv, sheet_json, sheet_table
from reports.frame.stores import open_store, store_exists
from reports.staffing.erlang import Traffic
from reports.staffing.need import Target
from reports.staffing.notes import Ahead, staffing_texts
from reports.staffing.plan import Choice, choose
from reports.staffing.reading import (
    LONGEST_PATIENCE,
    Learnt,
    Measured,
    assume,
    learn_from_ledger,
    local_moment,
    measure,
    today_of,
)
from reports.staffing.sheets import forecast_sheet, plan_sheet
from reports.staffing.what_if import what_if_sheet

app = typer.Typer(no_args_is_help=True, help="Forecast calls, plan agents, ask what if. docs/staffing.md explains.")
Queues = Annotated[list[str] | None, typer.Option("--queue", "-q", help="Only this queue; may be repeated.")]
FirstDay = Annotated[str | None, typer.Option("--from", help="First day: 2026-11-23, 1405-09-02; default: tomorrow.")]
Days = Annotated[int, typer.Option("--days", min=1, max=92, help="How many days.")]
Growth = Annotated[float, typer.Option("--growth", min=0.01, max=100, help="1.1: a tenth more than the history says.")]
Aht = Annotated[float | None, typer.Option("--aht", min=1, max=86400, help="Handle time in s; default: measured.")]
PatienceOption = Annotated[
    float | None,
    typer.Option("--patience", min=1, max=LONGEST_PATIENCE, help="Mean patience in s; default: measured."),
]
Shrinkage = Annotated[float, typer.Option("--shrinkage", min=0, max=0.95, help="Share of paid time not at the queue.")]
HourlyCost = Annotated[float, typer.Option("--hourly-cost", min=0, help="Of one paid hour, in any currency.")]


@app.command("forecast")
def forecast(
    *, queue: Queues = None, from_: FirstDay = None, days: Days = 1, growth: Growth = 1.0, form: Format = Form.TABLE,
) -> None:
    """Calls per quarter of an hour with ranges, and how wrong such forecasts have been beside a naive one."""
    home, settings = site()
    now = present()
    ahead = Ahead(_first_day(from_, settings, now), days, growth, tuple(dict.fromkeys(queue or ())))
    learnt = made(lambda: asyncio.run(_learn(home, settings, ahead.queues, now)))
    _print(forecast_sheet(learnt, ahead, settings, now), settings, form)


@app.command("plan")
def plan(
    *,
    queue: Queues = None,
    from_: FirstDay = None,
    days: Days = 1,
    growth: Growth = 1.0,
    aht: Aht = None,
    patience: PatienceOption = None,
    shrinkage: Shrinkage = 0.3,
    hourly_cost: HourlyCost = 0.0,
    model: Annotated[Choice | None, typer.Option("--model", help="For the roster; default: erlang-a if known.")] = None,
    high: Annotated[bool, typer.Option("--high", help="For the upper end of the forecast's range.")] = False,
    form: Format = Form.TABLE,
) -> None:
    """Agents per quarter of an hour for 80/20, 95/20 and 99/20 side by side, with occupancy, roster and cost."""
    home, settings = site()
    now = present()
    queues = tuple(dict.fromkeys(queue or ()))
    ahead = Ahead(_first_day(from_, settings, now), days, growth, queues)
    learnt = made(lambda: asyncio.run(_learn(home, settings, queues, now)))
    measured = made(lambda: asyncio.run(_measure(home, settings, queues, now)))
    assumptions = made(lambda: assume(
        measured, aht=aht, patience=patience, shrinkage=shrinkage, hourly_cost=hourly_cost))
    try:
        choice = choose(assumptions, model)
    except ValueError as error:
        raise RefusedError(f"--model {model}: {error}") from error
    sheet = plan_sheet(
        learnt, ahead, assumptions, choice, settings, now=now,
        patience=None if patience else measured.patience, high=high)
    _print(sheet, settings, form)


@app.command("what-if")
def what_if(
    *,
    calls: Annotated[float, typer.Option("--calls", min=0.01, max=1e6, help="Calls that come in --minutes.")],
    minutes: Annotated[float, typer.Option("--minutes", min=1, max=1440, help="In how long they come.")] = 15,
    queue: Queues = None,
    aht: Aht = None,
    patience: PatienceOption = None,
    threshold: Annotated[float, typer.Option("--threshold", min=0, max=3600, help="T of the targets in s.")] = 20,
    agents: Annotated[int | None, typer.Option("--agents", min=1, max=5000, help="Show this number too.")] = None,
    shrinkage: Shrinkage = 0.3,
    hourly_cost: HourlyCost = 0.0,
    form: Format = Form.TABLE,
) -> None:
    """What each number of agents makes of so many calls; what is not given is measured from the ledger."""
    home, settings = site()
    now = present()
    measured = Measured(None, None)
    if (aht is None or patience is None) and store_exists(home, settings, Store.LEDGER):
        measured = made(lambda: asyncio.run(_measure(home, settings, tuple(queue or ()), now)))
    assumptions = made(lambda: assume(
        measured, aht=aht, patience=patience, shrinkage=shrinkage, hourly_cost=hourly_cost))
    traffic = Traffic(calls, assumptions.aht, minutes * 60)
    if traffic.load > 20_000:
        raise RefusedError(f"{traffic.load:,.0f} erlangs are more than this can reckon with (20,000): give fewer "
                           "--calls or a shorter --aht")
    sheet = what_if_sheet(
        traffic, assumptions, Target(0.8, threshold), settings, now,
        patience=None if patience else measured.patience, agents=agents)
    _print(sheet, settings, form)


def _first_day(written: str | None, settings: Settings, now: int) -> date:
    today = today_of(settings, now)
    if written is None:
        return today + timedelta(days=1)
    zone = ZoneInfo(settings.site.timezone)
    try:
        day = parse_moment(written, zone, local_moment(settings, now)).astimezone(zone).date()
    except MomentError as error:
        raise RefusedError(str(error)) from error
    if day < today:
        raise RefusedError(f"--from {written}: that day is over; the forecast is for today and later days")
    return day


async def _learn(home: Home, settings: Settings, queues: tuple[str, ...], now: int) -> Learnt:
    async with open_store(home, settings, Store.LEDGER) as ledger:
        return await learn_from_ledger(ledger, queues, settings, now)


async def _measure(home: Home, settings: Settings, queues: tuple[str, ...], now: int) -> Measured:
    async with open_store(home, settings, Store.LEDGER) as ledger:
        return await measure(ledger, queues, settings, now)


def _print(sheet: Sheet, settings: Settings, form: Form) -> None:
    match form:
        case Form.JSON:
            write(sheet_json(sheet))
        case Form.CSV:
            write(sheet_csv(sheet))
        case Form.TABLE:
            console().print(sheet_table(sheet, settings, staffing_texts(settings.site.language)))
