"""Forecast, plan and what-if as sheets: for a terminal, JSON and CSV alike."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from callqueue.metrics import Unit
from foundation.calendars import Interval, day_start, iso
from foundation.catalogue import Texts
from foundation.settings import Settings
from reports.frame.sheets import Cell, Column, Row, Sheet
from reports.frame.tables import Teller
from reports.staffing.forecast import Expectation, expectations
from reports.staffing.history import SLOTS, DayClass, is_skipped, slot_start
from reports.staffing.need import TARGETS, Assumptions
from reports.staffing.notes import Ahead, assumption_notes, forecast_notes, staffing_texts, total_note
from reports.staffing.passports import chosen
from reports.staffing.patience import Patience
from reports.staffing.plan import Choice, Need, Sum, plan, sums
from reports.staffing.reading import Learnt

FORECAST_PASSPORTS = (
    "forecast_calls", "forecast_low", "forecast_high", "forecast_spread", "forecast_wape", "forecast_bias",
    "forecast_day_wape", "naive_wape", "naive_bias", "yearly_growth", "seasons", "special_days",
)
PLAN_PASSPORTS = (
    *FORECAST_PASSPORTS, "agents_erlang_c", "agents_erlang_a", "planned_occupancy", "scheduled", "agent_hours",
    "paid_hours", "cost", "patience",
)
FORECAST_COLUMNS = (
    Column("start", "column.time", moment=True), Column("day", "staffing.column.day"),
    Column("calls", "staffing.column.calls", Unit.NUMBER), Column("low", "staffing.column.low", Unit.NUMBER),
    Column("high", "staffing.column.high", Unit.NUMBER),
)


@dataclass(frozen=True, slots=True)
class Quarter:
    start: int
    kind: DayClass
    expected: Expectation


def plan_columns() -> tuple[Column, ...]:
    """Five for each target, the targets side by side."""
    parts = (("agents_c", Unit.COUNT), ("agents_a", Unit.COUNT), ("occupancy", Unit.RATIO), ("scheduled", Unit.COUNT),
             ("cost", Unit.NUMBER))
    return (
        Column("start", "column.time", moment=True), Column("calls", "staffing.column.calls", Unit.NUMBER),
        *(Column(f"{part}_{target.name}", f"staffing.column.{part}_{target.name}", unit)
          for target in TARGETS for part, unit in parts),
    )


def quarters(learnt: Learnt, ahead: Ahead, zone: ZoneInfo) -> list[Quarter]:
    """Every quarter of an hour of the days asked for, by the site's clock."""
    found = []
    for number in range(ahead.days):
        day = ahead.first + timedelta(days=number)
        kind = learnt.kind(day)
        expected = expectations(learnt.forecaster.calls(day, kind, ahead.growth), learnt.errors.spread)
        found += [
            Quarter(slot_start(day, slot, zone), kind, expected[slot])
            for slot in range(SLOTS) if not is_skipped(day, slot, zone)
        ]
    return found


def forecast_sheet(
    learnt: Learnt, ahead: Ahead, settings: Settings, now: int, texts: Texts | None = None,
) -> Sheet:
    """Calls of every quarter of an hour, with ranges, and how wrong such forecasts have been; `texts`: of a reader."""
    sheet = _empty(
        "staffing-forecast", ahead, settings, now=now, columns=FORECAST_COLUMNS, passports=FORECAST_PASSPORTS)
    teller = Teller(settings, sheet, texts or staffing_texts(settings.site.language))
    found = quarters(learnt, ahead, sheet.zone)
    total = sum(each.expected.calls for each in found)
    return replace(
        sheet, rows=[_forecast_row(each, teller, sheet.zone) for each in found],
        notes=[teller.texts("staffing.note.total", calls=round(total)), *forecast_notes(learnt, ahead, teller)],
        more={"calls": total, **_forecast_facts(learnt, ahead)},
    )


def plan_sheet(
    learnt: Learnt, ahead: Ahead, assumptions: Assumptions, choice: Choice, settings: Settings, *, now: int,
    patience: Patience | None = None, high: bool = False, texts: Texts | None = None,
) -> Sheet:
    """Agents of every quarter of an hour.

    Args:
        learnt: the history.
        ahead: the days.
        assumptions: handle time, patience, shrinkage, cost.
        choice: by which model the roster is made.
        settings: the site's.
        now: epoch seconds.
        patience: the measured one, if it was.
        high: plan for the upper end of the forecast's range.
        texts: of a reader; None: in the site's language.
    """
    sheet = _empty("staffing-plan", ahead, settings, now=now, columns=plan_columns(), passports=PLAN_PASSPORTS)
    teller = Teller(settings, sheet, texts or staffing_texts(settings.site.language))
    found = quarters(learnt, ahead, sheet.zone)
    calls = [each.expected.high if high else each.expected.calls for each in found]
    needs = plan(calls, assumptions, TARGETS, choice)
    totals = sums(needs, TARGETS)
    notes = [
        *(total_note(each, teller) for each in totals), *assumption_notes(assumptions, choice, patience, teller),
        *([teller.texts("staffing.note.high")] if high else []), *forecast_notes(learnt, ahead, teller),
    ]
    return replace(
        sheet, notes=notes,
        rows=[_plan_row(each, count, row, teller, sheet.zone)
              for each, count, row in zip(found, calls, needs, strict=True)],
        more={"assumptions": {**asdict(assumptions), "model": choice.value, "high": high},
              "totals": [_total(each) for each in totals], **_forecast_facts(learnt, ahead)},
    )


def _empty(
    name: str, ahead: Ahead, settings: Settings, *, now: int, columns: Sequence[Column], passports: Sequence[str],
) -> Sheet:
    zone = ZoneInfo(settings.site.timezone)
    start, end = (int(day_start(day, zone).timestamp()) for day in (
        ahead.first, ahead.first + timedelta(days=ahead.days)))
    title = "staffing.forecast.title" if name == "staffing-forecast" else "staffing.plan.title"
    return Sheet(name, title, Interval(start, end), now, zone, columns, (), chosen(*passports))


def _forecast_row(each: Quarter, teller: Teller, zone: ZoneInfo) -> Row:
    return Row(
        {"start": iso(each.start, zone), "day": each.kind.value, **_rounded(asdict(each.expected))},
        {"start": teller.moment(each.start), "day": teller.texts(f"staffing.day.{each.kind.value}")},
    )


def _plan_row(each: Quarter, calls: float, needs: Sequence[Need], teller: Teller, zone: ZoneInfo) -> Row:
    cells: dict[str, Cell] = {"start": iso(each.start, zone), **_rounded({"calls": calls})}
    for need in needs:
        cells |= {
            f"{name}_{need.target.name}": value for name, value in (
                ("agents_c", need.erlang_c.agents), ("agents_a", need.erlang_a.agents if need.erlang_a else None),
                ("occupancy", round(need.chosen.occupancy, 4) if need.chosen.agents else None),
                ("scheduled", need.scheduled), ("cost", round(need.cost, 2)))
        }
    return Row(cells, {"start": teller.moment(each.start)})


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}


def _total(each: Sum) -> dict[str, float | str | None]:
    return {"target": each.target.name, "threshold": each.target.threshold, "agent_hours": each.agent_hours,
            "paid_hours": each.paid_hours, "cost": each.cost, "most_scheduled": each.most,
            "occupancy": each.occupancy}


def _forecast_facts(learnt: Learnt, ahead: Ahead) -> dict[str, object]:
    forecaster = learnt.forecaster
    return {
        "queues": list(ahead.queues),
        "history_days": len(learnt.history), "growth": ahead.growth, "yearly_growth": forecaster.yearly_growth,
        "seasons": {str(month): factor for month, factor in sorted(forecaster.seasons.items())},
        "special_days": {kind.value: factor for kind, factor in forecaster.specials.items()},
        "refused_in_four_weeks": learnt.refused, "errors": asdict(learnt.errors),
    }
