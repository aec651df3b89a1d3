"""Reports for machines: JSON and CSV with the same names, the passports in both."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from callqueue.ledger.evidence import Gap
from callqueue.metrics import Passport, Rules
from callqueue.metrics.passports import S, T, W
from foundation.calendars import iso
from reports.frame.passport_words import PassportWords, wording
from reports.queues.calls import CallsReport, Line
from reports.queues.queue import QueueReport, Row

Json = dict[str, Any]
CALL_COLUMNS = (
    "call_id", "channel_id", "number", "queue", "origin", "outcome", "entered", "finished", "wait", "agent", "talk",
    "hold", "ending", "caller", "recording",
)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def queue_report_json(report: QueueReport) -> str:
    return _json(queue_report_content(report))


def queue_report_content(report: QueueReport) -> Json:
    """One object: the whole's figures by their ids, `rows` of the same shape, and `definitions` with every passport.

    Ratios from 0 to 1 at full precision, durations in seconds, times in ISO 8601 with the site's offset.
    """
    return {
        "report": "queue",
        "made": iso(report.made, report.zone),
        "timezone": report.zone.key,
        "by": report.query.step.value,
        "queues": list(report.queues),
        **queue_row_content(report, report.total),
        "balanced": report.balanced,
        "gaps": [gap_json(gap, report.zone) for gap in report.total.gaps],
        "agents": [_agent(each.agent, each.ring_no_answer, each.ring_no_answer_time) for each in report.agents],
        "rows": [queue_row_content(report, row) for row in report.rows],
        "definitions": definitions(report.passports, report.rules),
    }


def queue_report_csv(report: QueueReport, words: PassportWords) -> str:
    """A comment block with the passports, then one line for each row and a last one, `scope` total, for the whole."""
    lines = [{"scope": "row", **queue_row_content(report, row)} for row in report.rows]
    lines.append({"scope": "total", **queue_row_content(report, report.total)})
    return comments(report.passports, report.rules, words) + _csv(lines, list(lines[0]))


def comments(passports: Mapping[str, Passport], rules: Mapping[str, Rules], words: PassportWords) -> str:
    """What stands above the lines of a CSV file: a passport in each."""
    return "".join(f"# {words.line(passport, rules)}\n" for passport in passports.values())


def calls_content(report: CallsReport) -> Json:
    return {
        "report": "calls", "made": iso(report.made, report.zone), "timezone": report.zone.key,
        "from": iso(report.query.interval.start, report.zone), "to": iso(report.query.interval.end, report.zone),
        "count": len(report.lines), "more": report.more,
        "calls": [call_content(report, line) for line in report.lines],
    }


def calls_csv(report: CallsReport) -> str:
    said = f"# only the first {len(report.lines)} calls of the time\n" if report.more else ""
    return said + _csv([call_content(report, line) for line in report.lines], CALL_COLUMNS)


def definitions(passports: Mapping[str, Passport], rules: Mapping[str, Rules]) -> dict[str, Json]:
    """Every passport by id, in English, its parameters with the value that each queue has."""
    values = {
        T: {queue: each.service_threshold for queue, each in rules.items()},
        S: {queue: each.short_abandon for queue, each in rules.items()},
        W: {queue: each.contact_window for queue, each in rules.items()},
    }
    return {
        name: {
            "id": name, "formula": told.formula, "unit": passport.unit.value,
            "parameters": {letter: values[letter] for letter in passport.parameters},
            "evidence": told.evidence, "resolution": told.resolution, "version": passport.version,
        }
        for name, passport in passports.items() for told in [wording(passport)]
    }


def queue_row_content(report: QueueReport, row: Row) -> Json:
    return {
        "queue": row.queue,
        "from": iso(row.interval.start, report.zone),
        "to": iso(row.interval.end, report.zone),
        **row.figures.values(),
        "balanced": row.balanced,
        "gaps": sorted({gap.kind.value for gap in row.gaps}),
    }


def gap_json(gap: Gap, zone: ZoneInfo) -> Json:
    return {
        "kind": gap.kind.value, "from": iso(gap.started, zone),
        "to": None if gap.ended is None else iso(gap.ended, zone), "call_id": gap.call_id or None,
        "detail": gap.detail,
    }


def _agent(agent: str, rings: int, seconds: float) -> Json:
    return {"agent": agent, "ring_no_answer": rings, "ring_no_answer_time": seconds}


def call_content(report: CallsReport, line: Line) -> Json:
    return {
        "call_id": line.call_id, "channel_id": line.channel_id, "number": line.number, "queue": line.queue,
        "origin": line.origin, "outcome": line.outcome, "entered": iso(line.entered, report.zone),
        "finished": None if line.finished is None else iso(line.finished, report.zone),
        "wait": line.wait, "agent": line.agent, "talk": line.talk, "hold": line.hold, "ending": line.ending,
        "caller": line.caller, "recording": report.sound_of(line),
    }


def _json(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _csv(lines: Sequence[Json], columns: Sequence[str]) -> str:
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: safe_cell(value) for name, value in line.items()} for line in lines)
    return sheet.getvalue()


def safe_cell(value: Any) -> Any:
    """Spreadsheets run what begins like a formula, and queue names of imported logs are anybody's text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value
