"""The plan of working times beside the need as a sheet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics import Unit
from callqueue.work_plan.book import read_time
from callqueue.work_plan.plan import PlanLine
from foundation.calendars import Interval, day_start, day_text, iso
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import digits
from reports.frame.sheets import Cell, Column, Row, Sheet
from reports.frame.tables import Teller
from reports.staffing.cover import (
    Covered,
    CoverSum,
    Presence,
    cover,
    cover_sums,
    presence,
    serving,
    shrinkage_left,
    unplanned_days,
)
from reports.staffing.need import TARGETS
from reports.staffing.notes import Ahead, assumption_notes, staffing_texts
from reports.staffing.passports import chosen
from reports.staffing.patience import Patience
from reports.staffing.reckoning import Reckoning

PASSPORTS = (
    "forecast_calls", "planned_agents", "needed_agents", "lacking_agents", "surplus_agents", "planned_hours",
    "needed_hours", "lacking_hours", "surplus_hours", "shrinkage_in_plan", "shrinkage_left",
)
HOURS = ("planned_hours", "needed_hours", "lacking_hours", "surplus_hours")
PARTS = (("needed", Unit.COUNT), ("lack", Unit.NUMBER), ("surplus", Unit.NUMBER))
MOST_DAYS = 7
"""Days without a plan that are named."""


@dataclass(frozen=True, slots=True)
class PlannedTimes:
    """What is kept of the plan of working times, and who of those in it serves the queues that are asked for."""

    lines: Sequence[PlanLine]
    """Of those who serve them."""
    agents: int
    """Who of these has any line."""
    shared: int
    """Who of these serves other queues as well."""


async def read_planned(connection: AsyncConnection, ahead: Ahead, settings: Settings) -> PlannedTimes:
    """The plan of the days asked for."""
    interval = interval_of(ahead, ZoneInfo(settings.site.timezone))
    kept = await read_time(connection, interval.start * 1000, interval.end * 1000)
    wanted = serving(settings.agents, ahead.queues)
    lines = [each.plan for each in kept if each.plan.agent in wanted]
    agents = {line.agent for line in lines}
    shared = sum(not settings.agents[name].queues.keys() <= set(ahead.queues) for name in agents) if ahead.queues else 0
    return PlannedTimes(lines, len(agents), shared)


def nothing_planned() -> PlannedTimes:
    """Of a site without a main store."""
    return PlannedTimes((), 0, 0)


def interval_of(ahead: Ahead, zone: ZoneInfo) -> Interval:
    """From the first day's beginning until the last one's end."""
    start, end = (day_start(day, zone) for day in (ahead.first, ahead.first + timedelta(days=ahead.days)))
    return Interval(int(start.timestamp()), int(end.timestamp()))


def cover_columns() -> tuple[Column, ...]:
    """Three for each target, the targets side by side."""
    return (
        Column("start", "column.time", moment=True), Column("calls", "staffing.column.calls", Unit.NUMBER),
        Column("planned", "staffing.column.planned", Unit.NUMBER),
        *(Column(f"{part}_{target.name}", f"staffing.column.{part}_{target.name}", unit)
          for target in TARGETS for part, unit in PARTS),
    )


def cover_sheet(
    reckoned: Reckoning, planned: PlannedTimes, settings: Settings, *, now: int, patience: Patience | None = None,
    texts: Texts | None = None,
) -> Sheet:
    """Agents planned beside agents needed, of every quarter of an hour.

    Args:
        reckoned: what the days need.
        planned: what is planned for them.
        settings: the site's.
        now: epoch seconds.
        patience: the measured one, if it was.
        texts: of a reader; None: in the site's language.
    """
    zone = ZoneInfo(settings.site.timezone)
    interval = interval_of(reckoned.ahead, zone)
    present = presence(planned.lines, interval)
    covered = cover(reckoned, present, zone)
    totals, missing = cover_sums(covered, TARGETS), unplanned_days(covered, zone)
    own = texts or staffing_texts(settings.site.language)
    empty = Sheet("staffing-cover", "staffing.cover.title", interval, now, zone, cover_columns(), ())
    teller = Teller(settings, empty, own)
    left = shrinkage_left(reckoned.assumptions.shrinkage, present.away)
    return Sheet(
        empty.name, empty.title, interval, now, zone, empty.columns, [_row(each, teller, zone) for each in covered],
        chosen(*PASSPORTS),
        notes=[*_notes(totals, missing, planned, teller), *_shrinkage_notes(present, reckoned, left, teller),
               *assumption_notes(reckoned.assumptions, reckoned.choice, patience, teller),
               *([own("staffing.note.high")] if reckoned.high else [])],
        more={
            "queues": list(reckoned.ahead.queues), "agents": planned.agents, "agents_of_other_queues": planned.shared,
            "totals": [_total(each) for each in totals], "unplanned_days": [day.isoformat() for day in missing],
            "shrinkage_in_plan": present.away, "shrinkage_left": left,
            "assumptions": {**asdict(reckoned.assumptions), "model": reckoned.choice.value, "high": reckoned.high},
        },
    )


def _row(each: Covered, teller: Teller, zone: ZoneInfo) -> Row:
    cells: dict[str, Cell] = {"start": iso(each.start, zone), "calls": round(each.calls, 3),
                              "planned": _rounded(each.planned)}
    for one in each.beside:
        cells |= {f"needed_{one.target.name}": one.needed, f"lack_{one.target.name}": _rounded(one.lack),
                  f"surplus_{one.target.name}": _rounded(one.surplus)}
    return Row(cells, {"start": teller.moment(each.start)})


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _total(each: CoverSum) -> Mapping[str, float | str]:
    return {"target": each.target.name, "threshold": each.target.threshold, "lacking_quarters": each.lacking_quarters,
            **{name: round(getattr(each, name), 3) for name in HOURS}}


def _notes(
    totals: Sequence[CoverSum], missing: Sequence[date], planned: PlannedTimes, teller: Teller,
) -> Iterator[str]:
    texts = teller.texts
    if planned.lines:
        for each in totals:
            yield texts("staffing.note.cover", target=digits(each.target.goal, teller.language),
                        **{name: round(getattr(each, name), 1) for name in HOURS})
    if missing:
        yield texts("staffing.note.no-plan", days=days_told(missing, teller))
    if planned.shared:
        yield texts("staffing.note.shared", count=planned.shared)


def days_told(days: Sequence[date], teller: Teller) -> str:
    """The first few of them."""
    told = [day_text(day, teller.language) for day in days[:MOST_DAYS]]
    return teller.texts("staffing.days-list-mark").join([*told, *(["…"] if len(days) > MOST_DAYS else [])])


def _shrinkage_notes(present: Presence, reckoned: Reckoning, left: float, teller: Teller) -> Iterator[str]:
    if present.days:
        yield teller.texts("staffing.note.shrinkage-left", **{
            name: teller.value(share, Unit.RATIO)
            for name, share in (("away", present.away), ("shrinkage", reckoned.assumptions.shrinkage), ("left", left))})
