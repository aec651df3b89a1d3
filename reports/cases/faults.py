"""The report of faults: cases by subject, cause and province; what rose suddenly, and why it is thought so."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import EXACT
from followups.faults.faults import EARLIER_WEEKS, FEWEST_WEEKS, Compared, Dimension, Rises, Series, find_rises
from followups.faults.store import Opened, first_opened, read_opened
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
    cases = await read_opened(main, Interval(interval.start - EARLIER_WEEKS * WEEK, interval.end), names.book)
    rises = compare(cases, interval, await first_opened(main))
    rows = [_row(one, names) for one in rises.compared if everything or one.count]
    columns = (
        Column("kind", "column.kind"), Column("name", "column.name"),
        *(Column(name, f"column.{name}", passport.unit) for name, passport in list(PASSPORTS.items())[:4]),
        Column("weeks", "column.weeks"),
    )
    return Sheet("faults", "report.faults.title", interval, now, names.zone, columns, rows, PASSPORTS,
                 list(explain(rises, names)), {"compared": len(rises.compared), "too_young": rises.too_young})


def compare(cases: Sequence[Opened], interval: Interval, first: float | None) -> Rises:
    """Count every series in the time and in the same hours of earlier weeks."""
    def counts(week: int) -> Counter[Series]:
        start, end = interval.start - week * WEEK, interval.end - week * WEEK
        return Counter(series for case in cases if start <= case.at < end
                       for series in _series(case.subjects, case.cause, case.province))

    now, earlier = counts(0), [counts(week) for week in range(1, EARLIER_WEEKS + 1)]
    recorded = [first is not None and interval.start - week * WEEK >= first for week in range(1, EARLIER_WEEKS + 1)]
    known = now.keys() | {series for counted in earlier for series in counted}
    weeks = [(counted, is_recorded) for counted, is_recorded in zip(earlier, recorded, strict=True)]
    return find_rises(now, {
        series: [counted[series] if is_recorded else None for counted, is_recorded in weeks] for series in known
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
    cases = await read_opened(main, interval, names.book)
    pieces = split(interval, step, names.zone, calendar)
    counted = _count_over_time(cases, pieces, dimension)
    rows = [_time_row(piece, series, count, names)
            for piece, series_of_piece in zip(pieces, counted, strict=True)
            for series, count in sorted(series_of_piece.items())]
    columns = (Column("start", "column.time", moment=True), Column("name", f"column.{dimension.value}"),
               Column("fault_cases", "column.fault_cases", Unit.COUNT))
    return Sheet("fault_times", "report.fault_times.title", interval, now, names.zone, columns, rows,
                 {CASES.id: CASES}, (), {"by": step.value, "of": dimension.value},
                 Chart(Look.LINE, "start", ("fault_cases",), "name"))


def _count_over_time(
    cases: Sequence[Opened], pieces: Sequence[Interval], dimension: Dimension,
) -> list[Counter[Series]]:
    """Of each piece; together they hold all cases."""
    starts = [piece.start for piece in pieces]
    alike = Counter((bisect_right(starts, case.at) - 1, tuple(case.subjects), case.cause, case.province)
                    for case in cases)
    counted: list[Counter[Series]] = [Counter() for _ in pieces]
    for (place, subjects, cause, province), count in alike.items():
        for series in _series(subjects, cause, province):
            if series.dimension is dimension:
                counted[place][series] += count
    return counted


def _time_row(piece: Interval, series: Series, count: int, names: CaseNames) -> Row:
    start = datetime.fromtimestamp(piece.start, names.zone)
    shown = {"start": moment_text(start, names.language), "name": names.of(series.dimension.value, series.name)}
    return Row({"start": start.isoformat(), "name": series.name, "fault_cases": count}, shown)


def _series(subjects: Iterable[str], cause: str | None, province: str | None) -> Iterator[Series]:
    for subject in subjects:
        yield Series(Dimension.SUBJECT, subject)
    if cause is not None:
        yield Series(Dimension.CAUSE, cause)
    if province is not None:
        yield Series(Dimension.PROVINCE, province)


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
