"""The floor's page: agents and queues live, and a panel for each agent and caller."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from agent_softphone import supervisor_shifts as shifts
from agent_softphone.supervisor_keeper import Floor
from agent_softphone.supervisor_spy import Mode, permitted
from agent_softphone.web.desk_pages import epoch_ms
from agent_softphone.web.desk_seat import queue_title, reason_title
from agent_softphone.web.supervisor_seat import ACTS, Actor, Looker
from callqueue.agents.refusals import UnknownAgentError
from callqueue.floor.bus import AGENTS, QUEUES
from callqueue.floor.state import AgentState
from callqueue.queues.refusals import NotWaitingError
from foundation.bus import Picture
from foundation.settings import Language
from foundation.web.live import LiveEvent, Pictures, live_response
from foundation.web.pages import page, page_values
from foundation.web.roles import User
from foundation.web.site import Web, texts_of, web_of

AgentId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,38}$")]
CallId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,150}$")]
KINDS = {
    AgentState.TALKING: "good", AgentState.RINGING: "warn", AgentState.READY: "good", AgentState.UNREACHABLE: "bad",
}
ORDER = tuple(state.value for state in AgentState)


def floor_pages(floor: Floor) -> APIRouter:
    router = APIRouter(prefix="/floor")

    @router.get("", response_model=None)
    async def show_floor(request: Request, user: Looker) -> HTMLResponse:
        return page(request, "floor/floor.html", **await _shift(request, user))

    @router.get("/live", response_model=None)
    async def stream(request: Request, user: Looker) -> StreamingResponse:
        return live_response(request, web_of(request).live, _Stream(request, user, floor).render)

    @router.get("/shift", response_model=None)
    async def show_shift(request: Request, user: Looker) -> HTMLResponse:
        return page(request, "floor/shift.html", **await _shift(request, user))

    @router.get("/agents/{agent}", response_model=None)
    async def show_agent(request: Request, user: Actor, agent: AgentId) -> HTMLResponse:
        web, t = web_of(request), texts_of(request)
        if agent not in web.settings.agents:
            raise UnknownAgentError(agent=agent)
        picture = web.live.pictures.get(AGENTS + agent, {})
        rules, roles = web.settings.supervision, [role.value for role in user.roles]
        return page(
            request, "floor/agent.html", agent=agent, name=web.settings.agents[agent].name,
            row=agent_row(web, agent, picture, page_values(request)),
            modes=[mode.value for mode in Mode if permitted(rules, mode, roles)], own=user.agent == agent,
            has_telephone=user.agent in web.settings.agents, announced=rules.announced,
            reasons=[(reason, reason_title(t, reason)) for reason in web.settings.pause_reasons],
        )

    @router.get("/calls/{call}", response_model=None)
    async def show_call(request: Request, user: Actor, call: CallId) -> HTMLResponse:
        web = web_of(request)
        queue, caller, count = _find_caller(web.live.pictures, call)
        return page(
            request, "floor/caller.html", call=call, row=_caller_row(caller, floor), count=count,
            queue=queue_title(web, queue, texts_of(request).language),
            has_telephone=user.agent in web.settings.agents,
        )

    return router


def _find_caller(pictures: Pictures, call: str) -> tuple[str, dict[str, Any], int]:
    """His queue, what is known of him, and how many wait there."""
    for topic, picture in pictures.items():
        waiting = picture.get("waiting", ()) if topic.startswith(QUEUES) else ()
        for caller in waiting:
            if caller["call_id"] == call:
                return topic.removeprefix(QUEUES), caller, len(waiting)
    raise NotWaitingError(call=call)


async def _shift(request: Request, user: User) -> dict[str, Any]:
    web = web_of(request)
    telephone = user.agent if user.agent in web.settings.agents else None
    async with web.database.read() as connection:
        shift = await shifts.open_shift(connection, telephone) if telephone else None
    longest = web.settings.supervision.shift_minutes
    lengths = [minutes for minutes in (15, 30, 60, 120, 240) if minutes < longest] + [longest]
    return {"telephone": telephone, "shift": shift, "lengths": lengths, "acts": user.may(*ACTS)}


class _Stream:
    """What one open page shows."""

    def __init__(self, request: Request, user: User, floor: Floor) -> None:
        self._web, self._floor, self._acts = web_of(request), floor, user.may(*ACTS)
        self._values = page_values(request) | {"acts": self._acts}
        self._agents = self._web.templates.get_template("floor/agents.html")
        self._queues = self._web.templates.get_template("floor/queues.html")

    def render(self, _pictures: Pictures) -> Iterable[LiveEvent]:
        key = (self._values["language"], self._acts)
        yield LiveEvent("agents", self._web.live.once(("floor-agents", *key), self._show_agents))
        yield LiveEvent("queues", self._web.live.once(("floor-queues", *key), self._show_queues))

    def _show_agents(self, pictures: Pictures) -> str:
        rows = [
            agent_row(self._web, agent, pictures.get(AGENTS + agent, {}), self._values)
            for agent in self._web.settings.agents
        ]
        rows.sort(key=lambda row: (ORDER.index(row["state"]), row["id"]))
        return self._agents.render(self._values | {"rows": rows})

    def _show_queues(self, pictures: Pictures) -> str:
        queues = [
            _queue_row(self._web, queue, pictures.get(QUEUES + queue, {}), self._values["language"], self._floor)
            for queue in self._web.settings.queues
        ]
        return self._queues.render(self._values | {"queues": queues})


def agent_row(web: Web, agent: str, picture: Picture, values: dict[str, Any]) -> dict[str, Any]:
    state = AgentState(picture.get("state", AgentState.OFFLINE.value))
    call = picture.get("call")
    return {
        "id": agent, "name": web.settings.agents[agent].name, "state": state.value, "kind": KINDS.get(state, "plain"),
        "reason": reason_title(values["t"], picture.get("reason")) if state is not AgentState.WRAP_UP else "",
        "paused": picture.get("reason") is not None, "since_ms": epoch_ms(picture.get("since")),
        "queues": [queue_title(web, queue, values["language"]) for queue in picture.get("queues", {})],
        "call_queue": queue_title(web, call["queue"], values["language"]) if call else "",
        "number": (call or {}).get("number"), "in_call": bool(call),
    }


def _queue_row(web: Web, queue: str, picture: Picture, language: Language, floor: Floor) -> dict[str, Any]:
    return {
        "id": queue, "title": queue_title(web, queue, language),
        "threshold": web.settings.queues[queue].service_threshold,
        "callers": [_caller_row(caller, floor) for caller in picture.get("waiting", ())],
        "ready": len(picture.get("agents", {}).get("ready", ())),
    }


def _caller_row(caller: dict[str, Any], floor: Floor) -> dict[str, Any]:
    return {
        "call": caller["call_id"], "position": caller["position"], "joined_ms": epoch_ms(caller["joined"]),
        "number": caller["number"], "priority": floor.priorities.get(caller["call_id"]),
    }
