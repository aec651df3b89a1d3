"""The path report on a terminal, as JSON and as CSV."""

import csv
import io
from dataclasses import asdict, fields
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from callqueue.metrics import Unit
from foundation.calendars import iso
from foundation.settings import Settings
from foundation.text import NO_FIGURE, duration_text, number_text
from reports.forms.exports import FORMULA_SIGNS, comments, definitions
from reports.frame.passport_words import PassportWords
from reports.frame.tables import Teller, explained
from reports.menus.menus import MenusReport
from reports.menus.paths import LineFigures, MenuFigures

EXPLAINED = ("hung_up", "contained")
COLUMNS = ("entered", "chosen", "wrong", "silent", "hung_up", "contained", "median_time")


def menus_content(report: MenusReport) -> dict[str, Any]:
    """The line's figures, `menus` with a row for each, and `definitions` with every passport."""
    return {
        "report": "ivr", "made": iso(report.made, report.zone), "timezone": report.zone.key,
        "from": iso(report.interval.start, report.zone), "to": iso(report.interval.end, report.zone),
        **asdict(report.line), "lost_in_menu_steps": report.lost_by_steps, "lost_in_menu": report.lost_in_menu,
        "menus": [asdict(row) for row in report.menus],
        "definitions": definitions(report.passports, {}),
    }


def menus_csv(report: MenusReport, words: PassportWords) -> str:
    """A comment block with the passports, then one line for each menu; keys as `1=20 2=3`."""
    sheet = io.StringIO()
    sheet.write(comments(report.passports, {}, words))
    writer = csv.DictWriter(sheet, [field.name for field in fields(MenuFigures)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(row) for row in report.menus)
    return sheet.getvalue()


def menus_table(report: MenusReport, settings: Settings) -> RenderableType:
    teller = Teller(settings, report)
    title = teller.texts("report.ivr.title", start=teller.moment(report.interval.start),
                         end=teller.moment(report.interval.end))
    names = ("menu", *COLUMNS, "keys")
    table = Table(teller.texts("column.menu"), box=None)
    for name in names[1:]:
        table.add_column(teller.texts(f"ivr.{name}"), justify="left" if name == "keys" else "right")
    for row in report.menus:
        table.add_row(row.menu or "", *(_shown(row, name, report, teller) for name in COLUMNS), _keys(row))
    return Group(Text(title, style="bold"), table, Text(), _line(report, teller), _agreement(report, teller),
                 *explained(report.passports, EXPLAINED, teller))


def _line(report: MenusReport, teller: Teller) -> Table:
    table = Table(teller.texts("column.figure"), teller.texts("column.value"), "id", box=None)
    for field in fields(LineFigures):
        value = getattr(report.line, field.name)
        table.add_row(teller.texts(f"ivr.{field.name}"), number_text(value, teller.language, 0), field.name)
    return table


def _agreement(report: MenusReport, teller: Teller) -> Text:
    if report.lost_in_menu is None:
        return Text(teller.texts("ivr.lost.unknown", count=report.lost_by_steps), style="dim")
    agree = report.lost_in_menu == report.lost_by_steps
    return Text(teller.texts("ivr.lost.beside", steps=report.lost_by_steps, ledger=report.lost_in_menu),
                style="green" if agree else "yellow")


def _shown(row: MenuFigures, name: str, report: MenusReport, teller: Teller) -> str:
    value = getattr(row, name)
    if value is None:
        return NO_FIGURE
    if report.passports[name].unit is Unit.SECONDS:
        return duration_text(value, teller.language)
    return number_text(value, teller.language, 0)


def _keys(row: MenuFigures) -> str:
    return " ".join(f"{key}={count}" for key, count in row.keys.items())


def _row(row: MenuFigures) -> dict[str, Any]:
    menu = row.menu or ""
    return {**asdict(row), "menu": f"'{menu}" if menu.startswith(FORMULA_SIGNS) else menu, "keys": _keys(row)}
