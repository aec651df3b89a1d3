"""The pulse: rises, kept promises and satisfaction, each a sheet with its passports."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from followups.satisfaction import Dimension as SatisfactionDimension
from followups.timeliness import Dimension as KeptDimension
from foundation.web.pages import page
from reports.sheets import Sheet, shown_cells
from reports.tables import Teller
from reports.web.access import ADesk, Desk, End, Reader, Start
from reports.web.making import faults_sheet, kept_sheet, satisfaction_sheet

router = APIRouter(prefix="/pulse")


@router.get("", response_model=None)
async def show_faults(desk: ADesk, user: Reader, start: Start = "today", end: End = "") -> HTMLResponse:  # noqa: ARG001
    """What rose suddenly against the same hours of earlier weeks, and why it is thought so."""
    return _page(desk, await faults_sheet(desk, desk.interval(start, end)), start, end, by="", choices=())


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
    desk: Desk, sheet: Sheet, start: str, end: str, *, by: str, choices: Iterable[str],
) -> HTMLResponse:
    teller = Teller(desk.web.settings, sheet, desk.names.texts)
    title = teller.texts(sheet.title, start=teller.moment(sheet.interval.start), end=teller.moment(sheet.interval.end))
    options = [(name, teller.texts(f"column.{name}")) for name in choices]
    return page(
        desk.request, "reports/sheet.html", sheet=sheet, title=title, rows=shown_cells(sheet, teller), by=by,
        options=options, start=start, end=end, risen=any(row.red for row in sheet.rows),
        headings=[teller.texts(column.text) for column in sheet.columns],
    )
