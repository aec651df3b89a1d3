"""The report of follow-ups: which promises to callers were kept, per unit, subject or province."""

from sqlalchemy.ext.asyncio import AsyncConnection

from followups.deadlines.timeliness import PASSPORTS, Dimension, Timeliness, tell_timeliness
from followups.faults.store import read_promises
from foundation.calendars import Interval
from reports.cases.names import CaseNames
from reports.frame.sheets import Column, Row, Sheet


async def build_followups_sheet(
    main: AsyncConnection, interval: Interval, by: Dimension, names: CaseNames, *, now: int,
) -> Sheet:
    """Read the cases whose deadline lies in this time; a last row for all of them."""
    promises = await read_promises(main, interval, now, names.book)
    [*total] = tell_timeliness(promises, Dimension.TOTAL)
    lines = [] if by is Dimension.TOTAL else tell_timeliness(promises, by)
    rows = [_row(line, by, names) for line in lines]
    rows += [_row(line, Dimension.TOTAL, names, bold=True) for line in total]
    columns = [Column(name, f"column.{name}", passport.unit) for name, passport in PASSPORTS.items()]
    notes = (names.texts("report.followups.reopened"),) if rows else (names.texts("report.followups.none"),)
    return Sheet("followups", "report.followups.title", interval, now, names.zone,
                 (Column("name", f"column.{by.value}"), *columns), rows, PASSPORTS, notes, {"by": by.value})


def _row(line: Timeliness, by: Dimension, names: CaseNames, *, bold: bool = False) -> Row:
    cells = {name: getattr(line, name) for name in PASSPORTS}
    return Row({"name": line.name, **cells}, {"name": names.of(by.value, line.name)}, bold=bold)
