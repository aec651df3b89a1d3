"""What a supervisor does from the page."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from agent_softphone.supervisor_keeper import Floor
from agent_softphone.supervisor_spy import Mode
from agent_softphone.web.desk_seat import reason_title
from agent_softphone.web.supervisor_pages import AgentId, CallId
from agent_softphone.web.supervisor_seat import Actor, Looker, done, supervisor_of
from callqueue.agents.desk import Done, Warned
from foundation.web.site import texts_of


def deed_routes(floor: Floor) -> APIRouter:
    router = APIRouter(prefix="/floor")
    for more in (_agent_routes(floor), _call_routes(floor), _shift_routes(floor)):
        router.include_router(more)
    return router


def _agent_routes(floor: Floor) -> APIRouter:
    router = APIRouter(prefix="/agents/{agent}")

    @router.post("/join/{mode}", response_model=None)
    async def join(request: Request, user: Actor, agent: AgentId, mode: Mode) -> Response:
        await floor.desk.join(agent, mode, supervisor_of(request, user))
        return done(request, "supervise.said.rings", telephone=user.agent or "")

    @router.post("/pause", response_model=None)
    async def pause(
        request: Request, user: Actor, agent: AgentId, reason: Annotated[str, Form(max_length=50)] = "",
    ) -> Response:
        told = await floor.desk.pause(agent, reason, supervisor_of(request, user))
        return _told(request, told, "agent.done.pause", reason=reason_title(texts_of(request), reason))

    @router.post("/unpause", response_model=None)
    async def unpause(request: Request, user: Actor, agent: AgentId) -> Response:
        told = await floor.desk.unpause(agent, supervisor_of(request, user))
        return _told(request, told, "agent.done.unpause")

    @router.post("/log-out", response_model=None)
    async def log_out(request: Request, user: Actor, agent: AgentId) -> Response:
        told = await floor.desk.log_out(agent, supervisor_of(request, user))
        return _told(request, told, "agent.done.logout")

    @router.post("/message", response_model=None)
    async def tell(
        request: Request, user: Actor, agent: AgentId, text: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        await floor.desk.tell(agent, text, supervisor_of(request, user))
        floor.told()
        return done(request, "supervise.said.sent", agent=agent)

    return router


def _call_routes(floor: Floor) -> APIRouter:
    router = APIRouter(prefix="/calls/{call}")

    @router.post("/pick-up", response_model=None)
    async def pick_up(request: Request, user: Actor, call: CallId) -> Response:
        await floor.desk.pick_up(call, supervisor_of(request, user))
        return done(request, "supervise.said.rings", telephone=user.agent or "")

    @router.post("/move", response_model=None)
    async def move(request: Request, user: Actor, call: CallId, position: Annotated[int, Form()]) -> Response:
        await floor.desk.move(call, position, supervisor_of(request, user))
        return done(request, "supervise.said.moved", position=position)

    @router.post("/priority", response_model=None)
    async def raise_priority(request: Request, user: Actor, call: CallId, priority: Annotated[int, Form()]) -> Response:
        await floor.desk.raise_priority(call, priority, supervisor_of(request, user))
        return done(request, "supervise.said.raised", priority=priority)

    @router.post("/withdraw", response_model=None)
    async def withdraw(request: Request, user: Actor, call: CallId) -> Response:
        await floor.desk.withdraw(call, supervisor_of(request, user))
        return done(request, "supervise.said.withdrawn")

    return router


def _shift_routes(floor: Floor) -> APIRouter:
    router = APIRouter(prefix="/shift")

    @router.post("/begin", response_model=None)
    async def begin(request: Request, user: Looker, minutes: Annotated[int, Form()]) -> Response:
        await floor.shifts.begin(minutes, supervisor_of(request, user))
        return done(request, "supervise.said.shift", minutes=minutes)

    @router.post("/end", response_model=None)
    async def end(request: Request, user: Looker) -> Response:
        await floor.shifts.end(supervisor_of(request, user))
        return done(request, "supervise.said.shift-over")

    return router


def _told(request: Request, told: Done, key: str, **values: str) -> Response:
    """What cannot be done at once is said instead."""
    if Warned.ASTERISK_LATER in told.warnings:
        return done(request, "agent.warning.asterisk-later")
    return done(request, key, agent=told.agent, **values)
