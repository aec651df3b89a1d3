"""The report of intervals: the queues' figures over time, and the week by hour."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.figures import Value
from callqueue.metrics.hours_tally import add_hours, hour_figures, hours_of_week
from callqueue.metrics.passports import BOTH, T
from callqueue.rollups.kinds import HOURS
from callqueue.rollups.reading import Reader
from foundation.calendars import HOUR, WEEK_BEGINS, Calendar
from foundation.text import digits
from reports.frame.parameters import QUEUES, STEP, Parameters, fitting_step
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Look, Section, Sheet
from reports.frame.sheets import Row as SheetRow
from reports.queues.queue import QueueQuery, QueueReport, build_queue_report
from reports.queues.queue_sheet import BESIDE, DRAWN, queue_sheet
from reports.staffing.erlang import ErlangC, Traffic
from reports.staffing.need import Target
from reports.staffing.need import agents_needed as fewest_agents

COUNTS = ("offered", "answered", "abandoned")
HEAT = ("offered", "service_level", "agents_needed", "answered", "abandoned", "abandonment_rate", "occupancy")
GOAL = 0.80
AGENTS_NEEDED = Passport("agents_needed", Unit.COUNT, BOTH, "means", (T,))


async def build(context: Context, parameters: Parameters) -> Sheet:
    """By the step that was asked for, or one that fits the time."""
    query = QueueQuery(
        parameters.interval, parameters[QUEUES], fitting_step(parameters), parameters.calendar, together=True)
    async with context.ledger() as ledger:
        report = await build_queue_report(ledger, query, context.settings, context.now)
        hours = await week_by_hour(context.reader(ledger), query)
    sheet = queue_sheet(report, context.settings, context.texts)
    further = [_week(hours, report, context, parameters)] if hours else []
    return replace(
        sheet, name="intervals", title="report.intervals.title", own=None,
        columns=[column for column in sheet.columns if column.name != "queue"],
        passports={**sheet.passports, AGENTS_NEEDED.id: AGENTS_NEEDED} if hours else sheet.passports,
        chart=Chart(Look.LINE, "from", DRAWN), further=[*further, *sheet.further],
        more={"by": query.step.value, **{name: sheet.headline.values[name] for name in BESIDE if sheet.headline}},
    )


REPORT = Report("intervals", Group.LINE, build, (QUEUES, STEP))


@dataclass(frozen=True, slots=True)
class Place:
    """An hour of the week."""

    weekday: int
    """From Monday, 0."""
    hour: int


@dataclass(frozen=True, slots=True)
class HourOfWeek:
    """All such hours of a time."""

    hours: float
    """How many there have been."""
    values: Mapping[str, Value]
    """Figures of them together, by their ids."""


async def week_by_hour(reader: Reader, query: QueueQuery) -> Mapping[Place, HourOfWeek]:
    """Each hour of the week that the time has."""
    tally = add_hours(await reader.read_whole(HOURS, query.interval))
    figures = hour_figures(tally, query.queues or None, reader.rules, reader.now)
    seconds: Counter[int] = Counter()
    for hour, time in hours_of_week(query.interval, reader.zone):
        seconds[hour] += max(0, min(time.end, reader.now) - time.start)
    return {Place(*divmod(hour, 24)): HourOfWeek(length / HOUR, figures[hour]) for hour, length in seconds.items()}


def agents_needed(calls_an_hour: float, aht: float | None, threshold: float) -> int | None:
    """By Erlang C; None: nobody has spoken, so nobody knows how long a call takes."""
    if aht is None:
        return 0 if not calls_an_hour else None
    return fewest_agents(ErlangC(), Traffic(calls_an_hour, aht, HOUR), Target(GOAL, threshold))


def _week(
    hours: Mapping[Place, HourOfWeek], report: QueueReport, context: Context, parameters: Parameters,
) -> Section:
    columns = (
        Column("weekday", "column.weekday"), Column("hour", "column.hour"),
        *(Column(name, f"figure.{name}",
                 Unit.COUNT if name in COUNTS or name == AGENTS_NEEDED.id else Unit.RATIO) for name in HEAT),
    )
    found = list(_week_rows(hours, report, context, parameters.calendar))
    return Section("week", "report.intervals.week", columns, found, Chart(Look.HEAT, "hour", HEAT, "weekday"))


def _week_rows(
    hours: Mapping[Place, HourOfWeek], report: QueueReport, context: Context, calendar: Calendar,
) -> Iterator[SheetRow]:
    aht = report.total.figures.values()["aht"]
    threshold = min((rules.service_threshold for rules in report.rules.values()), default=20)
    for place in sorted(hours, key=lambda one: ((one.weekday - WEEK_BEGINS[calendar]) % 7, one.hour)):
        here = hours[place]
        cells: dict[str, Cell] = {
            "weekday": str(place.weekday), "hour": f"{place.hour:02}",
            **{name: here.values[name] for name in HEAT if name != AGENTS_NEEDED.id},
            AGENTS_NEEDED.id: agents_needed(ratio(here.values["offered"] or 0, here.hours) or 0, aht, threshold),
        }
        yield SheetRow(cells, {"weekday": context.texts(f"weekday.{place.weekday}"),
                               "hour": digits(f"{place.hour:02}", context.texts.language)})
