"""The plan of working times on the web: a week of it, and the form that takes a file in."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from callqueue.work_plan.book import PlannedDays, import_plan, read_days
from callqueue.work_plan.file import WrittenLine, read_plan_file
from callqueue.work_plan.plan import PlanLine
from callqueue.work_plan.refusals import PlanFault, WrongPlanFileError
from callqueue.work_plan.words import fault_text
from callqueue.work_plan.writing import clocks
from foundation.calendars import MomentError, day_start, day_text, parse_moment
from foundation.catalogue import Texts
from foundation.text import digits
from foundation.web.guards import signed_in
from foundation.web.pages import page
from foundation.web.roles import Role, User
from foundation.web.site import Web, texts_of, web_of

PATH = "/staffing/working-times"
router = APIRouter(prefix=PATH)
PLANNERS = (Role.SUPERVISOR, Role.MANAGER)
Planner = Annotated[User, Depends(signed_in(*PLANNERS))]
Site = Annotated[Web, Depends(web_of)]
DAYS = 7
LARGEST = 2_000_000
"""Bytes: a month of five hundred agents."""
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a plan as its cell shows it."""

    activity: str
    times: str
    told: str
    """The activity and its reason; empty: work."""


@router.get("", response_model=None)
async def show_times(
    request: Request, web: Site, user: Planner,  # noqa: ARG001
    start: Annotated[str, Query(alias="from", max_length=40)] = "today",
) -> HTMLResponse:
    """Seven days from the one that the address names."""
    return await _page(request, web, start)


@router.post("", response_model=None)
async def take_in(request: Request, web: Site, user: Planner, file: UploadFile) -> Response:
    """What `bin/pasokh plan import` does, with the same faults."""
    content = await file.read(LARGEST + 1)
    try:
        lines = _read(content, web)
        async with web.database.write() as connection:
            await import_plan(connection, lines, web.clock(), user.actor, file.filename or "")
    except WrongPlanFileError as error:
        return await _page(request, web, "today", error)
    return RedirectResponse(f"{PATH}?from={_first(lines)}&said=plan-imported", 303)


def _read(content: bytes, web: Web) -> list[WrittenLine]:
    """Raises WrongPlanFileError."""
    if len(content) > LARGEST:
        raise WrongPlanFileError([PlanFault("too-large", 1)])
    return read_plan_file(content, web.settings)


def _first(lines: Sequence[WrittenLine]) -> date:
    return min(each.plan.day for each in lines)


async def _page(request: Request, web: Web, start: str, wrong: WrongPlanFileError | None = None) -> HTMLResponse:
    texts, now = texts_of(request), datetime.fromtimestamp(web.clock() / 1000, UTC)
    refusal, faults = "", list[tuple[int, str]]()
    try:
        first = parse_moment(start, web.zone, now).astimezone(web.zone).date()
    except MomentError:
        first, refusal = now.astimezone(web.zone).date(), texts("plan.page.wrong-day", written=start)
    if wrong:
        refusal = texts("plan.refused.wrong-plan-file", count=len(wrong.faults))
        faults = [(fault.line, fault_text(fault, texts)) for fault in wrong.faults[:MOST_FAULTS]]
    days = [first + timedelta(days=number) for number in range(DAYS)]
    async with web.database.read() as connection:
        kept = await read_days(connection, PlannedDays(days[0], days[-1]))
    return page(
        request, "reports/working-times.html", status=422 if refusal else 200, refusal=refusal, faults=faults,
        days=[_day_values(day, web) for day in days], rows=_rows([each.plan for each in kept], days, web, texts),
        earlier=f"{PATH}?from={first - timedelta(days=DAYS)}", later=f"{PATH}?from={first + timedelta(days=DAYS)}",
        start=day_text(first, texts.language),
    )


def _day_values(day: date, web: Web) -> dict[str, Any]:
    return {"at_ms": round(day_start(day, web.zone).timestamp() * 1000), "weekday": day.weekday()}


def _rows(
    lines: Sequence[PlanLine], days: Sequence[date], web: Web, texts: Texts,
) -> list[tuple[str, list[list[Shown]]]]:
    """Each agent who has a plan in these days, with what is planned on each of them."""
    planned: defaultdict[str, defaultdict[date, list[Shown]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        planned[line.agent][line.day].append(_shown(line, web, texts))
    return [(agent, [of_agent[day] for day in days]) for agent, of_agent in planned.items()]


def _shown(line: PlanLine, web: Web, texts: Texts) -> Shown:
    start, end = (digits(clock, texts.language) for clock in clocks(line, web.zone))
    reason = f"agent.pause.{line.reason}"
    about = texts(reason) if reason in texts.messages else line.reason
    return Shown(line.activity.value, texts("plan.page.times", start=start, end=end),
                 ": ".join(part for part in (texts(f"plan.activity.{line.activity.value}"), about) if part))
