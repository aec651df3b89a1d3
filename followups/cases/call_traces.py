"""What a call has left behind among the follow-ups: cases, results that were heard in it, answers to a survey."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import Case, LinkKind
from followups.cases.store import COLUMNS, case_of
from followups.cases.tables import CASE, LINK
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from followups.telling.tables import HEARD, TELLING
from recordings.tables import recording

FEW = 500


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case that the call, or what was recorded in it, belongs to."""

    case: Case
    linked_ms: int


@dataclass(frozen=True, slots=True)
class ResultHeard:
    code: str
    heard_ms: int
    answer: str | None
    """What he said of it (followups.telling.heard.Answer)."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    survey: str
    asked_ms: int
    answers: Mapping[str, int]
    """Question to key; empty: he answered none."""
    ended_ms: int
    """Of the last answer."""


@dataclass(frozen=True, slots=True)
class CallTraces:
    cases: Sequence[LinkedCase] = ()
    heard: Sequence[ResultHeard] = ()
    surveys: Sequence[Surveyed] = ()
    tells: str | None = None
    """The case whose result the call itself was made to tell."""


async def read_call_traces(
    connection: AsyncConnection, calls: Collection[str], recordings: Collection[str] = (),
    messages: Collection[str] = (), outbound_id: str | None = None,
) -> CallTraces:
    """All that is kept about these calls, oldest first.

    Args:
        connection: of the main store.
        calls: their ids.
        recordings: ids of what was recorded in them.
        messages: ids of what was said to a box in them.
        outbound_id: of what the call was made for, if we made it.
    """
    return CallTraces(
        await _cases(connection, {LinkKind.CALL: calls, LinkKind.RECORDING: recordings,
                                  LinkKind.VOICE_MESSAGE: messages}),
        await _heard(connection, calls), await _surveys(connection, calls), await _tells(connection, outbound_id),
    )


async def calls_with_cases(
    connection: AsyncConnection, calls: Collection[str], messages: Mapping[str, str],
) -> set[str]:
    """Those of the calls to which a case is linked: to the call itself, to what was recorded in it, or to a message
    (`messages`: their ids, and the call of each) that was left in it.
    """
    of_call = select(LINK.c.reference).where(LINK.c.kind == LinkKind.CALL.value)
    of_recording = select(recording.c.call_id).join(LINK, LINK.c.reference == recording.c.id).where(
        LINK.c.kind == LinkKind.RECORDING.value)
    of_message = select(LINK.c.reference).where(LINK.c.kind == LinkKind.VOICE_MESSAGE.value)
    found: set[str] = set()
    for few in _fews(calls):
        found |= set((await connection.execute(of_call.where(LINK.c.reference.in_(few)))).scalars())
        found |= set((await connection.execute(of_recording.where(recording.c.call_id.in_(few)))).scalars())
    for few in _fews(messages):
        linked = (await connection.execute(of_message.where(LINK.c.reference.in_(few)))).scalars()
        found |= {messages[message] for message in linked}
    return found


def _fews(ids: Collection[str]) -> Iterator[Sequence[str]]:
    wanted = sorted(ids)
    return (wanted[first:first + FEW] for first in range(0, len(wanted), FEW))


async def _cases(connection: AsyncConnection, wanted: Mapping[LinkKind, Collection[str]]) -> list[LinkedCase]:
    found: dict[str, LinkedCase] = {}
    for kind, references in wanted.items():
        query = (
            select(*COLUMNS, LINK.c.added_ms.label("linked_ms")).join(LINK, LINK.c.code == CASE.c.code)
            .where(LINK.c.kind == kind.value, LINK.c.reference.in_(sorted(references))).order_by(LINK.c.added_ms)
        )
        for row in (await connection.execute(query)).mappings():
            linked = LinkedCase(case_of(row), row["linked_ms"])
            earlier = found.get(linked.case.code)
            if earlier is None or linked.linked_ms < earlier.linked_ms:
                found[linked.case.code] = linked
    return sorted(found.values(), key=lambda one: (one.linked_ms, one.case.code))


async def _heard(connection: AsyncConnection, calls: Collection[str]) -> list[ResultHeard]:
    query = select(HEARD).where(HEARD.c.call_id.in_(sorted(calls))).order_by(HEARD.c.heard_ms, HEARD.c.code)
    return [ResultHeard(row.code, row.heard_ms, row.answer) for row in await connection.execute(query)]


async def _surveys(connection: AsyncConnection, calls: Collection[str]) -> list[Surveyed]:
    query = select(SURVEY_REQUEST).where(SURVEY_REQUEST.c.call_id.in_(sorted(calls)))
    asked = list(await connection.execute(query.order_by(SURVEY_REQUEST.c.asked_ms, SURVEY_REQUEST.c.id)))
    answers = select(SURVEY_ANSWER).where(SURVEY_ANSWER.c.request_id.in_([row.id for row in asked]))
    given = list(await connection.execute(answers.order_by(SURVEY_ANSWER.c.answered_ms, SURVEY_ANSWER.c.question)))
    return [
        Surveyed(
            row.survey, row.asked_ms, {one.question: one.key for one in given if one.request_id == row.id},
            max([one.answered_ms for one in given if one.request_id == row.id], default=row.asked_ms),
        )
        for row in asked
    ]


async def _tells(connection: AsyncConnection, outbound_id: str | None) -> str | None:
    if outbound_id is None:
        return None
    query = select(TELLING.c.code).where(TELLING.c.outbound_id == outbound_id)
    return (await connection.execute(query)).scalar_one_or_none()
