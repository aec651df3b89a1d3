"""The agent report: each agent's sessions, cut into what he did; the parts sum to the time logged in."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import Gap
from callqueue.ledger.store import read_gaps
from callqueue.metrics import Passport, Unit
from callqueue.metrics.agent_states import AgentDay, agent_day
from callqueue.metrics.agents_tally import TimesheetsTally, add_timesheets
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import BOTH, CEL, EXACT, JOURNAL, WHOLE
from callqueue.rollups.reading import Reader
from foundation.calendars import Calendar, Interval, Step, split
from foundation.settings import Settings
from reports.frame.reading import rulebook
from reports.queues.queue import ReportError

CONVERSATIONS = "milliseconds by CEL; whole seconds ±1 s without it"

LONG_FORMULAS = {
    "talk_time": "time with callers while logged in, hold not in it: those a queue gave him, and those passed on to him"
                 " without a queue; of stints that CEL does not know, the journal's time with hold",
    "hold_time": "time in which he had a caller on hold and was not consulting; holds are unseen while the live side is"
                 " away (a gap of the kind blind)",
    "consultation": "time with colleagues, also while his caller is on hold",
    "ringing": "time in which his telephone rang for a call, answered or not, and he did none of the above",
    "wrap_up_time": "pauses with the reason wrap-up, without the calls in them",
    "paused": "pauses for any other reason in all of his queues, without the calls in them; by reason under pauses",
    "ready": "logged in, and none of the other parts",
}


def _time(name: str, evidence: str = BOTH, resolution: str = CONVERSATIONS) -> Passport:
    return Passport(name, Unit.SECONDS, LONG_FORMULAS[name], evidence, resolution)


PASSPORTS: tuple[Passport, ...] = (
    Passport("logged_in", Unit.SECONDS, "from log-in (or the first queue joined) to log-out, or to a start of Asterisk;"
             " = ready + ringing + talk_time + hold_time + consultation + wrap_up_time + paused, cut at the interval's"
             " edges", JOURNAL, WHOLE),
    _time("ready"), _time("ringing", CEL, "milliseconds"), _time("talk_time"), _time("hold_time", BOTH),
    _time("consultation", CEL, "milliseconds"), _time("wrap_up_time", JOURNAL, WHOLE), _time("paused", JOURNAL, WHOLE),
    Passport("conversations", Unit.COUNT, "callers he began to speak with in the interval, from a queue or passed on to"
             " him; one for each call, however often it was held", BOTH, EXACT),
    Passport("agent_aht", Unit.SECONDS, "(talk_time + hold_time + wrap_up_time) ÷ conversations; consultation apart",
             BOTH, CONVERSATIONS),
    Passport("agent_occupancy", Unit.RATIO, "(talk_time + hold_time + wrap_up_time + consultation) ÷ (logged_in −"
             " paused), never above 1", BOTH, CONVERSATIONS),
    Passport("rings_unanswered", Unit.COUNT, "rings of queues that he did not pick up (RINGNOANSWER)", JOURNAL, EXACT),
)


class UnknownAgentError(ReportError):
    name = "unknown-agent"


@dataclass(frozen=True, slots=True)
class AgentsQuery:
    """What is asked for; no agents: all who were logged in."""

    interval: Interval
    agents: tuple[str, ...] = ()
    step: Step = Step.NONE
    calendar: Calendar = Calendar.GREGORIAN
    """By which weeks, months and years are cut."""


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent (None: all that were asked for) in one interval."""

    agent: str | None
    interval: Interval
    day: AgentDay


@dataclass(frozen=True, slots=True)
class AgentsReport:
    query: AgentsQuery
    made: int
    zone: ZoneInfo
    rows: tuple[AgentRow, ...]
    total: AgentRow
    gaps: tuple[Gap, ...]
    passports: Mapping[str, Passport]

    @property
    def sums_up(self) -> bool:
        """Whether every row's parts sum to its time logged in, and the rows to the total."""
        rows = round(sum(row.day.logged_in for row in self.rows), 3)
        return all(row.day.sums_up for row in self.rows) and rows == round(self.total.day.logged_in, 3)


async def build_agents_report(
    connection: AsyncConnection, query: AgentsQuery, settings: Settings, now: int, *, rolled_up: bool = True,
) -> AgentsReport:
    """Make the report: from roll-ups, and from the ledger for what none stands for; without `rolled_up`, all of it
    from the ledger.

    Raises:
        UnknownAgentError: an agent neither stands in the settings nor has done anything in that time.
    """
    reader = Reader(connection, rulebook(settings), now, settings.shared_numbers, rolled_up)
    pieces = split(query.interval, query.step, ZoneInfo(settings.site.timezone), query.calendar)
    seen = [Interval(piece.start, max(piece.start, min(piece.end, now))) for piece in pieces]
    tallies = [add_timesheets(parts) for parts in await reader.read_timesheets(seen)]
    refuse_unknown_agents(query.agents, settings, {agent for tally in tallies for agent in tally.agents})
    gaps = await read_gaps(connection, query.interval.start, min(query.interval.end, now))
    return compose(query, list(zip(pieces, tallies, strict=True)), settings, now, gaps)


def refuse_unknown_agents(agents: Iterable[str], settings: Settings, known: Container[str]) -> None:
    """Raises UnknownAgentError: one neither stands in the settings nor was seen in that time."""
    for agent in agents:
        if agent not in settings.agents and agent not in known:
            names = ", ".join(sorted(settings.agents))
            raise UnknownAgentError(f"agent {agent!r}: neither in the settings nor in the ledger of that time; "
                                    f"the site has {names}", written=agent, known=names)


def compose(
    query: AgentsQuery, tallies: Sequence[tuple[Interval, TimesheetsTally]], settings: Settings, now: int,
    gaps: Sequence[Gap] = (),
) -> AgentsReport:
    """The report from what was counted of agents in each interval; who was not there in one has no row in it."""
    rows = [
        AgentRow(agent, interval, agent_day(counts))
        for interval, tally in tallies for agent, counts in tally.rows() if not query.agents or agent in query.agents
    ]
    seen = [row for row in rows if row.day.logged_in or row.day.conversations or row.day.rings_unanswered]
    return AgentsReport(
        query, now, ZoneInfo(settings.site.timezone), tuple(seen),
        AgentRow(None, query.interval, together([row.day for row in seen])), tuple(gaps),
        {passport.id: passport for passport in PASSPORTS},
    )


def together(days: Sequence[AgentDay]) -> AgentDay:
    """The sum of several; ratios from the sums."""
    ratios = {"pauses", "agent_aht", "agent_occupancy"}
    sums = {
        field.name: sum(round(getattr(day, field.name) * 1000) for day in days) / 1000
        for field in fields(AgentDay) if field.name not in ratios
    }
    reasons = sorted({reason for day in days for reason in day.pauses})
    served = sums["talk_time"] + sums["hold_time"] + sums["wrap_up_time"]
    counts = {name: int(sums.pop(name)) for name in ("conversations", "rings_unanswered")}
    return AgentDay(
        **sums, **counts,
        pauses={
            reason: sum(round(day.pauses.get(reason, 0) * 1000) for day in days) / 1000 for reason in reasons
        },
        agent_aht=ratio(served, counts["conversations"]),
        agent_occupancy=ratio(served + sums["consultation"], sums["logged_in"] - sums["paused"]),
    )
