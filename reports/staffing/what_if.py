"""What-if: one kind of traffic, and what each number of agents makes of it."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from math import isinf
from zoneinfo import ZoneInfo

from callqueue.metrics import Unit
from foundation.calendars import Interval
from foundation.catalogue import Texts
from foundation.settings import Settings
from reports.frame.sheets import Column, Row, Sheet
from reports.frame.tables import Teller
from reports.staffing.erlang import ErlangC, Standing, Traffic
from reports.staffing.erlang_a import ErlangA
from reports.staffing.need import TARGETS, Assumptions, Target, agents_needed, scheduled
from reports.staffing.notes import assumption_notes, staffing_texts
from reports.staffing.passports import chosen
from reports.staffing.patience import Patience
from reports.staffing.plan import Choice

HOUR = 3600
MOST_ROWS = 40
PASSPORTS = (
    "planned_service_level", "planned_wait", "planned_occupancy", "planned_abandonment", "scheduled", "cost",
)
COLUMNS = (
    Column("agents", "staffing.column.agents", Unit.COUNT),
    Column("service_level_c", "staffing.column.level-c", Unit.RATIO),
    Column("wait_c", "staffing.column.wait-c", Unit.SECONDS),
    Column("occupancy_c", "staffing.column.occupancy-c", Unit.RATIO),
    Column("service_level_a", "staffing.column.level-a", Unit.RATIO),
    Column("wait_a", "staffing.column.wait-a", Unit.SECONDS),
    Column("occupancy_a", "staffing.column.occupancy-a", Unit.RATIO),
    Column("abandonment_a", "staffing.column.abandonment", Unit.RATIO),
    Column("scheduled", "staffing.column.scheduled", Unit.COUNT), Column("cost", "staffing.column.cost", Unit.NUMBER),
    Column("meets", "staffing.column.meets"),
)


def what_if_sheet(
    traffic: Traffic, assumptions: Assumptions, target: Target, settings: Settings, now: int, *,
    patience: Patience | None = None, agents: int | None = None, texts: Texts | None = None,
) -> Sheet:
    """What each number of agents makes of the traffic, around what the targets need (and around `agents`).

    `texts`: of a reader; None: in the site's language.
    """
    zone = ZoneInfo(settings.site.timezone)
    interval = Interval(now, now + round(traffic.interval))
    sheet = Sheet("staffing-what-if", "staffing.what-if.title", interval, now, zone, COLUMNS, (),
                  chosen(*PASSPORTS, *([] if patience is None else ["patience"])))
    teller = Teller(settings, sheet, texts or staffing_texts(settings.site.language))
    leaving = None if assumptions.patience is None else ErlangA(assumptions.patience)
    targets = [Target(each.share, target.threshold) for each in TARGETS]
    model = ErlangC() if leaving is None else leaving
    needed = [agents_needed(model, traffic, each) for each in targets]
    rows = []
    for number in _shown({*needed, agents or needed[0]}):
        meets = [each for each, count in zip(targets, needed, strict=True) if number >= count]
        standings = (ErlangC().standing(traffic, number, target.threshold),
                     None if leaving is None else leaving.standing(traffic, number, target.threshold))
        rows.append(_row(number, standings, meets, assumptions, traffic, bold=number in {*needed, agents}))
    choice = Choice.ERLANG_C if leaving is None else Choice.ERLANG_A
    load = teller.texts("staffing.note.load", calls=_plain(traffic.calls), minutes=_plain(traffic.interval / 60),
                        load=traffic.load)
    return replace(
        sheet, rows=rows, notes=[load, *assumption_notes(assumptions, choice, patience, teller)],
        more={"calls": traffic.calls, "interval": traffic.interval, "load": traffic.load,
              "threshold": target.threshold, "assumptions": asdict(assumptions),
              "agents_needed": {each.name: count for each, count in zip(targets, needed, strict=True)},
              "model": choice.value},
    )


def _plain(value: float) -> float:
    """Whole numbers are told without decimals."""
    return int(value) if value == int(value) else value


def _shown(wanted: set[int]) -> list[int]:
    """A little more on both sides of what is wanted, and no more rows than can be read."""
    first, last = max(1, min(wanted) - 3), max(wanted) + 3
    return sorted({*range(first, last, 1 + (last - first) // MOST_ROWS), *wanted})


def _row(
    number: int, standings: tuple[Standing, Standing | None], meets: Sequence[Target], assumptions: Assumptions,
    traffic: Traffic, *, bold: bool,
) -> Row:
    patient, leaving = standings
    needed = scheduled(number, assumptions.shrinkage)
    return Row({
        "agents": number, "service_level_c": patient.service_level,
        "wait_c": None if isinf(patient.mean_wait) else patient.mean_wait,
        "occupancy_c": patient.occupancy,
        "service_level_a": leaving.service_level if leaving else None,
        "wait_a": leaving.mean_wait if leaving else None, "occupancy_a": leaving.occupancy if leaving else None,
        "abandonment_a": leaving.abandonment if leaving else None, "scheduled": needed,
        "cost": round(needed * traffic.interval / HOUR * assumptions.hourly_cost, 2),
        "meets": " ".join(each.goal for each in meets),
    }, bold=bold)
