"""Callbacks on the web: the public's form, and the interface for programs."""

from pathlib import Path

from callqueue.agents.refusals import AsteriskAwayError
from callqueue.outbound.refusals import OutboundRefusalError
from callqueue.web import api, public_pages
from foundation.web.rooms import Refusals, WebRoom

FOLDER = Path(__file__).parent


def room() -> WebRoom:
    return WebRoom(
        "callbacks", public_pages.router, api.router, FOLDER / "templates", None,
        [FOLDER / "texts.yaml", FOLDER.parent / "outbound.yaml"],
        refusals=(
            Refusals(OutboundRefusalError, "outbound.refused"), Refusals(AsteriskAwayError, "callback.refused", 503),
        ),
    )
