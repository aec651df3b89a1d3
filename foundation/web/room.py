"""The web's own room: sign-in, one's account, users, the audit log."""

from pathlib import Path

from fastapi import APIRouter

from foundation.web import account_pages, audit_pages, door_pages, openid_pages, user_pages
from foundation.web.roles import Role
from foundation.web.rooms import NavItem, WebRoom

FOLDER = Path(__file__).parent


def room() -> WebRoom:
    router, api = APIRouter(), APIRouter()
    for pages in (door_pages, openid_pages, account_pages, user_pages, audit_pages):
        router.include_router(pages.router)
    for interface in (account_pages, user_pages, audit_pages):
        api.include_router(interface.api)
    return WebRoom(
        "web", router, api, FOLDER / "templates" / "web", FOLDER / "static", [FOLDER / "texts.yaml"],
        nav=(
            NavItem("/users", "web.nav.users", (Role.ADMINISTRATOR,), 90),
            NavItem("/audit", "web.nav.audit", (Role.AUDITOR,), 95),
        ),
    )
