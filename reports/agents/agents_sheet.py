"""The agent report as a sheet: a row for each agent and interval, the pauses by reason below."""

from callqueue.metrics import Unit
from foundation.calendars import Step
from foundation.catalogue import Texts
from foundation.settings import Settings
from reports.agents.agent_tables import agent_row_content, agents_content, agents_csv, agents_table
from reports.agents.agents import AgentRow, AgentsQuery, AgentsReport, build_agents_report
from reports.frame.parameters import AGENTS, STEP, Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Look, Own, Row, Section, Sheet
from reports.frame.tables import Teller

PARTS = ("talk_time", "hold_time", "consultation", "ringing", "wrap_up_time", "paused", "ready")
"""Of an agent's time, in the order in which they are drawn."""


async def build(context: Context, parameters: Parameters) -> Sheet:
    query = AgentsQuery(parameters.interval, parameters[AGENTS], parameters[STEP], parameters.calendar)
    async with context.ledger() as ledger:
        report = await build_agents_report(ledger, query, context.settings, context.now)
    return agents_sheet(report, context.settings, context.texts)


REPORT = Report("agents", Group.AGENTS, build, (AGENTS, STEP))


def agents_sheet(report: AgentsReport, settings: Settings, texts: Texts) -> Sheet:
    teller = Teller(settings, report, texts)
    columns = [
        Column("from", "column.time", moment=True), Column("to", "column.until", moment=True, aside=True),
        Column("agent", "column.agent"),
        *(Column(name, f"agents.{name}", passport.unit) for name, passport in report.passports.items()),
    ]
    rows = [*(_row(report, row, teller) for row in report.rows), _row(report, report.total, teller, total=True)]
    stepped = report.query.step is not Step.NONE
    return Sheet(
        "agents", "report.agents.title", report.query.interval, report.made, report.zone, columns, rows,
        report.passports, chart=Chart(Look.BAR, "from" if stepped else "agent", PARTS, "agent" if stepped else None),
        further=_pauses(report, texts), balanced=report.sums_up,
        balance=texts("report.agents.sums_up" if report.sums_up else "report.agents.differs"), gaps=report.gaps,
        own=Own(agents_content(report), lambda: agents_csv(report),
                lambda spoken, _width: agents_table(report, spoken)),
    )


def _row(report: AgentsReport, row: AgentRow, teller: Teller, *, total: bool = False) -> Row:
    content = agent_row_content(report, row)
    shown = {"from": teller.start(row.interval.start, Step.NONE if total else report.query.step),
             "to": teller.moment(row.interval.end), "agent": row.agent or teller.texts("column.all")}
    cells = {name: content[name] for name in ("from", "to", "agent", *report.passports)}
    return Row(cells, shown, bold=total, red=not row.day.sums_up, total=total)


def _pauses(report: AgentsReport, texts: Texts) -> tuple[Section, ...]:
    pauses = report.total.day.pauses
    if not pauses:
        return ()
    columns = (Column("reason", "column.reason"), Column("paused", "agents.paused", Unit.SECONDS))
    rows = [Row({"reason": reason, "paused": seconds}, {} if reason else {"reason": texts("agents.no_reason")})
            for reason, seconds in pauses.items()]
    return (Section("pauses", "report.pauses.section", columns, rows, Chart(Look.BAR, "reason", ("paused",))),)
