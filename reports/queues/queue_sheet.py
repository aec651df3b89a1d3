"""The queue report as a sheet: a row for each queue and interval, the whole's figures, rings that nobody picked up."""

from collections.abc import Iterator, Mapping, Sequence

from callqueue.metrics import Unit
from callqueue.metrics.figures import figure_ids
from foundation.calendars import Interval, Step, iso
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import duration_text
from reports.forms.exports import queue_report_content, queue_report_csv, queue_row_content
from reports.frame.parameters import QUEUES, STEP, Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Headline, Link, Look, Own, Section, Sheet
from reports.frame.sheets import Row as SheetRow
from reports.frame.tables import COLUMNS, EXPLAINED, Teller, queue_report_table
from reports.queues.calls import FIGURES, LOST, OUTCOMES
from reports.queues.queue import QueueQuery, QueueReport, Row, build_queue_report

BESIDE = (
    "service_level", "service_level_human", "left_for_callback", "refused_full", "refused_empty", "refused_closed",
    "refused_busy", "lost_in_menu", "interrupted",
)
"""The headline, and what must stand beside it: what could flatter it, and who it leaves out."""
DRAWN = ("offered", "answered", "abandoned", "service_level", "service_level_human", "asa", "occupancy")
OFFERED = "offered"


async def build(context: Context, parameters: Parameters) -> Sheet:
    query = QueueQuery(parameters.interval, parameters[QUEUES], parameters[STEP], parameters.calendar)
    async with context.ledger() as ledger:
        report = await build_queue_report(ledger, query, context.settings, context.now)
    return queue_sheet(report, context.settings, context.texts)


REPORT = Report("queue", Group.LINE, build, (QUEUES, STEP))


def queue_sheet(report: QueueReport, settings: Settings, texts: Texts) -> Sheet:
    teller = Teller(settings, report, texts)
    rows = [_row(report, row, teller) for row in report.rows]
    drawn = Chart(Look.BAR if report.query.step is Step.NONE else Look.LINE,
                  "queue" if report.query.step is Step.NONE else "from", DRAWN,
                  None if report.query.step is Step.NONE else "queue")
    return Sheet(
        "queue", "report.queue.title", report.query.interval, report.made, report.zone, _columns(report, texts),
        [*rows, _row(report, report.total, teller, total=True)], report.passports, list(_notes(report, teller)),
        chart=drawn, further=(_figures(report, teller), *_rings(report)), headline=_headline(report),
        rules=report.rules, balanced=report.balanced, balance=_balance(report, texts), gaps=report.total.gaps,
        provisional_until=_provisional(report),
        own=Own(queue_report_content(report), lambda: queue_report_csv(report),
                lambda spoken, width: queue_report_table(report, spoken, width)),
    )


def call_link(figure: str, queue: str | Sequence[str] | None, interval: Interval, report: QueueReport) -> Link | None:
    """The calls from which a figure was counted; None for figures that are not made of calls alone."""
    link: dict[str, str | Sequence[str]] = {
        "from": iso(interval.start, report.zone), "to": iso(interval.end, report.zone),
    }
    if queue and figure != LOST:
        link["queue"] = queue
    if figure == OFFERED:
        return link
    if figure in OUTCOMES:
        return {**link, "outcome": figure}
    return {**link, "figure": figure} if figure in FIGURES else None


def _columns(report: QueueReport, texts: Texts) -> list[Column]:
    return [
        Column("from", "column.time", moment=True), Column("to", "column.until", moment=True, aside=True),
        Column("queue", "column.queue"),
        *(Column(name, _heading(name, texts), report.passports[name].unit, aside=name not in COLUMNS)
          for name in figure_ids()),
    ]


def _heading(name: str, texts: Texts) -> str:
    return f"column.{name}" if f"column.{name}" in texts.messages else f"figure.{name}"


def _row(report: QueueReport, row: Row, teller: Teller, *, total: bool = False) -> SheetRow:
    content = queue_row_content(report, row)
    queues = row.queue if row.queue is not None else report.query.queues
    shown = {
        "from": teller.texts("column.all") if total and report.query.together else teller.start(
            row.interval.start, Step.NONE if total else report.query.step),
        "to": teller.moment(row.interval.end), "queue": teller.queue(row.queue),
    }
    cells = {name: content[name] for name in ("from", "to", "queue", *figure_ids())}
    return SheetRow(cells, shown, bold=total, red=not row.balanced, total=total,
                    links=_links(queues, row.interval, report))


def _links(queues: str | Sequence[str] | None, interval: Interval, report: QueueReport) -> Mapping[str, Link]:
    found = {name: call_link(name, queues, interval, report) for name in figure_ids()}
    return {name: link for name, link in found.items() if link is not None}


def _figures(report: QueueReport, teller: Teller) -> Section:
    links = _links(report.query.queues, report.query.interval, report)
    rows = [
        SheetRow({"figure": name, "value": value}, {"figure": teller.texts(f"figure.{name}")},
                 units={"value": report.passports[name].unit}, links={"value": links[name]} if name in links else {})
        for name, value in report.total.figures.values().items()
    ]
    columns = (Column("figure", "column.figure"), Column("value", "column.value", Unit.NUMBER))
    return Section("figures", "report.figures.title", columns, rows)


def _rings(report: QueueReport) -> Iterator[Section]:
    if not report.agents:
        return
    columns = (Column("agent", "column.agent"), Column("ring_no_answer", "column.rings", Unit.COUNT),
               Column("ring_no_answer_time", "column.ringing", Unit.SECONDS))
    rows = [
        SheetRow({"agent": each.agent, "ring_no_answer": each.ring_no_answer,
                  "ring_no_answer_time": each.ring_no_answer_time})
        for each in report.agents
    ]
    yield Section("agents", "report.rings.title", columns, rows)


def _headline(report: QueueReport) -> Headline:
    values = report.total.figures.values()
    return Headline(BESIDE, {name: values[name] for name in BESIDE},
                    _links(report.query.queues, report.query.interval, report))


def _notes(report: QueueReport, teller: Teller) -> Iterator[str]:
    for name in EXPLAINED:
        yield f"{teller.texts(f'figure.{name}')}: {teller.texts(f'formula.{name}')}"
    for queue, rules in report.rules.items():
        shown = {
            "threshold": rules.service_threshold, "short": rules.short_abandon, "window": rules.contact_window,
        }
        lengths = {name: duration_text(seconds, teller.language) for name, seconds in shown.items()}
        yield teller.texts("report.rules", queue=teller.queue(queue), **lengths)
    exact, ended = report.exact_waits
    yield teller.texts("report.exact", exact=exact, ended=ended)


def _balance(report: QueueReport, texts: Texts) -> str:
    if report.balanced:
        return texts("report.balanced", offered=report.total.figures.ledger.offered)
    return texts("report.unbalanced", rows=sum(not row.balanced for row in report.rows))


def _provisional(report: QueueReport) -> int | None:
    """When the longest window of the last contact that may still change is over."""
    if not report.total.figures.contacts.contacts_provisional:
        return None
    window = max((rules.contact_window for rules in report.rules.values()), default=0)
    return min(report.query.interval.end, report.made) + window


