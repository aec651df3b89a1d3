"""An agent's own evaluations, and his right of reply."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from foundation.web.guards import signed_in
from foundation.web.pages import page
from foundation.web.roles import Role, User
from foundation.web.site import texts_of, web_of
from quality.evaluations import Evaluation, ReplyKind, Wanted, evaluations, find_evaluation
from quality.refusals import NoSuchEvaluationError
from quality.web.quality_pages import LONGEST_TEXT, EvaluationId, card_names, evaluation_values, write_reply
from quality.web.seat import Seat

router = APIRouter(prefix="/my-quality")
Agent = Annotated[User, Depends(signed_in(Role.AGENT))]
SHOWN = 100


def agent_seat(request: Request, user: Agent) -> Seat:
    return Seat(request, web_of(request), user, texts_of(request))


AnAgent = Annotated[Seat, Depends(agent_seat)]


@router.get("", response_model=None)
async def show_mine(seat: AnAgent) -> HTMLResponse:
    async with seat.web.database.read() as connection:
        found = await evaluations(connection, Wanted(agent=seat.user.agent or ""), SHOWN)
    return page(
        seat.request, "quality/mine.html", found=found, hears=seat.web.settings.listening.agents_own_calls,
        **seat.names(), **card_names(seat))


@router.get("/{evaluation}", response_model=None)
async def show_one(seat: AnAgent, evaluation: EvaluationId) -> HTMLResponse:
    found = await _mine(seat, evaluation)
    return page(
        seat.request, "quality/mine-one.html", hears=seat.web.settings.listening.agents_own_calls,
        **await evaluation_values(seat, found), **seat.names())


@router.post("/{evaluation}/reply", response_model=None)
async def reply(
    seat: AnAgent, evaluation: EvaluationId, text: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
) -> Response:
    """Once, for good."""
    found = await _mine(seat, evaluation)
    await write_reply(seat, found, ReplyKind.REPLY, text)
    return RedirectResponse(f"/my-quality/{found.id}", 303)


async def _mine(seat: Seat, evaluation_id: int) -> Evaluation:
    """
    Raises:
        NoSuchEvaluationError: there is none, it is another's, or only an exercise of evaluators.
    """  # noqa: D212
    async with seat.web.database.read() as connection:
        found = await find_evaluation(connection, evaluation_id)
    if found.agent != seat.user.agent or found.calibration:
        raise NoSuchEvaluationError(evaluation=evaluation_id)
    return found
