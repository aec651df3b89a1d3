"""A plan of working times written as `callqueue.work_plan.file` reads it. Pure."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from callqueue.work_plan.plan import PlanLine
from callqueue.work_plan.words import COLUMNS
from foundation.calendars import day_start

SECOND = 1000


def write_plan_file(lines: Iterable[PlanLine], zone: ZoneInfo) -> str:
    """A CSV file, with Gregorian days."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        start, end = clocks(line, zone)
        writer.writerow([line.agent, line.day.isoformat(), start, end, line.activity.value, line.reason])
    return out.getvalue()


def clocks(line: PlanLine, zone: ZoneInfo) -> tuple[str, str]:
    """Its times of day as they are written: a day begins at 00:00, also where its first hour is left out, and ends at
    24:00.
    """
    start, end = (datetime.fromtimestamp(at / SECOND, zone) for at in (line.start_ms, line.end_ms))
    return _written(start, "00:00", zone), _written(end, "24:00", zone)


def _written(moment: datetime, midnight: str, zone: ZoneInfo) -> str:
    if moment == day_start(moment.date(), zone):
        return midnight
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
