"""The report of rings that agents did not pick up: by agent, queue and hour of the day."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callqueue.ledger.evidence import Ring
from callqueue.ledger.stint import Outcome, Stint
from callqueue.ledger.store import read_gaps, read_rings, read_stints
from callqueue.metrics import Passport, Unit, passports
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import EXACT, JOURNAL
from foundation.calendars import iso
from reports.frame.parameters import AGENTS, QUEUES, Parameters
from reports.frame.people import refuse_too_many
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Look, Row, Section, Sheet
from reports.queues.calls_sheet import RUNG
from reports.queues.queue import refuse_unknown_queues

MILLISECONDS = 1000
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    passports()["ring_no_answer"], passports()["ring_no_answer_time"],
    Passport("ring_longest", Unit.SECONDS, "the longest of those rings", JOURNAL, "milliseconds"),
    Passport("rings_answered", Unit.COUNT, "stints that the agent answered (CONNECT), booked to the moment of"
             " answering", JOURNAL, EXACT),
    Passport("ring_no_answer_share", Unit.RATIO, "ring_no_answer ÷ (ring_no_answer + rings_answered)", JOURNAL, EXACT),
)}


@dataclass(slots=True)
class Rings:
    """Of one agent, queue or hour; milliseconds."""

    unanswered: list[int] = field(default_factory=list)
    answered: int = 0

    def cells(self) -> dict[str, float | None]:
        """By the figures' ids."""
        missed = len(self.unanswered)
        return {
            "ring_no_answer": missed, "ring_no_answer_time": sum(self.unanswered) / MILLISECONDS,
            "ring_longest": max(self.unanswered) / MILLISECONDS if self.unanswered else None,
            "rings_answered": self.answered, "ring_no_answer_share": ratio(missed, missed + self.answered),
        }


def tally(
    rings: Iterable[Ring], answered: Iterable[Stint], of_ring: Callable[[Ring], str], of_stint: Callable[[Stint], str],
) -> dict[str, Rings]:
    """Rings by what the two functions name. Pure."""
    found: defaultdict[str, Rings] = defaultdict(Rings)
    for ring in rings:
        found[of_ring(ring)].unanswered.append(ring.ring_ms)
    for name, count in Counter(map(of_stint, answered)).items():
        found[name].answered = count
    return dict(sorted(found.items()))


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, queues, agents = parameters.interval, parameters[QUEUES], parameters[AGENTS]
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, queues, context.settings)
        await refuse_too_many(ledger, interval)
        rings = [ring for ring in await read_rings(ledger, None, interval.start, interval.end)
                 if (not queues or ring.queue in queues) and (not agents or ring.agent in agents)]
        # Who was answered in the time may have joined before it.
        stints = await read_stints(ledger, None, interval.start - 86_400, interval.end)
        gaps = await read_gaps(ledger, interval.start, interval.end)
    answered = [
        stint for stint in stints
        if stint.outcome is Outcome.ANSWERED and stint.answered is not None and interval.holds(stint.answered)
        and (not queues or stint.queue in queues) and (not agents or stint.agent in agents)
    ]

    def hour(instant: int) -> str:
        return f"{datetime.fromtimestamp(instant, context.zone).hour:02}"

    by_agent = tally(rings, answered, lambda ring: ring.agent, lambda stint: stint.agent or "")
    by_queue = tally(rings, answered, lambda ring: ring.queue, lambda stint: stint.queue)
    by_hour = tally(rings, answered, lambda ring: hour(ring.at), lambda stint: hour(stint.answered or 0))
    whole = Rings([ring.ring_ms for ring in rings], len(answered))
    sums = all(sum(len(each.unanswered) for each in part.values()) == len(rings) for part in (by_agent, by_queue))
    rows = [*_rows("agent", by_agent, context, parameters),
            Row({"agent": None, **whole.cells()}, {"agent": context.texts("column.all")}, bold=True, total=True)]
    return Sheet(
        "ring-no-answer", "report.ring-no-answer.title", interval, context.now, context.zone, _columns("agent"), rows,
        PASSPORTS, chart=Chart(Look.BAR, "agent", ("ring_no_answer", "ring_no_answer_share")),
        further=(
            Section("queues", "report.ring-no-answer.queues", _columns("queue"),
                    _rows("queue", by_queue, context, parameters)),
            Section("hours", "report.ring-no-answer.hours", _columns("hour"),
                    _rows("hour", by_hour, context, parameters),
                    Chart(Look.BAR, "hour", ("ring_no_answer", "ring_no_answer_share"))),
        ),
        gaps=gaps, balanced=sums,
        balance=context.texts("report.ring-no-answer.sums" if sums else "report.ring-no-answer.differs",
                              count=len(rings)),
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
        Row({kind: name, **rings.cells()}, {"queue": context.teller.queue(name)} if kind == "queue" else {},
            links={} if kind == "hour" else {RUNG: {**link, kind: name}})
        for name, rings in found.items()
    ]
