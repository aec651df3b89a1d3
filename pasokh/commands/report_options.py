"""What all reports share on the command line: the time they are about, the form they come in, the site."""

import math
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from foundation.calendars import Interval, MomentError, parse_moment
from foundation.paths import Home
from foundation.settings import Settings, load_settings
from pasokh.refusal import RefusedError
from reports.queue import ReportError
from reports.stores import StoreError


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


From = Annotated[str, typer.Option("--from", help="The first moment: 2026-11-22T08:00, 1405-09-01, today, -1h, ...")]
To = Annotated[str | None, typer.Option("--to", help="The first moment after the last one; default: now.")]
Format = Annotated[Form, typer.Option("--format", help="For people (table) or machines (json, csv).")]
Report = TypeVar("Report")


def site() -> tuple[Home, Settings]:
    home = Home.from_environment()
    return home, load_settings(home)


def present() -> int:
    """Epoch seconds."""
    return math.ceil(time.time())


def interval_of(start: str, end: str | None, settings: Settings, now: int) -> Interval:
    """The time that somebody wrote.

    Raises:
        RefusedError: it is no time, or nothing lies in it.
    """
    zone = ZoneInfo(settings.site.timezone)
    local = datetime.fromtimestamp(now, UTC)
    try:
        first = parse_moment(start, zone, local)
        # The second that is running belongs to a report that goes up to now.
        last = now + 1 if end is None else parse_moment(end, zone, local).timestamp()
    except MomentError as error:
        raise RefusedError(str(error)) from error
    interval = Interval(math.floor(first.timestamp()), math.ceil(last))
    if interval.seconds <= 0:
        raise RefusedError(f"nothing lies between --from {start} and --to {end or 'now'}: --to is the first moment "
                           "that is not counted any more (for one whole day, give the next day)")
    return interval


def made(make: Callable[[], Report]) -> Report:
    """A report; what cannot be read becomes a refusal."""
    try:
        return make()
    except (ReportError, StoreError) as error:
        raise RefusedError(str(error)) from error


def write(text: str) -> None:
    sys.stdout.write(text)


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 240)
