"""Refusals and faults: a page for people, a toast for a page's script, RFC 9457's problem JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from foundation.catalogue import Texts
from foundation.data_file import DataFileError, Fault
from foundation.web.guards import API, identify
from foundation.web.pages import page
from foundation.web.refusals import MustChangePasswordError, NotSignedInError, WebRefusalError
from foundation.web.roles import Role
from foundation.web.rooms import Refusals
from foundation.web.site import texts_of, web_of

PROBLEM_TYPE = "application/problem+json"
PROBLEM_NAME = "urn:pasokh:problem:"
SIGN_IN = "/sign-in"
CHANGE_PASSWORD = "/account/password"  # noqa: S105 - a path
OWN = Refusals(WebRefusalError, "web.refused")
MENDERS = (Role.MANAGER, Role.ADMINISTRATOR)
"""Who is told what is wrong in the site's own files."""
AWAY_SECONDS = 10
"""When to ask again for what a database that is away could not give."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Problem:
    name: str
    """Stable on the wire."""
    status: int
    text: str
    """For people, in their language."""
    values: Mapping[str, Any]
    faults: tuple["ShownFault", ...] = ()
    """What is wrong in the site's files, for those who may mend it."""
    again_seconds: int | None = None
    """When the same request may succeed."""


@dataclass(frozen=True, slots=True)
class ShownFault:
    """Of a file; without its value, which may be a secret."""

    file: str
    """Under the site's folder."""
    line: int
    key: str
    reason: str


NO_FAULTS: tuple[ShownFault, ...] = ()


class FaultLog:
    """Says each fault of a file once, and not at every request that meets it."""

    def __init__(self) -> None:
        self._said: set[tuple[Fault, int]] = set()

    def say(self, error: DataFileError) -> None:
        found = [(fault, _changed_ns(fault.file)) for fault in error.faults]
        fresh = [fault for fault, changed_ns in found if (fault, changed_ns) not in self._said]
        self._said.update(found)
        if fresh:
            log.error("a file of the site is wrong", faults=[str(fault) for fault in fresh])


def _changed_ns(file: Path) -> int:
    """Which state of the file it is; 0: it is not there."""
    with suppress(OSError):
        return file.stat().st_mtime_ns
    return 0


def handle_problems(app: FastAPI, families: Sequence[Refusals], faults: FaultLog) -> None:
    """Have every refusal and fault answered in the form that the one who asks can use."""
    for family in (OWN, *families):
        app.add_exception_handler(family.kind, _Refused(family, faults))
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(DataFileError, _WrongFile(faults))
    for kind in (OperationalError, InterfaceError, PoolTimeoutError, ConnectionError):
        app.add_exception_handler(kind, _on_away)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(Exception, _on_fault)


class _WrongFile:
    """The answer where a file of the site cannot be used."""

    def __init__(self, faults: FaultLog) -> None:
        self._faults = faults

    async def __call__(self, request: Request, error: Any) -> Response:
        self._faults.say(error)
        shown = await _shown_faults(request, error)
        return answer(request, Problem("files-wrong", 503, _known(texts_of(request), "files-wrong"), {}, shown))


class _Refused:
    """The answer to one family of refusals."""

    def __init__(self, family: Refusals, faults: FaultLog) -> None:
        self._family, self._faults = family, faults

    async def __call__(self, request: Request, error: Any) -> Response:
        if isinstance(error, NotSignedInError | MustChangePasswordError) and not _is_program(request):
            return _sent_to_door(request, error)
        t, key = texts_of(request), f"{self._family.texts}.{error.name}"
        values = getattr(error, "values", {})
        text = t(key, **values) if key in t.messages else str(error)
        status, shown = getattr(error, "status", self._family.status), NO_FAULTS
        if isinstance(error.__cause__, DataFileError):
            self._faults.say(error.__cause__)
            shown = await _shown_faults(request, error.__cause__)
        return answer(request, Problem(error.name, status, text, values, shown))


async def _shown_faults(request: Request, error: DataFileError) -> tuple[ShownFault, ...]:
    """What this user may know of it."""
    with suppress(SQLAlchemyError, OSError):
        user = await identify(request)  # a file may be read before a guard asks who it is
        if user is not None and user.may(*MENDERS):
            return tuple(_shown(fault, web_of(request).home.root) for fault in error.faults)
    return NO_FAULTS


def _shown(fault: Fault, root: Path) -> ShownFault:
    inside = fault.file.is_relative_to(root)
    return ShownFault(str(fault.file.relative_to(root) if inside else fault.file), fault.line, fault.key, fault.reason)


def answer(request: Request, problem: Problem) -> Response:
    """A problem in the form for the one who asks."""
    found = _in_form(request, problem)
    if problem.again_seconds is not None:
        found.headers["retry-after"] = str(problem.again_seconds)
    return found


def _in_form(request: Request, problem: Problem) -> Response:
    if _is_program(request):
        return _as_json(problem)
    if request.headers.get("hx-request"):
        # htmx puts no error into the page, but tells this to whoever listens.
        event = {"toast": {"text": problem.text, "kind": "refused"}}
        return Response(status_code=problem.status, headers={"hx-trigger": json.dumps(event), "hx-reswap": "none"})
    waits = problem.status == HTTPStatus.SERVICE_UNAVAILABLE and request.method == "GET"
    again = str(request.url.replace(scheme="", netloc="")) if waits else ""
    return page(request, "problem.html", status=problem.status, problem=problem, again=again)


def _as_json(problem: Problem) -> Response:
    content: dict[str, Any] = {
        "type": PROBLEM_NAME + problem.name, "title": HTTPStatus(problem.status).phrase, "status": problem.status,
        "detail": problem.text, "name": problem.name, "values": dict(problem.values),
    }
    if problem.faults:
        content["faults"] = [asdict(fault) for fault in problem.faults]
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
    reason = (str(error) or type(error).__name__).splitlines()[0]
    log.warning("the database is away", error=reason, path=request.url.path)
    text = _known(texts_of(request), "database-away")
    return answer(request, Problem("database-away", 503, text, {}, again_seconds=AWAY_SECONDS))


async def _on_database_error(request: Request, error: Any) -> Response:
    # A server that starts or stops refuses, or cuts the connection, by errors that drivers do not tell from others.
    if error.statement is None or error.connection_invalidated:
        return await _on_away(request, error)
    raise error


async def _on_fault(request: Request, _error: Exception) -> Response:
    return answer(request, Problem("fault", 500, _known(texts_of(request), "fault"), {}))
