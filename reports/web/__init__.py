"""Managers' pages: which promises were kept, what callers say, what ails, and what is done about it."""

from pathlib import Path

from fastapi import APIRouter

from foundation.web.rooms import NavItem, WebRoom
from reports.web import action_pages, api, sheet_pages
from reports.web.access import DOERS, LOOKERS

FOLDER = Path(__file__).parent


def room() -> WebRoom:
    router, interface = APIRouter(), APIRouter()
    for pages in (sheet_pages, action_pages):
        router.include_router(pages.router)
    interface.include_router(api.router)
    return WebRoom(
        "reports", router, interface, FOLDER / "templates", FOLDER / "static",
        [FOLDER.parent / "texts.yaml", FOLDER / "texts.yaml"],
        nav=(NavItem("/pulse", "pulse.nav", (*DOERS, *LOOKERS), 30),),
    )
