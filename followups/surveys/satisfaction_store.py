"""Reads what callers answered, with the cases that their calls were about."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import LinkKind
from followups.cases.tables import CASE, LINK
from followups.surveys.satisfaction import Response
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.calendars import Interval

CHUNK = 500
"""Ids asked for at once; databases limit the parameters of a statement."""


async def read_responses(connection: AsyncConnection, interval: Interval, survey: str | None = None) -> list[Response]:
    """Everybody who was asked in this time."""
    wanted = _in(interval, survey)
    requests = (await connection.execute(select(SURVEY_REQUEST).where(wanted).order_by(SURVEY_REQUEST.c.id))).all()
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    rows = select(SURVEY_ANSWER).join(SURVEY_REQUEST, SURVEY_ANSWER.c.request_id == SURVEY_REQUEST.c.id).where(wanted)
    for row in await connection.execute(rows):
        answers[row.request_id][row.question] = row.key
    cases: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in await connection.execute(_cases(interval, survey)):
        cases[row.id].append((row.unit, row.subject))
    return [Response(row.survey, row.queue, row.agent, _once(cases[row.id]), answers[row.id]) for row in requests]


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """One key that a caller pressed after a call."""

    call_id: str
    survey: str
    question: str
    key: int


async def read_answers_of_calls(connection: AsyncConnection, call_ids: Collection[str]) -> list[CallAnswer]:
    """What the callers of these calls answered."""
    wanted, found = sorted(call_ids), list[CallAnswer]()
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(SURVEY_REQUEST.c.call_id, SURVEY_REQUEST.c.survey, SURVEY_ANSWER.c.question, SURVEY_ANSWER.c.key)
            .join(SURVEY_ANSWER, SURVEY_ANSWER.c.request_id == SURVEY_REQUEST.c.id)
            .where(SURVEY_REQUEST.c.call_id.in_(wanted[start : start + CHUNK]))
            .order_by(SURVEY_ANSWER.c.request_id, SURVEY_ANSWER.c.question)
        )
        found += [CallAnswer(*row) for row in await connection.execute(query)]
    return found


def _in(interval: Interval, survey: str | None) -> ColumnElement[bool]:
    asked = SURVEY_REQUEST.c.asked_ms
    inside = and_(asked >= interval.start * 1000, asked < interval.end * 1000)
    return inside if survey is None else and_(inside, SURVEY_REQUEST.c.survey == survey)


def _cases(interval: Interval, survey: str | None) -> Select[tuple[str, str, str]]:
    """Of a told result its case; of a call every case that is linked to it."""
    of_call = and_(LINK.c.kind == LinkKind.CALL, LINK.c.reference == SURVEY_REQUEST.c.call_id,
                   SURVEY_REQUEST.c.case_code.is_(None))
    return (
        select(SURVEY_REQUEST.c.id, CASE.c.unit, CASE.c.subject)
        .join(LINK, of_call, isouter=True)
        .join(CASE, or_(CASE.c.code == SURVEY_REQUEST.c.case_code, CASE.c.code == LINK.c.code))
        .where(_in(interval, survey)).order_by(SURVEY_REQUEST.c.id, CASE.c.code)
    )


def _once(cases: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(cases))
