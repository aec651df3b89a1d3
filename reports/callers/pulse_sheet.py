"""The report `pulse`: unusual rises and falls of calls, each with the reason it was flagged and its uncertainty."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.stint import Origin
from callqueue.ledger.store import count_stints, evidence_start, read_gaps, read_refusals, read_stints
from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import EXACT, JOURNAL
from followups.faults.faults import FEWEST_WEEKS, Compared, Rises
from foundation.calendars import Interval
from foundation.text import digits, number_text
from ivr.steps.store import Chosen, read_chosen
from reports.callers.caller_provinces import caller_provinces
from reports.callers.provinces_sheet import province_title
from reports.callers.pulse_calls import Arrival, Sort, compare_calls, weeks_before
from reports.cases.faults import SELDOM, WEEK, shown_chance, shown_times
from reports.cases.sheets import EVERYTHING, TooLongError
from reports.frame.parameters import Parameters
from reports.frame.people import MOST_STINTS, TooManyCallsError
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Column, Row, Sheet

EVIDENCE = f"{JOURNAL}; steps of the menus"
UNSEEN = {GapKind.DOWN, GapKind.FILE_LOST, GapKind.DISK_FULL}
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    Passport("pulse_calls", Unit.COUNT, "calls that came to the menus or asked for a queue, refused ones too: all of"
             " them; by the queue first asked for; by service or box of the menus; by the caller's province; by weekday"
             " and hour", EVIDENCE, EXACT),
    Passport("pulse_usual", Unit.NUMBER, "median of the same hours of the same weekdays in up to 8 earlier weeks, at"
             " least 4; weeks before the ledger's first, and weeks in which a gap in the evidence lies, are left out;"
             " holidays are not", EVIDENCE, EXACT),
    Passport("pulse_low", Unit.COUNT, "lower end of the usual range: 2.5 % quantile where median − 1/3 is expected,"
             " with the distribution of pulse_chance", EVIDENCE, "computed"),
    Passport("pulse_high", Unit.COUNT, "upper end of the usual range: 97.5 % quantile where median + ln 2 is expected",
             EVIDENCE, "computed"),
    Passport("pulse_change", Unit.CHANGE, "pulse_calls ÷ pulse_usual − 1", EVIDENCE, EXACT),
    Passport("pulse_chance", Unit.NUMBER, "chance of a count so far from the usual, up or down: twice the smaller of"
             " that of so many or more where median + ln 2 is expected, and of so few or fewer where median − 1/3 is;"
             " Poisson, or negative binomial with the variance (1.4826 × median absolute deviation)² where that is"
             " larger", EVIDENCE, "about 1e-9"),
    Passport("pulse_flagged", Unit.NUMBER, "1 (rise) or −1 (fall) when the chance passes Benjamini and Hochberg's"
             " procedure at 5 % over all series compared, and the larger of count and expected is at least 5 and 1.5 ×"
             " the other; else 0", EVIDENCE, EXACT),
)}
SHOWN = ("pulse_calls", "pulse_usual", "pulse_low", "pulse_high", "pulse_change", "pulse_chance")


async def build(context: Context, parameters: Parameters) -> Sheet:
    """Raises TooLongError, TooManyCallsError."""
    interval = parameters.interval
    if interval.seconds > WEEK:
        raise TooLongError
    times = [interval, *weeks_before(interval, context.zone)]
    async with context.ledger() as ledger:
        await _refuse_too_many(ledger, times)
        begun = await evidence_start(ledger)
        gaps = await read_gaps(ledger, times[-1].start, interval.end)
        seen = [times[0], *(time for time in times[1:] if _is_on_record(time, begun, gaps))]
        read = [await _read_calls(context, ledger, time) for time in seen]
    arrivals = dict(zip(seen, await _placed(context, read), strict=True))
    rises = compare_calls(arrivals[interval], [arrivals.get(time) for time in times[1:]], context.zone)
    return _sheet(context, interval, rises, gaps, everything=parameters[EVERYTHING])


REPORT = Report("pulse", Group.CALLERS, build, (EVERYTHING,))


async def _refuse_too_many(ledger: AsyncConnection, times: Iterable[Interval]) -> None:
    left = MOST_STINTS
    for time in times:
        left -= await count_stints(ledger, time.start, time.end, limit=left + 1)
        if left < 0:
            raise TooManyCallsError(most=str(MOST_STINTS))


def _is_on_record(time: Interval, begun: int | None, gaps: Sequence[Gap]) -> bool:
    if begun is None or time.start < begun:
        return False
    return not any(
        gap.kind in UNSEEN and gap.started < time.end and (gap.ended is None or gap.ended > time.start) for gap in gaps)


Found = dict[str, tuple[Chosen, str | None]]
"""Calls by their ids, each with the queue that it asked for first."""


async def _read_calls(context: Context, ledger: AsyncConnection, time: Interval) -> Found:
    """A call that began before the time and asks for a queue in it is counted at that asking only without menus."""
    found: Found = {}
    if context.has_main:
        async with context.main() as main:
            found = {each.call_id: (each, None) for each in await read_chosen(main, time.start, time.end)}
    asked = [(each.entered, each.call_id, each.queue, each.caller)
             for each in await read_stints(ledger, None, time.start, time.end) if each.origin is Origin.DIRECT]
    asked += [(each.at, each.call_id, each.queue, each.caller)
              for each in await read_refusals(ledger, None, time.start, time.end)]
    for at, call_id, queue, caller in sorted(asked, key=lambda one: (one[0], one[1], one[2])):
        call, first = found.get(call_id, (Chosen(call_id, at, caller, frozenset()), None))
        found[call_id] = (call, first or queue)
    return found


async def _placed(context: Context, read: Sequence[Found]) -> list[list[Arrival]]:
    numbers = {call.caller for found in read for call, _ in found.values() if call.caller}
    provinces = await caller_provinces(context, numbers)
    return [
        [Arrival(call.at, queue, call.services, provinces.get(call.caller or "", "unknown"))
         for call, queue in found.values()]
        for found in read
    ]


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
