"""The interface for programs: forecast, plan and what-if at `/api/v1/staffing/<name>`, in every form of a report."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from reports.forms.files import Form, write_file
from reports.frame.report import Context
from reports.frame.sheets import Sheet, sheet_content
from reports.staffing.asking import (
    FORECAST_NAMES,
    FROM,
    HIGH,
    MODEL,
    PLAN_NUMBERS,
    QUEUE,
    WHAT_IF_NUMBERS,
    Number,
    read_plan_question,
    read_what_if_question,
)
from reports.staffing.making import make_forecast, make_plan, make_what_if
from reports.staffing.plan import Choice
from reports.web.asking import FORMAT, asked_pairs, context_of
from reports.web.catalog_api import REFUSALS, contents
from reports.web.staffing_pages import Planner, aside

router = APIRouter(prefix="/staffing")
AForm = Annotated[Form, Query(alias=FORMAT)]
RESPONSES: dict[int | str, dict[str, Any]] = {200: {"description": "The sheet.", "content": contents()}, **REFUSALS}


def _described(numbers: Iterable[Number]) -> list[dict[str, Any]]:
    words = [
        {"name": QUEUE, "in": "query", "required": False, "schema": {"type": "array", "items": {"type": "string"}}},
    ]
    return words + [
        {"name": each.name, "in": "query", "required": False, "schema": {
            "type": "integer" if each.whole else "number", "minimum": each.least, "maximum": each.most,
            **({} if each.default is None else {"default": each.default})}}
        for each in numbers
    ]


def _word(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string", **schema}}


DAYS_AHEAD = [_word(FROM, maxLength=40)]
CHOICES = [_word(MODEL, enum=list(Choice)), _word(HIGH, enum=["yes"])]


@router.get("/forecast", response_model=None, responses=RESPONSES, summary="Calls of the coming days", openapi_extra={
    "parameters": [*DAYS_AHEAD, *_described(each for each in PLAN_NUMBERS if each.name in FORECAST_NAMES)]})
async def give_forecast(request: Request, user: Planner, form: AForm = Form.JSON) -> Response:  # noqa: ARG001
    """Per quarter of an hour, with ranges, and how wrong such forecasts have been beside a naive one."""
    context = context_of(request)
    question = read_plan_question(asked_pairs(request), context.settings, context.now)
    return await _answer(await aside(lambda: make_forecast(context, question)), form, context)


@router.get("/plan", response_model=None, responses=RESPONSES, summary="Agents of the coming days", openapi_extra={
    "parameters": [*DAYS_AHEAD, *_described(PLAN_NUMBERS), *CHOICES]})
async def give_plan(request: Request, user: Planner, form: AForm = Form.JSON) -> Response:  # noqa: ARG001
    """Per quarter of an hour for 80/20, 95/20 and 99/20 side by side, with occupancy, roster and cost."""
    context = context_of(request)
    question = read_plan_question(asked_pairs(request), context.settings, context.now)
    made = await aside(lambda: make_plan(context, question))
    return await _answer(made.plan, form, context)


@router.get("/what-if", response_model=None, responses=RESPONSES, summary="What numbers of agents make of calls",
            openapi_extra={"parameters": _described(WHAT_IF_NUMBERS)})
async def give_what_if(request: Request, user: Planner, form: AForm = Form.JSON) -> Response:  # noqa: ARG001
    """What is left open is measured from the ledger, or as usual; `patience=0`: nobody gives up."""
    context = context_of(request)
    question = read_what_if_question(asked_pairs(request))
    made = await aside(lambda: make_what_if(context, question))
    return await _answer(made.sheet, form, context)


async def _answer(sheet: Sheet, form: Form, context: Context) -> Response:
    if form is Form.JSON:
        return JSONResponse(sheet_content(sheet))
    file = await asyncio.to_thread(write_file, sheet, form, context.settings, context.texts)
    return Response(file.content, media_type=file.media_type,
                    headers={"content-disposition": f'attachment; filename="{file.name}"'})
