"""The report of first-contact resolution: whom one conversation was enough for."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import BOTH, EXACT, JOURNAL, W
from callqueue.metrics.people_tally import AGAIN, Instants, PeopleTally, counts_of
from callqueue.rollups.kinds import PEOPLE
from foundation.calendars import Interval, Step, iso, split
from reports.frame.parameters import QUEUES, STEP, Parameters
from reports.frame.reading import rulebook
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Headline, Look, Row, Section, Sheet
from reports.frame.spans import beginning
from reports.queues.queue import refuse_unknown_queues

DAYS = AGAIN // 86_400
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    Passport("first_contact_resolution", Unit.RATIO, BOTH, EXACT, (W,)),
    Passport("fcr_contacts", Unit.COUNT, JOURNAL, EXACT, (W,)),
    Passport("fcr_resolved", Unit.COUNT, BOTH, EXACT, (W,)),
    Passport("fcr_returned", Unit.COUNT, BOTH, EXACT, (W,)),
    Passport("fcr_not_spoken", Unit.COUNT, BOTH, EXACT, (W,)),
    Passport("fcr_untraceable", Unit.COUNT, JOURNAL, EXACT, (W,)),
    Passport("fcr_provisional", Unit.COUNT, JOURNAL, EXACT, (W,)),
)}


@dataclass(frozen=True, slots=True)
class Resolution:
    """Contacts of a time and queue, and how many of them called again."""

    counts: Counter[str] = field(default_factory=Counter)
    """As `counts_of` has them; with `returned`, and `young`: those of whom that may change."""

    def figures(self) -> dict[str, float | None]:
        """Every figure by its id."""
        counts = self.counts
        resolved = counts["spoke"] - counts["returned"]
        return {
            "first_contact_resolution": ratio(resolved, counts["known"]), "fcr_contacts": counts["known"],
            "fcr_resolved": resolved, "fcr_returned": counts["returned"],
            "fcr_not_spoken": counts["known"] - counts["spoke"], "fcr_untraceable": counts["unknown"],
            "fcr_provisional": counts["young"],
        }


def resolutions_of(
    parts: Sequence[Sequence[PeopleTally]], pieces: Sequence[Interval], now: int,
) -> list[dict[str, Resolution]]:
    """Of each piece, by queue. Pure.

    Args:
        parts: the tallies of each piece, and last those of the time after them in which returns to them count.
        pieces: intervals side by side.
        now: epoch seconds.
    """
    returned: defaultdict[str, list[Instants]] = defaultdict(list)
    for part in chain.from_iterable(parts):
        for queue, each in part.queues.items():
            returned[queue].append(each.returned)
    began = {queue: np.sort(np.concatenate(instants)) for queue, instants in returned.items()}
    return [
        {queue: _resolution(queue, mine, began[queue], piece, now)
         for queue in sorted({queue for part in mine for queue in part.queues})}
        for piece, mine in zip(pieces, parts, strict=False)
    ]


def _resolution(
    queue: str, parts: Sequence[PeopleTally], returned: Instants, piece: Interval, now: int,
) -> Resolution:
    counts = counts_of((part.queues for part in parts), lambda name: name == queue)
    first, last = np.searchsorted(returned, [piece.start, piece.end])
    counts["returned"] = int(last - first)
    known = [part.queues[queue].known for part in parts if queue in part.queues]
    counts["young"] = sum(len(each) - int(np.searchsorted(each, max(now - AGAIN, 0), "right")) for each in known)
    return Resolution(counts)


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, queues = parameters.interval, parameters[QUEUES]
    step = Step.DAY if parameters[STEP] is Step.NONE else parameters[STEP]
    pieces = split(interval, step, context.zone, parameters.calendar)
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, queues, context.settings)
        reader = context.reader(ledger)
        parts = await reader.read_kind(PEOPLE, [*pieces, Interval(interval.end, interval.end + AGAIN)])
    found = [
        {queue: each for queue, each in mine.items() if not queues or queue in queues}
        for mine in resolutions_of(parts, pieces, context.now)]
    return resolution_sheet(context, parameters, list(zip(pieces, found, strict=True)), _young_until(
        [part for mine in parts[:-1] for part in mine], queues, context.now))


REPORT = Report("first-contact-resolution", Group.CALLERS, build, (QUEUES, STEP), "-30d")


def _young_until(parts: Iterable[PeopleTally], queues: Sequence[str], now: int) -> int | None:
    """Until when a call may still change one of the contacts."""
    last = [int(instants[-1]) for part in parts for queue, each in part.queues.items() if not queues or queue in queues
            for instants in (each.known, each.unknown) if len(instants)]
    return max((at + AGAIN for at in last if at + AGAIN > now), default=None)


def _sum(found: Iterable[Resolution]) -> Resolution:
    counts: Counter[str] = Counter()
    for each in found:
        counts.update(each.counts)
    return Resolution(counts)


def resolution_sheet(
    context: Context, parameters: Parameters, found: Sequence[tuple[Interval, Mapping[str, Resolution]]],
    young_until: int | None,
) -> Sheet:
    step = Step.DAY if parameters[STEP] is Step.NONE else parameters[STEP]
    rules = rulebook(context.settings)
    queues = {queue: _sum(mine[queue] for _, mine in found if queue in mine)
              for queue in sorted({queue for _, mine in found for queue in mine})}
    queues = {queue: each for queue, each in queues.items() if each.counts["known"] or each.counts["unknown"]}
    whole = _sum(queues.values()).figures()
    rows = [
        Row({"from": iso(piece.start, context.zone), **_sum(mine.values()).figures()},
            {"from": beginning(piece.start, step, context)})
        for piece, mine in found
    ]
    rows.append(Row({"from": iso(parameters.interval.start, context.zone), **whole},
                    {"from": context.texts("column.all")}, bold=True, total=True))
    balanced = whole["fcr_contacts"] == sum(whole[name] or 0 for name in (
        "fcr_resolved", "fcr_returned", "fcr_not_spoken")) and (whole["fcr_resolved"] or 0) >= 0
    return Sheet(
        "first-contact-resolution", "report.first-contact-resolution.title", parameters.interval, context.now,
        context.zone, (Column("from", "column.time", moment=True), *_columns()), rows, PASSPORTS,
        (context.texts("report.first-contact-resolution.subject"),), {"by": step.value},
        Chart(Look.LINE, "from", ("first_contact_resolution", "fcr_contacts", "fcr_returned")),
        (_queues(queues, context),), Headline(tuple(PASSPORTS), whole),
        rules={queue: rules.of(queue) for queue in queues}, balanced=balanced,
        balance=context.texts(
            f"report.first-contact-resolution.{'balanced' if balanced else 'unbalanced'}",
            count=int(whole["fcr_contacts"] or 0)),
        provisional_until=young_until,
    )


def _columns() -> Iterable[Column]:
    for name, passport in PASSPORTS.items():
        yield Column(name, f"figure.{name}", passport.unit)


def _queues(found: Mapping[str, Resolution], context: Context) -> Section:
    rows = [Row({"queue": queue, **mine.figures()}, {"queue": context.teller.queue(queue)})
            for queue, mine in found.items()]
    return Section("queues", "report.first-contact-resolution.queues", (Column("queue", "column.queue"), *_columns()),
                   rows, Chart(Look.BAR, "queue", ("first_contact_resolution", "fcr_returned")))
