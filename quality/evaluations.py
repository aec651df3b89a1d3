"""Evaluations: drafts that their evaluator changes, and what was submitted, with the agent's reply: only added."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, Select, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from quality.refusals import (
    EvaluatedError,
    NoSuchEvaluationError,
    NothingToAnswerError,
    RepliedError,
    ScorecardChangedError,
    WrongAnswersError,
)
from quality.scorecards import Scorecard, card_content, card_digest, card_of
from quality.scoring import WrongAnswerError, score
from quality.tables import DRAFT, EVALUATION, REPLY, SCORECARD
from recordings.store import Recording


class ReplyKind(StrEnum):
    REPLY = "reply"
    """Of the agent who was judged."""
    ANSWER = "answer"
    """To his reply."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An evaluator's form on one conversation."""

    recording_id: str
    scorecard: str
    evaluator: str
    calibration: str
    """Empty: none."""
    version: int
    answers: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    saved_ms: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was submitted."""

    id: int
    recording_id: str
    call_id: str
    agent: str
    queue: str | None
    started_ms: int
    scorecard: str
    version: int
    evaluator: str
    calibration: str
    submitted_ms: int
    score: float | None
    failed: bool
    answers: Mapping[str, str]
    comment: str


@dataclass(frozen=True, slots=True)
class Reply:
    evaluation_id: int
    kind: str
    author: str
    written_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which evaluations; what is None does not narrow."""

    agent: str | None = None
    evaluator: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    """By the moment of submitting."""
    recording_id: str | None = None
    calibration: str | None = ""
    """Empty: those that count; None: all."""
    queues: frozenset[str] | None = None


async def keep_card(connection: AsyncConnection, card: Scorecard, now_ms: int) -> None:
    """Keep the card beside what is judged by it.

    Raises:
        ScorecardChangedError: another card was used under this version.
    """
    await _insert(connection, SCORECARD, {
        "id": card.id, "version": card.version, "digest": card_digest(card), "content": card_content(card),
        "first_used_ms": now_ms,
    })
    here = (SCORECARD.c.id == card.id, SCORECARD.c.version == card.version)
    known = (await connection.execute(select(SCORECARD.c.digest).where(*here))).scalar()
    if known != card_digest(card):
        raise ScorecardChangedError(scorecard=card.id, version=card.version)


async def used_card(connection: AsyncConnection, name: str, version: int) -> Scorecard:
    """The card as it was when something was judged by it."""
    query = select(SCORECARD.c.content).where(SCORECARD.c.id == name, SCORECARD.c.version == version)
    return card_of((await connection.execute(query)).scalar_one())


async def used_cards(connection: AsyncConnection) -> Mapping[tuple[str, int], Scorecard]:
    """Every card that something was judged by, by id and version."""
    rows = await connection.execute(select(SCORECARD.c.id, SCORECARD.c.version, SCORECARD.c.content))
    return {(row.id, row.version): card_of(row.content) for row in rows}


async def save_draft(connection: AsyncConnection, sheet: Sheet) -> None:
    row = {
        "recording_id": sheet.recording_id, "scorecard": sheet.scorecard, "evaluator": sheet.evaluator,
        "calibration": sheet.calibration, "version": sheet.version, "answers": json.dumps(dict(sheet.answers)),
        "comment": sheet.comment, "saved_ms": sheet.saved_ms,
    }
    own = (DRAFT.c.recording_id, DRAFT.c.scorecard, DRAFT.c.evaluator, DRAFT.c.calibration)
    await connection.execute(delete(DRAFT).where(*(column == row[column.name] for column in own)))
    await connection.execute(insert(DRAFT).values(row))


async def find_draft(
    connection: AsyncConnection, recording_id: str, scorecard: str, evaluator: str, calibration: str = "",
) -> Sheet | None:
    query = select(DRAFT).where(
        DRAFT.c.recording_id == recording_id, DRAFT.c.scorecard == scorecard, DRAFT.c.evaluator == evaluator,
        DRAFT.c.calibration == calibration)
    row = (await connection.execute(query)).mappings().first()
    return Sheet(**{**row, "answers": json.loads(row["answers"])}) if row else None


async def drafts_of(connection: AsyncConnection, evaluator: str, limit: int = 50) -> Sequence[Sheet]:
    """His unfinished ones, the newest first."""
    query = select(DRAFT).where(DRAFT.c.evaluator == evaluator).order_by(DRAFT.c.saved_ms.desc()).limit(limit)
    rows = (await connection.execute(query)).mappings()
    return [Sheet(**{**row, "answers": json.loads(row["answers"])}) for row in rows]


async def submit(database: Database, recording: Recording, card: Scorecard, sheet: Sheet, now_ms: int) -> int:
    """Enter a finished form for good, in place of its draft; returns its id.

    Raises:
        WrongAnswersError: an answer is missing, or none of its question's choices.
        EvaluatedError, ScorecardChangedError
    """
    known = {question.id for question in card.questions}
    answers = {question: answer for question, answer in sheet.answers.items() if question in known}
    try:
        found = score(card, answers)
    except WrongAnswerError as error:
        raise WrongAnswersError from error
    if found.missing:
        raise WrongAnswersError(count=len(found.missing))
    row = {
        "recording_id": recording.id, "call_id": recording.call_id, "agent": recording.agent,
        "queue": recording.queue, "started_ms": recording.started_ms, "scorecard": card.id, "version": card.version,
        "evaluator": sheet.evaluator, "calibration": sheet.calibration, "submitted_ms": now_ms, "score": found.ratio,
        "failed": bool(found.failed), "answers": json.dumps(answers), "comment": sheet.comment,
    }
    try:
        async with database.write() as connection:
            await keep_card(connection, card, now_ms)
            entered = await connection.execute(insert(EVALUATION).values(row).returning(EVALUATION.c.id))
            await connection.execute(delete(DRAFT).where(
                DRAFT.c.recording_id == recording.id, DRAFT.c.scorecard == card.id,
                DRAFT.c.evaluator == sheet.evaluator, DRAFT.c.calibration == sheet.calibration))
            return int(entered.scalar_one())
    except IntegrityError as error:
        raise EvaluatedError(recording=recording.id[:80]) from error


async def find_evaluation(connection: AsyncConnection, evaluation_id: int) -> Evaluation:
    """Raises NoSuchEvaluationError."""
    found = await _evaluations(connection, select(EVALUATION).where(EVALUATION.c.id == evaluation_id))
    if not found:
        raise NoSuchEvaluationError(evaluation=evaluation_id)
    return found[0]


async def evaluations(connection: AsyncConnection, wanted: Wanted, limit: int | None = None) -> Sequence[Evaluation]:
    """The newest first."""
    columns = EVALUATION.c
    query = select(EVALUATION).order_by(columns.submitted_ms.desc(), columns.id.desc())
    for column, value in (
        (columns.agent, wanted.agent), (columns.evaluator, wanted.evaluator),
        (columns.recording_id, wanted.recording_id), (columns.calibration, wanted.calibration),
    ):
        query = query if value is None else query.where(column == value)
    if wanted.since_ms is not None:
        query = query.where(columns.submitted_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        query = query.where(columns.submitted_ms < wanted.until_ms)
    if wanted.queues is not None:
        query = query.where(columns.queue.in_(sorted(wanted.queues)))
    return await _evaluations(connection, query if limit is None else query.limit(limit))


async def add_reply(database: Database, reply: Reply) -> None:
    """Once of each kind.

    Raises:
        RepliedError, NothingToAnswerError
    """
    try:
        async with database.write() as connection:
            if reply.kind == ReplyKind.ANSWER and not await replies_to(connection, [reply.evaluation_id]):
                raise NothingToAnswerError
            await connection.execute(insert(REPLY).values(
                evaluation_id=reply.evaluation_id, kind=reply.kind, author=reply.author, written_ms=reply.written_ms,
                text=reply.text))
    except IntegrityError as error:
        raise RepliedError from error


async def replies_to(connection: AsyncConnection, evaluation_ids: Sequence[int]) -> Sequence[Reply]:
    """In the order in which they were written."""
    query = select(REPLY).where(REPLY.c.evaluation_id.in_(evaluation_ids)).order_by(REPLY.c.id)
    names = Reply.__dataclass_fields__
    return [Reply(**{name: row[name] for name in names}) for row in (await connection.execute(query)).mappings()]


async def waiting_replies(connection: AsyncConnection, limit: int = 50) -> Sequence[Evaluation]:
    """Evaluations to which the agent has replied, and nobody has answered; the oldest first."""
    answered = select(REPLY.c.evaluation_id).where(REPLY.c.kind == ReplyKind.ANSWER.value)
    query = (
        select(EVALUATION).join(REPLY, REPLY.c.evaluation_id == EVALUATION.c.id)
        .where(REPLY.c.kind == ReplyKind.REPLY.value, EVALUATION.c.id.not_in(answered))
        .order_by(REPLY.c.id).limit(limit)
    )
    return await _evaluations(connection, query)


async def _evaluations(connection: AsyncConnection, query: Select[Any]) -> list[Evaluation]:
    return [_evaluation(row) for row in (await connection.execute(query)).mappings()]


def _evaluation(row: RowMapping) -> Evaluation:
    return Evaluation(**{**row, "answers": json.loads(row["answers"]), "failed": bool(row["failed"])})


async def _insert(connection: AsyncConnection, table: Any, row: Mapping[str, Any]) -> None:
    made = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    await connection.execute(made(table).values(row).on_conflict_do_nothing())
