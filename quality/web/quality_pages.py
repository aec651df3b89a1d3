"""The evaluators' overview, draws of conversations, the scorecards, and what was submitted."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from followups.surveys.surveys import load_surveys
from foundation.calendars import iso
from foundation.web.guards import note
from foundation.web.pages import page
from quality import calibrations
from quality.book import site_sampling, site_scorecards
from quality.draws import Sampler, draws, find_draw, picks_of
from quality.evaluations import (
    Evaluation,
    Reply,
    ReplyKind,
    Wanted,
    add_reply,
    drafts_of,
    evaluations,
    find_evaluation,
    replies_to,
    used_card,
    waiting_replies,
)
from quality.refusals import EmptyNoteError, NoSuchEvaluationError
from quality.web.seat import AJudge, Seat, scope_queues
from recordings.listening.listing import WantedRecordings

router = APIRouter(prefix="/quality")
LATEST = 20
LONGEST_TEXT = 4000
EvaluationId = Annotated[int, Path(ge=1, le=2**53)]
DrawId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


@router.get("", response_model=None)
async def show_overview(seat: AJudge) -> HTMLResponse:
    queues = scope_queues(seat.grants)
    async with seat.web.database.read() as connection:
        latest = await evaluations(connection, Wanted(queues=queues), LATEST)
        waiting = [one for one in await waiting_replies(connection) if queues is None or one.queue in queues]
        values: dict[str, Any] = {
            "drawn": await draws(connection), "drafts": await drafts_of(connection, seat.user.id),
            "sessions": await calibrations.newest(connection), "latest": latest, "waiting": waiting,
        }
    return page(seat.request, "quality/overview.html", **values, **seat.names(), **card_names(seat))


@router.post("/draw", response_model=None)
async def draw_calls(
    seat: AJudge, since: Annotated[str, Form(alias="from", max_length=40)] = "-7d",
    until: Annotated[str, Form(alias="to", max_length=40)] = "", seed: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Draw from the conversations that he may hear; the same seed over the same time draws the same ones."""
    now_ms = seat.web.clock()
    since_ms, until_ms = seat.moment_ms(since) or now_ms - 7 * 86_400_000, seat.moment_ms(until) or now_ms
    wanted = WantedRecordings(tuple(grant.scope for grant in seat.grants), since_ms, until_ms, kind="call")
    sampler = Sampler(seat.web.database, seat.web.ledger, load_surveys(seat.web.home.surveys))
    chosen = seed.strip() or "/".join(iso(at_ms / 1000, seat.web.zone) for at_ms in (since_ms, until_ms))
    draw_id = await sampler.draw(wanted, site_sampling(seat.web.home), chosen, seat.user.id, now_ms)
    await note(seat.request, "quality.drawn", draw_id, seed=chosen)
    return RedirectResponse(f"/quality/draws/{draw_id}", 303)


@router.get("/draws/{draw}", response_model=None)
async def show_draw(seat: AJudge, draw: DrawId) -> HTMLResponse:
    queues = scope_queues(seat.grants)
    async with seat.web.database.read() as connection:
        found, picks = await find_draw(connection, draw), await picks_of(connection, draw)
    shown = [one for one in picks if queues is None or one.queue in queues]
    return page(seat.request, "quality/draw.html", draw=found, picks=shown, **seat.names())


@router.get("/scorecards", response_model=None)
async def show_scorecards(seat: AJudge) -> HTMLResponse:
    cards = site_scorecards(seat.web.home)
    return page(seat.request, "quality/scorecards.html", cards=list(cards.values()), **seat.names())


@router.get("/evaluations/{evaluation}", response_model=None)
async def show_evaluation(seat: AJudge, evaluation: EvaluationId) -> HTMLResponse:
    found = await _own(seat, evaluation)
    return page(seat.request, "quality/evaluation.html", **await evaluation_values(seat, found), **seat.names())


@router.post("/evaluations/{evaluation}/answer", response_model=None)
async def answer_reply(
    seat: AJudge, evaluation: EvaluationId, text: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
) -> Response:
    """To what the agent has replied; once."""
    found = await _own(seat, evaluation)
    await write_reply(seat, found, ReplyKind.ANSWER, text)
    return RedirectResponse(f"/quality/evaluations/{found.id}", 303)


async def _own(seat: Seat, evaluation_id: int) -> Evaluation:
    """One of his queues.

    Raises:
        NoSuchEvaluationError
    """
    async with seat.web.database.read() as connection:
        found = await find_evaluation(connection, evaluation_id)
    queues = scope_queues(seat.grants)
    if queues is not None and found.queue not in queues:
        raise NoSuchEvaluationError(evaluation=evaluation_id)
    if found.calibration:
        async with seat.web.database.read() as connection:
            session = await calibrations.find(connection, found.calibration)
        if session.closed_ms is None and found.evaluator != seat.user.id:
            raise NoSuchEvaluationError(evaluation=evaluation_id)
    return found


async def write_reply(seat: Seat, found: Evaluation, kind: ReplyKind, text: str) -> None:
    """
    Raises:
        EmptyNoteError, RepliedError, NothingToAnswerError
    """  # noqa: D212
    if not text.strip():
        raise EmptyNoteError
    await add_reply(seat.web.database, Reply(found.id, kind.value, seat.user.id, seat.web.clock(), text.strip()))
    await note(seat.request, f"evaluation.{kind.value}", str(found.id))


async def evaluation_values(seat: Seat, found: Evaluation) -> dict[str, Any]:
    """For the template that shows it."""
    async with seat.web.database.read() as connection:
        card = await used_card(connection, found.scorecard, found.version)
        replies = await replies_to(connection, [found.id])
    by_kind = {one.kind: one for one in replies}
    return {"evaluation": found, "card": card, "reply": by_kind.get("reply"), "answer": by_kind.get("answer")}


def card_names(seat: Seat) -> dict[str, Any]:
    """Titles of the present cards; one that is gone keeps its id."""
    cards = site_scorecards(seat.web.home)

    def title(name: str) -> str:
        return cards[name].titles[seat.t.language] if name in cards else name

    return {"card_of": title, "cards": [(name, title(name)) for name in cards]}
