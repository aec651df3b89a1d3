"""One call's whole story on one page, with its timeline.

Everybody who reads reports may see it, and each look is an entry of the audit log, for it is one person's data. The
caller's number shows its last digits only. Who may have to call back, a supervisor or a manager, can have it whole:
that is an entry of its own. Auditors have no need of it.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from foundation.web.guards import note, signed_in
from foundation.web.language import direction
from foundation.web.pages import page
from foundation.web.roles import User
from quality.reach import grants_of
from reports.story.model import Story
from reports.story.reading import LONGEST_ID, call_story
from reports.story.sheet import length_text
from reports.story.timeline import Shape, draw
from reports.story.words import StoryTeller, shown_caller
from reports.web.access import DOERS, ADesk, Desk, Reader

router = APIRouter(prefix="/calls")
CallId = Annotated[str, Path(min_length=1, max_length=LONGEST_ID)]
Caller = Annotated[User, Depends(signed_in(*DOERS))]
ROW, LABEL = 46, 17
"""Heights in the drawing, in pixels."""
LEGEND = (
    Shape.STAY, Shape.RING, Shape.MISSED, Shape.TALK, Shape.CONSULT, Shape.HOLD, Shape.SOUND, Shape.MASK, Shape.POINT,
)


@router.get("/{call_id}", response_model=None)
async def show_call(desk: ADesk, user: Reader, call_id: CallId) -> HTMLResponse:
    """Everything that the records tell of the call."""
    story = await _story(desk, call_id)
    await note(desk.request, "call.story", story.call_id)
    return _page(desk, user, story, whole=False)


@router.post("/{call_id}/number", response_model=None)
async def show_number(desk: ADesk, user: Caller, call_id: CallId) -> HTMLResponse:
    """The same with the whole number."""
    story = await _story(desk, call_id)
    await note(desk.request, "call.number", story.call_id)
    return _page(desk, user, story, whole=True)


async def _story(desk: Desk, call_id: str) -> Story:
    web = desk.web
    async with web.ledger.read() as ledger, web.database.read() as main:
        return await call_story(ledger, main, call_id, web.clock())


def _page(desk: Desk, user: User, story: Story, *, whole: bool) -> HTMLResponse:
    web = desk.web
    teller = StoryTeller(web.settings, desk.names, desk.names.texts)
    return page(
        desk.request, "reports/call.html", story=story, teller=teller,
        timeline=draw(story, web.clock(), mirrored=direction(teller.language) == "rtl"),
        about=length_text(story, teller), caller=shown_caller(story, whole=whole), row=ROW, label=LABEL,
        may_call=user.may(*DOERS) and not whole and story.caller is not None,
        may_hear=bool(grants_of(user, web.settings)), legend=LEGEND,
    )
