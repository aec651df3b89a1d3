"""Reports that are one sheet: rows of names and figures, their passports, and what has to be said beside them."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from callqueue.metrics import Passport, Unit
from foundation.calendars import Interval, iso
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import NO_FIGURE
from reports.exports import definitions, safe_cell
from reports.tables import Teller

Cell = str | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """`text` is its heading's key in the catalogue; without a unit it holds words."""

    name: str
    text: str
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Row:
    cells: Mapping[str, Cell]
    """By the column's name."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """What people read instead, like a title for an id."""
    bold: bool = False
    red: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    """Of the report, for machines."""
    title: str
    """Its key in the catalogue; it gets `start` and `end`."""
    interval: Interval
    made: int
    zone: ZoneInfo
    columns: Sequence[Column]
    rows: Sequence[Row]
    passports: Mapping[str, Passport] = field(default_factory=dict)
    notes: Sequence[str] = ()
    """Sentences in the site's language."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """For machines only."""


def sheet_content(sheet: Sheet) -> dict[str, Any]:
    """`rows`, what else there is for machines, and `definitions` with every passport."""
    return {
        "report": sheet.name, "made": iso(sheet.made, sheet.zone), "timezone": sheet.zone.key,
        "from": iso(sheet.interval.start, sheet.zone), "to": iso(sheet.interval.end, sheet.zone),
        "rows": [dict(row.cells) for row in sheet.rows], **sheet.more, "definitions": definitions(sheet.passports, {}),
    }


def sheet_json(sheet: Sheet) -> str:
    return json.dumps(sheet_content(sheet), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def sheet_csv(sheet: Sheet) -> str:
    """A comment block with the passports, then one line for each row."""
    out = io.StringIO()
    for name, passport in sheet.passports.items():
        out.write(f"# {name}: {passport.formula}; evidence: {passport.evidence}; resolution: {passport.resolution}; "
                  f"version: {passport.version}\n")
    writer = csv.DictWriter(out, [column.name for column in sheet.columns], lineterminator="\n")
    writer.writeheader()
    writer.writerows({column.name: safe_cell(row.cells.get(column.name)) for column in sheet.columns}
                     for row in sheet.rows)
    return out.getvalue()


def sheet_table(sheet: Sheet, settings: Settings, texts: Texts | None = None) -> RenderableType:
    """The rows for people, with the notes below; `texts` where a report has a catalogue of its own."""
    teller = Teller(settings, sheet, texts)
    title = teller.texts(sheet.title, start=teller.moment(sheet.interval.start), end=teller.moment(sheet.interval.end))
    made = teller.texts("report.made", moment=teller.moment(sheet.made, seconds=True), zone=sheet.zone.key)
    table = Table(box=None)
    for column in sheet.columns:
        table.add_column(teller.texts(column.text), justify="left" if column.unit is None else "right")
    for row, cells in zip(sheet.rows, shown_cells(sheet, teller), strict=True):
        table.add_row(*cells, style="red" if row.red else "bold" if row.bold else None)
    notes = [Text(note) for note in sheet.notes]
    rows: list[RenderableType] = [table, Text()] if sheet.rows else []
    return Group(Text(title, style="bold"), Text(made, style="dim"), *rows, *notes)


def shown_cells(sheet: Sheet, teller: Teller) -> list[list[str]]:
    """Every row as people read it."""
    return [[_cell(row, column, teller) for column in sheet.columns] for row in sheet.rows]


def _cell(row: Row, column: Column, teller: Teller) -> str:
    if column.name in row.shown:
        return row.shown[column.name]
    value = row.cells.get(column.name)
    if value is None:
        return NO_FIGURE
    return value if isinstance(value, str) else teller.value(value, column.unit or Unit.NUMBER)
