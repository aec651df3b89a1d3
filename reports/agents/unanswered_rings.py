"""The report of rings that agents did not pick up: by agent, queue and hour of the day."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqueue.ledger.store import read_gaps
from callqueue.metrics import Passport, Unit, passports
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import EXACT, JOURNAL, MEASURED
from callqueue.metrics.rings_tally import HOURS, LONGEST_MS, RingsTally, add_rings
from callqueue.rollups.kinds import RINGS
from foundation.calendars import iso
from foundation.text import digits
from reports.frame.parameters import AGENTS, QUEUES, Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Look, Row, Section, Sheet
from reports.queues.calls_sheet import RUNG
from reports.queues.queue import refuse_unknown_queues

MILLISECONDS = 1000
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    passports()["ring_no_answer"], passports()["ring_no_answer_time"],
    Passport("ring_longest", Unit.SECONDS, JOURNAL, MEASURED),
    Passport("rings_answered", Unit.COUNT, JOURNAL, EXACT),
    Passport("ring_no_answer_share", Unit.RATIO, JOURNAL, EXACT),
)}


@dataclass(frozen=True, slots=True)
class Rings:
    """Of one agent, queue or hour; milliseconds."""

    answered: int = 0
    missed: int = 0
    missed_ms: int = 0
    longest_ms: int = 0

    def cells(self) -> dict[str, float | None]:
        """By the figures' ids."""
        return {
            "ring_no_answer": self.missed, "ring_no_answer_time": self.missed_ms / MILLISECONDS,
            "ring_longest": self.longest_ms / MILLISECONDS if self.missed else None,
            "rings_answered": self.answered, "ring_no_answer_share": ratio(self.missed, self.missed + self.answered),
        }


@dataclass(frozen=True, slots=True)
class RingTables:
    """The same rings, told apart in three ways."""

    agents: Mapping[str, Rings]
    queues: Mapping[str, Rings]
    hours: Mapping[str, Rings]
    whole: Rings

    @property
    def balanced(self) -> bool:
        return all(
            sum(each.missed for each in part.values()) == self.whole.missed
            for part in (self.agents, self.queues, self.hours))


def rings_of(tally: RingsTally, queues: Collection[str], agents: Collection[str]) -> RingTables:
    """Of these queues and agents (none: any). Pure."""
    chosen = [
        place for place, (queue, agent) in enumerate(tally.pairs)
        if (not queues or queue in queues) and (not agents or agent in agents)]
    cube = tally.cube()[chosen]
    pairs, by_pair = [tally.pairs[place] for place in chosen], _joined(cube, 1)
    return RingTables(
        _parted([agent for _, agent in pairs], by_pair), _parted([queue for queue, _ in pairs], by_pair),
        _parted([f"{hour:02}" for hour in range(HOURS)], _joined(cube, 0)), Rings(*_joined(by_pair, 0).tolist()))


def _joined(numbers: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    """Sums along an axis, and of the longest ring the longest."""
    joined: NDArray[np.int64] = numbers.sum(axis=axis)
    joined[..., LONGEST_MS] = numbers[..., LONGEST_MS].max(axis=axis, initial=0)
    return joined


def _parted(names: Sequence[str], numbers: NDArray[np.int64]) -> dict[str, Rings]:
    """Those of each name of whom there is any."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    found = {name: Rings(*_joined(numbers[mine], 0).tolist()) for name, mine in sorted(places.items())}
    return {name: rings for name, rings in found.items() if rings.missed or rings.answered}


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, queues, agents = parameters.interval, parameters[QUEUES], parameters[AGENTS]
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, queues, context.settings)
        reader = context.reader(ledger)
        tables = rings_of(add_rings(await reader.read_whole(RINGS, interval)), queues, agents)
        gaps = await read_gaps(ledger, interval.start, interval.end)
    rows = [*_rows("agent", tables.agents, context, parameters),
            Row({"agent": None, **tables.whole.cells()}, {"agent": context.texts("column.all")}, bold=True, total=True)]
    return Sheet(
        "ring-no-answer", "report.ring-no-answer.title", interval, context.now, context.zone, _columns("agent"), rows,
        PASSPORTS, chart=Chart(Look.BAR, "agent", ("ring_no_answer", "ring_no_answer_share")),
        further=(
            Section("queues", "report.ring-no-answer.queues", _columns("queue"),
                    _rows("queue", tables.queues, context, parameters)),
            Section("hours", "report.ring-no-answer.hours", _columns("hour"),
                    _rows("hour", tables.hours, context, parameters),
                    Chart(Look.BAR, "hour", ("ring_no_answer", "ring_no_answer_share"), in_order=True)),
        ),
        gaps=gaps, balanced=tables.balanced,
        balance=context.texts(f"report.ring-no-answer.{'sums' if tables.balanced else 'differs'}",
                              count=tables.whole.missed),
    )


REPORT = Report("ring-no-answer", Group.AGENTS, build, (QUEUES, AGENTS))


def _columns(kind: str) -> list[Column]:
    return [Column(kind, f"column.{kind}"), *(Column(name, f"figure.{name}", each.unit) for name, each in
                                             PASSPORTS.items())]


def _rows(kind: str, found: Mapping[str, Rings], context: Context, parameters: Parameters) -> list[Row]:
    interval, zone = parameters.interval, context.zone
    link: dict[str, str | Sequence[str]] = {
        "from": iso(interval.start, zone), "to": iso(interval.end, zone), "figure": RUNG,
    }
    for parameter in (QUEUES, AGENTS):
        if parameters[parameter]:
            link[parameter.name] = parameters[parameter]
    return [
        Row({kind: name, **rings.cells()}, _named(kind, name, context),
            links={} if kind == "hour" else {RUNG: {**link, kind: name}})
        for name, rings in found.items()
    ]


def _named(kind: str, name: str, context: Context) -> dict[str, str]:
    """The queue's title, the hour in the reader's digits; an agent's id stands for itself."""
    if kind == "queue":
        return {kind: context.teller.queue(name)}
    return {kind: digits(name, context.texts.language)} if kind == "hour" else {}
