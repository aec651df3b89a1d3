"""The report of intervals: the queues' figures over time, and the week by hour."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import BOTH, T
from foundation.calendars import HOUR, WEEK_BEGINS, Calendar, Step
from foundation.text import digits
from reports.frame.parameters import QUEUES, STEP, Parameters, fitting_step
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Look, Section, Sheet
from reports.frame.sheets import Row as SheetRow
from reports.queues.queue import QueueQuery, QueueReport, Row, build_queue_report
from reports.queues.queue_sheet import BESIDE, DRAWN, queue_sheet
from reports.staffing.erlang import ErlangC, Traffic
from reports.staffing.need import Target
from reports.staffing.need import agents_needed as fewest_agents

LONGEST_WEEK_VIEW = 186 * 86_400
"""Seconds: half a year by hour is as much as a picture of the week is made of."""
SUMS = ("offered", "answered", "abandoned", "answered_within_threshold", "service_level_denominator",
        "entries_abandoned", "short_abandoned", "agent_busy", "agent_available")
HEAT = ("offered", "service_level", "agents_needed", "answered", "abandoned", "abandonment_rate", "occupancy")
GOAL = 0.80
AGENTS_NEEDED = Passport(
    "agents_needed", Unit.COUNT, f"fewest agents by Erlang C with {GOAL:.0%} of the callers answered within T (of"
    " several queues, the shortest), for the mean calls of such an hour (offered ÷ how often it was seen) and the aht"
    " of the whole time; without shrinkage, and of what has been: what will be, the staffing plan says", BOTH,
    "computed; as right as the two means", (T,),
)
HOURS = "hours"


async def build(context: Context, parameters: Parameters) -> Sheet:
    """By the step that was asked for, or one that fits the time."""
    query = QueueQuery(
        parameters.interval, parameters[QUEUES], fitting_step(parameters), parameters.calendar, together=True)
    async with context.ledger() as ledger:
        report = await build_queue_report(ledger, query, context.settings, context.now)
        hours = await _by_hour(ledger, report, context)
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


async def _by_hour(ledger: AsyncConnection, report: QueueReport, context: Context) -> Sequence[Row]:
    if report.query.step is Step.HOUR:
        return report.rows
    if report.query.interval.seconds > LONGEST_WEEK_VIEW:
        return ()
    query = replace(report.query, step=Step.HOUR)
    return (await build_queue_report(ledger, query, context.settings, context.now)).rows


@dataclass(frozen=True, slots=True)
class _Place:
    weekday: int
    """From Monday, 0."""
    hour: int


def week_by_hour(rows: Sequence[Row], context: Context) -> Mapping[_Place, Mapping[str, float]]:
    """The sums of each weekday's hours, and under `HOURS` how many of these there have been."""
    found: defaultdict[_Place, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        local, values = datetime.fromtimestamp(row.interval.start, context.zone), row.figures.values()
        place = found[_Place(local.weekday(), local.hour)]
        place[HOURS] += max(0, min(row.interval.end, context.now) - row.interval.start) / HOUR
        for name in SUMS:
            place[name] += values[name] or 0
    return found


def agents_needed(calls_an_hour: float, aht: float | None, threshold: float) -> int | None:
    """By Erlang C; None: nobody has spoken, so nobody knows how long a call takes."""
    if aht is None:
        return 0 if not calls_an_hour else None
    return fewest_agents(ErlangC(), Traffic(calls_an_hour, aht, HOUR), Target(GOAL, threshold))


def _week(rows: Sequence[Row], report: QueueReport, context: Context, parameters: Parameters) -> Section:
    columns = (
        Column("weekday", "column.weekday"), Column("hour", "column.hour"),
        *(Column(name, f"figure.{name}",
                 Unit.COUNT if name in SUMS or name == AGENTS_NEEDED.id else Unit.RATIO) for name in HEAT),
    )
    found = list(_week_rows(rows, report, context, parameters.calendar))
    return Section("week", "report.intervals.week", columns, found, Chart(Look.HEAT, "hour", HEAT, "weekday"))


def _week_rows(
    rows: Sequence[Row], report: QueueReport, context: Context, calendar: Calendar,
) -> Iterator[SheetRow]:
    found, aht = week_by_hour(rows, context), report.total.figures.values()["aht"]
    threshold = min((rules.service_threshold for rules in report.rules.values()), default=20)
    for place in sorted(found, key=lambda one: ((one.weekday - WEEK_BEGINS[calendar]) % 7, one.hour)):
        sums = found[place]
        cells: dict[str, Cell] = {
            "weekday": str(place.weekday), "hour": f"{place.hour:02}",
            **{name: int(sums[name]) for name in HEAT if name in SUMS},
            "service_level": ratio(sums["answered_within_threshold"], sums["service_level_denominator"]),
            "abandonment_rate": ratio(sums["entries_abandoned"] - sums["short_abandoned"],
                                      sums["service_level_denominator"]),
            "occupancy": ratio(sums["agent_busy"], sums["agent_available"]),
            "agents_needed": agents_needed(ratio(sums["offered"], sums[HOURS]) or 0, aht, threshold),
        }
        yield SheetRow(cells, {"weekday": context.texts(f"weekday.{place.weekday}"),
                               "hour": digits(f"{place.hour:02}", context.texts.language)})
