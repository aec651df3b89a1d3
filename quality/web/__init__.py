"""The pages of listening and of quality."""

from pathlib import Path

from fastapi import APIRouter

from foundation.web.roles import Role
from foundation.web.rooms import NavItem, Refusals, WebRoom
from quality.refusals import QualityRefusalError
from quality.web import listen_pages, recording_pages

FOLDER = Path(__file__).parent


def room() -> WebRoom:
    router = APIRouter()
    for pages in (recording_pages, listen_pages):
        router.include_router(pages.router)
    return WebRoom(
        "quality", router, None, FOLDER / "templates", FOLDER / "static", [FOLDER / "texts.yaml"],
        nav=(
            NavItem("/recordings", "quality.nav.recordings", (Role.SUPERVISOR, Role.MANAGER), 40),
            NavItem("/listens", "quality.nav.listens", (Role.AUDITOR,), 94),
        ),
        refusals=(Refusals(QualityRefusalError, "quality.refused"),),
    )
