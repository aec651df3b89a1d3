"""The report of growth: each queue's entries month by month against the same days of the year before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callqueue.ledger.store import evidence_start, read_gaps
from callqueue.metrics import Passport, Unit, passports
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import EXACT, JOURNAL
from callqueue.rollups.store import CallsPart
from foundation.calendars import Interval, Step, iso, split
from reports.frame.parameters import QUEUES, STEP, Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Headline, Link, Look, Row, Sheet
from reports.frame.spans import beginning
from reports.queues.queue import earlier, refuse_unknown_queues

PASSPORTS: Mapping[str, Passport] = {
    **{name: each for name, each in passports().items() if name in {"entries", "growth"}},
    **{each.id: each for each in (
        Passport("growth_before", Unit.COUNT, JOURNAL, EXACT),
        Passport("growth_difference", Unit.DIFFERENCE, JOURNAL, EXACT),
    )},
}
FIGURES = ("entries", "growth_before", "growth_difference", "growth")


@dataclass(frozen=True, slots=True)
class Compared:
    """Entries of one queue (None: all) and interval; `before`: None where the year before is not on record."""

    queue: str | None
    interval: Interval
    entries: int
    before: int | None

    def figures(self) -> dict[str, float | None]:
        difference = None if self.before is None else self.entries - self.before
        growth = ratio(difference, self.before) if difference is not None and self.before is not None else None
        return {"entries": self.entries, "growth_before": self.before, "growth_difference": difference,
                "growth": growth}


def together(rows: Iterable[Compared], interval: Interval) -> Compared:
    """The sum; what is not on record for every row is not on record for the whole."""
    mine = list(rows)
    before = [each.before for each in mine]
    whole = None if None in before else sum(each or 0 for each in before)
    return Compared(None, interval, sum(each.entries for each in mine), whole)


async def build(context: Context, parameters: Parameters) -> Sheet:
    step = Step.MONTH if parameters[STEP] is Step.NONE else parameters[STEP]
    pieces = split(parameters.interval, step, context.zone, parameters.calendar)
    years_before = [earlier(each, context.zone, parameters.calendar, context.now) for each in pieces]
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, parameters[QUEUES], context.settings)
        reader = context.reader(ledger)
        begun = await evidence_start(ledger)
        known = [begun is not None and begun <= each.start for each in years_before]
        on_record = [each for each, is_known in zip(years_before, known, strict=True) if is_known]
        now, before = await reader.read_calls(pieces), await reader.read_calls(on_record)
        gaps = await read_gaps(ledger, parameters.interval.start, parameters.interval.end)
    queues = parameters[QUEUES] or tuple(sorted({
        *context.settings.queues, *(queue for parts in (*now, *before) for part in parts for queue in part.queues)}))
    past = iter(before)
    compared = [(piece, parts, next(past) if is_known else None)
                for piece, parts, is_known in zip(pieces, now, known, strict=True)]
    found = [
        Compared(queue, piece, _entries(parts, queue), None if back is None else _entries(back, queue))
        for piece, parts, back in compared for queue in queues
    ]
    total = together(found, parameters.interval)
    rows = [_row(each, context, step) for each in found]
    rows.append(_row(total, context, step, queues=parameters[QUEUES]))
    columns = (Column("from", "column.time", moment=True), Column("queue", "column.queue"),
               *(Column(name, f"figure.{name}", PASSPORTS[name].unit) for name in FIGURES))
    return Sheet(
        "growth", "report.growth.title", parameters.interval, context.now, context.zone, columns, rows, PASSPORTS,
        () if all(known) else (context.texts("report.growth.unknown"),), {"by": step.value},
        Chart(Look.LINE, "from", ("growth", "entries"), "queue"), headline=Headline(FIGURES[::-1], total.figures()),
        gaps=gaps,
    )


REPORT = Report("growth", Group.LINE, build, (QUEUES, STEP), "-365d")


def _entries(parts: Iterable[CallsPart], queue: str) -> int:
    return sum(part.queues[queue].counts["entries"] for part in parts if queue in part.queues)


def _row(one: Compared, context: Context, step: Step, *, queues: Sequence[str] = ()) -> Row:
    total = one.queue is None
    shown = {"from": context.texts("column.all") if total else beginning(one.interval.start, step, context),
             "queue": context.teller.queue(one.queue)}
    asked = queues if total else (one.queue or "",)
    link: dict[str, str | Sequence[str]] = {
        "from": iso(one.interval.start, context.zone), "to": iso(one.interval.end, context.zone), "figure": "entries"}
    links: Mapping[str, Link] = {"entries": {**link, "queue": asked} if asked else link}
    return Row({"from": iso(one.interval.start, context.zone), "queue": one.queue, **one.figures()}, shown, bold=total,
               total=total, links=links)
