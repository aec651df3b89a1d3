"""What the staffing page shows of working times beside the need. Pure: no request, no store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callqueue.metrics import Unit
from foundation.calendars import Calendar, clock_text, day_text
from foundation.text import digits
from reports.frame.sheets import Row, Sheet
from reports.frame.tables import Teller
from reports.staffing.cover_sheet import HOURS
from reports.staffing.need import TARGETS
from reports.web.staffing_view import Card, Fact

PARTS = (("needed", "needed_agents"), ("lack", "lacking_agents"), ("surplus", "surplus_agents"))
"""Of one target: a column's name and its passport."""
DECIMALS = 1


@dataclass(frozen=True, slots=True)
class CoverCell:
    text: str
    lacks: bool = False
    begins: bool = False
    """Whether it is the first of its target."""


@dataclass(frozen=True, slots=True)
class CoverDay:
    """One day, from the first to the last quarter of an hour with calls or planned agents."""

    title: str
    number: int
    days: Sequence[tuple[int, str]]
    """All days."""
    goals: Sequence[str]
    headings: Sequence[tuple[str, str]]
    """Of each goal: its title and its passport."""
    rows: Sequence[tuple[str, Sequence[CoverCell]]]
    has_plan: bool


class CoverView:
    """The sheet in the reader's words."""

    def __init__(self, sheet: Sheet, teller: Teller, calendar: Calendar) -> None:
        self._sheet, self._teller, self._calendar = sheet, teller, calendar
        self._texts = teller.texts

    @property
    def has_plan(self) -> bool:
        """Whether any of the days has one."""
        return any(row.cells["planned"] is not None for row in self._sheet.rows)

    @property
    def notes(self) -> Sequence[str]:
        """Without the sums, which stand in the cards, and without what is said above of the need."""
        facts, known = self._sheet.more, len(TARGETS) if self._sheet.more["agents"] else 0
        own = bool(facts["unplanned_days"]) + bool(facts["agents_of_other_queues"]) + self.has_plan
        return self._sheet.notes[known:known + own]

    def cards(self) -> list[Card]:
        return [
            Card(digits(target.goal, self._teller.language), [
                Fact(self._texts(f"figure.{name}"), self._number(total[name]), name) for name in HOURS])
            for target, total in zip(TARGETS, self._sheet.more["totals"], strict=True)
        ]

    def lines(self) -> Mapping[str, Any]:
        """For the browser: agents planned, and what each target needs."""
        # The plan comes last, so that each target has here the colour that it has in the chart of the need.
        series = [
            {"label": self._texts("staffing.cover.needed", goal=digits(target.goal, self._teller.language)),
             "values": self._values(f"needed_{target.name}")}
            for target in TARGETS
        ]
        series.append({"label": self._texts("staffing.cover.planned"), "values": self._values("planned")})
        return {
            "times": [round(_moment(row).timestamp()) for row in self._sheet.rows], "end": self._sheet.interval.end,
            "series": series, "unit": Unit.NUMBER.value, "zone": self._sheet.zone.key,
            "calendar": self._calendar.value, "time": self._texts("column.time"),
        }

    def day(self, number: int) -> CoverDay:
        """The table of one day; of one that was not asked for, the first."""
        by_day: dict[str, list[Row]] = {}
        for row in self._sheet.rows:
            by_day.setdefault(str(row.cells["start"])[:10], []).append(row)
        language, all_rows = self._teller.language, list(by_day.values())
        days = [(place, day_text(_moment(rows[0]).date(), language)) for place, rows in enumerate(all_rows)]
        chosen = number if number < len(days) else 0
        rows = _awake(all_rows[chosen])
        return CoverDay(
            days[chosen][1], chosen, days, [digits(target.goal, language) for target in TARGETS],
            [(self._texts(f"staffing.part.{name}"), passport) for name, passport in PARTS],
            [self._row(row) for row in rows], any(row.cells["planned"] is not None for row in rows))

    def _row(self, row: Row) -> tuple[str, Sequence[CoverCell]]:
        cells = [CoverCell(self._number(_figure(row, "planned")))]
        for target in TARGETS:
            for name, _ in PARTS:
                value = _figure(row, f"{name}_{target.name}")
                # What is not lacking and not too much is left empty, so that what is stands out.
                text = "" if name != "needed" and value == 0 else self._number(value)
                cells.append(CoverCell(text, name == "lack" and bool(value), name == "needed"))
        return clock_text(_moment(row), self._teller.language), cells

    def _number(self, value: float | None) -> str:
        if value is None:
            return self._teller.value(None, Unit.NUMBER)
        return self._teller.number(value, 0 if value == int(value) else DECIMALS)

    def _values(self, name: str) -> list[float | None]:
        return [_figure(row, name) for row in self._sheet.rows]


def _awake(rows: Sequence[Row]) -> Sequence[Row]:
    places = [place for place, row in enumerate(rows) if row.cells["calls"] or row.cells["planned"]]
    return rows[places[0]:places[-1] + 1] if places else rows


def _figure(row: Row, name: str) -> float | None:
    value = row.cells.get(name)
    return None if isinstance(value, str) else value


def _moment(row: Row) -> datetime:
    return datetime.fromisoformat(str(row.cells["start"]))
