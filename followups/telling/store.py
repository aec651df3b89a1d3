"""Tellings in the database. Every function works inside its caller's transaction."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import Case
from followups.cases.lifecycle import State
from followups.cases.store import COLUMNS, case_of
from followups.cases.tables import CASE
from followups.telling.tables import BOOKMARK, HEARD, TELLING
from followups.telling.telling import BY_HAND, Outcome, Telling

PER_LOOK = 200


def _telling(row: RowMapping, before: str = "") -> Telling:
    values = {field.name: row[before + field.name] for field in fields(Telling)}
    values["outcome"] = Outcome(values["outcome"]) if values["outcome"] else None
    return Telling(**values)


async def owed_results(connection: AsyncConnection, limit: int = PER_LOOK) -> list[Case]:
    """Cases with a result for which nothing has been done yet to tell it, the oldest result first."""
    same = and_(TELLING.c.code == CASE.c.code, TELLING.c.round == CASE.c.reopened)
    untold = (CASE.c.state == State.RESOLVED.value, TELLING.c.code.is_(None))
    query = select(*COLUMNS).outerjoin(TELLING, same).where(*untold)
    rows = await connection.execute(query.order_by(CASE.c.resolved_ms, CASE.c.code).limit(limit))
    return [case_of(row) for row in rows.mappings()]


async def begin_telling(connection: AsyncConnection, code: str, number: int, now_ms: int) -> bool:
    """False: somebody else has begun to tell this result."""
    put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    row = {"code": code, "round": number, "ordered_ms": now_ms, "tries": 0, "written": ""}
    return (await connection.execute(put(TELLING).values(row).on_conflict_do_nothing())).rowcount > 0


async def change_telling(connection: AsyncConnection, code: str, number: int, **values: Any) -> bool:
    """Change one that is not settled yet; whether there was one."""
    unsettled = (TELLING.c.code == code, TELLING.c.round == number, TELLING.c.settled_ms.is_(None))
    return (await connection.execute(update(TELLING).where(*unsettled).values(**values))).rowcount > 0


async def telling_of_call(connection: AsyncConnection, outbound_id: str) -> Telling | None:
    query = select(TELLING).where(TELLING.c.outbound_id == outbound_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return _telling(row) if row is not None else None


async def tellings_of(connection: AsyncConnection, code: str) -> list[Telling]:
    """Of one case, the oldest first."""
    rows = await connection.execute(select(TELLING).where(TELLING.c.code == code).order_by(TELLING.c.round))
    return [_telling(row) for row in rows.mappings()]


async def needless_calls(connection: AsyncConnection, limit: int = PER_LOOK) -> list[str]:
    """Calls that are still ordered though their result is told or gone; not those in which it was heard."""
    heard = select(HEARD.c.id).where(HEARD.c.code == TELLING.c.code, HEARD.c.round == TELLING.c.round,
                                     HEARD.c.how == "call")
    gone = (CASE.c.state != State.RESOLVED.value) | (CASE.c.reopened != TELLING.c.round)
    query = select(TELLING.c.outbound_id).join(CASE, CASE.c.code == TELLING.c.code).where(
        TELLING.c.settled_ms.is_(None), TELLING.c.outbound_id.is_not(None), gone, ~heard.exists())
    return [str(row.outbound_id) for row in await connection.execute(query.limit(limit))]


async def results_to_tell(
    connection: AsyncConnection, units: Collection[str], names: Collection[str], limit: int = PER_LOOK,
) -> list[tuple[Case, Telling]]:
    """Results of these units, or of cases in these hands, that are not told yet although a call was ordered or could
    not be: those for which agents may call. The oldest result first.
    """
    return await _to_tell(connection, CASE.c.unit.in_(sorted(units)) | CASE.c.assignee.in_(sorted(names)), limit)


async def results_named(connection: AsyncConnection, code: str) -> list[tuple[Case, Telling]]:
    """The same, of one case."""
    return await _to_tell(connection, CASE.c.code == code, 1)


async def _to_tell(
    connection: AsyncConnection, which: ColumnElement[bool], limit: int,
) -> list[tuple[Case, Telling]]:
    same = and_(TELLING.c.code == CASE.c.code, TELLING.c.round == CASE.c.reopened)
    untold = TELLING.c.settled_ms.is_(None) | TELLING.c.outcome.in_(sorted(BY_HAND))
    own = [column.label(f"telling_{column.name}") for column in TELLING.c]
    query = select(*COLUMNS, *own).join(TELLING, same).where(
        CASE.c.state == State.RESOLVED.value, CASE.c.reply_number.is_not(None), untold, which)
    rows = await connection.execute(query.order_by(CASE.c.resolved_ms, CASE.c.code).limit(limit))
    return [(case_of(row), _telling(row, "telling_")) for row in rows.mappings()]


async def read_bookmark(connection: AsyncConnection, name: str) -> int:
    return int((await connection.execute(select(BOOKMARK.c.value).where(BOOKMARK.c.name == name))).scalar() or 0)


async def move_bookmark(connection: AsyncConnection, name: str, value: int) -> None:
    """Onwards only: two who read at once do not read anything again."""
    put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    entry = put(BOOKMARK).values(name=name, value=value)
    await connection.execute(entry.on_conflict_do_update(
        index_elements=[BOOKMARK.c.name], set_={"value": value}, where=BOOKMARK.c.value < value))
