"""`bin/pasokh report queue` and `report calls`: figures with their passports, and the calls behind them."""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from foundation.calendars import Interval, Step
from foundation.database import Store
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.commands.report_call import app as call_story
from pasokh.commands.report_callbacks import app as callback_reports
from pasokh.commands.report_cases import app as case_reports
from pasokh.commands.report_options import Form, Format, From, To, console, interval_of, made, present, site, write
from pasokh.refusal import RefusedError
from reports.agent_tables import agents_csv, agents_json, agents_table
from reports.agents import AgentsQuery, AgentsReport, build_agents_report
from reports.calls import (
    FIGURES,
    LOST,
    OUTCOMES,
    CallsQuery,
    CallsReport,
    find_recordings,
    list_calls,
    with_recordings,
)
from reports.exports import calls_csv, calls_json, queue_report_csv, queue_report_json
from reports.menu_tables import menus_csv, menus_json, menus_table
from reports.menus import MenuCallsQuery, MenusReport, build_menus_report, list_menu_calls
from reports.paths import RESULTS
from reports.queue import QueueQuery, QueueReport, build_queue_report, refuse_unknown_queues
from reports.stores import open_store, store_exists
from reports.tables import calls_table, queue_report_table

UNBALANCED = 3
"""Exit code of a report that contradicts itself, so that programs notice too."""

app = typer.Typer(no_args_is_help=True, help="Figures of the queues with their passports, and the calls behind them.")
app.add_typer(call_story)
app.add_typer(callback_reports)
app.add_typer(case_reports)


@app.command("queue")
def queue_report(
    *,
    queue: Annotated[list[str] | None, typer.Option("--queue", "-q", help="Only this queue; may be repeated.")] = None,
    from_: From = "today",
    to: To = None,
    by: Annotated[Step, typer.Option("--by", help="A row for each hour or day of the site's zone.")] = Step.NONE,
    form: Format = Form.TABLE,
) -> None:
    """Every figure of the queues, with its definition; docs/figures.md explains them. Exit code 3: does not balance."""
    home, settings = site()
    now = present()
    query = QueueQuery(interval_of(from_, to, settings, now), tuple(dict.fromkeys(queue or ())), by)
    report = made(lambda: asyncio.run(_queue_report(home, settings, query, now)))
    match form:
        case Form.JSON:
            write(queue_report_json(report))
        case Form.CSV:
            write(queue_report_csv(report))
        case Form.TABLE:
            screen = console()
            screen.print(queue_report_table(report, settings, screen.width))
    if not report.balanced:
        raise typer.Exit(UNBALANCED)


@app.command("calls")
def calls(
    *,
    queue: Annotated[str | None, typer.Option("--queue", "-q", help="Only stints of this queue.")] = None,
    from_: From = "today",
    to: To = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help=f"Only: {', '.join(OUTCOMES)}.")] = None,
    figure: Annotated[str | None, typer.Option("--figure", help="Only what this figure was counted from.")] = None,
    menu: Annotated[str | None, typer.Option("--menu", help="Calls that came to this menu of the IVR.")] = None,
    result: Annotated[str | None, typer.Option(
        "--result", help=f"With or without --menu, only calls in which this happened in a menu: {', '.join(RESULTS)}.",
    )] = None,
    caller: Annotated[str | None, typer.Option("--caller", help="Only numbers that end in these digits.")] = None,
    whole_numbers: Annotated[bool, typer.Option("--whole-numbers", help="Show callers' numbers whole.")] = False,
    form: Format = Form.TABLE,
) -> None:
    """The stints behind the figures, with their recordings; and, by --outcome, calls that never became a stint."""
    home, settings = site()
    now = present()
    query = CallsQuery(
        interval_of(from_, to, settings, now), queue=queue, caller=caller, whole_numbers=whole_numbers,
        outcome=figure if figure in OUTCOMES else outcome, figure=None if figure in {*OUTCOMES, "offered"} else figure,
    )
    _check_calls(query)
    if menu is None and result is None:
        report = made(lambda: asyncio.run(_calls_report(home, settings, query, now)))
    else:
        wanted = _menu_calls_query(query, menu, result)
        report = made(lambda: asyncio.run(_menu_calls(home, settings, query, wanted, now)))
    match form:
        case Form.JSON:
            write(calls_json(report))
        case Form.CSV:
            write(calls_csv(report))
        case Form.TABLE:
            console().print(calls_table(report, settings))


@app.command("ivr")
def ivr_report(
    *,
    from_: From = "today",
    to: To = None,
    menu: Annotated[str | None, typer.Option("--menu", help="Only this menu.")] = None,
    form: Format = Form.TABLE,
) -> None:
    """Per menu: entered, chosen, wrong, silent, hung up, contained. The calls behind: report calls --menu --result."""
    home, settings = site()
    now = present()
    interval = interval_of(from_, to, settings, now)
    report = made(lambda: asyncio.run(_menus_report(home, settings, interval, now, menu)))
    match form:
        case Form.JSON:
            write(menus_json(report))
        case Form.CSV:
            write(menus_csv(report))
        case Form.TABLE:
            console().print(menus_table(report, settings))


async def _menus_report(
    home: Home, settings: Settings, interval: Interval, now: int, menu: str | None,
) -> MenusReport:
    zone = ZoneInfo(settings.site.timezone)
    async with AsyncExitStack() as stores:
        main = await stores.enter_async_context(open_store(home, settings, Store.MAIN))
        ledger = None
        if store_exists(home, settings, Store.LEDGER):
            ledger = await stores.enter_async_context(open_store(home, settings, Store.LEDGER))
        return await build_menus_report(main, ledger, interval, zone, now=now, menu=menu)


def _menu_calls_query(query: CallsQuery, menu: str | None, result: str | None) -> MenuCallsQuery:
    if result is not None and result not in RESULTS:
        raise RefusedError(f"--result {result}: no such result; there are {', '.join(RESULTS)}")
    if (query.queue, query.outcome, query.figure, query.caller) != (None, None, None, None):
        raise RefusedError("--menu and --result ask for calls in the menus: leave --queue, --outcome, --figure and "
                           "--caller out")
    return MenuCallsQuery(query.interval, menu, result or "entered", query.whole_numbers)


async def _menu_calls(
    home: Home, settings: Settings, query: CallsQuery, wanted: MenuCallsQuery, now: int,
) -> CallsReport:
    async with open_store(home, settings, Store.MAIN) as main:
        lines = await list_menu_calls(main, wanted)
    return CallsReport(query, now, ZoneInfo(settings.site.timezone), tuple(lines))


@app.command("agents")
def agents_report(
    *,
    agent: Annotated[list[str] | None, typer.Option("--agent", "-a", help="Only this agent; may be repeated.")] = None,
    from_: From = "today",
    to: To = None,
    by: Annotated[Step, typer.Option("--by", help="A row for each hour or day of the site's zone.")] = Step.NONE,
    form: Format = Form.TABLE,
) -> None:
    """Each agent's sessions, cut into what he did; docs/figures.md explains. Exit code 3: the parts do not sum up."""
    home, settings = site()
    now = present()
    query = AgentsQuery(interval_of(from_, to, settings, now), tuple(dict.fromkeys(agent or ())), by)
    report = made(lambda: asyncio.run(_agents_report(home, settings, query, now)))
    match form:
        case Form.JSON:
            write(agents_json(report))
        case Form.CSV:
            write(agents_csv(report))
        case Form.TABLE:
            console().print(agents_table(report, settings))
    if not report.sums_up:
        raise typer.Exit(UNBALANCED)


async def _agents_report(home: Home, settings: Settings, query: AgentsQuery, now: int) -> AgentsReport:
    async with open_store(home, settings, Store.LEDGER) as ledger:
        return await build_agents_report(ledger, query, settings, now)


async def _queue_report(home: Home, settings: Settings, query: QueueQuery, now: int) -> QueueReport:
    async with open_store(home, settings, Store.LEDGER) as ledger:
        return await build_queue_report(ledger, query, settings, now)


async def _calls_report(home: Home, settings: Settings, query: CallsQuery, now: int) -> CallsReport:
    async with open_store(home, settings, Store.LEDGER) as ledger:
        await refuse_unknown_queues(ledger, [] if query.queue is None else [query.queue], settings)
        lines = await list_calls(ledger, query, settings, now)
    if lines and store_exists(home, settings, Store.MAIN):
        async with open_store(home, settings, Store.MAIN) as main:
            lines = with_recordings(lines, await find_recordings(main, lines, home.recordings_store))
    return CallsReport(query, now, ZoneInfo(settings.site.timezone), tuple(lines))


def _check_calls(query: CallsQuery) -> None:
    if query.outcome is not None and query.outcome not in OUTCOMES:
        raise RefusedError(f"--outcome {query.outcome}: no such outcome; there are {', '.join(OUTCOMES)}")
    if query.figure is not None and query.figure not in FIGURES:
        raise RefusedError(f"--figure {query.figure}: not a count of calls; there are "
                           f"{', '.join((*OUTCOMES, 'offered', *FIGURES))}")
    if query.outcome == LOST and query.queue is not None:
        raise RefusedError(f"{LOST} --queue {query.queue}: calls lost before any queue belong to none; "
                           "leave --queue out")
    if query.caller is not None and not query.caller.removeprefix("+").isdecimal():
        raise RefusedError(f"--caller {query.caller}: give the last digits of a number, like 4567")
