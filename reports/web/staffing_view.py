"""What the staffing page shows of a plan. Pure: no request, no store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callqueue.metrics import Unit
from foundation.calendars import Calendar, clock_text, day_text
from foundation.text import digits
from reports.frame.sheets import Row, Sheet
from reports.frame.tables import Teller
from reports.staffing.making import MadePlan
from reports.staffing.need import TARGETS
from reports.staffing.notes import assumption_notes
from reports.staffing.plan import Choice
from reports.web.report_view import ISOLATE, ISOLATED

PARTS = (("agents_c", "agents_erlang_c", Unit.COUNT), ("agents_a", "agents_erlang_a", Unit.COUNT),
         ("occupancy", "planned_occupancy", Unit.RATIO), ("scheduled", "scheduled", Unit.COUNT),
         ("cost", "cost", Unit.NUMBER))
"""Of one target: a column's name, its passport, its unit."""
CARD = (("agent_hours", Unit.NUMBER), ("paid_hours", Unit.NUMBER), ("most_scheduled", Unit.COUNT),
        ("occupancy", Unit.RATIO), ("cost", Unit.NUMBER))
CARD_PASSPORTS = {"most_scheduled": "scheduled", "occupancy": "planned_occupancy"}


@dataclass(frozen=True, slots=True)
class Fact:
    title: str
    text: str
    passport: str


@dataclass(frozen=True, slots=True)
class Card:
    """One target over the whole plan."""

    goal: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Mistake:
    """How wrong the forecast was, beside the naive one; "" where there is no such figure."""

    title: str
    forecast: str
    passport: str
    naive: str
    naive_passport: str


@dataclass(frozen=True, slots=True)
class DayPage:
    """The quarters of an hour of one day as a table."""

    title: str
    goals: Sequence[str]
    headings: Sequence[tuple[str, str]]
    """Of each goal: its title and its passport."""
    rows: Sequence[tuple[str, Sequence[str]]]
    days: Sequence[tuple[int, str]]
    """All days that have such a table."""
    number: int


class StaffingView:
    """A plan in the reader's words."""

    def __init__(self, made: MadePlan, teller: Teller, calendar: Calendar) -> None:
        self._made, self._teller, self._calendar = made, teller, calendar
        self._texts, self._facts = teller.texts, made.plan.more

    @property
    def expected(self) -> str:
        """Calls of all the days."""
        return self._teller.value(self._made.forecast.more["calls"], Unit.COUNT)

    @property
    def is_guess(self) -> bool:
        """Whether there is too little history to know how wrong the forecast is."""
        return self._made.learnt.errors.wape is None

    @property
    def assumed(self) -> Sequence[str]:
        """Handle time, shrinkage, model and patience in words."""
        return list(assumption_notes(self._made.assumptions, self._made.choice, self._made.patience, self._teller))

    @property
    def notes(self) -> Sequence[str]:
        """What else has to be said, without the sums, which stand in the cards."""
        assumed = self.assumed
        return [note for note in self._made.plan.notes[len(TARGETS):] if note not in assumed]

    def cards(self) -> list[Card]:
        totals = zip(TARGETS, self._facts["totals"], strict=True)
        return [
            Card(digits(target.goal, self._teller.language), [
                Fact(self._texts(f"staffing.card.{name}"), self._teller.value(total[name], unit),
                     CARD_PASSPORTS.get(name, name))
                for name, unit in CARD if name != "cost" or self._has_cost
            ])
            for target, total in totals
        ]

    def mistakes(self) -> list[Mistake]:
        errors = self._facts["errors"]
        if errors["wape"] is None:
            return []
        return [
            Mistake(
                self._texts(f"staffing.mistake.{name}"), self._value(errors[name], unit), f"forecast_{name}",
                self._value(errors[f"naive_{name}"], unit) if name != "day_wape" else "",
                f"naive_{name}" if name != "day_wape" else "")
            for name, unit in (("wape", Unit.RATIO), ("bias", Unit.CHANGE), ("day_wape", Unit.RATIO))
        ]

    def _value(self, value: float | None, unit: Unit) -> str:
        """A sign stays before its number in a line from the right to the left, too."""
        text = self._teller.value(value, unit)
        return f"{ISOLATE}{text}{ISOLATED}" if unit is Unit.CHANGE else text

    def forecast_lines(self) -> Mapping[str, Any]:
        """For the browser: the calls, and the range around them."""
        sheet = self._made.forecast
        series = [
            {"label": self._texts(f"staffing.column.{name}"), "values": _values(sheet, name),
             "earlier": name != "calls"}
            for name in ("calls", "low", "high")
        ]
        return self._lines(sheet, series, Unit.NUMBER)

    def agent_lines(self) -> Mapping[str, Any]:
        """For the browser: agents that each target needs, by the model of the roster."""
        sheet = self._made.plan
        letter = "a" if self._made.choice is Choice.ERLANG_A else "c"
        series = [
            {"label": digits(target.goal, self._teller.language),
             "values": _values(sheet, f"agents_{letter}_{target.name}")}
            for target in TARGETS
        ]
        return self._lines(sheet, series, Unit.COUNT)

    def _lines(self, sheet: Sheet, series: Sequence[Mapping[str, Any]], unit: Unit) -> Mapping[str, Any]:
        return {
            "times": [round(_moment(row).timestamp()) for row in sheet.rows], "end": sheet.interval.end,
            "series": series, "unit": unit.value, "zone": sheet.zone.key, "calendar": self._calendar.value,
            "time": self._texts("column.time"),
        }

    def day(self, number: int) -> DayPage:
        """The table of one day; of one that is not planned, the first. A night without calls is left out."""
        by_day: dict[str, list[Row]] = {}
        for row in self._made.plan.rows:
            by_day.setdefault(str(row.cells["start"])[:10], []).append(row)
        language = self._teller.language
        days = [(place, day_text(_moment(rows[0]).date(), language)) for place, rows in enumerate(by_day.values())]
        chosen = number if number < len(days) else 0
        return DayPage(
            days[chosen][1], [digits(target.goal, language) for target in TARGETS],
            [(self._texts(f"staffing.part.{name}"), passport) for name, passport, _ in self._parts],
            [self._row(row) for row in _awake(list(by_day.values())[chosen])], days, chosen)

    def _row(self, row: Row) -> tuple[str, Sequence[str]]:
        cells = [self._text(row, "calls", Unit.NUMBER)]
        cells += [self._text(row, f"{name}_{target.name}", unit)
                  for target in TARGETS for name, _, unit in self._parts]
        return clock_text(_moment(row), self._teller.language), cells

    def _text(self, row: Row, name: str, unit: Unit) -> str:
        value = row.cells.get(name)
        return self._teller.value(None if isinstance(value, str) else value, unit)

    @property
    def _parts(self) -> list[tuple[str, str, Unit]]:
        """Without what there is no figure of."""
        left_out = {name for name, is_there in (
            ("agents_a", self._made.assumptions.patience is not None), ("cost", self._has_cost)) if not is_there}
        return [part for part in PARTS if part[0] not in left_out]

    @property
    def _has_cost(self) -> bool:
        return self._made.assumptions.hourly_cost > 0


def busiest(made: MadePlan) -> float:
    """Calls of the busiest quarter of an hour."""
    return max((value for value in _values(made.plan, "calls") if value is not None), default=0.0)


def _awake(rows: Sequence[Row]) -> Sequence[Row]:
    """From the first to the last quarter of an hour in which calls are expected; all, where there is none."""
    places = [place for place, row in enumerate(rows) if row.cells.get("calls")]
    return rows[places[0]:places[-1] + 1] if places else rows


def _values(sheet: Sheet, name: str) -> list[float | None]:
    values = (row.cells.get(name) for row in sheet.rows)
    return [None if isinstance(value, str) else value for value in values]


def _moment(row: Row) -> datetime:
    return datetime.fromisoformat(str(row.cells["start"]))
