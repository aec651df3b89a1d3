"""Reads what callers answered, with the cases that their calls were about."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import LinkKind
from followups.cases.tables import CASE, LINK
from followups.surveys.satisfaction import Answers, Dimension, Response, group_responses, read_keys
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.calendars import Interval

CHUNK = 500
"""Ids asked for at once; databases limit the parameters of a statement."""
LONG = 100 * 86_400
"""Seconds: who was asked in so long a time is counted more quickly in the order of an index than sorted."""


async def count_answers(
    connection: AsyncConnection, interval: Interval, by: Dimension, survey: str | None = None,
) -> dict[str | None, Answers]:
    """What each one's callers said who were asked in this time: counted by the database, for a year has a million.

    Only callers whose calls led to cases are read one by one, where lines are told apart by these.
    """
    wanted = _wanted(connection, interval, survey)
    if by not in (Dimension.UNIT, Dimension.SUBJECT):
        return await _count_by(connection, wanted, by)
    with_cases = await _read_with_cases(connection, wanted)
    found = group_responses(with_cases, by)
    others = (await _count_by(connection, wanted, Dimension.TOTAL)).get(Dimension.TOTAL.value, Answers())
    for theirs in group_responses(with_cases, Dimension.TOTAL).values():
        others.subtract(theirs)
    return {**found, None: others} if others.asked else found


def _wanted(connection: AsyncConnection, interval: Interval, survey: str | None) -> ColumnElement[bool]:
    """Of a long time on SQLite: kept from the index of times, whose rows its planner would sort to count them."""
    asked: ColumnElement[int] = SURVEY_REQUEST.c.asked_ms
    if connection.dialect.name == "sqlite" and interval.seconds >= LONG:
        asked = asked + 0
    return _in(asked, interval, survey)


async def _count_by(
    connection: AsyncConnection, wanted: ColumnElement[bool], by: Dimension,
) -> dict[str | None, Answers]:
    """First those who are alike in everything, in the order of an index, which needs no sorting."""
    request = SURVEY_REQUEST.c
    alike = (request.survey, request.queue, request.agent, request.pressed)
    few = select(*alike, func.count().label("callers")).where(wanted).group_by(*alike).subquery()
    names: dict[Dimension, ColumnElement[str | None]] = {Dimension.QUEUE: few.c.queue, Dimension.AGENT: few.c.agent}
    name = names.get(by, literal_column(f"'{Dimension.TOTAL.value}'"))
    groups = (*([names[by]] if by in names else []), few.c.survey, few.c.pressed)
    query = select(name.label("name"), few.c.survey, few.c.pressed, func.sum(few.c.callers).label("callers"))
    found: defaultdict[str | None, Answers] = defaultdict(Answers)
    for row in await connection.execute(query.group_by(*groups)):
        found[row.name].add(row.survey, read_keys(row.pressed), int(row.callers))
    return dict(found)


async def _read_with_cases(connection: AsyncConnection, wanted: ColumnElement[bool]) -> list[Response]:
    """Everybody whose call or result was about a case."""
    request, callers = SURVEY_REQUEST.c, dict[str, Any]()
    cases: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for query in _cases(wanted, request.id, request.survey, request.queue, request.agent, request.pressed):
        for row in await connection.execute(query):
            callers[row.id] = row
            cases[row.id].append((row.unit, row.subject))
    return [Response(row.survey, row.queue, row.agent, _once(cases[name]), read_keys(row.pressed))
            for name, row in callers.items()]


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


def _in(asked: ColumnElement[int], interval: Interval, survey: str | None) -> ColumnElement[bool]:
    inside = and_(asked >= interval.start * 1000, asked < interval.end * 1000)
    return inside if survey is None else and_(inside, SURVEY_REQUEST.c.survey == survey)


def _cases(wanted: ColumnElement[bool], *columns: ColumnElement[Any]) -> Iterator[Select[Any]]:
    """Of a told result its case; of a call every case that is linked to it. With these columns of the request."""
    request, asked = SURVEY_REQUEST.c, select(*columns, CASE.c.unit, CASE.c.subject)
    of_result = asked.join_from(SURVEY_REQUEST, CASE, CASE.c.code == request.case_code)
    yield of_result.where(wanted, request.case_code.is_not(None))
    of_call = and_(LINK.c.kind == LinkKind.CALL, LINK.c.reference == request.call_id)
    yield (
        asked.join_from(SURVEY_REQUEST, LINK, of_call).join(CASE, CASE.c.code == LINK.c.code)
        .where(wanted, request.case_code.is_(None)).order_by(request.id, CASE.c.code)
    )


def _once(cases: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(cases))
