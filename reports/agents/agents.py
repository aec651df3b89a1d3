"""The agent report: each agent's sessions, cut into what he did; the parts sum to the time logged in."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import CelReach, Gap
from callqueue.ledger.store import read_cel_reach, read_gaps
from callqueue.metrics import Passport, Unit
from callqueue.metrics.agent_states import AgentDay, agent_day
from callqueue.metrics.agents_tally import TimesheetsTally, add_timesheets
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import BOTH, CEL, CONVERSATIONS, EXACT, JOURNAL, MEASURED, WHOLE
from foundation.calendars import Calendar, Interval, Step, split
from foundation.settings import Settings
from reports.frame.reading import reader_of
from reports.queues.queue import ReportError


def _time(name: str, evidence: str = BOTH, resolution: str = CONVERSATIONS) -> Passport:
    return Passport(name, Unit.SECONDS, evidence, resolution)


PASSPORTS: tuple[Passport, ...] = (
    Passport("logged_in", Unit.SECONDS, JOURNAL, WHOLE),
    _time("ready"), _time("ringing", CEL, MEASURED), _time("talk_time"), _time("hold_time", BOTH),
    _time("consultation", CEL, MEASURED), _time("wrap_up_time", JOURNAL, WHOLE), _time("paused", JOURNAL, WHOLE),
    Passport("conversations", Unit.COUNT, BOTH, EXACT),
    Passport("agent_aht", Unit.SECONDS, BOTH, CONVERSATIONS),
    Passport("agent_occupancy", Unit.RATIO, BOTH, CONVERSATIONS),
    Passport("rings_unanswered", Unit.COUNT, JOURNAL, EXACT),
)


TOLD_BY_CEL = ("ringing", "hold_time", "consultation")
"""Parts of an agent's time that nothing else tells: without CEL they are not nought, but unknown."""


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
    has_cel: bool
    """Whether there is CEL for any of the interval."""

    def figures(self) -> Mapping[str, float | None]:
        """By their ids, without the pauses by reason."""
        return {
            each.name: None if each.name in TOLD_BY_CEL and not self.has_cel else getattr(self.day, each.name)
            for each in fields(AgentDay) if each.name != "pauses"
        }


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
    reader = reader_of(connection, settings, now, rolled_up=rolled_up)
    pieces = split(query.interval, query.step, ZoneInfo(settings.site.timezone), query.calendar)
    seen = [Interval(piece.start, max(piece.start, min(piece.end, now))) for piece in pieces]
    tallies = [add_timesheets(parts) for parts in await reader.read_timesheets(seen)]
    refuse_unknown_agents(query.agents, settings, {agent for tally in tallies for agent in tally.agents})
    gaps = await read_gaps(connection, query.interval.start, min(query.interval.end, now))
    cel = await read_cel_reach(connection)
    return compose(query, list(zip(pieces, tallies, strict=True)), settings, now, gaps, cel=cel)


def refuse_unknown_agents(agents: Iterable[str], settings: Settings, known: Container[str]) -> None:
    """Raises UnknownAgentError: one neither stands in the settings nor was seen in that time."""
    for agent in agents:
        if agent not in settings.agents and agent not in known:
            names = ", ".join(sorted(settings.agents))
            raise UnknownAgentError(f"agent {agent!r}: neither in the settings nor in the ledger of that time; "
                                    f"the site has {names}", written=agent, known=names)


def compose(
    query: AgentsQuery, tallies: Sequence[tuple[Interval, TimesheetsTally]], settings: Settings, now: int,
    gaps: Sequence[Gap] = (), *, cel: CelReach,
) -> AgentsReport:
    """The report from what was counted of agents in each interval; who was not there in one has no row in it."""
    rows = [
        AgentRow(agent, interval, agent_day(counts), cel.touches(interval))
        for interval, tally in tallies for agent, counts in tally.rows() if not query.agents or agent in query.agents
    ]
    seen = [row for row in rows if row.day.logged_in or row.day.conversations or row.day.rings_unanswered]
    return AgentsReport(
        query, now, ZoneInfo(settings.site.timezone), tuple(seen),
        AgentRow(None, query.interval, together([row.day for row in seen]), cel.touches(query.interval)), tuple(gaps),
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
