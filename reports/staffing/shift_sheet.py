"""Proposed shifts as a sheet, and as a file of working times whose agents are still to be named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callqueue.metrics import Unit
from callqueue.work_plan.plan import Activity, PlanLine
from callqueue.work_plan.writing import write_plan_file
from foundation.calendars import iso
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import digits
from reports.frame.sheets import Column, Row, Sheet
from reports.frame.tables import Teller
from reports.staffing.cover_sheet import interval_of
from reports.staffing.erlang import QUARTER
from reports.staffing.need import TARGETS, Target
from reports.staffing.notes import assumption_notes, staffing_texts
from reports.staffing.passports import chosen
from reports.staffing.patience import Patience
from reports.staffing.plan import HOURS
from reports.staffing.reckoning import Reckoning
from reports.staffing.shifts import Offered, Proposal, propose

PASSPORTS = ("scheduled", "shift_agents", "shift_hours", "shift_hours_bound")
COLUMNS = (
    Column("start", "column.time", moment=True), Column("end", "staffing.column.until", moment=True),
    Column("hours", "staffing.column.hours", Unit.NUMBER), Column("agents", "staffing.column.agents", Unit.COUNT),
)


@dataclass(frozen=True, slots=True)
class ShiftRules:
    """Which shifts may be worked."""

    lengths: Sequence[int]
    """In quarters of an hour."""
    every: int
    """Minutes from one possible start to the next, counted from midnight."""
    earliest: int
    """First and last start, in minutes of the day."""
    latest: int


def proposal_of(reckoned: Reckoning, target: Target, rules: ShiftRules, zone: ZoneInfo) -> Proposal:
    """A cover of the roster that a target needs, with all of its shrinkage: the shifts have no breaks in them."""
    number = TARGETS.index(target)
    need = {each.start // QUARTER: needs[number].scheduled
            for each, needs in zip(reckoned.quarters, reckoned.needs, strict=True)}
    starts = [slot for slot in need if _may_start(slot, rules, zone)]
    return propose(need, Offered(starts, rules.lengths))


def _may_start(slot: int, rules: ShiftRules, zone: ZoneInfo) -> bool:
    local = datetime.fromtimestamp(slot * QUARTER, zone)
    minute = local.hour * 60 + local.minute
    return minute % rules.every == 0 and rules.earliest <= minute <= rules.latest


def open_plan(proposal: Proposal, zone: ZoneInfo) -> str:
    """A file that `bin/pasokh plan import` reads once each line has its agent; a line for each person."""
    return write_plan_file((
        PlanLine("", datetime.fromtimestamp(shift.start * QUARTER, zone).date(), shift.start * QUARTER * 1000,
                 shift.end * QUARTER * 1000, Activity.WORK)
        for shift, count in proposal.shifts.items() for _ in range(count)
    ), zone)


def shift_sheet(
    reckoned: Reckoning, proposal: Proposal, target: Target, settings: Settings, *, now: int,
    patience: Patience | None = None, texts: Texts | None = None,
) -> Sheet:
    """Each shift with how many people work it.

    Args:
        reckoned: what the days need.
        proposal: the cover of it.
        target: which was to be met.
        settings: the site's.
        now: epoch seconds.
        patience: the measured one, if it was.
        texts: of a reader; None: in the site's language.
    """
    zone = ZoneInfo(settings.site.timezone)
    own = texts or staffing_texts(settings.site.language)
    empty = Sheet("staffing-shifts", "staffing.shifts.title", interval_of(reckoned.ahead, zone), now, zone, COLUMNS, ())
    teller = Teller(settings, empty, own)
    notes = [*_notes(proposal, target, teller),
             *assumption_notes(reckoned.assumptions, reckoned.choice, patience, teller),
             *([own("staffing.note.high")] if reckoned.high else [])]
    people = sum(proposal.shifts.values())
    return Sheet(
        empty.name, empty.title, empty.interval, now, zone, COLUMNS, list(_rows(proposal, teller, zone)),
        chosen(*PASSPORTS), notes=notes,
        more={"queues": list(reckoned.ahead.queues), "target": target.name, "threshold": target.threshold,
              "shifts": people, "hours": proposal.hours, "hours_bound": proposal.bound_hours,
              "needed_hours": proposal.needed_hours, "uncovered_hours": proposal.uncovered_hours},
    )


def _rows(proposal: Proposal, teller: Teller, zone: ZoneInfo) -> Iterator[Row]:
    for shift, count in proposal.shifts.items():
        start, end = shift.start * QUARTER, shift.end * QUARTER
        yield Row({
            "start": iso(start, zone), "end": iso(end, zone),
            "hours": shift.length * HOURS, "agents": count,
        }, {"start": teller.moment(start), "end": teller.moment(end)})


def _notes(proposal: Proposal, target: Target, teller: Teller) -> Iterator[str]:
    texts = teller.texts
    yield texts("staffing.note.shifts", target=digits(target.goal, teller.language),
                count=sum(proposal.shifts.values()), hours=proposal.hours, needed=proposal.needed_hours,
                bound=proposal.bound_hours)
    if proposal.uncovered_hours:
        yield texts("staffing.note.uncovered", hours=proposal.uncovered_hours)
    yield texts("staffing.note.open-plan")
