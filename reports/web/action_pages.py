"""Corrective actions on the web: the list, one action with its effect, and what is done with it."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, RedirectResponse

from followups.faults.corrective import Scope
from followups.faults.corrective_desk import NewAction
from foundation.calendars import MomentError, parse_moment
from foundation.tracking import read_tracking_code
from foundation.web.pages import page
from reports.cases.action_words import action_state, tell_effect, tell_scope
from reports.cases.names import CaseNames
from reports.web.access import DOERS, ADesk, Desk, Doer, Reader, WrongTimeError, actor_of

router = APIRouter(prefix="/pulse/actions")
Number = Annotated[int, Path(ge=1, le=2_147_483_647)]
Line = Annotated[str, Form(max_length=200)]


@router.get("", response_model=None)
async def show_actions(desk: ADesk, user: Reader) -> HTMLResponse:
    """The open ones by their deadline, then the closed ones, and the form for a new one."""
    found, names = await desk.corrective.list(closed_too=True), desk.names
    return page(
        desk.request, "reports/actions.html", names=names, found=found, state=action_state, may=user.may(*DOERS),
        unit_options=_options("unit", names.book.units.by_id, names),
        subject_options=_options("subject", names.book.subjects.by_id, names),
        cause_options=_options("cause", names.causes, names),
        province_options=_options("province", names.book.provinces, names),
    )


@router.post("", response_model=None)
async def open_action(
    desk: ADesk, user: Doer, *, title: Line, unit: Line, owner: Line, due: Line,
    subject: Line = "", cause: Line = "", province: Line = "",
) -> RedirectResponse:
    scope = Scope(subject or None, cause or None, province or None)
    action = await desk.corrective.open(NewAction(title, unit, owner, _last_second(desk, due), scope), actor_of(user))
    return RedirectResponse(f"/pulse/actions/{action.id}?said=saved", 303)


@router.get("/{number}", response_model=None)
async def show_action(desk: ADesk, user: Reader, number: Number) -> HTMLResponse:
    view = await desk.corrective.show(number)
    return page(desk.request, "reports/action.html", names=desk.names, view=view, action=view.action,
                effect=tell_effect(view, desk.names), scope=tell_scope(view.action.scope, desk.names),
                state=action_state(view.action), may=user.may(*DOERS) and view.action.closed_ms is None)


@router.post("/{number}/cases", response_model=None)
async def add_cases(
    desk: ADesk, user: Doer, number: Number, codes: Annotated[str, Form(max_length=2000)],
) -> RedirectResponse:
    """Codes in lines or separated by commas; one that is none is refused as unknown."""
    written = [one.strip() for one in codes.replace(",", "\n").splitlines() if one.strip()]
    await desk.corrective.add_cases(number, [read_tracking_code(one) or one for one in written], actor_of(user))
    return RedirectResponse(f"/pulse/actions/{number}?said=saved", 303)


@router.post("/{number}/mended", response_model=None)
async def mend(
    desk: ADesk, user: Doer, number: Number, since: Line, version: Annotated[int, Form()],
) -> RedirectResponse:
    moment = round(_moment(desk, since).timestamp() * 1000)
    await desk.corrective.mend(number, moment, actor_of(user), version=version)
    return RedirectResponse(f"/pulse/actions/{number}?said=saved", 303)


@router.post("/{number}/close", response_model=None)
async def close(
    desk: ADesk, user: Doer, number: Number, outcome: Annotated[str, Form(max_length=4000)],
    version: Annotated[int, Form()],
) -> RedirectResponse:
    await desk.corrective.close(number, outcome, actor_of(user), version=version)
    return RedirectResponse(f"/pulse/actions/{number}?said=saved", 303)


def _options(kind: str, ids: Iterable[str], names: CaseNames) -> list[tuple[str, str]]:
    return [(one, names.of(kind, one)) for one in ids]


def _moment(desk: Desk, written: str) -> datetime:
    try:
        return parse_moment(written, desk.web.zone, datetime.fromtimestamp(desk.now, desk.web.zone))
    except MomentError as error:
        raise WrongTimeError(written=written[:60]) from error


def _last_second(desk: Desk, written: str) -> int:
    day = _moment(desk, written).astimezone(desk.web.zone).date()
    return round(datetime.combine(day, time(23, 59, 59), desk.web.zone).timestamp() * 1000)
