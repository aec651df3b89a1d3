"""Follow-ups on the web: inboxes, cases, the form of the public, and the interface for programs."""

from pathlib import Path

from fastapi import APIRouter

from followups.cases.refusals import CaseRefusalError
from followups.web import api, api_work, case_pages, inbox_pages, public_pages
from followups.web.access import LOOKERS, WORKERS
from foundation.web.rooms import NavItem, Refusals, WebRoom

FOLDER = Path(__file__).parent


def room() -> WebRoom:
    router, interface = APIRouter(), APIRouter()
    for pages in (inbox_pages, case_pages, public_pages):
        router.include_router(pages.router)
    for part in (api, api_work):
        interface.include_router(part.router)
    return WebRoom(
        "followups", router, interface, FOLDER / "templates", FOLDER / "static",
        [FOLDER.parent / "texts.yaml", FOLDER / "texts.yaml"],
        nav=(NavItem("/cases", "cases.nav", (*WORKERS, *LOOKERS), 20),),
        refusals=(Refusals(CaseRefusalError, "case.refused"),),
    )
