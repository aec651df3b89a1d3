"""Reports on paper: PDF by WeasyPrint, so that no browser is needed where the line runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from foundation.catalogue import Texts
from foundation.paths import tools_folder
from foundation.settings import Settings
from reports.frame.sheets import Chart, Look, Section, Sheet, sheet_notes, sheet_title, shown_cell
from reports.frame.tables import Teller, gap_lines

TEMPLATES = Path(__file__).parent / "templates"
FONT = "Vazirmatn*.woff2"
MOST_ROWS = 1500
"""Of a section; a spreadsheet has them all."""


class PaperError(Exception):
    """There is no PDF on this machine; the text says what to install."""

    name = "no-paper"


@dataclass(frozen=True, slots=True)
class _Table:
    heading: str
    headings: list[tuple[str, bool]]
    rows: list[tuple[str, list[tuple[str, bool]]]]
    more: str
    heat: bool = False


def sheet_pdf(sheet: Sheet, settings: Settings, texts: Texts) -> bytes:
    """A4, landscape; the passports at the end.

    Raises:
        PaperError: Pango is not here.
    """
    return html_pdf(sheet_html(sheet, settings, texts))


def html_pdf(html: str) -> bytes:
    """A page on paper; it may take files of this machine alone.

    Raises:
        PaperError: Pango is not here.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - it looks for Pango when it is imported
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError as error:
        raise PaperError(f"PDF needs Pango, which is not on this machine ({str(error).splitlines()[0]}): "
                         "`bin/pasokh prepare` installs it, or `apt-get install libpangoft2-1.0-0`") from error
    written: bytes = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=["file"])).write_pdf()
    return written


def sheet_html(sheet: Sheet, settings: Settings, texts: Texts) -> str:
    """What is printed."""
    teller = Teller(settings, sheet, texts)
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    sections = [_drawn(section, number, teller) for number, section in enumerate(sheet.sections) if section.rows]
    if sheet.earlier:
        sections.append(_table(sheet.earlier.sections[0], 0, teller, sheet_title(sheet.earlier, teller)))
    return environment.get_template("paper.html").render(
        language=teller.language, direction="rtl" if teller.language == "fa" else "ltr", font=font_address(),
        title=sheet_title(sheet, teller), headline=_headline(sheet, teller), sections=sections,
        made=texts("report.made", moment=teller.moment(sheet.made, seconds=True), zone=sheet.zone.key),
        balance=sheet.balance, unbalanced=sheet.balanced is False,
        notes=[*sheet_notes(sheet, teller), *(line.plain for line in gap_lines(sheet.gaps, teller))],
        passports_title=texts("report.passports"), passports=list(sheet.passports.values()),
    )


def font_address() -> str:
    """Where the launcher has put the pages' Persian letters; "": not here, and the system's are taken."""
    found = sorted((tools_folder() / "web" / "bundles").glob(FONT))
    return found[0].as_uri() if found else ""


def _headline(sheet: Sheet, teller: Teller) -> list[tuple[str, str]]:
    if sheet.headline is None:
        return []
    values: dict[str, Any] = dict(sheet.headline.values)
    return [(teller.texts(f"figure.{name}"), teller.value(values[name], sheet.passports[name].unit))
            for name in sheet.headline.figures]


def _drawn(section: Section, number: int, teller: Teller) -> _Table:
    if section.chart and section.chart.look is Look.HEAT and section.chart.down:
        return _heat(section, section.chart, section.chart.down, teller)
    return _table(section, number, teller)


def _heat(section: Section, chart: Chart, down: str, teller: Teller) -> _Table:
    """The first series of a heat map, as a square of numbers."""
    columns = {column.name: column for column in section.columns}
    lines: dict[str, dict[str, str]] = {}
    for row in section.rows:
        line = lines.setdefault(shown_cell(row, columns[down], teller), {})
        line[shown_cell(row, columns[chart.along], teller)] = shown_cell(row, columns[chart.series[0]], teller)
    along = sorted({place for line in lines.values() for place in line})
    title = f"{teller.texts(section.title)}: {teller.texts(columns[chart.series[0]].text)}"
    rows = [("", [(name, False), *((line.get(place, ""), True) for place in along)]) for name, line in lines.items()]
    return _Table(title, [("", False), *((place, True) for place in along)], rows, "", heat=True)


def _table(section: Section, number: int, teller: Teller, heading: str = "") -> _Table:
    columns = [column for column in section.columns if not column.aside]
    shown = section.rows if len(section.rows) <= MOST_ROWS else section.rows[:MOST_ROWS]
    rows = [
        (" ".join(look for look, is_so in (("bold", row.bold), ("red", row.red)) if is_so),
         [(shown_cell(row, column, teller), column.unit is not None) for column in columns])
        for row in shown
    ]
    more = teller.texts("report.paper.more", shown=len(shown), count=len(section.rows))
    return _Table(
        teller.texts(section.title) if number else heading,
        [(teller.texts(column.text), column.unit is not None) for column in columns], rows,
        more if len(shown) < len(section.rows) else "",
    )
