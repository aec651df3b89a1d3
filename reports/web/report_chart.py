"""How a section of a sheet is drawn: lines over time, bars of names, or a table whose cells are shaded. Pure.

Every drawing has a table beside it with the same values, which is its alternative for who does not see it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callqueue.metrics import Unit
from foundation.calendars import Calendar
from reports.frame.sheets import Chart, Column, Look, Row, Section, shown_cell
from reports.frame.tables import Teller

MOST_LINES = 6
"""More cannot be told from each other by dash and shade."""
MOST_BARS = 40
LEVELS = 6
"""Shades of a heat map above the empty one; the value stands in the cell as well."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the figures that can be drawn."""

    name: str
    title: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """Over time, in steps: `data` is what the browser draws."""

    choices: Sequence[Choice]
    data: Mapping[str, Any]
    left_out: int
    """How many names are not drawn."""


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    text: str
    width: float
    """Of the longest, in per cent."""
    earlier: float | None
    """The same of the earlier time."""


@dataclass(frozen=True, slots=True)
class Bars:
    choices: Sequence[Choice]
    bars: Sequence[Bar]
    left_out: int


@dataclass(frozen=True, slots=True)
class Shade:
    text: str
    level: int
    """0 without a value, else 1 to `LEVELS`."""


@dataclass(frozen=True, slots=True)
class Heat:
    choices: Sequence[Choice]
    along: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Shade | None]]]
    """Each with its name; None: the sheet has no such cell."""


Drawing = Lines | Bars | Heat


def draw_section(
    section: Section, teller: Teller, *, wanted: str = "", earlier: Section | None = None,
    calendar: Calendar = Calendar.GREGORIAN, zone: str = "UTC", until: int = 0,
) -> Drawing | None:
    """The section's drawing; None: it has none, or nothing to draw.

    Args:
        section: with a chart.
        teller: in the reader's language.
        wanted: which of the chart's figures; of one that is not there, the first.
        earlier: the same section of an earlier time.
        calendar: of the dates under the lines.
        zone: of the same.
        until: when the last step ends, in epoch seconds, where no row tells.
    """
    chart, rows = section.chart, [row for row in section.rows if not row.total]
    if chart is None or not rows:
        return None
    columns = {column.name: column for column in section.columns}
    series = [name for name in chart.series if name in columns]
    name = wanted if wanted in series else series[0]
    choices = [Choice(one, _title(columns[one], teller), one == name) for one in series]
    before = [row for row in earlier.rows if not row.total] if earlier else []
    one = _One(chart, columns, columns[name], rows, before, choices, teller)
    if chart.look is Look.HEAT:
        return one.heat()
    if columns[chart.along].moment:
        return one.lines(calendar, zone, until) if len({row.cells.get(chart.along) for row in rows}) > 1 else None
    return one.bars()


def _title(column: Column, teller: Teller) -> str:
    """The figure's full name: a heading may be too short to stand without its table."""
    key = f"figure.{column.name}"
    return teller.texts(key if key in teller.texts.messages else column.text)


@dataclass(frozen=True, slots=True)
class _One:
    """One figure of a section."""

    chart: Chart
    columns: Mapping[str, Column]
    column: Column
    rows: Sequence[Row]
    before: Sequence[Row]
    choices: Sequence[Choice]
    teller: Teller

    def lines(self, calendar: Calendar, zone: str, until: int) -> Lines:
        times = sorted({_instant(row, self.chart.along) for row in self.rows})
        end = max((_instant(row, "to") for row in self.rows if "to" in row.cells), default=max(until, times[-1]))
        groups, earlier = self._groups(self.rows), self._groups(self.before)
        most = sorted(groups, key=lambda name: -sum(self._value(row) or 0 for row in groups[name]))[:MOST_LINES]
        series: list[dict[str, Any]] = []
        for name in (name for name in groups if name in most):
            values = {_instant(row, self.chart.along): self._value(row) for row in groups[name]}
            series.append({"label": self._label(groups[name][0]), "values": [values.get(at) for at in times]})
            if name in earlier:
                then = [self._value(row) for row in earlier[name]][:len(times)]
                series.append({
                    "label": f"{self._label(groups[name][0])} · {self.teller.texts('reports.earlier')}",
                    "values": [*then, *[None] * (len(times) - len(then))], "earlier": True,
                })
        unit = (self.column.unit or Unit.NUMBER).value
        data = {
            "times": times, "end": end, "series": series, "unit": unit, "zone": zone, "calendar": calendar.value,
            "time": self.teller.texts(self.columns[self.chart.along].text),
        }
        return Lines(self.choices, data, len(groups) - len(most))

    def bars(self) -> Bars:
        shown = [row for row in self.rows if self._value(row) is not None]
        shown.sort(key=lambda row: -(self._value(row) or 0))
        before = {self._key(row): self._value(row) for row in self.before}
        values = [abs(value) for row in shown for value in (self._value(row), before.get(self._key(row)))
                  if value is not None]
        longest = max(values, default=0) or 1
        if self.column.unit is Unit.RATIO:
            longest = max(longest, 1)
        bars = []
        for row in shown[:MOST_BARS]:
            then = before.get(self._key(row))
            bars.append(Bar(
                self._label(row), shown_cell(row, self.column, self.teller),
                _percent(self._value(row) or 0, longest), None if then is None else _percent(then, longest)))
        return Bars(self.choices, bars, max(0, len(shown) - MOST_BARS))

    def heat(self) -> Heat:
        down = self.chart.down or self.chart.along
        along = list(dict.fromkeys(self._text(row, self.chart.along) for row in self.rows))
        cells: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in self.rows:
            cells[self._text(row, down)][self._text(row, self.chart.along)] = row
        known = [value for row in self.rows if (value := self._value(row)) is not None]
        low, high = min(known, default=0.0), max(known, default=0.0)
        return Heat(self.choices, along, [
            (name, [self._shade(own[at], low, high) if at in own else None for at in along])
            for name, own in cells.items()
        ])

    def _shade(self, row: Row, low: float, high: float) -> Shade:
        value = self._value(row)
        text = shown_cell(row, self.column, self.teller)
        if value is None:
            return Shade(text, 0)
        part = (value - low) / (high - low) if high > low else 0.0
        return Shade(text, 1 + min(LEVELS - 1, int(part * LEVELS)))

    def _groups(self, rows: Sequence[Row]) -> Mapping[object, list[Row]]:
        found: dict[object, list[Row]] = defaultdict(list)
        for row in rows:
            found[row.cells.get(self.chart.down) if self.chart.down else ""].append(row)
        return found

    def _label(self, row: Row) -> str:
        """Of a line, the name in `down`; of a bar, all the names in its row."""
        if self.columns[self.chart.along].moment:
            return self._text(row, self.chart.down) if self.chart.down else _title(self.column, self.teller)
        return self._text(row, self.chart.along)

    def _text(self, row: Row, name: str) -> str:
        return shown_cell(row, self.columns[name], self.teller)

    def _key(self, row: Row) -> object:
        return row.cells.get(self.chart.along)

    def _value(self, row: Row) -> float | None:
        value = row.cells.get(self.column.name)
        return None if isinstance(value, str) else value


def _instant(row: Row, name: str) -> int:
    return int(datetime.fromisoformat(str(row.cells[name])).timestamp())


def _percent(value: float, longest: float) -> float:
    return round(max(0.0, value) * 100 / longest, 2)
