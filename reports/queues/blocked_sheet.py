"""The report of blocked calls: those that never came to wait, by interval: refused, lost in the menus, rescued."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callqueue.ledger.evidence import Rescue
from callqueue.ledger.stint import Refusal
from callqueue.ledger.store import read_cel_reach, read_gaps, read_rescues
from callqueue.metrics import Passport, Unit, passports
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import EXACT, JOURNAL
from callqueue.rollups.store import CallsPart
from foundation.calendars import Interval, iso, split
from reports.frame.parameters import QUEUES, STEP, Parameters, fitting_step
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Headline, Link, Look, Row, Section, Sheet
from reports.frame.spans import beginning
from reports.queues.queue import refuse_unknown_queues

REFUSED = tuple(each.value for each in Refusal)
LOST = "lost_in_menu"
PASSPORTS: Mapping[str, Passport] = {
    **{each.id: each for each in (
        Passport("blocked", Unit.COUNT, "journal_and_cel", EXACT),
        Passport("blocked_share", Unit.RATIO, "journal_and_cel", EXACT),
        Passport("rescued", Unit.COUNT, JOURNAL, EXACT),
    )},
    **{name: each for name, each in passports().items() if name in {*REFUSED, LOST, "offered"}},
}
FIGURES = ("blocked", "blocked_share", *REFUSED, LOST, "rescued", "offered")


@dataclass(frozen=True, slots=True)
class Blocked:
    """The counts of one row; None where they are not known or not asked for."""

    refused: Mapping[str, int]
    lost_in_menu: int | None
    rescued: int | None
    offered: int

    def figures(self) -> dict[str, float | None]:
        blocked = sum(self.refused.values()) + (self.lost_in_menu or 0)
        return {"blocked": blocked, "blocked_share": ratio(blocked, blocked + self.offered), **self.refused,
                LOST: self.lost_in_menu, "rescued": self.rescued, "offered": self.offered}


async def build(context: Context, parameters: Parameters) -> Sheet:
    step, chosen = fitting_step(parameters), parameters[QUEUES]
    pieces = split(parameters.interval, step, context.zone, parameters.calendar)
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, chosen, context.settings)
        reader = context.reader(ledger)
        parts = await reader.read_calls(pieces)
        cel = await read_cel_reach(ledger)
        rescues = await read_rescues(ledger, parameters.interval.start, parameters.interval.end)
        gaps = await read_gaps(ledger, parameters.interval.start, parameters.interval.end)
    knows_lost = [not chosen and cel.touches(piece) for piece in pieces]
    rescued = [None if chosen else count for count in _per_piece(rescues, pieces)]
    found = [blocked_of(mine, chosen, count, knows_lost=known)
             for mine, count, known in zip(parts, rescued, knows_lost, strict=True)]
    whole = blocked_of([part for mine in parts for part in mine], chosen, None if chosen else len(rescues),
                       knows_lost=any(knows_lost))
    rows = [
        Row({"from": iso(piece.start, context.zone), **one.figures()},
            {"from": beginning(piece.start, step, context)}, links=_links(piece, chosen, context))
        for piece, one in zip(pieces, found, strict=True)
    ]
    rows.append(Row(
        {"from": iso(parameters.interval.start, context.zone), **whole.figures()},
        {"from": context.texts("column.all")}, bold=True, total=True,
        links=_links(parameters.interval, chosen, context)))
    queues = chosen or tuple(sorted({*context.settings.queues, *(
        queue for mine in parts for part in mine for queue in part.queues)}))
    balanced = whole.figures()["blocked"] == sum(one.figures()["blocked"] or 0 for one in found)
    return Sheet(
        "blocked", "report.blocked.title", parameters.interval, context.now, context.zone,
        (Column("from", "column.time", moment=True), *_columns()), rows, PASSPORTS,
        () if chosen or any(knows_lost) else (context.texts("report.blocked.unknown"),), {"by": step.value},
        Chart(Look.LINE, "from", ("blocked", "blocked_share", "rescued")),
        (_queues(queues, parts, parameters.interval, context),), Headline(FIGURES, whole.figures()),
        balanced=balanced,
        balance=context.texts(f"report.blocked.{'balanced' if balanced else 'unbalanced'}",
                              count=int(whole.figures()["blocked"] or 0)),
        gaps=gaps,
    )


REPORT = Report("blocked", Group.LINE, build, (QUEUES, STEP))


def blocked_of(
    parts: Iterable[CallsPart], queues: Sequence[str], rescued: int | None, *, knows_lost: bool,
) -> Blocked:
    """Of chosen queues (none: all). Pure."""
    mine = list(parts)
    tallies = [tally for part in mine for queue, tally in part.queues.items() if not queues or queue in queues]
    refused = {name: sum(tally.counts[name] for tally in tallies) for name in REFUSED}
    lost = sum(part.lost_in_menu for part in mine) if knows_lost else None
    return Blocked(refused, lost, rescued, sum(tally.counts["offered"] for tally in tallies))


def _per_piece(rescues: Sequence[Rescue], pieces: Sequence[Interval]) -> list[int]:
    moments = sorted(each.at for each in rescues)
    return [bisect_right(moments, piece.end - 1) - bisect_right(moments, piece.start - 1) for piece in pieces]


def _columns() -> Iterable[Column]:
    for name in FIGURES:
        yield Column(name, f"figure.{name}", PASSPORTS[name].unit)


def _links(interval: Interval, queues: Sequence[str], context: Context) -> Mapping[str, Link]:
    link: dict[str, str | Sequence[str]] = {
        "from": iso(interval.start, context.zone), "to": iso(interval.end, context.zone)}
    if queues:
        return {name: {**link, "queue": queues, "figure": name} for name in REFUSED}
    return {name: {**link, "figure": name} for name in (*REFUSED, LOST)}


def _queues(
    queues: Sequence[str], parts: Sequence[Sequence[CallsPart]], interval: Interval, context: Context,
) -> Section:
    """Refusals belong to a queue; what was lost or rescued before one belongs to none."""
    flat, names = [part for mine in parts for part in mine], ("blocked", "blocked_share", *REFUSED, "offered")
    rows = []
    for queue in queues:
        figures = blocked_of(flat, (queue,), None, knows_lost=False).figures()
        rows.append(Row({"queue": queue, **{name: figures[name] for name in names}},
                        {"queue": context.teller.queue(queue)}, links=_links(interval, (queue,), context)))
    columns = (Column("queue", "column.queue"),
               *(Column(name, f"figure.{name}", PASSPORTS[name].unit) for name in names))
    return Section("queues", "report.blocked.queues", columns, rows, Chart(Look.BAR, "queue", ("blocked",)))
