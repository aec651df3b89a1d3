"""The report of faults: cases by subject, cause and province; what rose suddenly, and why it is thought so."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import EXACT
from followups.faults.faults import EARLIER_WEEKS, FEWEST_WEEKS, Compared, Dimension, Rises, Series, find_rises
from followups.faults.store import count_over_times, first_opened
from foundation.calendars import Calendar, Interval, Step, moment_text, split
from foundation.text import digits, number_text, percent_text
from reports.cases.names import CaseNames
from reports.frame.sheets import Cell, Chart, Column, Look, Row, Sheet

WEEK: Final = 7 * 86_400
SELDOM: Final = 1e-9
"""Chances below are not told by their number."""
EVIDENCE: Final = "case_causes"
CASES = Passport("fault_cases", Unit.COUNT, EVIDENCE, EXACT)
PASSPORTS = {one.id: one for one in (
    CASES,
    Passport("fault_usual", Unit.NUMBER, EVIDENCE, EXACT),
    Passport("fault_rise", Unit.NUMBER, EVIDENCE, EXACT),
    Passport("fault_chance", Unit.NUMBER, EVIDENCE, "chance"),
    Passport("fault_flagged", Unit.COUNT, EVIDENCE, EXACT),
)}


class WindowTooLongError(ValueError):
    """Earlier weeks would overlap the time itself."""


async def build_faults_sheet(
    main: AsyncConnection, interval: Interval, names: CaseNames, *, now: int, everything: bool = False,
) -> Sheet:
    """Compare this time with earlier weeks; without `everything` only the series that had cases.

    Raises:
        WindowTooLongError: longer than a week.
    """
    if interval.seconds > WEEK:
        raise WindowTooLongError(names.texts("report.faults.too_long"))
    times = [Interval(interval.start - week * WEEK, interval.end - week * WEEK) for week in range(EARLIER_WEEKS + 1)]
    rises = compare(await _count(main, times, names), times, await first_opened(main))
    rows = [_row(one, names) for one in rises.compared if everything or one.count]
    columns = (
        Column("kind", "column.kind"), Column("name", "column.name"),
        *(Column(name, f"column.{name}", passport.unit) for name, passport in list(PASSPORTS.items())[:4]),
        Column("weeks", "column.weeks"),
    )
    return Sheet("faults", "report.faults.title", interval, now, names.zone, columns, rows, PASSPORTS,
                 list(explain(rises, names)), {"compared": len(rises.compared), "too_young": rises.too_young})


async def _count(main: AsyncConnection, times: Sequence[Interval], names: CaseNames) -> list[Counter[Series]]:
    """Every series in each of these times."""
    found = [Counter[Series]() for _ in times]
    for dimension in Dimension:
        counted = await count_over_times(main, times, dimension, names.book)
        for series, cases in zip(found, counted, strict=True):
            series.update({Series(dimension, name): count for name, count in cases.items() if name is not None})
    return found


def compare(counts: Sequence[Counter[Series]], times: Sequence[Interval], first: float | None) -> Rises:
    """Every series in the first time against the same in the others; `first`: when the first case was opened."""
    now, *earlier = counts
    recorded = [first is not None and time.start >= first for time in times[1:]]
    known = now.keys() | {series for counted in earlier for series in counted}
    return find_rises(now, {
        series: [counted[series] if is_recorded else None
                 for counted, is_recorded in zip(earlier, recorded, strict=True)] for series in known
    })


def explain(rises: Rises, names: CaseNames) -> Iterator[str]:
    """Why each flag is there, and how much was looked at."""
    texts = names.texts
    for one in rises.flagged:
        yield texts(
            "report.faults.why_never" if one.chance < SELDOM else "report.faults.why",
            name=names.of(one.series.dimension.value, one.series.name), cases=one.count, weeks=len(one.weeks),
            low=min(one.weeks), high=max(one.weeks), usual=one.usual,
            once=shown_times(one.chance, names),
        )
    if not rises.compared:
        yield texts("report.faults.nothing", weeks=FEWEST_WEEKS)
        return
    yield texts("report.faults.flags", count=len(rises.flagged), compared=len(rises.compared))
    if rises.too_young:
        yield texts("report.faults.young", count=rises.too_young, weeks=FEWEST_WEEKS)


async def build_fault_times_sheet(
    main: AsyncConnection, interval: Interval, step: Step, dimension: Dimension, names: CaseNames, *, now: int,
    calendar: Calendar = Calendar.GREGORIAN,
) -> Sheet:
    """Cases of each subject (cause, province) in each hour or day."""
    pieces = split(interval, step, names.zone, calendar)
    counted = await count_over_times(main, pieces, dimension, names.book)
    rows = [_time_row(piece, Series(dimension, name), count, names)
            for piece, cases in zip(pieces, counted, strict=True)
            for name, count in sorted((name, count) for name, count in cases.items() if name is not None)]
    columns = (Column("start", "column.time", moment=True), Column("name", f"column.{dimension.value}"),
               Column("fault_cases", "column.fault_cases", Unit.COUNT))
    return Sheet("fault_times", "report.fault_times.title", interval, now, names.zone, columns, rows,
                 {CASES.id: CASES}, (), {"by": step.value, "of": dimension.value},
                 Chart(Look.LINE, "start", ("fault_cases",), "name"))


def _time_row(piece: Interval, series: Series, count: int, names: CaseNames) -> Row:
    start = datetime.fromtimestamp(piece.start, names.zone)
    shown = {"start": moment_text(start, names.language), "name": names.of(series.dimension.value, series.name)}
    return Row({"start": start.isoformat(), "name": series.name, "fault_cases": count}, shown)


def shown_chance(chance: float, names: CaseNames) -> str:
    """In per cent, or as one in so many."""
    if chance >= 0.01:
        return percent_text(chance, names.language)
    return f"{number_text(1, names.language)} : {shown_times(chance, names)}"


def shown_times(chance: float, names: CaseNames) -> str:
    """In how many such times it comes once."""
    return number_text(float(f"{1 / max(chance, SELDOM):.2g}"), names.language)


def _row(one: Compared, names: CaseNames) -> Row:
    kind = one.series.dimension.value
    cells: dict[str, Cell] = {
        "kind": kind, "name": one.series.name, "fault_cases": one.count, "fault_usual": one.usual,
        "fault_rise": one.rise, "fault_chance": one.chance, "weeks": " ".join(map(str, one.weeks)),
        "fault_flagged": int(one.flagged),
    }
    shown = {"kind": names.texts(f"column.{kind}"), "name": names.of(kind, one.series.name),
             "fault_chance": shown_chance(one.chance, names),
             "weeks": digits(" ".join(map(str, one.weeks)), names.language)}
    return Row(cells, shown, red=one.flagged)
