"""The report of transfers: who passes callers on, who gets them, and who asks colleagues."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from callqueue.ledger.store import read_cel_reach, read_gaps
from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.counted import Counted, add_counted
from callqueue.metrics.passing_tally import COLUMNS
from callqueue.metrics.passports import CEL, EXACT, JOURNAL, MEASURED, passports
from callqueue.rollups.kinds import PASSING
from foundation.calendars import iso
from reports.frame.parameters import AGENTS, QUEUES, Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Link, Look, Row, Section, Sheet
from reports.queues.calls_sheet import PASSED_ON
from reports.queues.queue import refuse_unknown_queues

MILLISECONDS = 1000
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    passports()["answered"],
    Passport("transfers", Unit.COUNT, JOURNAL, EXACT),
    passports()["transfer_rate"],
    Passport("transfers_in", Unit.COUNT, JOURNAL, EXACT),
    Passport("transfers_received", Unit.COUNT, CEL, EXACT),
    Passport("transfer_talk", Unit.SECONDS, CEL, MEASURED),
    Passport("consultations", Unit.COUNT, CEL, EXACT),
    Passport("consultation_time", Unit.SECONDS, CEL, MEASURED),
)}
OF_AGENTS = ("answered", "transfers", "transfer_rate", "transfers_received", "transfer_talk", "consultations",
             "consultation_time")
OF_QUEUES = ("answered", "transfers", "transfer_rate", "transfers_in")


@dataclass(frozen=True, slots=True)
class Passing:
    """One agent's, or one queue's; by the tally's names."""

    counts: Counter[str] = field(default_factory=Counter)

    def cells(self) -> dict[str, float | None]:
        """By the figures' ids."""
        counts = self.counts
        return {
            "answered": counts["answered"], "transfers": counts["transfers"],
            "transfer_rate": ratio(counts["transfers"], counts["answered"]), "transfers_in": counts["transfers_in"],
            "transfers_received": counts["transfers_received"],
            "transfer_talk": counts["transfer_talk_ms"] / MILLISECONDS, "consultations": counts["consultations"],
            "consultation_time": counts["consultation_ms"] / MILLISECONDS,
        }


def passing_of(tally: Counted, queues: Collection[str]) -> tuple[dict[str, Passing], dict[str, Passing]]:
    """Of each agent, and of each queue; of calls of `queues` (none: any). Pure."""
    agents: defaultdict[str, Passing] = defaultdict(Passing)
    of_queues: defaultdict[str, Passing] = defaultdict(Passing)
    for (queue, agent), row in tally.rows(COLUMNS):
        if queue and queues and queue not in queues:
            continue
        if queue:
            of_queues[queue].counts.update(row)
        if agent:
            agents[agent].counts.update(row)
    return dict(sorted(agents.items())), dict(sorted(of_queues.items()))


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, wanted, mine = parameters.interval, parameters[QUEUES], parameters[AGENTS]
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, wanted, context.settings)
        reader = context.reader(ledger)
        tally = add_counted(await reader.read_whole(PASSING, interval))
        gaps = await read_gaps(ledger, interval.start, interval.end)
        has_cel = (await read_cel_reach(ledger)).touches(interval)
    agents, queues = passing_of(tally, wanted)
    columns = [Column("agent", "column.agent"), *_columns(OF_AGENTS)]
    row = _Writer("agent", OF_AGENTS, context, parameters, has_cel=has_cel).row
    rows = [row(name, one) for name, one in agents.items() if not mine or name in mine]
    offered = sum(one.counts["answered"] + one.counts["unanswered"] for one in queues.values())
    passed = sum(one.counts["transfers"] for one in queues.values())
    whole = passed == sum(one.counts["transfers"] for one in agents.values())
    return Sheet(
        "transfers", "report.transfers.title", interval, context.now, context.zone, columns, rows, PASSPORTS,
        chart=Chart(Look.BAR, "agent", ("transfers", "transfers_received", "consultations")),
        further=(_queues(queues, context, parameters),), gaps=gaps, balanced=whole,
        balance=context.texts("report.balanced" if whole else "report.unbalanced",
                              **({"offered": offered} if whole else {"rows": 1})),
    )


REPORT = Report("transfers", Group.AGENTS, build, (QUEUES, AGENTS))


def _queues(queues: Mapping[str, Passing], context: Context, parameters: Parameters) -> Section:
    row = _Writer("queue", OF_QUEUES, context, parameters, has_cel=True).row
    return Section("queues", "report.transfers.queues", (Column("queue", "column.queue"), *_columns(OF_QUEUES)),
                   [row(name, one) for name, one in queues.items()])


def _columns(names: Sequence[str]) -> list[Column]:
    return [Column(name, f"figure.{name}", PASSPORTS[name].unit) for name in names]


@dataclass(frozen=True, slots=True)
class _Writer:
    kind: str
    """agent or queue."""
    figures: Sequence[str]
    context: Context
    parameters: Parameters
    has_cel: bool
    """Whether there is CEL for any of the time; without it what only CEL tells is not known."""

    def row(self, name: str, one: Passing) -> Row:
        """Of one agent, or of one queue."""
        values = one.cells()
        interval, zone, queues = self.parameters.interval, self.context.zone, self.parameters[QUEUES]
        link: dict[str, str | Sequence[str]] = {"from": iso(interval.start, zone), "to": iso(interval.end, zone)}
        if queues:
            link["queue"] = queues
        link[self.kind] = name
        links: dict[str, Link] = {each: {**link, "figure": each} for each in ("answered", PASSED_ON)}
        shown = {"queue": self.context.teller.queue(name)} if self.kind == "queue" else {}
        cells = {each: values[each] if self._is_known(each) else None for each in self.figures}
        return Row({self.kind: name, **cells}, shown, links=links)

    def _is_known(self, figure: str) -> bool:
        return self.has_cel or PASSPORTS[figure].evidence != CEL
