"""The call on the desk: its card, and what is noted of it."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse

from agent_softphone.desk.calls import DeskCall, save_notes, settle
from agent_softphone.desk.history import Archive, History
from agent_softphone.desk.knowledge import notes_for
from agent_softphone.desk.refusals import (
    UnknownDispositionError,
    UnknownSubjectError,
)
from agent_softphone.web.desk_deed_pages import LONGEST_SMS, CallId, said
from agent_softphone.web.desk_present import IN_CALL, Phase, own_call, present_call
from agent_softphone.web.desk_seat import FOLDER, ASeat, Desk, Seat, asterisk_errors
from callqueue.agents.sessions import free_next_wrap_up
from followups.web.inbox_pages import subject_choices
from foundation.web.pages import page
from ivr.steps.steps import Kind

Word = Annotated[str, Form(max_length=40)]
Notes = Annotated[str, Form(max_length=8000)]
Typed = Annotated[int, Form(ge=0, le=2**52)]
HOURS_AHEAD: Final = (1, 2, 4)
HOURS_OF_DAY: Final = (9, 11, 14, 16)


def call_pages(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/desk")

    @router.get("/call", response_model=None)
    async def show_call(seat: ASeat) -> HTMLResponse:
        archive = Archive(seat.web.database, seat.web.ledger, seat.office)
        present = await present_call(seat, desk.exchange, archive)
        if present is None:
            return page(seat.request, "desk/idle.html")
        history = await archive.history(present.call, seat.actor)
        return page(seat.request, "desk/call.html", **_card(seat, present.call, present.phase, history))

    @router.post("/calls/{call_id}/notes", response_model=None)
    async def keep_notes(
        seat: ASeat, call_id: CallId, notes: Notes = "", subject: Word = "", typed: Typed = 0,
    ) -> Response:
        """Saved as it is typed; what comes late, after newer typing, changes nothing."""
        call = _written(seat, await own_call(seat, call_id), notes, subject, typed)
        async with seat.web.database.write() as connection:
            await save_notes(connection, call)
        return Response(status_code=204)

    @router.post("/calls/{call_id}/settle", response_model=None)
    async def settle_call(  # noqa: PLR0917 - fields of the form
        seat: ASeat, call_id: CallId, notes: Notes = "", subject: Word = "", disposition: Word = "", typed: Typed = 0,
        ready: Annotated[str, Form(max_length=3)] = "",
    ) -> Response:
        """Say what became of the call; with `ready`, take the next one at once."""
        call = _settled(seat, _written(seat, await own_call(seat, call_id), notes, subject, typed), disposition)
        async with seat.web.database.write() as connection:
            await settle(connection, call, seat.web.clock())
            if seat.picture.get("state") in IN_CALL:
                await free_next_wrap_up(connection, seat.agent, seat.web.clock() / 1000)
        await _go_on(seat, desk, call, ready=bool(ready))
        return said(seat, "desk.said.settled", "desk-call")

    @router.get("/knowledge", response_model=None)
    async def show_knowledge(seat: ASeat, subject: Annotated[str, Query(max_length=40)] = "") -> HTMLResponse:
        path = [one.id for one in seat.words.book.subjects.path(subject)]
        notes = notes_for(path, seat.language, seat.web.home.root / FOLDER / "knowledge")
        titles = [(note.html, seat.words.subject(note.subject)) for note in notes]
        return page(seat.request, "desk/knowledge.html", notes=titles, general=seat.t("desk.knowledge.general"))

    return router


def _written(seat: Seat, call: DeskCall, notes: str, subject: str, typed: int) -> DeskCall:
    if subject and subject != call.subject and subject not in seat.words.book.subjects.by_id:
        raise UnknownSubjectError(subject=subject)
    return replace(call, notes=notes, subject=subject or None, typed_ms=typed or call.typed_ms)


def _settled(seat: Seat, call: DeskCall, disposition: str) -> DeskCall:
    if disposition not in seat.book.rule(call.queue).offered:
        raise UnknownDispositionError(disposition=disposition)
    return replace(call, disposition=disposition)


async def _go_on(seat: Seat, desk: Desk, call: DeskCall, *, ready: bool) -> None:
    """The wrap-up that waited for the result goes on as it began, or is over."""
    if seat.picture.get("state") in IN_CALL:
        return
    queue = seat.web.settings.queues.get(call.queue or seat.web.settings.default_queue)
    with asterisk_errors():
        if ready:
            await desk.exchange.agents.unpause(seat.agent)
        else:
            await desk.exchange.agents.free_wrap_up(seat.agent, queue.wrap_up_seconds if queue else 0)


def _card(seat: Seat, call: DeskCall, phase: Phase, history: History) -> dict[str, Any]:
    settings = seat.web.settings
    return {
        "call": call, "phase": phase.value, "history": history, "words": seat.words, "number": seat.number(call.number),
        "queue": seat.queue(call.queue) or seat.t("desk.call.no-queue"), "queue_of": seat.queue, "book": seat.book,
        "dispositions": [(one.id, one.titles[seat.language]) for one in seat.book.offered(call.queue)],
        "required": seat.book.rule(call.queue).required, "subjects": subject_choices(seat.words),
        "key": secrets.token_hex(8), "sends_sms": settings.sms.url is not None and call.number is not None,
        "calls_back": settings.sip.trunk.proxy is not None, "times": list(times_ahead(seat)),
        "queues": [(name, seat.queue(name)) for name in settings.queues], "longest_sms": LONGEST_SMS,
        "device": seat.settings.device, "step_name": lambda step: step_name(seat, step.kind, step.name),
    }


def step_name(seat: Seat, kind: str, name: str) -> str:
    """Of a queue or box its title, of a shipped menu its name for people."""
    key = f"desk.menu.{name}"
    if kind == Kind.MENU and key in seat.t.messages:
        return seat.t(key)
    box = seat.web.settings.boxes.get(name)
    return box.title.get(seat.language, name) if box and kind == Kind.VOICE_MESSAGE else seat.queue(name)


def times_ahead(seat: Seat) -> list[int]:
    """Moments that a caller is likely to wish for, in epoch milliseconds."""
    now = datetime.fromtimestamp(seat.web.clock() / 1000, seat.web.zone).replace(second=0, microsecond=0)
    soon = [now + timedelta(minutes=-now.minute % 15, hours=hours) for hours in HOURS_AHEAD]
    days = [now.replace(minute=0) + timedelta(days=day) for day in (1, 2)]
    later = [day.replace(hour=hour) for day in days for hour in HOURS_OF_DAY]
    return [round(one.timestamp() * 1000) for one in (*soon, *later)]
