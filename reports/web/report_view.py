"""What a report's page shows, from its sheet. Pure: no request, no store."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from callqueue.metrics import Unit
from foundation.catalogue import Texts
from reports.frame.passport_words import Told
from reports.frame.sheets import Cell, Column, Link, Row, Section, Sheet, shown_cell
from reports.frame.tables import MINUS, Teller, isolated

MOVERS = (
    "short_abandoned", "timed_out", "left_by_key", "left_empty", "withdrawn", "callbacks_virtual", "callbacks_expired",
    "callbacks_pending", "answered_not_spoken", "repeat_rate", "service_level_answered", "service_level_asterisk2",
)
"""What else may have moved while the headline rose: told beside it when a time is compared with an earlier one."""
SIGNS = ("+", MINUS, "…")
"""What numbers begin with that would else stand behind them; the last one is a number's that is not shown whole."""
POINT = 0.0005
"""Ratios that differ by less are written alike."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value as people read it, with what it was in the earlier time."""

    text: str
    href: str = ""
    earlier: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    id: str
    title: str
    figure: Figure
    passport: str
    """Id of its passport; empty: it has none."""


@dataclass(frozen=True, slots=True)
class Heading:
    name: str
    text: str
    passport: str
    is_figure: bool


@dataclass(frozen=True, slots=True)
class RowView:
    cells: Sequence[Figure]
    bold: bool
    red: bool
    passport: str = ""
    """Of a row that is one figure."""


@dataclass(frozen=True, slots=True)
class Table:
    """A section as a table; `first` and `count` say which of its rows are on this page."""

    name: str
    title: str
    headings: Sequence[Heading]
    rows: Sequence[RowView]
    first: int
    count: int
    has_aside: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure that is not what it was."""

    title: str
    figure: Figure
    beside: bool
    """Whether it is one of those that stand beside the headline anyway."""


class ReportView:
    """A sheet in the reader's words."""

    def __init__(self, sheet: Sheet, teller: Teller, *, calls_path: str = "/reports/calls") -> None:
        self._sheet, self._teller, self._calls = sheet, teller, calls_path
        self.texts: Texts = teller.texts

    @property
    def passports(self) -> list[Told]:
        return [self._teller.words.tell(one, self._sheet.rules) for one in self._sheet.passports.values()]

    def title_of(self, name: str) -> str:
        return self._teller.words.title(name)

    # -- the headline

    def tiles(self) -> list[Tile]:
        headline = self._sheet.headline
        if headline is None:
            return []
        before = self._sheet.earlier.headline if self._sheet.earlier else None
        return [
            Tile(name, self.title_of(name), self._figure(
                headline.values.get(name), before.values.get(name) if before else None, self._unit(name),
                headline.links.get(name), compared=before is not None,
            ), name if name in self._sheet.passports else "")
            for name in headline.figures
        ]

    def moved(self) -> list[Moved]:
        """What is not what it was in the earlier time: the headline's figures, and those that could flatter it."""
        headline, now, before = self._sheet.headline, _total(self._sheet), _total(self._sheet.earlier)
        if headline is None or now is None or before is None:
            return []
        names = [*headline.figures, *(name for name in MOVERS if name not in headline.figures)]
        return [
            Moved(self.title_of(name), self._figure(_number(now, name), _number(before, name), self._unit(name),
                                                    now.links.get(name), compared=True), name in headline.figures[1:])
            for name in names if name in now.cells and _differ(_number(now, name), _number(before, name))
        ]

    # -- tables

    def table(self, number: int, *, everything: bool = False, first: int = 0, most: int = 200) -> Table:
        """A section's rows from `first` on; `everything`: also the columns that people ask for first."""
        section = self._sheet.sections[number]
        earlier = self._earlier_rows(number)
        columns = [column for column in section.columns if everything or not column.aside]
        rows = [
            self._row(section.rows[index], columns, earlier.get(index))
            for index in range(first, min(first + most, len(section.rows)))
        ]
        return Table(
            section.name, self._title(section), [self._heading(column) for column in columns], rows, first,
            len(section.rows), any(column.aside for column in section.columns),
        )

    def _title(self, section: Section) -> str:
        interval = self._sheet.interval
        return self.texts(section.title, start=self._teller.moment(interval.start),
                          end=self._teller.moment(interval.end))

    def _heading(self, column: Column) -> Heading:
        passport = column.name if column.name in self._sheet.passports else ""
        return Heading(column.name, self.texts(column.text), passport, column.unit is not None)

    def _row(self, row: Row, columns: Sequence[Column], before: Row | None) -> RowView:
        cells = []
        for place, column in enumerate(columns):
            text = _isolated(shown_cell(row, column, self._teller))
            link = row.links.get(column.name) or (row.links.get("") if place == 0 else None)
            unit = row.units.get(column.name, column.unit)
            if unit is not None and not row.cells.get(column.name):
                link = None  # no figure, or a zero: no calls
            if before is None or unit is None:
                cells.append(Figure(text, self.href(link)))
            else:
                now, then = _number(row, column.name), _number(before, column.name)
                was = _isolated(self._teller.value(then, unit))
                cells.append(Figure(text, self.href(link), was, self._change(now, then, unit)))
        one = str(row.cells.get("figure", ""))
        return RowView(cells, row.bold or row.total, row.red, one if one in self._sheet.passports else "")

    def _earlier_rows(self, number: int) -> Mapping[int, Row]:
        """Row by row of the earlier time: of the same names, and the same number in their order."""
        if self._sheet.earlier is None or number >= len(self._sheet.earlier.sections):
            return {}
        section, before = self._sheet.sections[number], self._sheet.earlier.sections[number]
        known = dict(_keyed(before))
        return {index: known[key] for index, (key, _) in enumerate(_keyed(section)) if key in known}

    def _figure(
        self, now: Cell, before: Cell, unit: Unit, link: Link | None = None, *, compared: bool = False,
    ) -> Figure:
        value, then = (None if isinstance(each, str) else each for each in (now, before))
        text, href = _isolated(self._teller.value(value, unit)), self.href(link) if value else ""
        if not compared:
            return Figure(text, href)
        return Figure(text, href, _isolated(self._teller.value(then, unit)), self._change(value, then, unit))

    def _unit(self, name: str) -> Unit:
        passport = self._sheet.passports.get(name)
        return passport.unit if passport else Unit.NUMBER

    def _change(self, now: float | None, before: float | None, unit: Unit) -> str:
        """Of ratios in percentage points, of counts in per cent of what it was; empty: there is none to tell."""
        if now is None or before is None or now == before:
            return ""
        if unit in {Unit.RATIO, Unit.CHANGE}:
            points = self._teller.number((now - before) * 100, 1, signed=True)
            return self.texts("reports.points", points=_isolated(points))
        if not before or unit is Unit.DIFFERENCE:
            return ""
        return _isolated(self._teller.value(now / before - 1, Unit.CHANGE))

    def href(self, link: Link | None) -> str:
        """The address of the calls behind a figure, or of one call's story."""
        if not link:
            return ""
        if set(link) == {"call"} and isinstance(link["call"], str):
            return f"/calls/{quote(link['call'], safe='')}"
        return f"{self._calls}?{urlencode(dict(link), doseq=True)}"


def _isolated(text: str) -> str:
    """With its sign before it in a line from the right to the left, too."""
    return isolated(text) if text.startswith(SIGNS) else text


def _total(sheet: Sheet | None) -> Row | None:
    return None if sheet is None else next((row for row in sheet.rows if row.total), None)


def _number(row: Row, name: str) -> float | None:
    value = row.cells.get(name)
    return None if isinstance(value, str) else value


def _differ(now: float | None, before: float | None) -> bool:
    if now is None or before is None:
        return (now is None) != (before is None)
    return abs(now - before) >= POINT


def _keyed(section: Section) -> Iterator[tuple[tuple[object, ...], Row]]:
    """Rows under the words in them, moments left out, and how often these words came before."""
    words = [column.name for column in section.columns if column.unit is None and not column.moment]
    seen: Counter[tuple[object, ...]] = Counter()
    for row in section.rows:
        key = (row.total, *(row.cells.get(name) for name in words))
        yield (*key, seen[key]), row
        seen[key] += 1
