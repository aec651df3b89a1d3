"""Reads what callers answered, with the cases that their calls were about."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import LinkKind
from followups.cases.tables import CASE, LINK
from followups.surveys.satisfaction import Answers, Dimension, Response, group_responses
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.calendars import Interval

CHUNK = 500
"""Ids asked for at once; databases limit the parameters of a statement."""


async def count_answers(
    connection: AsyncConnection, interval: Interval, by: Dimension, survey: str | None = None,
) -> dict[str | None, Answers]:
    """What each one's callers said who were asked in this time: counted by the database, for a year has a million.

    Only callers whose calls led to cases are read one by one, where lines are told apart by these.
    """
    if by not in (Dimension.UNIT, Dimension.SUBJECT):
        return await _count_by(connection, interval, by, survey)
    with_cases = await read_responses(connection, interval, survey, with_cases=True)
    found = group_responses(with_cases, by)
    others = (await _count_by(connection, interval, Dimension.TOTAL, survey)).get(Dimension.TOTAL.value, Answers())
    for theirs in group_responses(with_cases, Dimension.TOTAL).values():
        others.subtract(theirs)
    return {**found, None: others} if others.asked else found


async def _count_by(
    connection: AsyncConnection, interval: Interval, by: Dimension, survey: str | None,
) -> dict[str | None, Answers]:
    request, answer, wanted = SURVEY_REQUEST.c, SURVEY_ANSWER.c, _in(interval, survey)
    names: dict[Dimension, ColumnElement[str | None]] = {Dimension.QUEUE: request.queue, Dimension.AGENT: request.agent}
    name = names.get(by, literal_column(f"'{Dimension.TOTAL.value}'"))
    groups = [names[by]] if by in names else []
    found: defaultdict[str | None, Answers] = defaultdict(Answers)
    asked = select(name, request.survey, func.count()).where(wanted).group_by(*groups, request.survey)
    for one, each, count in await connection.execute(asked):
        found[one].asked[each] += count
    has_answer = exists().where(answer.request_id == request.id)
    answered = select(name, func.count()).where(wanted, has_answer).group_by(*groups)
    for one, count in await connection.execute(answered):
        if count:
            found[one].answered += count
    by_key = (*groups, request.survey, answer.question, answer.key)
    keys = (
        select(name, request.survey, answer.question, answer.key, func.count())
        .join_from(SURVEY_REQUEST, SURVEY_ANSWER, answer.request_id == request.id).where(wanted).group_by(*by_key)
    )
    for one, each, question, key, count in await connection.execute(keys):
        found[one].keys[each, question, key] += count
    return dict(found)


async def read_responses(
    connection: AsyncConnection, interval: Interval, survey: str | None = None, *, with_cases: bool = False,
) -> list[Response]:
    """Everybody who was asked in this time; `with_cases`: only those whose call or result was about one."""
    cases: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for query in _cases(interval, survey):
        for row in await connection.execute(query):
            cases[row.id].append((row.unit, row.subject))
    if with_cases:
        return await _responses_of(connection, cases)
    wanted = _in(interval, survey)
    requests = (await connection.execute(select(SURVEY_REQUEST).where(wanted).order_by(SURVEY_REQUEST.c.id))).all()
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    rows = select(SURVEY_ANSWER).join(SURVEY_REQUEST, SURVEY_ANSWER.c.request_id == SURVEY_REQUEST.c.id).where(wanted)
    for row in await connection.execute(rows):
        answers[row.request_id][row.question] = row.key
    return [Response(row.survey, row.queue, row.agent, _once(cases[row.id]), answers[row.id]) for row in requests]


async def _responses_of(
    connection: AsyncConnection, cases: Mapping[str, Sequence[tuple[str, str]]],
) -> list[Response]:
    """Of these requests alone."""
    wanted, found = sorted(cases), list[Response]()
    for start in range(0, len(wanted), CHUNK):
        few = wanted[start : start + CHUNK]
        answers: dict[str, dict[str, int]] = defaultdict(dict)
        for row in await connection.execute(select(SURVEY_ANSWER).where(SURVEY_ANSWER.c.request_id.in_(few))):
            answers[row.request_id][row.question] = row.key
        requests = await connection.execute(select(SURVEY_REQUEST).where(SURVEY_REQUEST.c.id.in_(few)))
        found += [Response(row.survey, row.queue, row.agent, _once(cases[row.id]), answers[row.id]) for row in requests]
    return found


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


def _cases(interval: Interval, survey: str | None) -> Iterator[Select[tuple[str, str, str]]]:
    """Of a told result its case; of a call every case that is linked to it."""
    request, asked = SURVEY_REQUEST.c, select(SURVEY_REQUEST.c.id, CASE.c.unit, CASE.c.subject)
    yield asked.join_from(SURVEY_REQUEST, CASE, CASE.c.code == request.case_code).where(_in(interval, survey))
    of_call = and_(LINK.c.kind == LinkKind.CALL, LINK.c.reference == request.call_id)
    yield (
        asked.join_from(SURVEY_REQUEST, LINK, of_call).join(CASE, CASE.c.code == LINK.c.code)
        .where(_in(interval, survey), request.case_code.is_(None)).order_by(request.id, CASE.c.code)
    )


def _once(cases: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(cases))
