"""Reports that are one sheet: rows of names and figures, their passports, and what has to be said beside them."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from callqueue.ledger.evidence import Gap
from callqueue.metrics import Passport, Rules, Unit
from foundation.calendars import Interval, iso
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import NO_FIGURE, digits
from reports.forms.exports import comments, definitions, gap_json, safe_cell
from reports.frame.passport_words import PassportWords
from reports.frame.tables import WIDE, Teller, gap_lines

Cell = str | float | None
Link = Mapping[str, str | Sequence[str]]
"""Parameters of the report `calls` by their names."""


@dataclass(frozen=True, slots=True)
class Column:
    """`text` is its heading's key in the catalogue; without a unit it holds words."""

    name: str
    text: str
    unit: Unit | None = None
    moment: bool = False
    """Whether it holds instants, in ISO 8601 with their offset."""
    aside: bool = False
    """Whether people ask for it first: exports and machines have it always."""
    phone: bool = False
    """Whether it holds telephone numbers: people read them in their own digits, machines as they are dialled."""


class Look(StrEnum):
    """How a section is drawn."""

    LINE = "line"
    """Over time."""
    BAR = "bar"
    HEAT = "heat"
    """`along` to the side, `down` below, one of `series` as the colour."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Which of a section's columns are drawn."""

    look: Look
    along: str
    """The column of the horizontal axis."""
    series: tuple[str, ...]
    """Columns that are drawn, the first one at once, others when they are asked for."""
    down: str | None = None
    """HEAT: the column of the vertical axis. Others: the column whose every value is a line of its own."""
    in_order: bool = False
    """BAR: in the order of the rows, like hours of a day; else the longest first."""


@dataclass(frozen=True, slots=True)
class Row:
    cells: Mapping[str, Cell]
    """By the column's name."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """What people read instead, like a title for an id."""
    bold: bool = False
    red: bool = False
    units: Mapping[str, Unit] = field(default_factory=dict)
    """Of columns whose unit is the row's own, by their names."""
    links: Mapping[str, Link] = field(default_factory=dict)
    """From a figure (a column's name; "": the whole row) to its calls: what the report `calls` is to be asked for."""
    total: bool = False
    """Whether it sums up the others: it is not drawn."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table with a name and a heading of its own."""

    name: str
    """For machines."""
    title: str
    """Its key in the catalogue."""
    columns: Sequence[Column]
    rows: Sequence[Row]
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """The figure that people look at first, and those that must stand beside it."""

    figures: Sequence[str]
    """Ids; the first one is the headline."""
    values: Mapping[str, float | None]
    links: Mapping[str, Link] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Own:
    """A report that machines or terminals know in a shape of its own."""

    content: Mapping[str, Any]
    csv: Callable[[PassportWords], str]
    """With its passports in a reader's words."""
    table: Callable[[Settings, int], RenderableType]
    """For a terminal so many signs wide."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report. Its first section is `columns` and `rows`; the others follow it."""

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
    chart: Chart | None = None
    """Of the first section."""
    further: Sequence[Section] = ()
    headline: Headline | None = None
    rules: Mapping[str, Rules] = field(default_factory=dict)
    """T, S and W of each queue, where the passports speak of them."""
    balanced: bool | None = None
    """Whether it agrees with itself; None: there is nothing to hold against it."""
    balance: str = ""
    """What is said of that, in the site's language."""
    gaps: Sequence[Gap] = ()
    """Declared gaps in the evidence."""
    provisional_until: int | None = None
    """Epoch seconds until when its figures of people may still change."""
    own: Own | None = None
    query: Sequence[tuple[str, str]] = ()
    """What it was asked for; the frame puts it in."""
    earlier: "Sheet | None" = None
    """The same report of the earlier time that it is compared with; the frame puts it in."""
    known_since: int | None = None
    """When the ledger's first call came, where that was after the beginning of the earlier time; the frame puts it in.
    """

    @property
    def sections(self) -> list[Section]:
        return [Section("rows", self.title, self.columns, self.rows, self.chart), *self.further]


def sheet_content(sheet: Sheet) -> dict[str, Any]:
    """`rows`, the further sections by their names, what else there is for machines, and `definitions` with every
    passport; a report that has a shape of its own keeps it. `earlier` is the time it is compared with.
    """
    content = dict(sheet.own.content) if sheet.own else _plain_content(sheet)
    if sheet.earlier is not None:
        content["earlier"] = sheet_content(sheet.earlier)
    return content


def _plain_content(sheet: Sheet) -> dict[str, Any]:
    known: dict[str, Any] = {
        "report": sheet.name, "made": iso(sheet.made, sheet.zone), "timezone": sheet.zone.key,
        "from": iso(sheet.interval.start, sheet.zone), "to": iso(sheet.interval.end, sheet.zone),
    }
    if sheet.headline:
        known |= sheet.headline.values
    if sheet.balanced is not None:
        known["balanced"] = sheet.balanced
    if sheet.provisional_until is not None:
        known["provisional_until"] = iso(sheet.provisional_until, sheet.zone)
    sections = {section.name: [dict(row.cells) for row in section.rows] for section in sheet.sections}
    gaps = {"gaps": [gap_json(gap, sheet.zone) for gap in sheet.gaps]} if sheet.gaps else {}
    return {**known, **sections, **gaps, **sheet.more, "definitions": definitions(sheet.passports, sheet.rules)}


def sheet_json(sheet: Sheet) -> str:
    return json.dumps(sheet_content(sheet), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def sheet_csv(sheet: Sheet, settings: Settings, texts: Texts) -> str:
    """A comment block with the passports in a reader's words, then one line for each row of the first section."""
    words = Teller(settings, sheet, texts).words
    if sheet.own:
        return sheet.own.csv(words)
    out = io.StringIO()
    out.write(comments(sheet.passports, sheet.rules, words))
    writer = csv.DictWriter(out, [column.name for column in sheet.columns], lineterminator="\n")
    writer.writeheader()
    writer.writerows({column.name: safe_cell(row.cells.get(column.name)) for column in sheet.columns}
                     for row in sheet.rows)
    return out.getvalue()


def sheet_table(sheet: Sheet, settings: Settings, texts: Texts | None = None, width: int = WIDE) -> RenderableType:
    """The sections for people, with the balance, the gaps and the notes below; `texts`: another catalogue."""
    if sheet.own and texts is None:
        return sheet.own.table(settings, width)
    teller = Teller(settings, sheet, texts)
    made = teller.texts("report.made", moment=teller.moment(sheet.made, seconds=True), zone=sheet.zone.key)
    parts: list[RenderableType] = [Text(sheet_title(sheet, teller), style="bold"), Text(made, style="dim")]
    for number, section in enumerate(sheet.sections):
        if section.rows:
            heading = teller.texts(section.title) if number else None
            parts += [_section_table(section, teller, heading), Text()]
    parts += [Text(note) for note in sheet_notes(sheet, teller)]
    parts += gap_lines(sheet.gaps, teller)
    if sheet.balance:
        parts.append(Text(sheet.balance, style="bold red" if sheet.balanced is False else "green"))
    return Group(*parts)


def sheet_title(sheet: Sheet, teller: Teller) -> str:
    """With its time, as people read it."""
    return teller.texts(sheet.title, start=teller.moment(sheet.interval.start), end=teller.moment(sheet.interval.end))


def sheet_notes(sheet: Sheet, teller: Teller) -> list[str]:
    """What has to be said beside it, and until when figures of people may still change."""
    notes = list(sheet.notes)
    if sheet.provisional_until is not None:
        notes.append(teller.texts("report.provisional", moment=teller.moment(sheet.provisional_until)))
    if sheet.known_since is not None:
        notes.append(teller.texts("report.earlier.incomplete", moment=teller.moment(sheet.known_since)))
    return notes


def _section_table(section: Section, teller: Teller, heading: str | None) -> Table:
    table = Table(box=None, title=heading, title_justify="left")
    columns = [column for column in section.columns if not column.aside]
    for column in columns:
        table.add_column(teller.texts(column.text), justify="left" if column.unit is None else "right")
    for row in section.rows:
        style = "red" if row.red else "bold" if row.bold else None
        table.add_row(*(shown_cell(row, column, teller) for column in columns), style=style)
    return table


def shown_cells(sheet: Sheet | Section, teller: Teller) -> list[list[str]]:
    """Every row as people read it."""
    return [[shown_cell(row, column, teller) for column in sheet.columns] for row in sheet.rows]


def shown_cell(row: Row, column: Column, teller: Teller) -> str:
    """One cell as people read it."""
    if column.name in row.shown:
        return row.shown[column.name]
    value = row.cells.get(column.name)
    if value is None:
        return NO_FIGURE
    if not isinstance(value, str):
        return teller.value(value, row.units.get(column.name) or column.unit or Unit.NUMBER)
    if column.phone:
        return digits(value, teller.language)
    return teller.moment(datetime.fromisoformat(value).timestamp()) if column.moment else value
