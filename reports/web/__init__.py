"""Managers' pages: which promises were kept, what callers say, what ails, and what is done about it."""

from pathlib import Path

from fastapi import APIRouter

from foundation.web.rooms import NavItem, WebRoom
from reports.story.words import TEXTS as STORY_TEXTS
from reports.tables import TEXTS
from reports.web import action_pages, api, call_pages, report_pages, sheet_pages
from reports.web.access import DOERS, LOOKERS
from reports.web.catalog_api import FAMILIES, catalog_api
from reports.web.wallboard_day import DayKeeper
from reports.web.wallboard_pages import wallboard_pages
from reports.web.wallboard_screens import LOOKERS as BOARD_LOOKERS

FOLDER = Path(__file__).parent


def room(days: DayKeeper | None = None) -> WebRoom:
    """`days`: another keeper of the wallboard's figures."""
    keeper = days or DayKeeper()
    router, interface = APIRouter(), APIRouter()
    for pages in (sheet_pages, action_pages, call_pages, report_pages):
        router.include_router(pages.router)
    router.include_router(wallboard_pages(keeper))
    interface.include_router(api.router)
    interface.include_router(catalog_api())
    return WebRoom(
        "reports", router, interface, FOLDER / "templates", FOLDER / "static",
        [*TEXTS, STORY_TEXTS, FOLDER / "texts.yaml", FOLDER / "wallboard.yaml",
         FOLDER / "reports.yaml"],
        nav=(
            NavItem("/wallboard", "wallboard.nav", BOARD_LOOKERS, 25),
            NavItem("/reports", "reports.nav", (*DOERS, *LOOKERS), 27),
            NavItem("/pulse", "pulse.nav", (*DOERS, *LOOKERS), 30),
        ),
        refusals=FAMILIES, work=keeper.run,
    )
