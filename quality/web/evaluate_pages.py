"""Judging a conversation: the sound beside the form, a draft that keeps itself, and the end that stays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from foundation.web.guards import note
from foundation.web.pages import page
from quality import calibrations
from quality.book import site_scorecard, site_scorecards
from quality.evaluations import Sheet, find_draft, save_draft, submit
from quality.reach import Grant
from quality.refusals import NoConversationError, OwnConversationError, WrongAnswersError
from quality.scorecards import Scorecard
from quality.scoring import Score, WrongAnswerError, score
from quality.web.recording_pages import player_values, reason_of
from quality.web.seat import AJudge, RecordingId, Seat
from recordings.store import Recording

router = APIRouter(prefix="/quality/evaluate")
CardName = Annotated[str, Query(alias="card", pattern=r"^([a-z][a-z0-9-]{0,38})?$")]
CalibrationName = Annotated[str, Query(alias="calibration", pattern=r"^([0-9a-f]{16})?$")]
LONGEST_COMMENT = 4000


@dataclass(frozen=True, slots=True)
class Judging:
    """One conversation before one evaluator."""

    seat: Seat
    recording: Recording
    grants: tuple[Grant, ...]
    card: Scorecard
    calibration: str

    @property
    def address(self) -> str:
        session = f"&calibration={self.calibration}" if self.calibration else ""
        return f"/quality/evaluate/{self.recording.id}?card={self.card.id}{session}"

    @property
    def empty_sheet(self) -> Sheet:
        return Sheet(self.recording.id, self.card.id, self.seat.user.id, self.calibration, self.card.version)


async def judging(seat: Seat, recording: str, name: str, calibration: str) -> Judging:
    """
    Raises:
        NoSuchRecordingError, NoConversationError, OwnConversationError, UnknownScorecardError, CalibrationClosedError
    """  # noqa: D212
    found, grants = await seat.recording(recording)
    if found.kind != "call" or found.agent is None or found.deleted_ms is not None:
        raise NoConversationError
    if found.agent == seat.user.agent:
        raise OwnConversationError
    if calibration:
        async with seat.web.database.read() as connection:
            session = await calibrations.find_open(connection, calibration)
        return Judging(seat, found, grants, site_scorecard(seat.web.home, session.scorecard), calibration)
    fitting = [one for one in site_scorecards(seat.web.home).values() if one.is_for(found.queue)]
    card = site_scorecard(seat.web.home, name or (fitting[0].id if fitting else ""))
    return Judging(seat, found, grants, card, "")


@router.get("/{recording}", response_model=None)
async def show_form(
    seat: AJudge, recording: RecordingId, name: CardName = "", calibration: CalibrationName = "",
) -> HTMLResponse:
    here = await judging(seat, recording, name, calibration)
    async with here.seat.web.database.read() as connection:
        draft = await find_draft(
            connection, here.recording.id, here.card.id, here.seat.user.id, here.calibration)
    return await _form(here, draft or here.empty_sheet)


@router.post("/{recording}/save", response_model=None)
async def save(
    seat: AJudge, recording: RecordingId, name: CardName = "", calibration: CalibrationName = "",
) -> HTMLResponse:
    """The draft, as it is filled in."""
    here = await judging(seat, recording, name, calibration)
    sheet = await _filled(here)
    found = _score(here.card, sheet.answers)
    async with here.seat.web.database.write() as connection:
        await save_draft(connection, sheet)
    return page(here.seat.request, "quality/saved.html", score=found, sheet=sheet)


@router.post("/{recording}/submit", response_model=None)
async def hand_in(
    seat: AJudge, recording: RecordingId, name: CardName = "", calibration: CalibrationName = "",
) -> Response:
    """For good; what is missing is shown in the form."""
    here = await judging(seat, recording, name, calibration)
    sheet = await _filled(here)
    found = _score(here.card, sheet.answers)
    async with here.seat.web.database.write() as connection:
        await save_draft(connection, sheet)
    if found.missing:
        return await _form(here, sheet, unanswered=found.missing)
    now_ms = here.seat.web.clock()
    evaluation = await submit(here.seat.web.database, here.recording, here.card, sheet, now_ms)
    await note(here.seat.request, "evaluation.submitted", str(evaluation), recording=here.recording.id)
    after = f"/quality/calibrations/{here.calibration}" if here.calibration else f"/quality/evaluations/{evaluation}"
    return RedirectResponse(after, 303)


async def _filled(here: Judging) -> Sheet:
    form = await here.seat.request.form()
    typed = {key.removeprefix("q."): value for key, value in form.items() if isinstance(value, str)}
    wanted = {question.id for question in here.card.questions}
    answers = {name: value for name, value in typed.items() if name in wanted and value}
    comment = typed.get("comment", "").strip()[:LONGEST_COMMENT]
    return replace(here.empty_sheet, answers=answers, comment=comment, saved_ms=here.seat.web.clock())


def _score(card: Scorecard, answers: Mapping[str, str]) -> Score:
    try:
        return score(card, answers)
    except WrongAnswerError as error:
        raise WrongAnswersError from error


async def _form(here: Judging, sheet: Sheet, unanswered: tuple[str, ...] = ()) -> HTMLResponse:
    seat = here.seat
    fitting = [one for one in site_scorecards(seat.web.home).values() if one.is_for(here.recording.queue)]
    opened = await reason_of(seat, here.recording, here.grants) is not None
    return page(
        seat.request, "quality/evaluate.html", status=422 if unanswered else 200, card=here.card, sheet=sheet,
        unanswered=unanswered, calibration=here.calibration, score=_score(here.card, sheet.answers) if opened else None,
        fitting=[(one.id, one.titles[seat.t.language]) for one in fitting], address=here.address,
        **await player_values(seat, here.recording, here.grants), **seat.names(),
    )
