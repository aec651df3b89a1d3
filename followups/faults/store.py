"""Reads cases for the reports about faults and timeliness: only what they count by."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Label, Select, and_, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.book import CaseBook
from followups.cases.lifecycle import Closing
from followups.cases.tables import CASE
from followups.deadlines.escalation import NoticeKind
from followups.deadlines.notice_tables import NOTICE
from followups.deadlines.timeliness import Promise
from followups.faults.corrective_tables import CAUSE
from followups.faults.faults import Dimension
from foundation.calendars import Interval

DROPPED = (Closing.WITHDRAWN.value, Closing.DUPLICATE.value)


@dataclass(frozen=True, slots=True)
class Opened:
    """A case, as far as faults are counted."""

    at: float
    """Epoch seconds."""
    code: str
    subjects: Sequence[str]
    """Its own and those above it, the top one first."""
    cause: str | None
    province: str | None


async def read_opened(connection: AsyncConnection, interval: Interval, book: CaseBook) -> list[Opened]:
    """The cases opened in this time, without duplicates."""
    opened = CASE.c.opened_ms
    query = (
        select(opened, CASE.c.code, CASE.c.subject, CASE.c.province, CAUSE.c.cause)
        .join(CAUSE, CAUSE.c.code == CASE.c.code, isouter=True)
        .where(_opened_in(interval)).order_by(opened, CASE.c.code)
    )
    paths: dict[str, tuple[str, ...]] = {}
    found = []
    for row in await connection.execute(query):
        if row.subject not in paths:
            paths[row.subject] = _path(book, row.subject)
        found.append(Opened(row.opened_ms / 1000, row.code, paths[row.subject], row.cause, row.province))
    return found


async def count_over_times(
    connection: AsyncConnection, times: Sequence[Interval], by: Dimension, book: CaseBook,
) -> list[Counter[str | None]]:
    """How many cases were opened in each of these times, without duplicates: counted by the database, a year has many.

    With subjects, a case counts with its own and with all above it; under None those without a cause or province.
    """
    counted = [Counter[str | None]() for _ in times]
    for first, alike in _stretches(times):
        for row in await connection.execute(_count(alike, by)):
            for name in _path(book, row.name) if by is Dimension.SUBJECT else (row.name,):
                counted[first + row.number][name] += row.cases
    return counted


def _stretches(times: Sequence[Interval]) -> Iterator[tuple[int, Sequence[Interval]]]:
    """Those of one length that follow each other, with the number of the first: as many as one division tells apart."""
    first = 0
    for number, time in enumerate(times):
        before = times[number - 1]
        if number and (time.start, time.seconds) != (before.end, before.seconds):
            yield first, times[first:number]
            first = number
    if times:
        yield first, times[first:]


def _count(alike: Sequence[Interval], by: Dimension) -> Select[tuple[int, str, int]]:
    whole = Interval(alike[0].start, alike[-1].end)
    number = ((CASE.c.opened_ms - whole.start * 1000) // (alike[0].seconds * 1000)).label("number")
    name = {Dimension.SUBJECT: CASE.c.subject, Dimension.CAUSE: CAUSE.c.cause, Dimension.PROVINCE: CASE.c.province}[by]
    query = select(number, name.label("name"), func.count().label("cases")).where(_opened_in(whole))
    query = query.group_by("number", "name")
    return query.outerjoin_from(CASE, CAUSE, CAUSE.c.code == CASE.c.code) if by is Dimension.CAUSE else query


def _opened_in(interval: Interval) -> ColumnElement[bool]:
    """Not as somebody's second."""
    return and_(
        CASE.c.opened_ms >= interval.start * 1000, CASE.c.opened_ms < interval.end * 1000,
        func.coalesce(CASE.c.closing, "") != Closing.DUPLICATE.value)


async def first_opened(connection: AsyncConnection) -> float | None:
    """When the first case ever was opened, in epoch seconds."""
    first = (await connection.execute(select(func.min(CASE.c.opened_ms)))).scalar()
    return None if first is None else first / 1000


async def read_promises(connection: AsyncConnection, interval: Interval, now: float, book: CaseBook) -> list[Promise]:
    """The cases whose deadline lies in this time and has passed; those of which the same is to be said, as one."""
    first = and_(NOTICE.c.code == CASE.c.code, NOTICE.c.round == CASE.c.reopened, NOTICE.c.number == 1,
                 NOTICE.c.kind == NoticeKind.ESCALATION.value)
    due = CASE.c.due_ms
    said = (
        func.coalesce(NOTICE.c.from_unit, CASE.c.unit).label("had"), CASE.c.subject, CASE.c.province,
        _holds("closed", CASE.c.closed_ms.is_not(None)), _holds("closed_in_time", CASE.c.closed_ms <= due),
        _holds("told_in_time", CASE.c.told_ms <= due), _holds("resolved_in_time", CASE.c.resolved_ms <= due),
        _holds("dropped", CASE.c.closing.in_(DROPPED)), _holds("reopened", CASE.c.reopened > 0),
    )
    query = (
        select(*said, func.count().label("cases"))
        .select_from(CASE).join(NOTICE, first, isouter=True)
        .where(due >= interval.start * 1000, due < interval.end * 1000, due < now * 1000)
        .group_by(*(each.element if isinstance(each, Label) else each for each in said))
    )
    return [
        Promise(
            row.had, _path(book, row.subject), row.province, bool(row.closed), bool(row.closed_in_time),
            bool(row.told_in_time), bool(row.resolved_in_time), bool(row.dropped), bool(row.reopened), row.cases,
        )
        for row in await connection.execute(query)
    ]


def _holds(name: str, condition: ColumnElement[bool]) -> Label[int]:
    """1 where it does, 0 where it does not or is not known."""
    return case((condition, literal_column("1")), else_=literal_column("0")).label(name)


def _path(book: CaseBook, subject: str) -> tuple[str, ...]:
    return tuple(one.id for one in book.subjects.path(subject)) or (subject,)
