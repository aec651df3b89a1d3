"""The agents' desk on the web."""

import asyncio
from pathlib import Path

from fastapi import APIRouter

import callqueue
import followups
from agent_softphone.desk.day import Days
from agent_softphone.desk.exchange import Exchange
from agent_softphone.desk.keeper import Keeper
from agent_softphone.desk.refusals import DeskRefusalError
from agent_softphone.web.desk_call_pages import call_pages
from agent_softphone.web.desk_deed_pages import deed_pages
from agent_softphone.web.desk_mask_pages import mask_pages
from agent_softphone.web.desk_pages import desk_pages
from agent_softphone.web.desk_seat import Desk, site_book
from agent_softphone.web.desk_work_pages import task_call_pages, work_pages
from agent_softphone.web.supervisor_message_pages import message_pages
from callqueue.agents.refusals import AgentRefusalError
from callqueue.outbound.refusals import OutboundRefusalError
from followups.cases.refusals import CaseRefusalError
from foundation.web.roles import Role
from foundation.web.rooms import NavItem, Refusals, WebRoom
from foundation.web.site import Web
from recordings.masking.masking import MaskRefusalError
from recordings.transcripts.standing import TEXTS as TRANSCRIPT_TEXTS

FOLDER = Path(__file__).parent
QUEUES, CASES = Path(callqueue.__path__[0]), Path(followups.__path__[0])


def desk_room(exchange: Exchange | None = None) -> WebRoom:
    """`exchange`: another link to Asterisk than the site's own."""
    desk = Desk(exchange or Exchange(), Days())
    router = APIRouter()
    own = (desk_pages(desk), call_pages(desk), deed_pages(desk), mask_pages(desk), work_pages(), task_call_pages(desk))
    for pages in (*own, message_pages()):
        router.include_router(pages)

    async def work(web: Web) -> None:
        keeper = Keeper(desk.exchange, lambda: site_book(web.home))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.exchange.run(web), name="desk-link")
            tasks.create_task(keeper.run(web), name="desk-wrap-ups")

    return WebRoom(
        "desk", router, None, FOLDER / "desk_templates", FOLDER / "desk_static",
        [
            FOLDER / "desk_texts.yaml", FOLDER / "supervisor_texts.yaml", FOLDER.parent / "texts.yaml",
            QUEUES / "texts.yaml", QUEUES / "outbound.yaml", CASES / "texts.yaml", CASES / "web" / "texts.yaml",
            TRANSCRIPT_TEXTS,
        ],
        nav=(NavItem("/desk", "desk.nav", (Role.AGENT,), 5),),
        refusals=(
            Refusals(DeskRefusalError, "desk.refused"), Refusals(AgentRefusalError, "agent.refused"),
            Refusals(OutboundRefusalError, "outbound.refused"), Refusals(CaseRefusalError, "case.refused"),
            Refusals(MaskRefusalError, "mask.refused"),
        ),
        work=work,
    )
