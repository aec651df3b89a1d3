"""What callers answered, one by one, read the plain way: whatever is counted of them elsewhere must agree with it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import LinkKind
from followups.cases.tables import CASE, LINK
from followups.surveys.satisfaction import Response
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.calendars import Interval


async def read_responses(
    connection: AsyncConnection, interval: Interval, survey: str | None = None,
) -> list[Response]:
    """Everybody who was asked in this time, by the ids of asking; `survey`: only by this one."""
    cases = {row.code: (row.unit, row.subject) for row in await connection.execute(select(CASE))}
    links = [(row.reference, row.code) for row in await connection.execute(
        select(LINK).where(LINK.c.kind == LinkKind.CALL.value).order_by(LINK.c.code))]
    answers = (await connection.execute(select(SURVEY_ANSWER))).all()
    found = []
    for asked in await connection.execute(select(SURVEY_REQUEST).order_by(SURVEY_REQUEST.c.id)):
        if interval.holds(asked.asked_ms / 1000) and survey in (None, asked.survey):
            codes = [asked.case_code] if asked.case_code else [code for call, code in links if call == asked.call_id]
            about = tuple(dict.fromkeys(cases[code] for code in codes if code in cases))
            pressed = {answer.question: answer.key for answer in answers if answer.request_id == asked.id}
            found.append(Response(asked.survey, asked.queue, asked.agent, about, pressed))
    return found
