"""Reports as spreadsheets: typed cells, a worksheet for each section, one for the passports; from right to left in fa.

Words are words: a name that begins like a formula is text, so nothing in a sheet can be run.
"""

import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from callqueue.metrics import Unit
from foundation.calendars import iso, moment_text
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import digits
from reports.frame.sheets import Column, Row, Section, Sheet, sheet_notes, sheet_title
from reports.frame.tables import Teller, gap_lines

FORMATS = {
    Unit.COUNT: "#,##0", Unit.RATIO: "0.0%", Unit.CHANGE: "+0.0%;-0.0%;0.0%", Unit.SECONDS: "[h]:mm:ss",
    Unit.NUMBER: "#,##0.00", Unit.DIFFERENCE: "+#,##0;-#,##0;0",
}
MOMENT = "yyyy-mm-dd hh:mm:ss"
HEAD = PatternFill("solid", fgColor="DCEFEB")
RED = Font(color="A1272C")
BOLD = Font(bold=True)
WIDEST = 48
PASSPORT_COLUMNS = ("id", "title", "unit", "formula", "parameters", "evidence", "resolution", "version")
Value = str | float | datetime | timedelta | None


def sheet_xlsx(sheet: Sheet, settings: Settings, texts: Texts) -> bytes:
    """The workbook; durations and moments (local to the site) as spreadsheets keep them, ratios as percentages."""
    book = Workbook()
    book.remove(book.worksheets[0])
    teller = Teller(settings, sheet, texts)
    for one in (sheet, sheet.earlier):
        if one is not None:
            _write_sections(book, one, teller)
    _write_passports(book, sheet, teller)
    _write_notes(book, sheet, teller)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_sections(book: Workbook, sheet: Sheet, teller: Teller) -> None:
    if sheet.headline:
        figures = [
            Row({"figure": name, "value": sheet.headline.values[name]},
                {"figure": teller.texts(f"figure.{name}")}, units={"value": sheet.passports[name].unit})
            for name in sheet.headline.figures
        ]
        columns = (Column("figure", "column.figure"), Column("value", "column.value", Unit.NUMBER))
        _write(_page(book, teller, teller.texts("report.headline")), Section("headline", "", columns, figures), sheet,
               teller)
    for number, section in enumerate(sheet.sections):
        name = teller.texts(section.title) if number else teller.texts(f"report.{sheet.name}.name")
        _write(_page(book, teller, name), section, sheet, teller)


def _page(book: Workbook, teller: Teller, name: str) -> Worksheet:
    """A worksheet of this name; a name that is taken gets a number."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:28] or "–"
    taken = {title.lower() for title in book.sheetnames}
    title = next(one for number in range(1, 1000)
                 if (one := plain if number == 1 else f"{plain} {number}").lower() not in taken)
    page: Worksheet = book.create_sheet(title)
    page.sheet_view.rightToLeft = teller.language == "fa"
    return page


def _write(page: Worksheet, section: Section, sheet: Sheet, teller: Teller) -> None:
    """A title, a heading of each column, the rows; the headings stay while one scrolls."""
    _put(page, 1, 1, sheet_title(sheet, teller)).font = Font(bold=True, size=13)
    made = teller.texts("report.made", moment=teller.moment(sheet.made, seconds=True), zone=sheet.zone.key)
    _put(page, 2, 1, made)
    if sheet.balance:
        cell = _put(page, 3, 1, sheet.balance)
        cell.font = RED if sheet.balanced is False else Font()
    columns = list(_columns(section, teller))
    for number, (_, heading, _) in enumerate(columns, 1):
        cell = _put(page, 5, number, heading)
        cell.font, cell.fill, cell.alignment = BOLD, HEAD, Alignment(wrap_text=True, vertical="top")
    widths = [len(heading) for _, heading, _ in columns]
    for line, row in enumerate(section.rows, 6):
        for number, (column, _, jalali) in enumerate(columns, 1):
            cell = _put_cell(page, (line, number), row, column, jalali=jalali)
            widths[number - 1] = max(widths[number - 1], len(str(cell.value or "")))
    for number, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(number)].width = min(max(width + 2, 9), WIDEST)
    page.freeze_panes = "A6"


def _columns(section: Section, teller: Teller) -> Iterator[tuple[Column, str, bool]]:
    """Each column with its heading; a moment in Persian stands twice, typed and by the Jalali calendar."""
    for column in section.columns:
        yield column, teller.texts(column.text), False
        if column.moment and teller.language == "fa":
            yield column, teller.texts("column.jalali", name=teller.texts(column.text)), True


def _put_cell(
    page: Worksheet, place: tuple[int, int], row: Row, column: Column, *, jalali: bool,
) -> Cell:
    value, unit = row.cells.get(column.name), row.units.get(column.name) or column.unit
    kept: Value = row.shown.get(column.name, value) if isinstance(value, str | None) else value
    form = ""
    if isinstance(value, str) and column.moment:
        moment = datetime.fromisoformat(value)
        kept = moment_text(moment, "fa", seconds=True) if jalali else moment.replace(tzinfo=None, microsecond=0)
        form = "" if jalali else MOMENT
    elif value is not None and not isinstance(value, str):
        form = FORMATS[unit or Unit.NUMBER]
        kept = timedelta(seconds=value) if unit is Unit.SECONDS else value
    cell = _put(page, *place, kept)
    if form:
        cell.number_format = form
    if row.red or row.bold:
        cell.font = Font(bold=row.bold, color="A1272C" if row.red else None)
    return cell


def _put(page: Worksheet, line: int, number: int, value: Value) -> Cell:
    cell = cast("Cell", page.cell(line, number))  # only parts of merged cells are no cells
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_000]
        cell.data_type = "s"  # openpyxl takes what begins with = for a formula
    else:
        cell.value = value
    return cell


def _write_passports(book: Workbook, sheet: Sheet, teller: Teller) -> None:
    page = _page(book, teller, teller.texts("report.passports"))
    lines: list[Sequence[str]] = [[teller.texts(f"passport.{name}") for name in PASSPORT_COLUMNS]]
    for passport in sheet.passports.values():
        each = teller.words.tell(passport, sheet.rules)
        lines.append([each.id, each.title, each.unit, each.formula, "\n".join(each.parameters), each.evidence,
                      each.resolution, digits(str(each.version), teller.language)])
    for line, words in enumerate(lines, 1):
        for number, word in enumerate(words, 1):
            cell = _put(page, line, number, word)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if line == 1:
                cell.font, cell.fill = BOLD, HEAD
    for number, width in enumerate((28, 28, 10, 70, 30, 30, 30, 10), 1):
        page.column_dimensions[get_column_letter(number)].width = width
    page.freeze_panes = "A2"


def _write_notes(book: Workbook, sheet: Sheet, teller: Teller) -> None:
    page = _page(book, teller, teller.texts("report.notes"))
    time = " – ".join(iso(instant, sheet.zone) for instant in (sheet.interval.start, sheet.interval.end))
    gaps = [line.plain for line in gap_lines(sheet.gaps, teller)]
    lines = [sheet_title(sheet, teller), time, sheet.balance, *sheet_notes(sheet, teller), *gaps]
    for number, text in enumerate((line for line in lines if line), 1):
        _put(page, number, 1, text).alignment = Alignment(wrap_text=True, vertical="top")
    page.column_dimensions["A"].width = 110
