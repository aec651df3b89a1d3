"""Cases in the database: rows to dataclasses and back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, func, insert, nulls_last, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import Attachment, Case, Channel, Deed, Event, Link, LinkKind, Tier, ToldBy
from followups.cases.lifecycle import Closing, State
from followups.cases.tables import ATTACHMENT, CASE, EVENT, LINK, SEALED
from foundation.request_days import doubt_request_days

COLUMNS = [CASE.c[field.name] for field in fields(Case)]
LONGEST_PAGE = 500
LINKED_CALLS = frozenset({LinkKind.CALL, LinkKind.RECORDING, LinkKind.VOICE_MESSAGE})
"""Kinds of links by which a call has a case (`followups.cases.call_traces.calls_with_cases`)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases; None is any. Times from `since_ms` on, before `until_ms`, of opening."""

    states: frozenset[State] | None = None
    unit: str | None = None
    subjects: frozenset[str] | None = None
    province: str | None = None
    assignee: str | None = None
    contact_id: str | None = None
    opened_by: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    due_before_ms: int | None = None
    limit: int = 100
    offset: int = 0


def case_of(row: RowMapping) -> Case:
    values = {field.name: row[field.name] for field in fields(Case)}
    values |= {"state": State(values["state"]), "tier": Tier(values["tier"]), "channel": Channel(values["channel"])}
    if values["told_by"] is not None:
        values["told_by"] = ToldBy(values["told_by"])
    if values["closing"] is not None:
        values["closing"] = Closing(values["closing"])
    return Case(**values)


async def add_case(connection: AsyncConnection, case: Case, request_key: str | None) -> bool:
    """False: its code or its request's key is there already."""
    put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    values = {**asdict(case), "request_key": request_key}
    done = await connection.execute(put(CASE).values(values).on_conflict_do_nothing())
    return done.rowcount > 0


async def load_case(connection: AsyncConnection, code: str, *, lock: bool = False) -> Case | None:
    """The case; `lock` holds it until the transaction ends, so that changes come one after the other."""
    query = select(*COLUMNS).where(CASE.c.code == code)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return case_of(row) if row is not None else None


async def case_of_request(connection: AsyncConnection, request_key: str) -> Case | None:
    query = select(*COLUMNS).where(CASE.c.request_key == request_key)
    row = (await connection.execute(query)).mappings().one_or_none()
    return case_of(row) if row is not None else None


async def save_case(connection: AsyncConnection, case: Case) -> None:
    """Write the whole case over the one that was loaded with `lock`."""
    await connection.execute(update(CASE).where(CASE.c.code == case.code).values(asdict(case)))


async def add_event(connection: AsyncConnection, event: Event) -> None:
    values = {key: value for key, value in asdict(event).items() if key != "id"}
    await connection.execute(insert(EVENT).values({**values, "detail": dict(event.detail)}))


async def events_of(connection: AsyncConnection, code: str) -> list[Event]:
    """The case's history, oldest first."""
    query = select(EVENT).where(EVENT.c.code == code).order_by(EVENT.c.id)
    return [
        Event(row.code, row.at_ms, row.who, Deed(row.deed), row.version, State(row.state), row.text, row.detail, row.id)
        for row in (await connection.execute(query)).all()
    ]


def _conditions(wanted: Wanted) -> ColumnElement[bool]:
    column = CASE.c
    given: tuple[tuple[object, Callable[[], ColumnElement[bool]]], ...] = (
        (wanted.states, lambda: column.state.in_([state.value for state in wanted.states or ()])),
        (wanted.unit, lambda: column.unit == wanted.unit),
        (wanted.subjects, lambda: column.subject.in_(wanted.subjects or ())),
        (wanted.province, lambda: column.province == wanted.province),
        (wanted.assignee, lambda: column.assignee == wanted.assignee),
        (wanted.contact_id, lambda: column.contact_id == wanted.contact_id),
        (wanted.opened_by, lambda: column.opened_by == wanted.opened_by),
        (wanted.since_ms, lambda: column.opened_ms >= wanted.since_ms),
        (wanted.until_ms, lambda: column.opened_ms < wanted.until_ms),
        (wanted.due_before_ms, lambda: column.due_ms < wanted.due_before_ms),
    )
    return and_(True, *(make() for value, make in given if value is not None))  # noqa: FBT003


async def cases(connection: AsyncConnection, wanted: Wanted, *, by_deadline: bool = False) -> list[Case]:
    """The cases that are wanted: the newest first, or those that fall due first."""
    order: tuple[Any, ...] = (CASE.c.opened_ms.desc(),)
    if by_deadline:
        order = (nulls_last(CASE.c.due_ms), CASE.c.opened_ms)
    limit = min(wanted.limit, LONGEST_PAGE)
    query = select(*COLUMNS).where(_conditions(wanted)).order_by(*order, CASE.c.code)
    rows = await connection.execute(query.limit(limit).offset(wanted.offset))
    return [case_of(row) for row in rows.mappings()]


async def count_cases(connection: AsyncConnection, wanted: Wanted) -> int:
    query = select(func.count()).select_from(CASE).where(_conditions(wanted))
    return int((await connection.execute(query)).scalar_one())


async def count_by_unit(
    connection: AsyncConnection, states: frozenset[State], now_ms: int,
) -> dict[str, tuple[int, int]]:
    """How many cases in these states each unit has, and how many of them are overdue."""
    late = func.count().filter(and_(CASE.c.due_ms.is_not(None), CASE.c.due_ms < now_ms))
    query = select(CASE.c.unit, func.count(), late).where(CASE.c.state.in_([state.value for state in states]))
    rows = (await connection.execute(query.group_by(CASE.c.unit))).all()
    return {unit: (count, overdue) for unit, count, overdue in rows}


async def add_link(connection: AsyncConnection, link: Link) -> bool:
    """False: it is there already."""
    put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    added = (await connection.execute(put(LINK).values(asdict(link)).on_conflict_do_nothing())).rowcount > 0
    if added and link.kind in LINKED_CALLS:
        await doubt_request_days(connection, link.kind.value, link.reference)
    return added


async def links_of(connection: AsyncConnection, code: str) -> list[Link]:
    query = select(LINK).where(LINK.c.code == code).order_by(LINK.c.added_ms, LINK.c.kind, LINK.c.reference)
    return [
        Link(row.code, LinkKind(row.kind), row.reference, row.added_ms, row.added_by)
        for row in (await connection.execute(query)).all()
    ]


async def linked_references(connection: AsyncConnection, kind: LinkKind, references: Sequence[str]) -> set[str]:
    """Those of the references that some case is linked to."""
    found: set[str] = set()
    for start in range(0, len(references), LONGEST_PAGE):
        part = references[start : start + LONGEST_PAGE]
        query = select(LINK.c.reference).where(LINK.c.kind == kind.value, LINK.c.reference.in_(part))
        found.update((await connection.execute(query)).scalars())
    return found


async def cases_linked_to(connection: AsyncConnection, kind: LinkKind, references: Sequence[str]) -> list[Case]:
    """The cases of a call, a message, ...: the newest first."""
    linked = select(LINK.c.code).where(LINK.c.kind == kind.value, LINK.c.reference.in_(references))
    query = select(*COLUMNS).where(CASE.c.code.in_(linked)).order_by(CASE.c.opened_ms.desc())
    return [case_of(row) for row in (await connection.execute(query)).mappings()]


async def add_attachment(connection: AsyncConnection, attachment: Attachment) -> None:
    await connection.execute(insert(ATTACHMENT).values(asdict(attachment)))


async def attachments_of(connection: AsyncConnection, code: str) -> list[Attachment]:
    query = select(ATTACHMENT).where(ATTACHMENT.c.code == code).order_by(ATTACHMENT.c.added_ms, ATTACHMENT.c.id)
    return [Attachment(**row) for row in (await connection.execute(query)).mappings()]


async def sealed_ids(connection: AsyncConnection, code: str) -> dict[int, bytes]:
    """Number of the mark to what it stands for, sealed."""
    query = select(SEALED.c.number, SEALED.c.cipher).where(SEALED.c.code == code)
    return {row.number: row.cipher for row in (await connection.execute(query)).all()}


async def add_sealed_ids(connection: AsyncConnection, code: str, ids: Mapping[int, bytes]) -> None:
    rows: list[dict[str, Any]] = [{"code": code, "number": n, "cipher": cipher} for n, cipher in ids.items()]
    if rows:
        await connection.execute(insert(SEALED).values(rows))


