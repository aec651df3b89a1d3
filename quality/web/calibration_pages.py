"""Calibration sessions: each evaluator for himself first, then all answers beside each other."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from foundation.web.guards import note
from foundation.web.pages import page
from quality import calibrations
from quality.agreement import agreement, spreads
from quality.book import site_scorecard
from quality.evaluations import Wanted, evaluations, keep_card, used_card
from quality.refusals import NoConversationError
from quality.web.quality_pages import card_names
from quality.web.seat import AJudge

router = APIRouter(prefix="/quality/calibrations")
CalibrationId = Annotated[str, Path(alias="calibration", pattern=r"^[0-9a-f]{16}$")]


@router.post("", response_model=None)
async def begin(
    seat: AJudge, recording: Annotated[str, Form(pattern=r"^[A-Za-z0-9._-]{1,200}$")],
    card: Annotated[str, Form(pattern=r"^[a-z][a-z0-9-]{0,38}$")],
) -> Response:
    """Have several judge this conversation by this card."""
    found, _ = await seat.recording(recording)
    if found.kind != "call" or found.agent is None:
        raise NoConversationError
    chosen, now_ms = site_scorecard(seat.web.home, card), seat.web.clock()
    async with seat.web.database.write() as connection:
        await keep_card(connection, chosen, now_ms)
        made = await calibrations.begin(connection, found.id, chosen, seat.user.id, now_ms)
    await note(seat.request, "calibration.begun", made.id, recording=found.id)
    return RedirectResponse(f"/quality/calibrations/{made.id}", 303)


@router.get("/{calibration}", response_model=None)
async def show(seat: AJudge, calibration: CalibrationId) -> HTMLResponse:
    async with seat.web.database.read() as connection:
        session = await calibrations.find(connection, calibration)
        card = await used_card(connection, session.scorecard, session.version)
        submitted = await evaluations(connection, Wanted(calibration=session.id))
    found, _ = await seat.recording(session.recording_id)
    given = {one.evaluator: one.answers for one in reversed(submitted)}
    closed = session.closed_ms is not None
    return page(
        seat.request, "quality/calibration.html", session=session, card=card, recording=found,
        given=list(given), mine=seat.user.id in given, own=found.agent == seat.user.agent,
        rows=spreads(card, given) if closed else [], alpha=agreement(card, given) if closed else None,
        scores={one.evaluator: one.score for one in submitted} if closed else {},
        **seat.names(), **card_names(seat),
    )


@router.post("/{calibration}/close", response_model=None)
async def close(seat: AJudge, calibration: CalibrationId) -> Response:
    """Show everybody all answers."""
    async with seat.web.database.write() as connection:
        await calibrations.close(connection, calibration, seat.user.id, seat.web.clock())
    await note(seat.request, "calibration.closed", calibration)
    return RedirectResponse(f"/quality/calibrations/{calibration}", 303)
