"""The path report as a sheet: a row for each menu, then how all calls left the menus."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, fields

from callqueue.metrics import Unit
from foundation.calendars import iso
from foundation.catalogue import Texts
from reports.frame.parameters import Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Look, Own, Row, Section, Sheet
from reports.menus.menu_tables import menus_content, menus_csv, menus_table
from reports.menus.menus import MenusReport, build_menus_report
from reports.menus.paths import COUNTED, LineFigures, MenuFigures
from reports.queues.calls_sheet import MENU

COUNTS = ("entered", *COUNTED, "contained")


async def build(context: Context, parameters: Parameters) -> Sheet:
    async with AsyncExitStack() as stores:
        main = await stores.enter_async_context(context.main())
        ledger = await stores.enter_async_context(context.ledger()) if context.has_ledger else None
        report = await build_menus_report(
            main, ledger, parameters.interval, context.zone, now=context.now, settings=context.settings,
            menu=parameters[MENU])
    return menus_sheet(report, context.texts)


REPORT = Report("ivr", Group.LINE, build, (MENU,))


def menus_sheet(report: MenusReport, texts: Texts) -> Sheet:
    columns = (
        Column("menu", "column.menu"), *(Column(name, f"ivr.{name}", Unit.COUNT) for name in COUNTS),
        Column("median_time", "ivr.median_time", Unit.SECONDS), Column("keys", "ivr.keys"),
    )
    known, steps = report.lost_in_menu, report.lost_by_steps
    beside = (texts("ivr.lost.unknown", count=steps) if known is None
              else texts("ivr.lost.beside", steps=steps, ledger=known))
    return Sheet(
        "ivr", "report.ivr.title", report.interval, report.made, report.zone, columns,
        [_row(report, row) for row in report.menus], report.passports, (beside,), chart=Chart(Look.BAR, "menu", COUNTS),
        further=(_line(report, texts),),
        own=Own(menus_content(report), lambda words: menus_csv(report, words),
                lambda spoken, _width: menus_table(report, spoken)),
    )


def _row(report: MenusReport, row: MenuFigures) -> Row:
    cells = {**asdict(row), "keys": " ".join(f"{key}={count}" for key, count in row.keys.items())}
    links = {name: {**_time(report), "menu": row.menu or "", "result": name} for name in COUNTS}
    return Row(cells, links=links)


def _line(report: MenusReport, texts: Texts) -> Section:
    columns = (Column("figure", "column.figure"), Column("value", "column.value", Unit.COUNT))
    rows = [
        Row({"figure": each.name, "value": getattr(report.line, each.name)}, {"figure": texts(f"ivr.{each.name}")})
        for each in fields(LineFigures)
    ]
    return Section("line", "report.ivr.line", columns, rows)


def _time(report: MenusReport) -> Mapping[str, str]:
    return {"from": iso(report.interval.start, report.zone), "to": iso(report.interval.end, report.zone)}
