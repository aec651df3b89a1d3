"""Somebody heard his result: what he said of it moves the case, each word exactly once."""

from dataclasses import dataclass
from enum import StrEnum

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.book import CaseBook
from followups.cases.actor import Actor
from followups.cases.case import Case, Deed, ToldBy
from followups.cases.change import Change, Changes
from followups.cases.desk import reopen_within
from followups.cases.lifecycle import Closing, State, Step, after
from followups.cases.refusals import UnknownCaseError
from followups.telling.tables import HEARD

CALLER = Actor("caller")
"""Who presses the keys."""

log = structlog.get_logger()


class Answer(StrEnum):
    """What a caller says of the result that he heard."""

    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    AGENT = "agent"
    """He wants to speak about it with a person."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A result was heard to its end."""

    id: str
    """The same for what is said of it later in the call."""
    code: str
    round: int
    """Which of the case's results."""
    how: ToldBy
    call_id: str
    heard_ms: int
    answer: Answer | None = None
    """None: he has said nothing of it (yet)."""


class What(StrEnum):
    """What of a `Heard` is news to the store."""

    ALL = "all"
    ANSWER = "answer"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Hearing:
    """Takes in what callers heard and said."""

    changes: Changes
    book: CaseBook

    async def take(self, heard: Heard) -> Case | None:
        """Move the case by it, in one transaction with the note that it was done; doing it again changes nothing.

        None: there is no such case.
        """
        try:
            async with self.changes.of(heard.code, CALLER) as change:
                news = await _note(change.connection, heard)
                if news is not What.NOTHING:
                    await self._move(change, heard, news)
                return change.case
        except UnknownCaseError:
            log.error("a result was heard of a case that is not there", heard=heard.id)  # noqa: TRY400
            return None

    async def _move(self, change: Change, heard: Heard, news: What) -> None:
        detail = {"how": heard.how.value, "call": heard.call_id}
        if change.case.reopened != heard.round:
            # The case went on meanwhile: what he said is of an older result.
            await change.tell(Deed.TELLING, detail={**detail, "answer": _word(heard.answer), "heard": "older"})
            return
        if news is What.ALL:
            await _tell(change, heard, detail)
        match heard.answer:
            case Answer.SOLVED if change.case.state is State.TOLD:
                await change.take(Step.CLOSE, Deed.CLOSED, closing=Closing.SOLVED, closed_ms=change.now_ms,
                                  detail={**detail, "closing": Closing.SOLVED.value})
            case Answer.NOT_SOLVED if after(change.case.state, Step.REOPEN) is not None:
                await reopen_within(change, self.book, "", {**detail, "answer": Answer.NOT_SOLVED.value})
            case Answer():
                await change.tell(Deed.TELLING, detail={**detail, "answer": heard.answer.value})
            case None:
                pass


async def _tell(change: Change, heard: Heard, detail: dict[str, str]) -> None:
    if change.case.state is State.RESOLVED:
        await change.take(Step.TELL, Deed.TOLD, told_ms=heard.heard_ms, told_by=heard.how, detail=detail)
    else:
        await change.tell(Deed.TELLING, detail={**detail, "heard": "again"})


def _word(answer: Answer | None) -> str:
    return answer.value if answer else "–"


async def _note(connection: AsyncConnection, heard: Heard) -> What:
    put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    row = {
        "id": heard.id, "code": heard.code, "round": heard.round, "how": heard.how.value, "call_id": heard.call_id,
        "heard_ms": heard.heard_ms, "answer": heard.answer.value if heard.answer else None,
    }
    if (await connection.execute(put(HEARD).values(row).on_conflict_do_nothing())).rowcount:
        return What.ALL
    if heard.answer is None:
        return What.NOTHING
    unsaid = update(HEARD).where(HEARD.c.id == heard.id, HEARD.c.answer.is_(None))
    changed = await connection.execute(unsaid.values(answer=heard.answer.value))
    return What.ANSWER if changed.rowcount else What.NOTHING


async def heard_of(connection: AsyncConnection, code: str) -> list[Heard]:
    """Every time that a result of this case was heard, the oldest first."""
    query = select(HEARD).where(HEARD.c.code == code).order_by(HEARD.c.heard_ms, HEARD.c.id)
    return [
        Heard(row.id, row.code, row.round, ToldBy(row.how), row.call_id, row.heard_ms,
              Answer(row.answer) if row.answer else None)
        for row in await connection.execute(query)
    ]
