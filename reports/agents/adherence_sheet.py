"""The report of adherence: what agents did beside what was planned for them, by agent and interval."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from heapq import nlargest

from callqueue.ledger.agents_reading import timesheets_of
from callqueue.ledger.evidence import Gap
from callqueue.ledger.store import read_gaps
from callqueue.metrics import Passport, Unit
from callqueue.metrics.adherence import AdherenceFigures, AdherenceSheet, Moment, Verdict, together
from callqueue.metrics.agent_states import SECOND, AgentDay, Timesheet, agent_day
from callqueue.metrics.passports import CONVERSATIONS
from callqueue.work_plan.book import KeptLine, read_time
from callqueue.work_plan.plan import PlanLine
from callqueue.work_plan.shelf import RemovedDay, removed_days
from foundation.calendars import Interval, Step, day_text, iso, split
from foundation.text import NO_FIGURE
from reports.agents.agents import refuse_unknown_agents
from reports.frame.limits import refuse_too_many
from reports.frame.parameters import AGENTS, STEP, Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Headline, Look, Row, Section, Sheet

PLAN = "plan"
PLAN_AND_LEDGER = "plan_and_journal"
MOST_DEVIATIONS = 100
RATIOS = ("adherence", "conformance")
ASIDE = ("planned_work", "in_adherence", "planned_absent")


def _level(name: str) -> Passport:
    return Passport(name, Unit.RATIO, PLAN_AND_LEDGER, CONVERSATIONS)


def _time(name: str, evidence: str = PLAN_AND_LEDGER) -> Passport:
    resolution = "exact" if evidence == PLAN else CONVERSATIONS
    return Passport(name, Unit.SECONDS, evidence, resolution)


PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    _level("adherence"), _level("conformance"), _time("planned", PLAN), _time("planned_work", PLAN),
    _time("in_adherence"), _time("absent_when_planned"), _time("paused_unplanned"), _time("break_not_taken"),
    _time("working_unplanned"), _time("worked"), _time("planned_absent", PLAN), _time("deviation"),
)}
FIGURES = tuple(name for name in PASSPORTS if name != "deviation")
HEADLINE = (*RATIOS, "planned", *(each.value for each in Verdict if each is not Verdict.IN_ADHERENCE))


@dataclass(frozen=True, slots=True)
class Person:
    """One agent's time, and his time beside his plan."""

    time: Timesheet
    plan: AdherenceSheet


@dataclass(frozen=True, slots=True)
class Measured:
    agent: str
    interval: Interval
    """Up to now, where it is still running."""
    running: bool
    figures: AdherenceFigures
    day: AgentDay
    known: bool
    """Whether its plan is still kept."""

    @property
    def sums_up(self) -> bool:
        """Whether the parts are the planned time, and the work is what the report of agents says."""
        worked = round(self.day.logged_in * SECOND) - round(self.day.paused * SECOND)
        return self.figures.sums_up and worked == round(self.figures.worked * SECOND)


@dataclass(frozen=True, slots=True)
class Made:
    """What the sheet is made of."""

    people: Mapping[str, Person]
    measured: Sequence[Measured]
    kept: Sequence[KeptLine]
    interval: Interval
    """Up to now."""
    gaps: Sequence[Gap]
    removed: Sequence[RemovedDay]
    """Days whose plan was deleted because its time was over."""

    def knows(self, interval: Interval) -> bool:
        """Whether no plan of it was deleted."""
        return knows(self.removed, interval)


async def build(context: Context, parameters: Parameters) -> Sheet:
    """What was planned and done in this time, up to now.

    Raises:
        UnknownAgentError: one neither stands in the settings nor was seen or planned in that time.
        TooManyCallsError: more was done in that time than is read deed by deed.
    """
    interval = Interval(parameters.interval.start, min(parameters.interval.end, context.now))
    kept, removed = list[KeptLine](), list[RemovedDay]()
    if context.has_main:
        first, last = (datetime.fromtimestamp(at, context.zone).date() for at in (interval.start, interval.end - 1))
        async with context.main() as main:
            kept = await read_time(main, interval.start * SECOND, interval.end * SECOND)
            removed = await removed_days(main, first, last, context.zone)
    async with context.ledger() as ledger:
        await refuse_too_many(ledger, interval)
        sheets = await timesheets_of(ledger, interval, context.now)
        gaps = await read_gaps(ledger, interval.start, interval.end)
    people = people_of((each.plan for each in kept), sheets)
    asked = parameters[AGENTS]
    refuse_unknown_agents(asked, context.settings, people)
    chosen = {name: people[name] for name in sorted(people) if not asked or name in asked}
    made = Made(chosen, measure(chosen, parameters, context, removed),
                [each for each in kept if each.plan.agent in chosen], interval, gaps, removed)
    return _sheet(made, parameters, context)


REPORT = Report("adherence", Group.AGENTS, build, (AGENTS, STEP))


def people_of(lines: Iterable[PlanLine], sheets: Mapping[str, Timesheet]) -> dict[str, Person]:
    """Everybody who was planned or logged in, by id."""
    planned: defaultdict[str, list[PlanLine]] = defaultdict(list)
    for line in lines:
        planned[line.agent].append(line)
    nobody = Timesheet((), (), (), ())
    return {
        agent: Person(sheet := sheets.get(agent, nobody), AdherenceSheet(planned[agent], sheet.stretches))
        for agent in {*planned, *sheets}
    }


def knows(removed: Iterable[RemovedDay], interval: Interval) -> bool:
    """Whether no plan of this time was deleted."""
    start, end = interval.start * SECOND, interval.end * SECOND
    return not any(each.start_ms < end and start < each.end_ms for each in removed)


def measure(
    people: Mapping[str, Person], parameters: Parameters, context: Context, removed: Sequence[RemovedDay] = (),
) -> list[Measured]:
    """Each in each interval that has begun; who was neither planned nor at work in it is left out."""
    pieces = split(parameters.interval, parameters[STEP], context.zone, parameters.calendar)
    passed = [Interval(piece.start, min(piece.end, context.now)) for piece in pieces if piece.start < context.now]
    days = {agent: [agent_day(counts) for counts in person.time.count(passed)] for agent, person in people.items()}
    return [
        Measured(agent, part, piece.end > context.now, figures, days[agent][index], knows(removed, part))
        for index, (piece, part) in enumerate(zip(pieces, passed, strict=False))
        for agent, person in people.items()
        if not (figures := person.plan.figures(part)).empty
    ]


def _sheet(made: Made, parameters: Parameters, context: Context) -> Sheet:
    step, total = parameters[STEP], together(each.figures for each in made.measured)
    rows = [_row(each.figures, each.interval, step, context, running=each.running, agent=each.agent, known=each.known)
            for each in made.measured]
    running = parameters.interval.end > context.now
    rows.append(_row(total, made.interval, Step.NONE, context, running=running, known=made.knows(made.interval)))
    balanced, stepped = all(each.sums_up for each in made.measured), step is not Step.NONE
    deviations, count = _deviations(made, context)
    over_time = _over_time(made.measured, step, context) if stepped else ()
    chart = Chart(Look.LINE, "from", RATIOS, "agent") if stepped else Chart(Look.BAR, "agent", RATIOS)
    return Sheet(
        "adherence", "report.adherence.title", parameters.interval, context.now, context.zone,
        (*_moments(running=running), Column("agent", "column.agent"), *_columns()), rows, PASSPORTS, gaps=made.gaps,
        chart=chart, notes=list(_notes(made, parameters, count, context)), further=(*over_time, *deviations),
        headline=Headline(HEADLINE, {name: figure for name, figure in _figures(
            total, known=made.knows(made.interval)).items() if name in HEADLINE}), balanced=balanced,
        balance=context.texts("report.adherence.sums_up" if balanced else "report.adherence.differs"),
    )


def _notes(made: Made, parameters: Parameters, deviations: int, context: Context) -> Iterator[str]:
    texts = context.texts
    if made.removed:
        first, last = (day_text(day, texts.language) for day in (made.removed[0].day, made.removed[-1].day))
        yield texts("report.adherence.removed", first=first, last=last)
    elif not made.kept:
        yield texts("report.adherence.no_plan")
    if parameters.interval.end > context.now:
        yield texts("report.adherence.running", moment=context.teller.moment(context.now, seconds=True))
    planned = {each.plan.agent for each in made.kept}
    unplanned = {each.agent for each in made.measured if each.known} - planned
    if unplanned and planned:
        yield texts("report.adherence.unplanned", count=len(unplanned))
    afterwards = {(each.plan.agent, each.plan.day) for each in made.kept if each.afterwards}
    if afterwards:
        yield texts("report.adherence.afterwards", count=len(afterwards))
    if deviations > MOST_DEVIATIONS:
        yield texts("report.adherence.longest", most=MOST_DEVIATIONS, count=deviations)


def _moments(*, running: bool) -> tuple[Column, ...]:
    return (Column("from", "column.time", moment=True), Column("to", "column.until", moment=True, aside=True),
            Column("provisional", "column.provisional", moment=True, aside=not running))


def _columns() -> tuple[Column, ...]:
    return tuple(Column(name, f"column.{name}", PASSPORTS[name].unit, aside=name in ASIDE) for name in FIGURES)


def _row(
    figures: AdherenceFigures, interval: Interval, step: Step, context: Context, *, running: bool,
    agent: str | None = None, known: bool = True,
) -> Row:
    cells: dict[str, Cell] = {
        "from": iso(interval.start, context.zone), "to": iso(interval.end, context.zone),
        "provisional": iso(context.now, context.zone) if running else None, "agent": agent,
        **_figures(figures, known=known),
    }
    shown = {"from": context.teller.start(interval.start, step, total=not agent)}
    shown |= {} if agent else {"agent": context.texts("column.all")}
    return Row(cells, shown, bold=not agent, red=not figures.sums_up, total=not agent)


def _figures(figures: AdherenceFigures, *, known: bool) -> dict[str, float | None]:
    """Of a time whose plan is not kept any more only what needs none."""
    return {name: value if known or name == "worked" else None for name, value in asdict(figures).items()}


def _over_time(measured: Sequence[Measured], step: Step, context: Context) -> tuple[Section, ...]:
    pieces: defaultdict[Interval, list[Measured]] = defaultdict(list)
    for each in measured:
        pieces[each.interval].append(each)
    rows = [
        Row(_row(together(each.figures for each in all_of_it), piece, step, context, running=all_of_it[0].running,
                 known=all_of_it[0].known).cells, {"from": context.teller.start(piece.start, step)})
        for piece, all_of_it in pieces.items()
    ]
    columns = (*_moments(running=any(each.running for each in measured)), *_columns())
    return (Section("time", "report.adherence.time", columns, rows, Chart(Look.LINE, "from", RATIOS)),)


def _deviations(made: Made, context: Context) -> tuple[tuple[Section, ...], int]:
    """The longest stretches out of plan, longest first, and how many there are; of those who have one."""
    found = [
        (agent, moment) for agent in sorted({each.plan.agent for each in made.kept})
        for moment in made.people[agent].plan.within(made.interval)
        if moment.verdict not in {None, Verdict.IN_ADHERENCE}
        and knows(made.removed, Interval(moment.start // SECOND, -(-moment.end // SECOND)))
    ]
    longest = nlargest(MOST_DEVIATIONS, found, key=lambda each: (each[1].end - each[1].start, -each[1].start))
    # Its first column is no moment for the frame: two times are never compared stretch by stretch.
    columns = (
        Column("from", "column.time"), Column("to", "column.until", moment=True), Column("agent", "column.agent"),
        Column("deviation_kind", "column.deviation_kind"), Column("planned_activity", "column.planned_activity"),
        Column("deviation", "column.deviation", Unit.SECONDS),
    )
    rows = [_deviation(agent, moment, context) for agent, moment in longest]
    return ((Section("deviations", "report.adherence.deviations", columns, rows),) if rows else (), len(found))


def _deviation(agent: str, moment: Moment, context: Context) -> Row:
    start, end = moment.start / SECOND, moment.end / SECOND
    kind, planned = moment.verdict, moment.planned.value if moment.planned else ""
    texts, about = context.texts, f" ({context.teller.reason(moment.planned_reason)})" if moment.planned_reason else ""
    return Row(
        {"from": iso(start, context.zone), "to": iso(end, context.zone), "agent": agent,
         "deviation_kind": kind.value if kind else None, "planned_activity": planned or None,
         "planned_reason": moment.planned_reason or None, "reason": moment.reason or None, "deviation": end - start},
        {"from": context.teller.moment(start, seconds=True), "to": context.teller.moment(end, seconds=True),
         "deviation_kind": texts(f"column.{kind.value}") if kind else "",
         "planned_activity": texts(f"report.adherence.{planned}") + about if planned else NO_FIGURE},
    )
