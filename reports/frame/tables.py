"""Reports for people, on a terminal: in the site's language, digits and calendar."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from callqueue.ledger.evidence import Gap
from callqueue.ledger.gap_details import read_detail
from callqueue.metrics import Passport, Unit
from callqueue.metrics.figures import Value
from callqueue.work_plan.words import TEXTS as PLAN_TEXTS
from foundation.calendars import CLOCK_STEPS, Step, clock_text, day_text
from foundation.catalogue import Catalogue, Texts, load_catalogue
from foundation.settings import Language, Settings
from foundation.text import NO_FIGURE, digits, duration_text, number_text, percent_text
from reports.frame.passport_words import FILES as PASSPORT_TEXTS
from reports.frame.passport_words import PassportWords
from reports.queues.calls import CallsReport, Line
from reports.queues.queue import QueueReport, Row

AGENT_TEXTS = PLAN_TEXTS[0]
SHOWN_GAPS = 10
MINUS = "−"
ISOLATE, ISOLATED = "\u2066", "\u2069"
"""Around what is read from the left to the right in a line from the right to the left, too."""
MOMENTS = frozenset({"began", "ended"})
"""Epoch seconds among what the details of gaps say."""
REFUSED = ("refused_full", "refused_empty", "refused_closed", "refused_busy")
COLUMNS = (
    "offered", "answered", "service_level", "service_level_human", "abandonment_rate", "short_abandoned",
    "left_for_callback", "refused", "lost_in_menu", "interrupted", "waiting", "asa", "wait_p90", "aht", "occupancy",
)
NARROW_COLUMNS = ("offered", "answered", "service_level", "service_level_human", "abandonment_rate", "asa")
"""For terminals under `WIDE` characters; the list of all figures below the rows has the others."""
WIDE = 170
EXPLAINED = (
    "service_level", "service_level_human", "service_level_answered", "service_level_asterisk2", "abandonment_rate",
    "occupancy",
)


TEXTS = (*(Path(__file__).parent.parent / name for name in (
    "texts.yaml", "frame.yaml", "further.yaml", "insight.yaml", "quality.yaml", "adherence.yaml")), *PASSPORT_TEXTS,
    AGENT_TEXTS)
"""The catalogue files of all reports; the last one has the names of pause reasons."""


def report_texts(language: Language) -> Texts:
    return _catalogue().texts(language)


@cache  # files of ours, which do not change while a process runs
def _catalogue() -> Catalogue:
    return load_catalogue(TEXTS)


class Zoned(Protocol):
    @property
    def zone(self) -> ZoneInfo: ...


class Teller:
    """Writes values as the site's people read them."""

    def __init__(self, settings: Settings, report: Zoned, texts: Texts | None = None) -> None:
        self.texts = report_texts(settings.site.language) if texts is None else texts
        self.language = self.texts.language
        self._zone = report.zone
        self._titles = {name: queue.title.get(self.language, name) for name, queue in settings.queues.items()}
        self._days: dict[date, str] = {}
        """Written once: a list of calls has few days, and a Jalali date takes long to find."""

    @property
    def words(self) -> PassportWords:
        """What passports say."""
        return PassportWords(self.texts, self.queue)

    def queue(self, name: str | None) -> str:
        return self.texts("column.all") if name is None else self._titles.get(name, name)

    def moment(self, instant: float, *, seconds: bool = False) -> str:
        local = self._local(instant)
        day = local.date()
        if day not in self._days:
            self._days[day] = day_text(day, self.language)
        return f"{self._days[day]} {clock_text(local, self.language, seconds=seconds)}"

    def reason(self, name: str) -> str:
        """Why an agent paused; a site's own reasons are names already."""
        key = f"agent.pause.{name}"
        return self.texts(key) if key in self.texts.messages else name or self.texts("agents.no_reason")

    def start(self, instant: int, step: Step, *, total: bool = False) -> str:
        """The beginning of a row, as short as its step allows; a `total` is of the whole time."""
        if total:
            return self.texts("column.all")
        if step in CLOCK_STEPS or step is Step.NONE:
            return self.moment(instant)
        return day_text(self._local(instant).date(), self.language)

    def value(self, value: Value, unit: Unit) -> str:
        if value is None:
            return NO_FIGURE
        if unit is Unit.RATIO:
            return percent_text(value, self.language)
        if unit is Unit.CHANGE:
            sign = "+" if value > 0 else MINUS if value < 0 else ""
            return sign + percent_text(abs(value), self.language)
        if unit is Unit.SECONDS:
            return duration_text(value, self.language)
        if unit is Unit.DIFFERENCE:
            return self.number(value, signed=True)
        return self.number(value, 0 if unit is Unit.COUNT else 2)

    def number(self, value: float, decimals: int = 0, *, signed: bool = False) -> str:
        """With a true minus; `signed`: and a plus."""
        sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
        return sign + number_text(abs(value), self.language, decimals)

    def gap_detail(self, detail: str) -> str:
        """What else is known of a gap. What has no form (a fault of the system's, in its own words) is English."""
        told = read_detail(detail)
        if told is None:
            return detail if self.language == "en" else ""
        names = {name: self.queue(word) if name == "queue" else isolated(word) for name, word in told.words.items()}
        numbers = {
            name: number / 1000 if name.endswith("_ms") else self.moment(number, seconds=True) if name in MOMENTS
            else number for name, number in told.numbers.items()
        }
        return self.texts(f"gap.detail.{told.form}", **names, **numbers)

    def _local(self, instant: float) -> datetime:
        return datetime.fromtimestamp(instant, self._zone)


def queue_report_table(report: QueueReport, settings: Settings, width: int = WIDE) -> RenderableType:
    """Rows, the whole's figures, their rules and definitions, what is missing, and whether it balances."""
    columns = COLUMNS if width >= WIDE else NARROW_COLUMNS
    teller = Teller(settings, report)
    interval = report.query.interval
    title = teller.texts(
        "report.queue.title", start=teller.moment(interval.start), end=teller.moment(interval.end))
    made = teller.texts("report.made", moment=teller.moment(report.made, seconds=True), zone=report.zone.key)
    return Group(
        Text(title, style="bold"), Text(made, style="dim"), _rows(report, teller, columns), _figures(report, teller),
        *_rings(report, teller), *_footnotes(report, teller), *gap_lines(report.total.gaps, teller),
        _balance(report, teller),
    )


def calls_table(report: CallsReport, settings: Settings) -> RenderableType:
    teller = Teller(settings, report)
    interval = report.query.interval
    names = ("call", "entered", "queue", "caller", "outcome", "wait", "agent", "talk", "hold", "recording")
    table = Table(*(teller.texts(f"column.{name}") for name in names), box=None)
    for line in report.lines:
        table.add_row(*_call(line, report.sound_of(line), teller))
    title = teller.texts(
        "report.calls.title", start=teller.moment(interval.start), end=teller.moment(interval.end))
    return Group(Text(title, style="bold"), table, Text(calls_note(report, teller.texts)))


def calls_note(report: CallsReport, texts: Texts) -> str:
    """How many calls there are, or that there are more."""
    return texts("report.calls.first" if report.more else "report.calls.count", count=len(report.lines))


def _rows(report: QueueReport, teller: Teller, columns: Sequence[str]) -> Table:
    table = Table(teller.texts("column.time"), teller.texts("column.queue"), box=None)
    for name in columns:
        table.add_column(teller.texts(f"column.{name}"), justify="right")
    rows = report.rows if len(report.rows) == 1 else (*report.rows, report.total)
    for row in rows:
        style = "red" if not row.balanced else "bold" if row is report.total else None
        start = teller.start(row.interval.start, report.query.step, total=row is report.total)
        table.add_row(start, teller.queue(row.queue), *_cells(row, report, teller, columns), style=style)
    return table


def _cells(row: Row, report: QueueReport, teller: Teller, columns: Sequence[str]) -> Iterator[str]:
    values = row.figures.values()
    for name in columns:
        if name == "refused":
            yield teller.value(sum(values[each] or 0 for each in REFUSED), Unit.COUNT)
        else:
            yield teller.value(values[name], report.passports[name].unit)


def _figures(report: QueueReport, teller: Teller) -> Table:
    table = Table(box=None, title=teller.texts("report.figures.title"), title_justify="left")
    table.add_column(teller.texts("column.figure"))
    table.add_column(teller.texts("column.value"), justify="right")
    table.add_column("id", style="dim")
    for name, value in report.total.figures.values().items():
        shown = teller.value(value, report.passports[name].unit)
        table.add_row(teller.texts(f"figure.{name}"), shown, name)
    return table


def _rings(report: QueueReport, teller: Teller) -> Iterator[RenderableType]:
    if not report.agents:
        return
    names = [teller.texts(f"column.{name}") for name in ("agent", "rings", "ringing")]
    table = Table(*names, box=None, title=teller.texts("report.rings.title"), title_justify="left")
    for each in report.agents:
        rings = teller.value(each.ring_no_answer, Unit.COUNT)
        table.add_row(each.agent, rings, teller.value(each.ring_no_answer_time, Unit.SECONDS))
    yield table


def _footnotes(report: QueueReport, teller: Teller) -> Iterator[Text]:
    yield from explained(report.passports, EXPLAINED, teller)
    for queue, rules in report.rules.items():
        values = {
            "threshold": rules.service_threshold, "short": rules.short_abandon, "window": rules.contact_window,
        }
        shown = {name: duration_text(seconds, teller.language) for name, seconds in values.items()}
        yield Text(teller.texts("report.rules", queue=teller.queue(queue), **shown), style="dim")
    exact, ended = report.exact_waits
    yield Text(teller.texts("report.exact", exact=exact, ended=ended), style="dim")
    yield Text(teller.texts("report.figures.more"), style="dim")


def explained(passports: Mapping[str, Passport], names: Sequence[str], teller: Teller) -> Iterator[Text]:
    """What some of the figures are."""
    for name in names:
        told = teller.words.tell(passports[name], {})
        yield Text(f"{told.title} ({name} v{told.version}): {told.formula}", style="dim")


def isolated(text: str) -> str:
    return f"{ISOLATE}{text}{ISOLATED}"


def gap_lines(gaps: Sequence[Gap], teller: Teller) -> Iterator[Text]:
    if not gaps:
        return
    yield Text(teller.texts("report.gaps.title", count=len(gaps)), style="yellow")
    for gap in gaps[:SHOWN_GAPS]:
        ended = teller.texts("report.gap.lasting") if gap.ended is None else teller.moment(gap.ended, seconds=True)
        call = isolated(gap.call_id) if gap.call_id else ""
        parts = (teller.texts(f"gap.{gap.kind.value}"), call, teller.gap_detail(gap.detail))
        what = ": ".join(part for part in parts if part)
        yield Text(f"  {teller.moment(gap.started, seconds=True)} – {ended}: {what}", style="yellow")
    if len(gaps) > SHOWN_GAPS:
        yield Text("  " + teller.texts("report.gaps.more", count=len(gaps) - SHOWN_GAPS), style="yellow")


def _balance(report: QueueReport, teller: Teller) -> Text:
    if report.balanced:
        return Text(teller.texts("report.balanced", offered=report.total.figures.ledger.offered), style="green")
    rows = sum(not row.balanced for row in report.rows)
    return Text(teller.texts("report.unbalanced", rows=rows), style="bold red")


def _call(line: Line, sound: str | None, teller: Teller) -> tuple[str, ...]:
    return (
        line.call_id, teller.moment(line.entered, seconds=True), "" if line.queue is None else teller.queue(line.queue),
        digits(line.caller or "", teller.language), teller.texts(f"outcome.{line.outcome}"),
        teller.value(line.wait, Unit.SECONDS), line.agent or "", teller.value(line.talk, Unit.SECONDS),
        teller.value(line.hold, Unit.SECONDS), sound or "",
    )
