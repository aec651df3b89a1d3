"""An agent's own planned working times on his desk."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from agent_softphone.desk.working_times import DAYS, OwnTimes, own_times
from agent_softphone.web.desk_seat import ASeat, Seat, reason_title
from callqueue.floor.state import AgentState
from callqueue.work_plan.book import read_time
from callqueue.work_plan.plan import Activity, PlanLine
from callqueue.work_plan.writing import clocks
from foundation.calendars import clock_text, day_start
from foundation.text import digits
from foundation.web.pages import page


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the plan in the reader's words."""

    activity: str
    told: str
    """The activity and its reason; empty: work."""
    times: str
    before: bool
    """Whether it began on the day before."""
    current: bool


def times_pages() -> APIRouter:
    router = APIRouter(prefix="/desk")

    @router.get("/times", response_model=None)
    async def show_times(seat: ASeat, known: Annotated[str, Query(max_length=64)] = "") -> Response:
        """His own and nobody else's; nothing, where the page has it already: what he has opened stays open."""
        values = _values(seat, await _own(seat))
        state = hashlib.sha256(repr((seat.language, values)).encode()).hexdigest()
        if state == known:
            return Response(status_code=204)
        return page(seat.request, "desk/times.html", **values, known=state)

    return router


async def _own(seat: Seat) -> OwnTimes:
    now = seat.web.clock()
    today = datetime.fromtimestamp(now / 1000, seat.web.zone).date()
    start, end = (round(day_start(day, seat.web.zone).timestamp() * 1000) for day in (
        today, today + timedelta(days=DAYS)))
    async with seat.web.database.read() as connection:
        kept = await read_time(connection, start, end, [seat.agent])
    return own_times([each.plan for each in kept], today, now)


def _values(seat: Seat, own: OwnTimes) -> dict[str, Any]:
    zone = seat.web.zone
    today = datetime.fromtimestamp(seat.web.clock() / 1000, zone).date()
    later = [
        (round(day_start(day, zone).timestamp() * 1000), seat.t(f"desk.weekday.{day.weekday()}"),
         [_shown(seat, line, own) for line in lines])
        for day, lines in own.later
    ]
    shown = [_shown(seat, line, own, before=line.day < today) for line in own.today]
    return {"today": shown, "later": later, "near": _near(seat, own)}


def _near(seat: Seat, own: OwnTimes) -> str:
    """Empty: nothing is near, or he is not there."""
    if own.near is None or seat.picture.get("state", AgentState.OFFLINE) == AgentState.OFFLINE:
        return ""
    time = clock_text(datetime.fromtimestamp(own.near.at_ms / 1000, seat.web.zone), seat.language)
    if own.near.reason:
        return seat.t("desk.times.near.break-for", time=time, reason=reason_title(seat.t, own.near.reason))
    return seat.t(f"desk.times.near.{own.near.what.value}", time=time)


def _shown(seat: Seat, line: PlanLine, own: OwnTimes, *, before: bool = False) -> Shown:
    start, end = (digits(clock, seat.language) for clock in clocks(line, seat.web.zone))
    parts: Sequence[str] = () if line.activity is Activity.WORK else (
        seat.t(f"plan.activity.{line.activity.value}"), reason_title(seat.t, line.reason))
    return Shown(line.activity.value, ": ".join(filter(None, parts)), seat.t("plan.page.times", start=start, end=end),
                 before, line == own.current)
