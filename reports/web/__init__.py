"""Managers' pages: reports, how many agents the line needs, what callers say, and what is done about it."""

import asyncio
from pathlib import Path

from fastapi import APIRouter

from callqueue.work_plan.words import TEXTS as PLAN_TEXTS
from foundation.settings import load_secrets
from foundation.web.rooms import NavItem, WebRoom
from foundation.web.site import Web
from reports.callers.request_days import keep_request_days
from reports.frame.tables import TEXTS
from reports.menus.menu_days import keep_menu_days
from reports.post.sending import Post, mail_server
from reports.staffing.notes import TEXTS as STAFFING_TEXTS
from reports.story.words import TEXTS as STORY_TEXTS
from reports.web import (
    action_pages,
    api,
    call_pages,
    plan_pages,
    report_pages,
    sheet_pages,
    staffing_api,
    staffing_pages,
)
from reports.web.access import DOERS, LOOKERS
from reports.web.catalog_api import FAMILIES, catalog_api
from reports.web.gauges import publish
from reports.web.wallboard_day import DayKeeper
from reports.web.wallboard_pages import wallboard_pages
from reports.web.wallboard_screens import LOOKERS as BOARD_LOOKERS

FOLDER = Path(__file__).parent


def room(days: DayKeeper | None = None) -> WebRoom:
    """`days`: another keeper of the wallboard's figures."""
    keeper = days or DayKeeper()
    router, interface = APIRouter(), APIRouter()
    for pages in (sheet_pages, action_pages, call_pages, report_pages, staffing_pages, plan_pages):
        router.include_router(pages.router)
    router.include_router(wallboard_pages(keeper))
    interface.include_router(api.router)
    interface.include_router(catalog_api())
    interface.include_router(staffing_api.router)
    return WebRoom(
        "reports", router, interface, FOLDER / "templates", FOLDER / "static",
        [*TEXTS, STORY_TEXTS, STAFFING_TEXTS, FOLDER / "texts.yaml", FOLDER / "wallboard.yaml",
         FOLDER / "reports.yaml", FOLDER / "staffing.yaml", *PLAN_TEXTS],
        nav=(
            NavItem("/wallboard", "wallboard.nav", BOARD_LOOKERS, 25),
            NavItem("/reports", "reports.nav", (*DOERS, *LOOKERS), 27),
            NavItem("/staffing", "staffing.nav", staffing_pages.PLANNERS, 28),
            NavItem("/pulse", "pulse.nav", (*DOERS, *LOOKERS), 30),
        ),
        refusals=FAMILIES, work=lambda web: _work(web, keeper),
    )


async def _work(web: Web, keeper: DayKeeper) -> None:
    """The wallboard's figures, what Prometheus reads, days that are added up, and reports that are sent by mail."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keeper.run(web), name="day")
        tasks.create_task(publish(web, keeper.make), name="gauges")
        tasks.create_task(keep_menu_days(web.home, web.settings), name="menu days")
        tasks.create_task(keep_request_days(web.home, web.settings), name="request days")
        if web.settings.smtp.server:
            send = mail_server(web.settings.smtp, load_secrets(web.home, web.settings))
            post = Post(web.home, web.settings, web.database, web.clock, send)
            tasks.create_task(post.run(), name="post")
