"""What a forecast and a plan read from the ledger and from the site's calendar."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.arrival_store import count_refusals
from callqueue.ledger.evidence import GapKind
from callqueue.ledger.stint import Origin
from callqueue.ledger.store import evidence_start, read_cel_reach, read_gaps
from callqueue.rollups.reading import Reader
from callqueue.rollups.store import cell_of
from followups.deadlines.working_days import DayKind, WorkingDays
from foundation.calendars import Interval, day_start
from foundation.settings import Settings
from reports.frame.reading import rulebook
from reports.frame.tallied import TalliedBooks
from reports.queues.queue import ReportError, refuse_unknown_queues
from reports.staffing.erlang import QUARTER
from reports.staffing.forecast import Forecaster, learn
from reports.staffing.history import Day, DayClass, class_of, days_of
from reports.staffing.holdback import Errors, errors_of
from reports.staffing.need import Assumptions
from reports.staffing.patience import Patience, patience_of

FURTHEST_BACK = 1100
"""Days of history that are looked at."""
PATIENCE_DAYS = 90
HANDLE_DAYS = 14
UNSEEN = {GapKind.DOWN, GapKind.FILE_LOST, GapKind.DISK_FULL}
ARRIVING = (Origin.DIRECT, Origin.TRANSFER)
LONGEST_PATIENCE = 86400.0
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class NoHistoryError(ReportError):
    """There is no day to learn from."""

    name = "no-history"


class NoHandleTimeError(ReportError):
    """It is neither given nor measured."""

    name = "no-handle-time"


class NoPatienceError(ReportError):
    """Erlang A is asked for, and patience is neither given nor measured."""

    name = "no-patience"


@dataclass(frozen=True, slots=True)
class Learnt:
    """A history and what follows from it."""

    history: Sequence[Day]
    forecaster: Forecaster
    errors: Errors
    kind: Callable[[date], DayClass]
    refused: int
    """Calls turned away in the history's last four weeks: demand that the forecast does not see."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the ledger says of calls and callers; None where it cannot say."""

    aht: float | None
    patience: Patience | None


def local_moment(settings: Settings, now: int) -> datetime:
    return datetime.fromtimestamp(now, ZoneInfo(settings.site.timezone))


def today_of(settings: Settings, now: int) -> date:
    return local_moment(settings, now).date()


def day_kinds(settings: Settings, today: date) -> Callable[[date], DayClass]:
    """Holidays and closures of the site; one on a weekly day off changes nothing, because that day is off anyhow."""
    calendar, weeks = WorkingDays(settings.holidays, today), settings.holidays.weeks

    @cache
    def is_holiday(day: date) -> bool:
        week = next(week for week in reversed(weeks) if week.since is None or week.since <= day)
        return (calendar.state(day).kind in {DayKind.HOLIDAY, DayKind.CLOSED}
                and WEEKDAYS[day.weekday()] not in week.days_off)

    return cache(lambda day: class_of(day, is_holiday))


async def learn_from_ledger(
    connection: AsyncConnection, queues: Sequence[str], settings: Settings, now: int,
) -> Learnt:
    """All whole days before today, up to three years.

    Raises:
        UnknownQueueError: neither the settings nor the ledger know a queue.
        NoHistoryError: there is no day to learn from.
    """
    await refuse_unknown_queues(connection, queues, settings)
    zone, today = ZoneInfo(settings.site.timezone), today_of(settings, now)
    end = int(day_start(today, zone).timestamp())
    begun = await evidence_start(connection)
    if begun is None or begun >= end - QUARTER:
        raise NoHistoryError("a forecast needs at least one day of calls before today, and the ledger has none: "
                             "`bin/pasokh journal import FILE` brings the history of another Asterisk; without any, "
                             "`bin/pasokh staffing what-if` reckons with numbers that you give")
    seen = Interval(max(begun, int(day_start(today - timedelta(days=FURTHEST_BACK), zone).timestamp())), end)
    wanted = queues or None
    # A caller who overflows from one of the queues that are planned together to another is one call for their agents.
    origins = (*ARRIVING, Origin.OVERFLOW) if len(queues) == 1 else ARRIVING
    reader = Reader(connection, rulebook(settings), now, settings.shared_numbers)
    counted: Counter[int] = Counter()
    for tally in await reader.read_arrivals(seen):
        for quarter, count in tally.quarters(wanted, origins):
            counted[quarter] += count
    unseen = [
        Interval(gap.started, min(now, gap.ended or now)) for gap in await read_gaps(connection, seen.start, seen.end)
        if gap.kind in UNSEEN
    ]
    history = days_of(counted, seen, unseen, zone)
    if not any(counted.values()):
        raise NoHistoryError(f"nobody called {', '.join(queues) or 'any queue'} before today: there is nothing to "
                             "forecast from")
    kind = day_kinds(settings, today)
    refused = await count_refusals(connection, wanted, end - 28 * 86400, end)
    return Learnt(history, learn(history, kind), errors_of(history, kind), kind, refused)


async def measure(connection: AsyncConnection, queues: Sequence[str], settings: Settings, now: int) -> Measured:
    """Average handle time of the last 14 days and patience of the last 90.

    Raises:
        ReportError: neither the settings nor the ledger know a queue.
    """
    await refuse_unknown_queues(connection, queues, settings)
    reader = Reader(connection, rulebook(settings), now, settings.shared_numbers)
    wanted = set(queues) or None
    gave_up = waited_ms = 0
    for tally in await reader.read_arrivals(_last_days(PATIENCE_DAYS, now)):
        for queue in tally.queues if wanted is None else wanted:
            gave_up, waited_ms = gave_up + tally.gave_up[queue], waited_ms + tally.waited_ms[queue]
    days, cel = _last_days(HANDLE_DAYS, now), await read_cel_reach(connection)
    books = TalliedBooks(await reader.read([days]), (), reader.rules, now, [cel.touches(days)])
    figures = books.figures(tuple(queues) or None).values()
    return Measured(figures["aht"] or None, patience_of(gave_up, waited_ms / 1000))


def _last_days(days: int, now: int) -> Interval:
    """From the beginning of a quarter of an hour: what came before needs not be counted apart."""
    return Interval(cell_of(now - days * 86400), now)


def assume(
    measured: Measured, *, aht: float | None, patience: float | None, shrinkage: float, hourly_cost: float,
) -> Assumptions:
    """What is given, and what is measured where nothing is given.

    Raises:
        NoHandleTimeError
    """
    handled = aht or measured.aht
    if handled is None:
        raise NoHandleTimeError(
            "no call was answered in the last 14 days, so the handle time could not be measured: give --aht in seconds "
            "(talk, hold and wrap-up together)")
    known = measured.patience.mean if measured.patience else None
    waited = patience or known
    return Assumptions(handled, waited and min(waited, LONGEST_PATIENCE), shrinkage, hourly_cost)
