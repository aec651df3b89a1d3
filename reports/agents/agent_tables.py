"""The agent report on a terminal, as JSON and as CSV."""

import csv
import io
import json
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from callqueue.metrics import Unit
from foundation.calendars import iso
from foundation.settings import Settings
from reports.agents.agents import AgentRow, AgentsReport
from reports.forms.exports import comments, definitions, gap_json, safe_cell
from reports.frame.passport_words import PassportWords
from reports.frame.tables import Teller, explained, gap_lines

Json = dict[str, Any]
EXPLAINED = ("agent_aht", "agent_occupancy")


def agents_json(report: AgentsReport) -> str:
    return json.dumps(agents_content(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def agents_content(report: AgentsReport) -> Json:
    """`rows` of each agent and interval, `total` for all, `gaps`, and `definitions` with every passport."""
    return {
        "report": "agents", "made": iso(report.made, report.zone), "timezone": report.zone.key,
        "by": report.query.step.value, "rows": [agent_row_content(report, row) for row in report.rows],
        "total": agent_row_content(report, report.total), "sums_up": report.sums_up,
        "gaps": [gap_json(gap, report.zone) for gap in report.gaps],
        "definitions": definitions(report.passports, {}),
    }


def agents_csv(report: AgentsReport, words: PassportWords) -> str:
    """A comment block with the passports, then one line for each row and a last one for all; pauses as `lunch=600`."""
    sheet = io.StringIO()
    sheet.write(comments(report.passports, {}, words))
    lines = [agent_row_content(report, row) for row in (*report.rows, report.total)]
    writer = csv.DictWriter(sheet, list(lines[-1]), lineterminator="\n")
    writer.writeheader()
    for line in lines:
        pauses = " ".join(f"{reason}={seconds:g}" for reason, seconds in line["pauses"].items())
        writer.writerow({name: safe_cell(value) for name, value in {**line, "pauses": pauses}.items()})
    return sheet.getvalue()


def agents_table(report: AgentsReport, settings: Settings) -> RenderableType:
    """Rows, the pauses by reason, the definitions, what is missing, and whether it sums up."""
    teller = Teller(settings, report)
    texts, interval = teller.texts, report.query.interval
    title = texts("report.agents.title", start=teller.moment(interval.start), end=teller.moment(interval.end))
    made = texts("report.made", moment=teller.moment(report.made, seconds=True), zone=report.zone.key)
    return Group(
        Text(title, style="bold"), Text(made, style="dim"), _rows(report, teller),
        *explained(report.passports, EXPLAINED, teller), *gap_lines(report.gaps, teller), _sum(report, teller),
    )


def _rows(report: AgentsReport, teller: Teller) -> Table:
    reasons = list(report.total.day.pauses)
    table = Table(teller.texts("column.time"), teller.texts("column.agent"), box=None)
    for name in report.passports:
        table.add_column(teller.texts(f"agents.{name}"), justify="right")
    for reason in reasons:
        table.add_column(teller.reason(reason), justify="right")
    rows = report.rows if len(report.rows) == 1 else (*report.rows, report.total)
    for row in rows:
        style = "red" if not row.day.sums_up else "bold" if row is report.total else None
        start = teller.start(row.interval.start, report.query.step, total=row is report.total)
        figures = row.figures()
        values = [teller.value(figures[name], each.unit) for name, each in report.passports.items()]
        pauses = [teller.value(row.day.pauses.get(reason, 0), Unit.SECONDS) for reason in reasons]
        table.add_row(start, row.agent or teller.texts("column.all"), *values, *pauses, style=style)
    return table


def _sum(report: AgentsReport, teller: Teller) -> Text:
    if report.sums_up:
        return Text(teller.texts("report.agents.sums_up"), style="green")
    return Text(teller.texts("report.agents.differs"), style="bold red")


def agent_row_content(report: AgentsReport, row: AgentRow) -> Json:
    figures = row.figures()
    return {
        "agent": row.agent, "from": iso(row.interval.start, report.zone), "to": iso(row.interval.end, report.zone),
        **{name: figures[name] for name in report.passports}, "pauses": dict(row.day.pauses),
        "sums_up": row.day.sums_up,
    }
