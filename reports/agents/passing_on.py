"""The report of transfers: who passes callers on, who gets them, and who asks colleagues."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from callqueue.cel.conversation_store import read_conversations
from callqueue.cel.conversations import Kind, Talk
from callqueue.ledger.stint import Ending, Origin, Outcome, Stint
from callqueue.ledger.store import read_cel_reach, read_gaps, read_stints
from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.balance import count_ledger
from callqueue.metrics.passports import CEL, EXACT, JOURNAL, MEASURED, passports
from foundation.calendars import Interval, iso
from reports.frame.parameters import AGENTS, QUEUES, Parameters
from reports.frame.people import refuse_too_many
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


@dataclass(slots=True)
class Passing:
    """One agent's, or one queue's."""

    answered: int = 0
    transfers: int = 0
    transfers_in: int = 0
    transfers_received: int = 0
    transfer_talk: float = 0.0
    consultations: int = 0
    consultation_time: float = 0.0

    @property
    def transfer_rate(self) -> float | None:
        return ratio(self.transfers, self.answered)

    def add_stint(self, stint: Stint) -> None:
        self.answered += stint.outcome is Outcome.ANSWERED
        self.transfers += stint.outcome is Outcome.ANSWERED and stint.ending is Ending.TRANSFER
        self.transfers_in += stint.origin is Origin.TRANSFER


def tally(
    stints: Iterable[Stint], talks: Iterable[Talk], interval: Interval,
) -> tuple[dict[str, Passing], dict[str, Passing]]:
    """Of each agent, and of each queue. Pure."""
    agents: defaultdict[str, Passing] = defaultdict(Passing)
    queues: defaultdict[str, Passing] = defaultdict(Passing)
    for stint in stints:
        queues[stint.queue].add_stint(stint)
        if stint.agent and stint.outcome is Outcome.ANSWERED:
            agents[stint.agent].add_stint(stint)
    seen: set[tuple[str, str]] = set()
    for talk in _begun(talks, interval):
        one, seconds = agents[talk.agent], (talk.end - talk.start) / MILLISECONDS
        if talk.kind is Kind.TRANSFER:
            # Who comes back to him in the same call is no further one.
            one.transfers_received += (talk.call_id, talk.channel_id) not in seen
            seen.add((talk.call_id, talk.channel_id))
            one.transfer_talk += seconds
        else:
            one.consultations += 1
            one.consultation_time += seconds
    return dict(sorted(agents.items())), dict(sorted(queues.items()))


def _begun(talks: Iterable[Talk], interval: Interval) -> Iterable[Talk]:
    """Those that began in the interval."""
    return (talk for talk in talks if talk.kind is not Kind.DIRECT and interval.holds(talk.start / MILLISECONDS))


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, wanted, mine = parameters.interval, parameters[QUEUES], parameters[AGENTS]
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, wanted, context.settings)
        await refuse_too_many(ledger, interval)
        stints = [stint for stint in await read_stints(ledger, None, interval.start, interval.end)
                  if not wanted or stint.queue in wanted]
        talks = await read_conversations(
            ledger, None, interval.start, min(interval.end, context.now), kinds=(Kind.TRANSFER, Kind.CONSULTATION))
        gaps = await read_gaps(ledger, interval.start, interval.end)
        has_cel = (await read_cel_reach(ledger)).touches(interval)
    agents, queues = tally(stints, talks, interval)
    columns = [Column("agent", "column.agent"), *_columns(OF_AGENTS)]
    row = _Writer("agent", OF_AGENTS, context, parameters, has_cel=has_cel).row
    rows = [row(name, one) for name, one in agents.items() if not mine or name in mine]
    balanced = count_ledger(stints, (), None).balance == 0
    passed = sum(one.transfers for one in queues.values())
    whole = balanced and passed == sum(one.transfers for one in agents.values())
    return Sheet(
        "transfers", "report.transfers.title", interval, context.now, context.zone, columns, rows, PASSPORTS,
        chart=Chart(Look.BAR, "agent", ("transfers", "transfers_received", "consultations")),
        further=(_queues(queues, context, parameters),), gaps=gaps, balanced=whole,
        balance=context.texts("report.balanced" if whole else "report.unbalanced",
                              **({"offered": len(stints)} if whole else {"rows": 1})),
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
        values = {**asdict(one), "transfer_rate": one.transfer_rate}
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
