"""Staffing: how many agents the coming days need, and what other numbers would do.

The addresses hold all that was asked for, so a link is a plan.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from callqueue.metrics import Unit
from foundation.calendars import calendar_of
from foundation.text import digits
from foundation.web.guards import signed_in
from foundation.web.pages import page
from foundation.web.roles import Role, User
from reports.forms.files import Form
from reports.frame.parameters import Pairs, ParameterError
from reports.frame.refusals import refusal_text
from reports.frame.report import Context
from reports.frame.sheets import shown_cells
from reports.frame.tables import Teller
from reports.queues.queue import ReportError
from reports.staffing.asking import FORECAST_NAMES, WhatIfQuestion, read_plan_question, read_what_if_question
from reports.staffing.making import MadePlan, MadeWhatIf, make_plan, make_what_if
from reports.staffing.reading import NoHistoryError
from reports.web.asking import asked_pairs, context_of
from reports.web.cover_view import CoverView
from reports.web.report_view import ReportView
from reports.web.staffing_form import plan_fields, sliders, written_number
from reports.web.staffing_view import StaffingView, busiest

router = APIRouter(prefix="/staffing")
PLANNERS = (Role.SUPERVISOR, Role.MANAGER)
Planner = Annotated[User, Depends(signed_in(*PLANNERS))]
DAY = "day"
"""Which day's table the page shows; the plan itself does not depend on it."""
EXPORTS = (Form.CSV, Form.XLSX, Form.PDF, Form.JSON)
PASSPORTS_OF = {
    "service_level_c": "planned_service_level", "service_level_a": "planned_service_level", "wait_c": "planned_wait",
    "wait_a": "planned_wait", "occupancy_c": "planned_occupancy", "occupancy_a": "planned_occupancy",
    "abandonment_a": "planned_abandonment", "scheduled": "scheduled", "cost": "cost",
}
"""Of the columns of a what-if."""
LEFT_OUT = ("service_level_a", "wait_a", "occupancy_a", "abandonment_a", "cost")
"""Columns that are not on the page where there is no figure in them."""
Made = TypeVar("Made")


async def aside(make: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
    """In a thread of its own: a long history takes a while, and the pages' loop must not wait for it."""
    return await asyncio.to_thread(lambda: asyncio.run(make()))


@router.get("", response_model=None)
async def show_plan(request: Request, user: Planner) -> Response:  # noqa: ARG001
    """Forecast and plan of the days that the address asks for; what cannot be is told beside the form."""
    pairs = request.query_params.multi_items()
    if any(not value.strip() for _, value in pairs):
        return RedirectResponse(_address("/staffing", [pair for pair in pairs if pair[1].strip()]), 303)
    asked = [pair for pair in asked_pairs(request) if pair[0] != DAY]
    context = context_of(request)
    shown: dict[str, Any] = {"made": None, "refusal": "", "no_history": ""}
    try:
        question = read_plan_question(asked, context.settings, context.now)
        made = await aside(lambda: make_plan(context, question))
        shown |= _plan_values(made, asked, request.query_params.get(DAY, ""), context)
    except NoHistoryError as error:
        shown["no_history"] = refusal_text(error, context.texts)
    except (ParameterError, ReportError) as error:
        shown["refusal"] = refusal_text(error, context.texts)
    return page(request, "reports/staffing.html", status=422 if shown["refusal"] else 200,
                fields=plan_fields(asked, context), **shown)


@router.get("/what-if", response_model=None)
async def show_what_if(request: Request, user: Planner) -> HTMLResponse:  # noqa: ARG001
    """What each number of agents makes of the traffic that the address tells."""
    context, asked = context_of(request), [pair for pair in asked_pairs(request) if pair[1].strip()]
    try:
        question = read_what_if_question(asked)
        made = await aside(lambda: make_what_if(context, question))
    except (ParameterError, ReportError) as error:
        return page(request, "reports/what-if.html", status=422, made=None, refusal=refusal_text(error, context.texts))
    return page(request, "reports/what-if.html", refusal="", **_what_if_values(made, question, asked, context))


def _address(path: str, pairs: Pairs) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _exports(name: str, asked: Pairs) -> list[tuple[Form, str]]:
    return [(form, _address(f"/api/v1/staffing/{name}", [*asked, ("format", form.value)])) for form in EXPORTS]


def _plan_values(made: MadePlan, asked: Pairs, day: str, context: Context) -> dict[str, Any]:
    teller = Teller(context.settings, made.plan, context.texts)
    calendar = calendar_of(context.texts.language)
    view, beside = StaffingView(made, teller, calendar), CoverView(made.cover, teller, calendar)
    number = int(day) if day.isascii() and day.isdigit() and len(day) < 4 else 0
    passports = {one.id: one for sheet in (made.plan, made.cover) for one in ReportView(sheet, teller).passports}
    return {
        "made": made, "view": view, "passports": list(passports.values()), "table": view.day(number),
        "beside": beside, "beside_table": beside.day(number), "beside_exports": _exports("cover", asked),
        "link": lambda place: _address("/staffing", [*asked, (DAY, str(place))]),
        "exports": _exports("plan", asked),
        "forecast_exports": _exports("forecast", [pair for pair in asked if pair[0] in FORECAST_NAMES]),
        "scenario": _address("/staffing/what-if", _scenario(made)),
    }


def _scenario(made: MadePlan) -> Pairs:
    """The busiest quarter of an hour, as a what-if is asked for."""
    known = made.assumptions
    return [
        *(("queue", queue) for queue in made.plan.more["queues"]),
        ("calls", f"{max(busiest(made), 1):.0f}"), ("aht", f"{known.aht:.0f}"),
        ("patience", f"{known.patience or 0:.0f}"), ("shrinkage", f"{known.shrinkage:g}"),
        ("hourly-cost", f"{known.hourly_cost:g}"),
    ]


def _what_if_values(made: MadeWhatIf, question: WhatIfQuestion, asked: Pairs, context: Context) -> dict[str, Any]:
    sheet, texts = made.sheet, context.texts
    teller = Teller(context.settings, sheet, texts)
    threshold = sheet.more["threshold"]
    empty = {name for name in LEFT_OUT if not any(row.cells.get(name) for row in sheet.rows)}
    shown = [place for place, column in enumerate(sheet.columns) if column.name not in empty]
    return {
        "made": made, "sliders": sliders(made, question, texts), "queues": question.queues,
        "cost": written_number(question.hourly_cost, texts), "exports": _exports("what-if", asked),
        "headings": [(texts(column.text), PASSPORTS_OF.get(column.name, ""))
                     for column in (sheet.columns[place] for place in shown)],
        "rows": [(row, [cells[place] for place in shown])
                 for row, cells in zip(sheet.rows, shown_cells(sheet, teller), strict=True)],
        "needed": [(digits(f"{name}/{threshold:g}", texts.language), teller.value(count, Unit.COUNT))
                   for name, count in sheet.more["agents_needed"].items()],
        "passports": ReportView(sheet, teller).passports,
    }
