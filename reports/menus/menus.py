"""The path report: what happened in the menus, read from the steps and held against the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.store import count_lost_in_menu, read_cel_reach
from callqueue.metrics import Passport
from foundation.calendars import Interval
from foundation.settings import Settings
from ivr.steps.store import stream_paths
from reports.frame.reading import reader_of
from reports.menus.menu_days import read_path_tally
from reports.menus.paths import LineFigures, MenuFigures, Path, PathTally, counts, ending_of, path_passports
from reports.queues.calls import Line

SHORT = 7 * 86_400
"""Seconds of a time whose lost calls are counted one by one."""


@dataclass(frozen=True, slots=True)
class MenusReport:
    interval: Interval
    made: int
    zone: ZoneInfo
    line: LineFigures
    menus: tuple[MenuFigures, ...]
    lost_by_steps: int
    lost_in_menu: int | None
    """By the ledger; None where it is not known."""
    passports: Mapping[str, Passport]


@dataclass(frozen=True, slots=True)
class MenuCallsQuery:
    """The calls behind a menu's figure."""

    interval: Interval
    menu: str | None
    result: str
    whole_numbers: bool = False


async def build_menus_report(
    main: AsyncConnection, ledger: AsyncConnection | None, interval: Interval, zone: ZoneInfo, *, now: int,
    settings: Settings, menu: str | None = None, from_days: bool = True,
) -> MenusReport:
    """Read both stores and make the report.

    Args:
        main: connection of the main store.
        ledger: of the ledger, if there is one.
        interval: whose calls.
        zone: the site's.
        now: epoch seconds.
        settings: the site's.
        menu: only its row.
        from_days: whether days that are added up may be used; without them all is counted from the steps.
    """
    tally = await read_path_tally(main, interval, zone, from_days=from_days)
    lost = None
    if ledger is not None and (await read_cel_reach(ledger)).touches(interval):
        lost = await _count_lost(ledger, interval, settings, now)
    return compose_menus_report(tally, interval, zone, now=now, lost=lost, menu=menu)


async def _count_lost(ledger: AsyncConnection, interval: Interval, settings: Settings, now: int) -> int:
    """Over long times by the roll-ups: to find the lost ones every call is looked at."""
    if interval.seconds <= SHORT:
        return await count_lost_in_menu(ledger, interval.start, interval.end)
    [parts] = await reader_of(ledger, settings, now).read_calls([interval])
    return sum(part.lost_in_menu for part in parts)


def compose_menus_report(
    tally: PathTally, interval: Interval, zone: ZoneInfo, *, now: int, lost: int | None, menu: str | None = None,
) -> MenusReport:
    """The report from its evidence alone."""
    rows = [row for row in tally.menus() if menu in (None, row.menu)]
    return MenusReport(interval, now, zone, tally.line(), tuple(rows), tally.lost, lost, path_passports())


async def list_menu_calls(main: AsyncConnection, query: MenuCallsQuery) -> list[Line]:
    """The calls from which a figure of the path report was counted."""
    paths = stream_paths(main, query.interval.start, query.interval.end)
    return [_line(path, query) async for path in paths if counts(path, query.menu, query.result)]


def _line(path: Path, query: MenuCallsQuery) -> Line:
    first, last = path[0], path[-1]
    caller = first.caller
    shown = caller if caller is None or query.whole_numbers else f"…{caller[-4:]}"
    return Line(
        first.call_id, first.call_id, 0, last.name if ending_of(path) == "queued" else None, None,
        f"menu_{ending_of(path)}", first.at, finished=last.at, caller=shown,
    )
