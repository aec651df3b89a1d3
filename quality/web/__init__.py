"""The pages of listening and of quality."""

from pathlib import Path

from fastapi import APIRouter

from foundation.web.rooms import WebRoom

FOLDER = Path(__file__).parent


def room() -> WebRoom:
    return WebRoom("quality", APIRouter(), None, FOLDER / "templates", FOLDER / "static", [FOLDER / "texts.yaml"])
