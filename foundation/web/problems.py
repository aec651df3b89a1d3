"""Refusals and faults: a page for people, a toast for a page's script, RFC 9457's problem JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from starlette.exceptions import HTTPException

from foundation.catalogue import Texts
from foundation.web.guards import API, identify
from foundation.web.pages import page
from foundation.web.refusals import MustChangePasswordError, NotSignedInError, WebRefusalError
from foundation.web.rooms import Refusals
from foundation.web.site import texts_of

PROBLEM_TYPE = "application/problem+json"
PROBLEM_NAME = "urn:pasokh:problem:"
SIGN_IN = "/sign-in"
CHANGE_PASSWORD = "/account/password"  # noqa: S105 - a path
OWN = Refusals(WebRefusalError, "web.refused")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Problem:
    name: str
    """Stable on the wire."""
    status: int
    text: str
    """For people, in their language."""
    values: Mapping[str, Any]


def handle_problems(app: FastAPI, families: Sequence[Refusals]) -> None:
    """Have every refusal and fault answered in the form that the one who asks can use."""
    for family in (OWN, *families):
        app.add_exception_handler(family.kind, _Refused(family))
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    for kind in (OperationalError, InterfaceError, ConnectionError):
        app.add_exception_handler(kind, _on_away)
    app.add_exception_handler(Exception, _on_fault)


class _Refused:
    """The answer to one family of refusals."""

    def __init__(self, family: Refusals) -> None:
        self._family = family

    async def __call__(self, request: Request, error: Any) -> Response:
        if isinstance(error, NotSignedInError | MustChangePasswordError) and not _is_program(request):
            return _sent_to_door(request, error)
        t, key = texts_of(request), f"{self._family.texts}.{error.name}"
        values = getattr(error, "values", {})
        text = t(key, **values) if key in t.messages else str(error)
        status = getattr(error, "status", self._family.status)
        return answer(request, Problem(error.name, status, text, values))


def answer(request: Request, problem: Problem) -> Response:
    """A problem in the form for the one who asks."""
    if _is_program(request):
        return _as_json(problem)
    if request.headers.get("hx-request"):
        # htmx puts no error into the page, but tells this to whoever listens.
        event = {"toast": {"text": problem.text, "kind": "refused"}}
        return Response(status_code=problem.status, headers={"hx-trigger": json.dumps(event), "hx-reswap": "none"})
    return page(request, "problem.html", status=problem.status, problem=problem)


def _as_json(problem: Problem) -> Response:
    content = {
        "type": PROBLEM_NAME + problem.name, "title": HTTPStatus(problem.status).phrase, "status": problem.status,
        "detail": problem.text, "name": problem.name, "values": dict(problem.values),
    }
    headers = {"www-authenticate": "Bearer"} if problem.status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(content, problem.status, headers, PROBLEM_TYPE)


def _is_program(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    return request.url.path.startswith(API) or ("json" in accepts and "text/html" not in accepts)


def _sent_to_door(request: Request, error: Exception) -> Response:
    wanted = request.url.path if request.method == "GET" else "/"
    if request.headers.get("hx-request"):
        wanted = request.headers.get("hx-current-url-path", "/")
    door = CHANGE_PASSWORD if isinstance(error, MustChangePasswordError) else f"{SIGN_IN}?next={quote(wanted)}"
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"hx-redirect": door})
    if "text/event-stream" in request.headers.get("accept", ""):
        return Response(status_code=401)
    return RedirectResponse(door, 303)


def _known(t: Texts, name: str) -> str:
    key = f"web.problem.{name}"
    return t(key if key in t.messages else "web.problem.other")


async def _on_http_error(request: Request, error: Any) -> Response:
    with suppress(SQLAlchemyError, OSError):
        await identify(request)  # no route has asked who it is, and the page shows the name
    status = error.status_code
    name = {404: "not-found", 405: "not-found", 413: "too-large"}.get(status, "other")
    return answer(request, Problem(name, status, _known(texts_of(request), name), {}))


async def _on_invalid(request: Request, error: Any) -> Response:
    faults = {".".join(str(part) for part in one["loc"][1:]) or "body": one["msg"] for one in error.errors()}
    text = _known(texts_of(request), "invalid")
    return answer(request, Problem("invalid", 422, text, faults))


async def _on_away(request: Request, error: Exception) -> Response:
    log.warning("the database is away", error=str(error).splitlines()[0], path=request.url.path)
    return answer(request, Problem("database-away", 503, _known(texts_of(request), "database-away"), {}))


async def _on_fault(request: Request, _error: Exception) -> Response:
    return answer(request, Problem("fault", 500, _known(texts_of(request), "fault"), {}))
