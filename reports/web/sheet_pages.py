"""The pulse: rises of cases and of calls, kept promises and satisfaction, each a sheet with its passports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from followups.deadlines.timeliness import Dimension as KeptDimension
from followups.surveys.satisfaction import Dimension as SatisfactionDimension
from foundation.web.pages import page
from reports.frame.sheets import Row, Sheet, sheet_title, shown_cell
from reports.frame.tables import Teller
from reports.web.access import ADesk, Desk, End, Reader, Start
from reports.web.making import faults_sheet, kept_sheet, pulse_sheet, satisfaction_sheet

router = APIRouter(prefix="/pulse")


@router.get("", response_model=None)
async def show_faults(desk: ADesk, user: Reader, start: Start = "today", end: End = "") -> HTMLResponse:  # noqa: ARG001
    """What rose suddenly against the same hours of earlier weeks, and why it is thought so."""
    interval = desk.interval(start, end)
    faults, calls = await faults_sheet(desk, interval), await pulse_sheet(desk, interval)
    return _page(desk, faults, start, end, by="", choices=(), calls=calls)


@router.get("/kept", response_model=None)
async def show_kept(
    desk: ADesk, user: Reader, start: Start = "-30d", end: End = "",  # noqa: ARG001
    by: Annotated[KeptDimension, Query()] = KeptDimension.UNIT,
) -> HTMLResponse:
    """Which promises to callers were kept."""
    return _page(desk, await kept_sheet(desk, desk.interval(start, end), by), start, end, by=by, choices=KeptDimension)


@router.get("/satisfaction", response_model=None)
async def show_satisfaction(
    desk: ADesk, user: Reader, start: Start = "-30d", end: End = "",  # noqa: ARG001
    by: Annotated[SatisfactionDimension, Query()] = SatisfactionDimension.QUEUE,
) -> HTMLResponse:
    """What callers answered by key."""
    sheet = await satisfaction_sheet(desk, desk.interval(start, end), by)
    return _page(desk, sheet, start, end, by=by, choices=SatisfactionDimension)


def _page(
    desk: Desk, sheet: Sheet, start: str, end: str, *, by: str, choices: Iterable[str], calls: Sheet | None = None,
) -> HTMLResponse:
    options = [(name, desk.names.texts(f"column.{name}")) for name in choices]
    tables = [_table(desk, one) for one in (sheet, calls) if one is not None]
    return page(desk.request, "reports/sheet.html", tables=tables, title=tables[0].title, by=by, options=options,
                start=start, end=end)


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet as the page shows it."""

    sheet: Sheet
    title: str
    headings: Sequence[str]
    rows: Sequence[tuple[Row, Sequence[str]]]
    """Each with its cells as people read them."""

    @property
    def risen(self) -> bool:
        return any(row.red for row in self.sheet.rows)


def _table(desk: Desk, sheet: Sheet) -> _Table:
    teller = Teller(desk.web.settings, sheet, desk.names.texts)
    shown = [column for column in sheet.columns if not column.aside]
    rows = [(row, [shown_cell(row, column, teller) for column in shown]) for row in sheet.rows]
    sheet = replace(sheet, columns=shown)
    return _Table(sheet, sheet_title(sheet, teller), [teller.texts(column.text) for column in shown], rows)
