"""All reports there are: pages, programs, the command line and schedules find them here, and nowhere else.

A report is one `Report` (reports/frame/report.py) in `REPORTS`: its name, what it is asked for, and
`async build(context, parameters) -> Sheet`. A new one needs

- a module with its `build` and its `Report`, and its place in `REPORTS` below;
- texts in a catalogue file of the reports (`report.<name>.name`, `report.<name>.about`, its title and headings), listed
  in `reports/frame/tables.py: TEXTS`; `parameter.<name>` and `choice.<name>.<choice>` for a parameter of its own;
- a passport for every figure that it shows.

Then it has a page, an address for programs (`/api/v1/reports/<name>`), a command (`bin/pasokh report <name>`), every
export, and can be sent by e-mail.

    report = find_report("queue")                                         # UnknownReportError
    parameters = report.read([("period", "last-month"), ("step", "day")], context)    # ParameterError
    sheet = await make_sheet(report, context, parameters)                 # reports/frame/sheets.py: Sheet

What a sheet has for those who draw it: `headline` (the first figure and what must stand beside it), `sections` (tables;
a `chart` says which columns are drawn and how; `Row.links` lead from a figure to its calls as parameters of the report
`calls`, and of its rows `{"call": <call id>}`; `Row.total` sums up the others; `Column.aside` is shown when asked for;
`shown_cells` writes the cells as people read them), `passports` and `rules`, `balanced` and `balance`, `gaps`,
`provisional_until`, `notes`, `query` (its own address), `earlier` (the same of the earlier time).
"""

from reports import (
    adherence_sheet,
    agent_time_sheets,
    agents_sheet,
    blocked_sheet,
    calls_sheet,
    case_sheets,
    channel_shift,
    first_contact,
    growth_sheet,
    intervals_sheet,
    menus_sheet,
    passing_on,
    provinces_sheet,
    pulse_sheet,
    quality_sheet,
    queue_sheet,
    repeats,
    unanswered_rings,
    voice_messages,
)
from reports.frame.parameters import ParameterError
from reports.frame.report import Report

REPORTS: tuple[Report, ...] = (
    queue_sheet.REPORT, intervals_sheet.REPORT, growth_sheet.REPORT, blocked_sheet.REPORT, calls_sheet.REPORT,
    menus_sheet.REPORT, *case_sheets.REPORTS, voice_messages.REPORT, provinces_sheet.REPORT, repeats.REPORT,
    first_contact.REPORT, channel_shift.REPORT, pulse_sheet.REPORT,
    agents_sheet.REPORT, *agent_time_sheets.REPORTS, adherence_sheet.REPORT, passing_on.REPORT, unanswered_rings.REPORT,
    quality_sheet.REPORT,
)


class UnknownReportError(ParameterError):
    """There is no report of this name."""

    name = "unknown-report"
    status = 404


def find_report(name: str) -> Report:
    """Raises UnknownReportError."""
    for report in REPORTS:
        if report.name == name:
            return report
    raise UnknownReportError(report=name[:60], known=", ".join(report.name for report in REPORTS))
