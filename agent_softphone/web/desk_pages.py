"""The desk's page, its live pieces, and the agent's own state."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from jinja2 import Template

from agent_softphone.desk.calls import last_call
from agent_softphone.desk.keeper import RECENT_MS
from agent_softphone.desk.refusals import DispositionNeededError
from agent_softphone.web.desk_present import call_of
from agent_softphone.web.desk_seat import (
    AgentUser,
    ASeat,
    Desk,
    Seat,
    asterisk_errors,
    queue_title,
    reason_title,
    toast,
)
from agent_softphone.web.phone_pages import phone_texts
from agent_softphone.web.supervisor_message_pages import messages_key
from callqueue.agents.desk import Done
from callqueue.agents.sessions import read_session
from callqueue.floor.bus import AGENTS, QUEUES
from callqueue.floor.state import WRAP_UP, AgentState
from foundation.bus import Picture
from foundation.web.live import LiveEvent, Pictures, live_response
from foundation.web.pages import page, page_values
from foundation.web.site import Web, texts_of, web_of

WRAP_UP_SHOWN_MS = 3_600_000
"""A wrap-up that lasts longer waits for a result: no clock of it runs."""


def desk_pages(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/desk")

    @router.get("", response_model=None)
    async def show_desk(request: Request, user: AgentUser) -> HTMLResponse:
        web = web_of(request)
        if user.agent is None or user.agent not in web.settings.agents:
            return page(request, "desk/none.html")
        device = web.settings.agents[user.agent].device
        return page(
            request, "desk/desk.html", agent=user.agent, device=device,
            phone_texts=phone_texts(texts_of(request)) if device == "webrtc" else "",
        )

    @router.get("/live", response_model=None)
    async def stream(request: Request, seat: ASeat) -> StreamingResponse:
        return live_response(request, seat.web.live, _Stream(request, seat).render)

    @router.get("/state", response_model=None)
    async def show_state(seat: ASeat) -> HTMLResponse:
        return page(seat.request, "desk/state.html", **await _state(seat, desk))

    @router.get("/day", response_model=None)
    async def show_day(seat: ASeat) -> HTMLResponse:
        return page(seat.request, "desk/day.html", **await _day(seat, desk))

    @router.post("/sign-in", response_model=None)
    async def sign_in(seat: ASeat) -> Response:
        with asterisk_errors():
            return _done(seat, await desk.exchange.agents.log_in(seat.agent))

    @router.post("/sign-out", response_model=None)
    async def sign_out(seat: ASeat) -> Response:
        with asterisk_errors():
            return _done(seat, await desk.exchange.agents.log_out(seat.agent, seat.user.id))

    @router.post("/pause", response_model=None)
    async def pause(seat: ASeat, reason: Annotated[str, Form(max_length=50)] = "") -> Response:
        with asterisk_errors():
            return _done(seat, await desk.exchange.agents.pause(seat.agent, reason))

    @router.post("/ready", response_model=None)
    async def be_ready(seat: ASeat) -> Response:
        await check_settled(seat)
        with asterisk_errors():
            return _done(seat, await desk.exchange.agents.unpause(seat.agent))

    return router


async def check_settled(seat: Seat) -> None:
    """
    Raises:
        DispositionNeededError: the last call's result is not said, and the queue wants it.
    """  # noqa: D212
    async with seat.web.database.read() as connection:
        last = await last_call(connection, seat.agent)
    recent = last is not None and last.began_ms >= seat.web.clock() - RECENT_MS
    if last is not None and recent and last.disposition is None and seat.book.rule(last.queue).required:
        raise DispositionNeededError


def _done(seat: Seat, done: Done) -> Response:
    """Nothing to show: the live picture brings the new state."""
    warnings = [seat.t(f"desk.warning.{warning}") for warning in done.warnings]
    headers = {"hx-trigger": json.dumps(toast("; ".join(warnings), "refused"))} if warnings else {}
    return Response(status_code=204, headers=headers)


async def _state(seat: Seat, desk: Desk) -> dict[str, Any]:
    picture = seat.picture
    async with seat.web.database.read() as connection:
        session = await read_session(connection, seat.agent)
    until = None if session is None or session.wrap_up_until is None else round(session.wrap_up_until * 1000)
    held = until is not None and until > seat.web.clock() + WRAP_UP_SHOWN_MS
    state = picture.get("state", AgentState.OFFLINE.value)
    call = picture.get("call") or {}
    return {
        "state": state, "since_ms": epoch_ms(picture.get("since")), "until_ms": None if held else until, "held": held,
        "reason": reason_title(seat.t, picture.get("reason")), "away": not desk.exchange.is_up,
        "reasons": [(name, reason_title(seat.t, name)) for name in seat.web.settings.pause_reasons],
        "call_queue": seat.queue(call["queue"]) if call else "", "agent": seat.agent,
        "reason_name": picture.get("reason"), "wrap_up": WRAP_UP, "masks": _may_mask(seat, state, call),
        "masked": call.get("masked_until") is not None,
    }


def _may_mask(seat: Seat, state: str, call: Picture) -> bool:
    """Whether there may be a recording to be masked."""
    queue = seat.web.settings.queues.get(call.get("queue", ""))
    return state == AgentState.TALKING and queue is not None and queue.record


async def _day(seat: Seat, desk: Desk) -> dict[str, Any]:
    now = seat.web.clock() / 1000
    today = datetime.fromtimestamp(now, seat.web.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start = round(today.timestamp())
    levels = await desk.days.levels(seat.web.ledger, seat.web.settings, start, now)
    return {
        "day": await desk.days.own(seat.web.ledger, seat.agent, start, int(now) + 1),
        "levels": [(seat.queue(queue), levels[queue]) for queue in seat.settings.queues if queue in levels],
    }


def epoch_ms(instant: str | None) -> int | None:
    """Of an instant on the bus."""
    return None if instant is None else round(datetime.fromisoformat(instant).timestamp() * 1000)


class _Stream:
    """What one open desk is told: that its state or call has changed, and who waits."""

    def __init__(self, request: Request, seat: Seat) -> None:
        self._web, self._agent, self._queues = seat.web, seat.agent, tuple(seat.settings.queues)
        self._values = page_values(request)
        self._template = seat.web.templates.get_template("desk/queues.html")
        self._mask = seat.web.templates.get_template("desk/mask.html")
        self._masked_call: str | None = None
        """The call that is masked, or was at last."""

    def render(self, pictures: Pictures) -> Iterable[LiveEvent]:
        mine = pictures.get(AGENTS + self._agent, {})
        yield LiveEvent("state", json.dumps([mine.get(key) for key in ("state", "since", "reason", "call")]))
        yield LiveEvent("call", _call_key(mine))
        yield LiveEvent("mask", self._masking(mine))
        yield LiveEvent("messages", messages_key(pictures, self._agent))
        key = ("desk-queues", self._values["language"], self._queues)
        yield LiveEvent("queues", self._web.live.once(key, self._waiting))

    def _masking(self, picture: Picture) -> str:
        """Also for whoever does not see the page, so its end is said, too."""
        call = picture.get("call") or {}
        until = epoch_ms(call.get("masked_until"))
        was, self._masked_call = self._masked_call, call.get("call_id") if until is not None else self._masked_call
        masked = "on" if until is not None else "over" if was is not None and was == call.get("call_id") else ""
        return _rendered(self._mask, self._values | {"masked": masked, "until_ms": until})

    def _waiting(self, pictures: Pictures) -> str:
        rows = [_queue_row(self._web, queue, pictures.get(QUEUES + queue, {}), self._values) for queue in self._queues]
        return _rendered(self._template, self._values | {"rows": rows})


def _call_key(picture: Picture) -> str:
    """Changes when another call lies on the desk, or none."""
    call = call_of(picture)
    if call:
        return f"{call[0]} {call[1].value}"
    return "after" if picture.get("state") == WRAP_UP else ""


def _queue_row(web: Web, queue: str, picture: Picture, values: dict[str, Any]) -> dict[str, Any]:
    agents = picture.get("agents", {})
    return {
        "id": queue, "title": queue_title(web, queue, values["language"]), "waiting": len(picture.get("waiting", ())),
        "longest_ms": epoch_ms(picture.get("longest_wait_since")), "ready": len(agents.get("ready", ())),
        "seen": bool(picture), "threshold": web.settings.queues[queue].service_threshold,
    }


def _rendered(template: Template, values: dict[str, Any]) -> str:
    return template.render(values)
