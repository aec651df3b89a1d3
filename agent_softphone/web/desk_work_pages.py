"""Work beside calls: the list, what was said, who takes it, how it ended."""

import asyncio
import json
from array import array
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import HTMLResponse

from agent_softphone.desk.refusals import NoNumberError, NoSoundError, NotTakenError, NoWayOutError, UnknownResultError
from agent_softphone.desk.said import Said, what_was_said
from agent_softphone.desk.work import OFFERED, Hands, Task, TaskKind, TaskResult, WorkDesk
from agent_softphone.web.desk_seat import ASeat, Desk, Seat, asterisk_errors, toast
from callqueue.outbound.numbers import number_to_call, own_numbers
from followups.cases.case import ToldBy
from foundation.provinces import load_provinces
from foundation.web.audit_log import Act, record
from foundation.web.guards import note
from foundation.web.pages import page
from foundation.web.roles import Role
from quality.refusals import QualityRefusalError
from quality.web.sound_response import load_sound, sound_response
from recordings.listening.listens import Listen, Purpose, add_listen
from recordings.listening.listing import find_recording
from recordings.measuring.waveform import BARS, outline, peaks
from recordings.messages.messages import Message, mark_heard, messages_named
from recordings.sound import BrokenSoundError, decode
from recordings.store import Recording

WAVE_HEIGHT = 40
Item = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,200}$")]


def work_pages() -> APIRouter:
    router = APIRouter(prefix="/desk/work")

    @router.get("", response_model=None)
    async def show_work(seat: ASeat, place: Annotated[str, Query(max_length=60)] = "") -> HTMLResponse:
        tasks = await WorkDesk(seat.web.database).open_tasks(await _hands(seat), seat.web.clock())
        places = sorted({task.place for task in tasks}, key=lambda one: place_title(seat, one))
        shown = [task for task in tasks if place in {"", task.place}]
        return page(
            seat.request, "desk/work.html", count=len(tasks), place=place, **_words(seat),
            places=[(one, place_title(seat, one)) for one in places],
            mine=[task for task in shown if task.owner == seat.agent],
            free=[task for task in shown if task.owner is None],
            others=[task for task in shown if task.owner not in {None, seat.agent}],
        )

    @router.get("/{kind}/{item}", response_model=None)
    async def show_task(seat: ASeat, kind: TaskKind, item: Item) -> HTMLResponse:
        return await _task_page(seat, await _task(seat, kind, item))

    @router.post("/{kind}/{item}/take", response_model=None)
    async def take(seat: ASeat, kind: TaskKind, item: Item) -> HTMLResponse:
        await WorkDesk(seat.web.database).take(kind, item, seat.agent, seat.web.clock())
        return await _task_page(seat, await _task(seat, kind, item), changed=True)

    @router.post("/{kind}/{item}/give-back", response_model=None)
    async def give_back(seat: ASeat, kind: TaskKind, item: Item) -> Response:
        await WorkDesk(seat.web.database).give_back(kind, item, seat.agent, seat.web.clock())
        return _said(seat, "desk.said.given-back")

    @router.post("/{kind}/{item}/close", response_model=None)
    async def close(
        seat: ASeat, kind: TaskKind, item: Item, result: Annotated[str, Form(max_length=20)] = "",
        text: Annotated[str, Form(max_length=4000)] = "",
    ) -> Response:
        if result not in {one.value for one in TaskResult}:
            raise UnknownResultError(result=result)
        task, became = await _task(seat, kind, item), TaskResult(result)
        if task.owner == seat.agent and task.case is not None:
            await _tell(seat, task.case, became, text)
        await WorkDesk(seat.web.database).close(task, seat.agent, became, text, seat.web.clock())
        await note(seat.request, f"{kind.value}.closed", item, result=result)
        return _said(seat, "desk.said.closed")

    return router


def task_call_pages(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/desk/work")

    @router.post("/{kind}/{item}/call", response_model=None)
    async def call_back(seat: ASeat, kind: TaskKind, item: Item) -> Response:
        """Ring the agent's own telephone, and connect him with the person when he picks it up."""
        task = await _task(seat, kind, item)
        if task.owner != seat.agent:
            raise NotTakenError(item=item)
        if not task.number:
            raise NoNumberError
        settings = seat.web.settings
        if settings.sip.trunk.proxy is None:
            raise NoWayOutError
        number = number_to_call(task.number, settings.outbound.numbers, own_numbers(settings), load_provinces())
        with asterisk_errors():
            await desk.exchange.dial(seat.agent, number)
        await note(seat.request, f"{kind.value}.called", item)
        return Response(status_code=204, headers={"hx-trigger": json.dumps(toast(seat.t("desk.said.ringing")))})

    @router.get("/message/{item}/sound", response_model=None)
    async def play(seat: ASeat, item: Item) -> Response:
        """What was said; in parts, where a player asks so. Who hears it is written down once for each hearing."""
        message, kept = await _sound(seat, item)
        answer = await _response(seat, kept)
        if seat.request.headers.get("range", "bytes=0-").startswith("bytes=0-"):
            await _note_hearing(seat, message, kept)
        return answer

    return router


async def _hands(seat: Seat) -> Hands:
    units = await seat.office.reading.units_of(seat.actor)
    return Hands(tuple(seat.settings.queues), units, seat.actor.names)


async def _tell(seat: Seat, case: str, became: TaskResult, text: str) -> None:
    """The case knows whether its caller has his result."""
    if became is TaskResult.REACHED:
        await seat.office.desk.tell(case, ToldBy.CALL, seat.actor)
    elif became is TaskResult.UNREACHABLE:
        await seat.office.desk.not_reached(case, seat.actor, note=text)


async def _task(seat: Seat, kind: TaskKind, item: str) -> Task:
    return await WorkDesk(seat.web.database).find(kind, item, seat.web.clock())


async def _task_page(seat: Seat, task: Task, *, changed: bool = False) -> HTMLResponse:
    wave = await _wave(seat, task) if task.has_sound else ""
    said = await _said_in(seat, task) if task.has_sound else None
    case = (await seat.office.reading.view(task.case, seat.actor)).case if task.case else None
    answer = page(
        seat.request, "desk/task.html", task=task, case=case, agent=seat.agent,
        wave=wave, bars=BARS, height=WAVE_HEIGHT, said=said,
        results=[(one.value, seat.t(f"desk.task.result.{one.value}")) for one in OFFERED[task.kind]],
        calls_out=seat.web.settings.sip.trunk.proxy is not None, **_words(seat),
    )
    if changed:
        answer.headers["hx-trigger"] = json.dumps({"desk-work": {}})
    return answer


def _words(seat: Seat) -> dict[str, Any]:
    return {"number_of": seat.number, "place_of": lambda place: place_title(seat, place), "words": seat.words}


def place_title(seat: Seat, place: str) -> str:
    """Of a box, unit or queue."""
    box = seat.web.settings.boxes.get(place)
    if box is not None:
        return box.title.get(seat.language, place)
    key = f"desk.box.{place}"
    if key in seat.t.messages:
        return seat.t(key)
    return seat.queue(place) if place in seat.web.settings.queues else seat.words.unit(place)


async def _sound(seat: Seat, item: str) -> tuple[Message, Recording]:
    async with seat.web.database.read() as connection:
        found = [one for one in await messages_named(connection, item) if one.id == item]
        kept = await find_recording(connection, found[0].recording_id or "") if found else None
    if kept is None or kept.deleted_ms is not None:
        raise NoSoundError(item=item[:80])
    return found[0], kept


async def _response(seat: Seat, kept: Recording) -> Response:
    try:
        return await sound_response(seat.request, kept)
    except QualityRefusalError as error:
        raise NoSoundError(item=kept.id[:80]) from error


async def _note_hearing(seat: Seat, message: Message, kept: Recording) -> None:
    now = seat.web.clock()
    act = Act(seat.user.actor, "message.heard", message.id, {"seconds": message.duration_ms // 1000})
    listen = Listen(kept.id, now, seat.user.id, Role.AGENT.value, Purpose.CASE.value)
    async with seat.web.database.write() as connection:
        await mark_heard(connection, message.id, seat.agent, now)
        await add_listen(connection, listen)
        await record(connection, act, now)


async def _said_in(seat: Seat, task: Task) -> Said | None:
    """What is written down of a message; that it was read is, too. None: the sound is gone."""
    now, subjects = seat.web.clock(), seat.words.book.subjects
    try:
        _, kept = await _sound(seat, task.id)
    except NoSoundError:
        return None
    async with seat.web.database.read() as connection:
        said = await what_was_said(connection, kept, seat.web.settings, subjects, now)
    if said.words:
        await note(seat.request, "message.read", task.id)
    return said


async def _wave(seat: Seat, task: Task) -> str:
    """The sound's outline; empty where it cannot be read (any more)."""
    try:
        _, kept = await _sound(seat, task.id)
        sound = await load_sound(seat.web, kept)
        samples = (await asyncio.to_thread(decode, sound)).caller
        return outline(peaks(array("h", samples.tobytes())), WAVE_HEIGHT)
    except (NoSoundError, QualityRefusalError, BrokenSoundError):
        return ""


def _said(seat: Seat, key: str) -> Response:
    events = {**toast(seat.t(key)), "desk-work": {}, "desk-task": {}}
    return Response(status_code=204, headers={"hx-trigger": json.dumps(events)})
