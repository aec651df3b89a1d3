"""The interface for programs: every report of the catalogue at `/api/v1/reports/<name>`, in every form."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from foundation.web.guards import signed_in
from foundation.web.roles import User
from foundation.web.rooms import Refusals
from reports.catalog import REPORTS
from reports.forms.files import FILES, Form, write_file
from reports.forms.paper import PaperError
from reports.frame.parameters import TIME, Parameter, ParameterError
from reports.frame.report import Report
from reports.frame.sheets import sheet_content
from reports.frame.stores import StoreError
from reports.frame.tables import report_texts
from reports.queues.queue import ReportError
from reports.web.asking import FORMAT, asked_pairs, context_of, made_sheet

PROBLEM = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
REFUSALS: Mapping[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in.", **PROBLEM},
    403: {"description": "Not with these roles.", **PROBLEM},
    422: {"description": "What was asked for cannot be; `name` and `values` tell what and what may be.", **PROBLEM},
    501: {"description": "There is no PDF on this machine.", **PROBLEM},
    503: {"description": "A store does not answer.", **PROBLEM},
}
SHAPE = {
    "type": "object", "required": ["report", "made", "timezone"],
    "properties": {
        "report": {"type": "string"}, "made": {"type": "string", "format": "date-time"},
        "timezone": {"type": "string"},
        "definitions": {"type": "object", "description": "The passport of every figure by its id."},
    },
}
Answer = Callable[..., Awaitable[Response]]
FAMILIES = tuple(Refusals(kind, "report.refused", status) for kind, status in (
    (ParameterError, 422), (ReportError, 422), (StoreError, 503), (PaperError, 501),
))
"""What the reports refuse, each with its text."""


def catalog_api() -> APIRouter:
    """A route for each report."""
    router, texts = APIRouter(), report_texts("en")
    for report in REPORTS:
        about = texts(f"report.{report.name}.about")
        known = (*TIME, *report.parameters)
        router.add_api_route(
            f"/reports/{report.name}", _answer(report), methods=["GET"], response_model=None,
            name=f"report-{report.name}", summary=texts(f"report.{report.name}.name"), description=f"{about}.",
            responses={200: {"description": "The report.", "content": contents()}, **REFUSALS},
            openapi_extra={"parameters": [_described(parameter) for parameter in known]},
        )
    return router


def _answer(report: Report) -> Answer:
    guard = Depends(signed_in(*report.roles))

    async def answer(
        request: Request, user: Annotated[User, guard],  # noqa: ARG001
        form: Annotated[Form, Query(alias=FORMAT)] = Form.JSON,
    ) -> Response:
        context = context_of(request)
        parameters = report.read(asked_pairs(request), context)
        sheet = await made_sheet(request, report, parameters, context)
        if form is Form.JSON:
            return JSONResponse(sheet_content(sheet))
        file = await asyncio.to_thread(write_file, sheet, form, context.settings, context.texts)
        return Response(file.content, media_type=file.media_type,
                        headers={"content-disposition": f'attachment; filename="{file.name}"'})

    return answer


def contents() -> dict[str, Any]:
    others = {media_type: {"schema": {"type": "string"}} for form, media_type in FILES.items() if form is not Form.JSON}
    return {"application/json": {"schema": SHAPE}, **others}


def _described(parameter: Parameter[Any]) -> dict[str, Any]:
    one: dict[str, Any] = {"type": "string", "maxLength": 100}
    if parameter.choices:
        one = {"type": "string", "enum": list(parameter.choices)}
    schema = {"type": "array", "items": one} if parameter.many else one
    return {"name": parameter.name, "in": "query", "required": False, "schema": schema}
