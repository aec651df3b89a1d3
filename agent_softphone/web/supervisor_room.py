"""The floor on the web: what agents do, who waits, and what a supervisor may do about it."""

from pathlib import Path

from fastapi import APIRouter

import callqueue
from agent_softphone.supervisor_keeper import Floor
from agent_softphone.supervisor_refusals import FloorRefusalError
from agent_softphone.web.supervisor_deeds import deed_routes
from agent_softphone.web.supervisor_pages import floor_pages
from callqueue.agents.refusals import AgentRefusalError
from callqueue.queues.refusals import QueueRefusalError
from foundation.web.roles import Role
from foundation.web.rooms import NavItem, Refusals, WebRoom

FOLDER = Path(__file__).parent
QUEUES = Path(callqueue.__path__[0])


def supervisor_room(floor: Floor | None = None) -> WebRoom:
    """`floor`: one with another link to Asterisk than the site's own."""
    kept = floor or Floor()
    router = APIRouter()
    for pages in (floor_pages(kept), deed_routes(kept)):
        router.include_router(pages)
    return WebRoom(
        "floor", router, None, FOLDER / "floor_templates", FOLDER / "floor_static",
        [FOLDER / "supervisor_texts.yaml", QUEUES / "texts.yaml", QUEUES / "routing.yaml"],
        nav=(NavItem("/floor", "supervise.nav", (Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR), 8),),
        refusals=(
            Refusals(FloorRefusalError, "supervise.refused"), Refusals(AgentRefusalError, "agent.refused"),
            Refusals(QueueRefusalError, "queue.refused"),
        ),
        work=kept.run,
    )
