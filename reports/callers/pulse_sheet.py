"""The report `pulse`: unusual rises and falls of calls, each with the reason it was flagged and its uncertainty."""

from collections.abc import Iterator, Mapping, Sequence

from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.store import evidence_start, read_gaps
from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import COMPUTED, EXACT
from followups.faults.faults import FEWEST_WEEKS, Compared, Rises
from foundation.calendars import Interval
from foundation.text import digits, number_text
from reports.callers.provinces_sheet import province_title
from reports.callers.pulse_calls import Sort, compare_counts, weeks_before
from reports.callers.pulse_reading import count_calls
from reports.cases.faults import SELDOM, WEEK, shown_chance, shown_times
from reports.cases.sheets import EVERYTHING, TooLongError
from reports.frame.parameters import Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Column, Row, Sheet

EVIDENCE = "journal_and_steps"
UNSEEN = {GapKind.DOWN, GapKind.FILE_LOST, GapKind.DISK_FULL}
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    Passport("pulse_calls", Unit.COUNT, EVIDENCE, EXACT),
    Passport("pulse_usual", Unit.NUMBER, EVIDENCE, EXACT),
    Passport("pulse_low", Unit.COUNT, EVIDENCE, COMPUTED),
    Passport("pulse_high", Unit.COUNT, EVIDENCE, COMPUTED),
    Passport("pulse_change", Unit.CHANGE, EVIDENCE, EXACT),
    Passport("pulse_chance", Unit.NUMBER, EVIDENCE, "chance"),
    Passport("pulse_flagged", Unit.NUMBER, EVIDENCE, EXACT),
)}
SHOWN = ("pulse_calls", "pulse_usual", "pulse_low", "pulse_high", "pulse_change", "pulse_chance")


async def build(context: Context, parameters: Parameters) -> Sheet:
    """Raises TooLongError, TooManyCallsError."""
    interval = parameters.interval
    if interval.seconds > WEEK:
        raise TooLongError
    times = [interval, *weeks_before(interval, context.zone)]
    async with context.ledger() as ledger:
        begun = await evidence_start(ledger)
        gaps = await read_gaps(ledger, times[-1].start, interval.end)
        seen = [times[0], *(time for time in times[1:] if _is_on_record(time, begun, gaps))]
    counts = await count_calls(context, seen)
    rises = compare_counts(counts[interval], [counts.get(time) for time in times[1:]])
    return _sheet(context, interval, rises, gaps, everything=parameters[EVERYTHING])


REPORT = Report("pulse", Group.CALLERS, build, (EVERYTHING,))


def _is_on_record(time: Interval, begun: int | None, gaps: Sequence[Gap]) -> bool:
    if begun is None or time.start < begun:
        return False
    return not any(
        gap.kind in UNSEEN and gap.started < time.end and (gap.ended is None or gap.ended > time.start) for gap in gaps)


def _sheet(
    context: Context, interval: Interval, rises: Rises, gaps: Sequence[Gap], *, everything: bool,
) -> Sheet:
    columns = (
        Column("kind", "column.kind"), Column("name", "column.name"),
        *(Column(name, f"figure.{name}", PASSPORTS[name].unit) for name in SHOWN),
        Column("weeks", "column.weeks"),
        Column("pulse_flagged", "figure.pulse_flagged", Unit.NUMBER, aside=True),
    )
    return Sheet(
        "pulse", "report.pulse.title", interval, context.now, context.zone, columns,
        [_row(one, context) for one in rises.compared if everything or one.count or one.flagged], PASSPORTS,
        list(_explain(rises, context)), {"compared": len(rises.compared), "too_young": rises.too_young},
        gaps=[gap for gap in gaps if gap.ended is None or gap.ended >= interval.start],
    )


def _explain(rises: Rises, context: Context) -> Iterator[str]:
    """Why each flag is there, how sure it is, and how much was looked at."""
    texts = context.texts
    for one in rises.flagged:
        direction = "fall" if one.fell else "rise"
        yield texts(
            f"report.pulse.{direction}_never" if one.chance < SELDOM else f"report.pulse.{direction}",
            name=_name(one, context), calls=one.count, weeks=len(one.weeks), least=min(one.weeks), most=max(one.weeks),
            usual=_usual(one, context), low=one.low, high=one.high,
            once=shown_times(one.chance, context.names),
        )
    if not rises.compared:
        yield texts("report.faults.nothing", weeks=FEWEST_WEEKS)
        return
    yield texts("report.faults.flags", count=len(rises.flagged), compared=len(rises.compared))
    if rises.too_young:
        yield texts("report.faults.young", count=rises.too_young, weeks=FEWEST_WEEKS)


def _row(one: Compared, context: Context) -> Row:
    kind, weeks = one.series.dimension.value, " ".join(map(str, one.weeks))
    cells: dict[str, Cell] = {
        "kind": kind, "name": one.series.name, "pulse_calls": one.count, "pulse_usual": one.usual,
        "pulse_low": one.low, "pulse_high": one.high,
        "pulse_change": one.count / one.usual - 1 if one.usual else None, "pulse_chance": one.chance, "weeks": weeks,
        "pulse_flagged": (-1 if one.fell else 1) if one.flagged else 0,
    }
    shown = {"kind": context.texts(f"pulse.kind.{kind}"), "name": _name(one, context),
             "pulse_usual": _usual(one, context), "pulse_chance": shown_chance(one.chance, context.names),
             "weeks": digits(weeks, context.texts.language)}
    return Row(cells, shown, red=one.flagged)


def _usual(one: Compared, context: Context) -> str:
    """A median of whole numbers is whole, or half between two."""
    return number_text(one.usual, context.texts.language, int(one.usual % 1 > 0))


def _name(one: Compared, context: Context) -> str:
    name, texts = one.series.name, context.texts
    match one.series.dimension:
        case Sort.ALL:
            return texts("column.all")
        case Sort.QUEUE:
            return context.teller.queue(name)
        case Sort.PROVINCE:
            return province_title(name, context)
        case Sort.HOUR:
            weekday, _, hour = name.partition("-")
            return f"{texts(f'weekday.{weekday}')} {digits(hour, texts.language)}:{digits('00', texts.language)}"
        case _:
            return name
