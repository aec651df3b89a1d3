"""The pages of listening and of quality."""

from pathlib import Path

from fastapi import APIRouter

from foundation.web.roles import Role
from foundation.web.rooms import NavItem, Refusals, WebRoom
from quality.refusals import QualityRefusalError
from quality.web import (
    calibration_pages,
    evaluate_pages,
    listen_pages,
    my_quality_pages,
    quality_pages,
    recording_pages,
)
from recordings.transcripts.standing import TEXTS as TRANSCRIPT_TEXTS

FOLDER = Path(__file__).parent


def room() -> WebRoom:
    router = APIRouter()
    own = (evaluate_pages, calibration_pages, quality_pages, my_quality_pages)
    for pages in (recording_pages, listen_pages, *own):
        router.include_router(pages.router)
    return WebRoom(
        "quality", router, None, FOLDER / "templates", FOLDER / "static", [FOLDER / "texts.yaml", TRANSCRIPT_TEXTS],
        nav=(
            NavItem("/recordings", "quality.nav.recordings", (Role.SUPERVISOR, Role.MANAGER), 40),
            NavItem("/quality", "quality.nav.quality", (Role.SUPERVISOR, Role.MANAGER), 42),
            NavItem("/my-quality", "quality.nav.mine", (Role.AGENT,), 44),
            NavItem("/listens", "quality.nav.listens", (Role.AUDITOR,), 94),
        ),
        refusals=(Refusals(QualityRefusalError, "quality.refused"),),
    )
