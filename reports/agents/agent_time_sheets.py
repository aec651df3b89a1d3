"""Reports of agents' time: occupancy over time and by agent, and what pauses were taken for."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import BOTH, CONVERSATIONS, EXACT, JOURNAL, WHOLE
from foundation.calendars import Interval, Step, iso
from reports.agents.agents import PASSPORTS as OF_AGENTS
from reports.agents.agents import AgentRow, AgentsQuery, AgentsReport, build_agents_report, together
from reports.frame.parameters import AGENTS, STEP, Parameters, fitting_step
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Headline, Look, Row, Section, Sheet

TIMES = ("logged_in", "talk_time", "hold_time", "consultation", "wrap_up_time", "ringing", "ready", "paused")
OCCUPANCY = "agent_occupancy"
OCCUPANCY_PASSPORTS: Mapping[str, Passport] = {
    **{each.id: each for each in OF_AGENTS if each.id in {*TIMES, OCCUPANCY}},
    **{each.id: each for each in (
        Passport("agents_present", Unit.COUNT, JOURNAL, EXACT),
        Passport("agents_mean", Unit.NUMBER, BOTH, CONVERSATIONS),
    )},
}
PAUSE_PASSPORTS: Mapping[str, Passport] = {
    **{each.id: each for each in OF_AGENTS if each.id in {"logged_in", "paused"}},
    **{each.id: each for each in (
        Passport("pause_time", Unit.SECONDS, JOURNAL, WHOLE),
        Passport("pause_share", Unit.RATIO, JOURNAL, WHOLE),
    )},
}
Named = TypeVar("Named", Interval, str)


async def _report(context: Context, parameters: Parameters, step: Step) -> AgentsReport:
    query = AgentsQuery(parameters.interval, parameters[AGENTS], step, parameters.calendar)
    async with context.ledger() as ledger:
        return await build_agents_report(ledger, query, context.settings, context.now)


async def build_occupancy(context: Context, parameters: Parameters) -> Sheet:
    report = await _report(context, parameters, fitting_step(parameters))
    by_interval = _grouped(report, lambda row: row.interval)
    by_agent = _grouped(report, lambda row: row.agent or "")
    teller, texts = context.teller, context.texts
    columns = [Column("from", "column.time", moment=True),
               Column("agents_present", "figure.agents_present", Unit.COUNT),
               Column("agents_mean", "figure.agents_mean", Unit.NUMBER), *_time_columns()]
    rows = [
        Row({"from": iso(interval.start, context.zone), **_occupancy(rows, interval, context.now)},
            {"from": teller.start(interval.start, report.query.step)})
        for interval, rows in by_interval.items()
    ]
    total = _occupancy(report.rows, parameters.interval, context.now)
    rows.append(Row({"from": iso(parameters.interval.start, context.zone), **total}, {"from": texts("column.all")},
                    bold=True, total=True))
    agents = [
        Row({"agent": agent, **_occupancy(rows, parameters.interval, context.now)}) for agent, rows in by_agent.items()
    ]
    further = Section("agents", "report.occupancy.agents", (Column("agent", "column.agent"), *_time_columns()), agents,
                      Chart(Look.BAR, "agent", (OCCUPANCY,)))
    headline = (OCCUPANCY, "agents_mean", "logged_in", "paused")
    return Sheet(
        "occupancy", "report.occupancy.title", parameters.interval, context.now, context.zone, columns, rows,
        OCCUPANCY_PASSPORTS, chart=Chart(Look.LINE, "from", (OCCUPANCY, "agents_mean")), further=(further,),
        headline=Headline(headline, {name: _number(total[name]) for name in headline}), balanced=report.sums_up,
        balance=_balance(report, context), gaps=report.gaps,
    )


async def build_pauses(context: Context, parameters: Parameters) -> Sheet:
    report = await _report(context, parameters, parameters[STEP])
    stepped = report.query.step is not Step.NONE
    rows = [row for each in report.rows for row in _pause_rows(each, report, context)]
    columns = [
        *([Column("from", "column.time", moment=True)] if stepped else []), Column("agent", "column.agent"),
        *_pause_columns(), Column("logged_in", "agents.logged_in", Unit.SECONDS),
    ]
    whole = report.total.day
    reasons = [
        Row({"reason": reason, "pause_time": seconds, "pause_share": ratio(seconds, whole.logged_in)},
            {"reason": context.teller.reason(reason)})
        for reason, seconds in sorted(whole.pauses.items(), key=lambda each: -each[1])
    ]
    share = ratio(whole.paused, whole.logged_in)
    reasons.append(Row({"reason": None, "pause_time": whole.paused, "pause_share": share},
                       {"reason": context.texts("column.all")}, bold=True, total=True))
    return Sheet(
        "pauses", "report.pauses.title", parameters.interval, context.now, context.zone, columns, rows, PAUSE_PASSPORTS,
        further=(Section("reasons", "report.pauses.section", _pause_columns(), reasons,
                         Chart(Look.BAR, "reason", ("pause_time",))),),
        balanced=report.sums_up, balance=_balance(report, context), gaps=report.gaps,
    )


REPORTS = (
    Report("occupancy", Group.AGENTS, build_occupancy, (AGENTS, STEP)),
    Report("pauses", Group.AGENTS, build_pauses, (AGENTS, STEP)),
)


def _grouped(report: AgentsReport, key: Callable[[AgentRow], Named]) -> Mapping[Named, Sequence[AgentRow]]:
    found: defaultdict[Named, list[AgentRow]] = defaultdict(list)
    for row in report.rows:
        found[key(row)].append(row)
    return found


def _time_columns() -> list[Column]:
    return [Column(OCCUPANCY, f"agents.{OCCUPANCY}", Unit.RATIO),
            *(Column(name, f"agents.{name}", Unit.SECONDS) for name in TIMES)]


def _occupancy(rows: Sequence[AgentRow], interval: Interval, now: int) -> dict[str, Cell]:
    whole = AgentRow(None, interval, together([row.day for row in rows]), any(row.has_cel for row in rows))
    day, figures = whole.day, whole.figures()
    length = max(0, min(interval.end, now) - interval.start)
    return {
        **{name: figures[name] for name in (OCCUPANCY, *TIMES)},
        "agents_present": len({row.agent for row in rows if row.day.logged_in}),
        "agents_mean": ratio(day.logged_in, length),
    }


def _pause_columns() -> list[Column]:
    return [Column("reason", "column.reason"), Column("pause_time", "figure.pause_time", Unit.SECONDS),
            Column("pause_share", "figure.pause_share", Unit.RATIO)]


def _pause_rows(row: AgentRow, report: AgentsReport, context: Context) -> list[Row]:
    start = {"from": iso(row.interval.start, context.zone)}
    shown = {"from": context.teller.start(row.interval.start, report.query.step)}
    return [
        Row({**start, "agent": row.agent, "reason": reason, "pause_time": seconds,
             "pause_share": ratio(seconds, row.day.logged_in), "logged_in": row.day.logged_in},
            {**shown, "reason": context.teller.reason(reason)})
        for reason, seconds in row.day.pauses.items()
    ]


def _balance(report: AgentsReport, context: Context) -> str:
    return context.texts("report.agents.sums_up" if report.sums_up else "report.agents.differs")


def _number(cell: Cell) -> float | None:
    return None if isinstance(cell, str) else cell
