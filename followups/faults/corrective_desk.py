"""Where corrective actions are opened, filled with the cases that showed the fault, and closed with what came of it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields

from sqlalchemy import RowMapping, insert, nulls_first, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.book import CaseBook
from followups.book.causes import Causes, UnknownCauseError
from followups.cases.actor import Actor, Reach
from followups.cases.change import checked_text
from followups.cases.refusals import CaseRefusalError, ChangedMeanwhileError, MayOnlyLookError, UnknownCaseError
from followups.cases.tables import CASE
from followups.faults.corrective import WEEK, WEEKS, Effect, Scope, measure_effect
from followups.faults.corrective_tables import ACTION, ACTION_CASE, ACTION_EVENT
from followups.faults.store import first_opened, read_opened
from foundation.calendars import Interval
from foundation.database import Database

LONGEST_TITLE = 200
LONGEST_NAME = 80


class UnknownActionError(CaseRefusalError):
    name = "unknown-action"
    status = 404


class ActionClosedError(CaseRefusalError):
    """Nothing more is done with it."""

    name = "action-closed"


class ActionWithoutScopeError(CaseRefusalError):
    """Without a subject, cause or province nothing can be measured."""

    name = "action-without-scope"
    status = 422


class MendedInFutureError(CaseRefusalError):
    name = "mended-in-future"
    status = 422


@dataclass(frozen=True, slots=True)
class Action:
    """The columns of `followups.faults.corrective_tables.ACTION`. Times in epoch milliseconds."""

    id: int
    version: int
    title: str
    subject: str | None
    cause: str | None
    province: str | None
    unit: str
    owner: str
    opened_ms: int
    opened_by: str
    due_ms: int
    mended_ms: int | None
    """Since when the process is mended."""
    closed_ms: int | None
    closed_by: str | None
    outcome: str | None

    @property
    def scope(self) -> Scope:
        return Scope(self.subject, self.cause, self.province)


@dataclass(frozen=True, slots=True)
class ActionEvent:
    at_ms: int
    who: str
    deed: str
    """opened, cases_added, mended or closed."""
    text: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActionView:
    action: Action
    cases: Sequence[str]
    events: Sequence[ActionEvent]
    effect: Effect | None
    """None until the process is said to be mended."""


@dataclass(frozen=True, slots=True)
class NewAction:
    """What somebody takes upon himself."""

    title: str
    unit: str
    owner: str
    due_ms: int
    scope: Scope
    cases: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class CorrectiveDesk:
    database: Database
    book: CaseBook
    causes: Causes

    async def open(self, wish: NewAction, actor: Actor) -> Action:
        """Open an action.

        Raises:
            CaseRefusalError: one of its classes; nothing has changed.
        """
        self._check(wish, actor)
        now = self.book.now_ms()
        values = {
            "version": 1, "title": checked_text(wish.title, needed=True, what="title")[:LONGEST_TITLE],
            "subject": wish.scope.subject, "cause": wish.scope.cause, "province": wish.scope.province,
            "unit": wish.unit, "owner": checked_text(wish.owner, needed=True, what="owner")[:LONGEST_NAME],
            "opened_ms": now, "opened_by": actor.name, "due_ms": wish.due_ms,
        }
        async with self.database.write() as connection:
            done = await connection.execute(insert(ACTION).values(values).returning(ACTION.c.id))
            action_id = int(done.scalar_one())
            await _tell(connection, action_id, ActionEvent(now, actor.name, "opened"))
            await self._add_cases(connection, action_id, wish.cases, actor)
            return await _load(connection, action_id)

    async def add_cases(self, action_id: int, codes: Sequence[str], actor: Actor) -> int:
        """Put cases that show the fault to it; returns how many were not there yet.

        Raises:
            UnknownActionError, ActionClosedError, UnknownCaseError
        """
        async with self._changing(action_id, actor, None) as connection:
            return await self._add_cases(connection, action_id, codes, actor)

    async def mend(self, action_id: int, moment_ms: int, actor: Actor, *, version: int | None = None) -> Action:
        """Say since when the process is mended; the effect is measured from there. It may be said anew.

        Raises:
            MendedInFutureError, UnknownActionError, ActionClosedError, ChangedMeanwhileError
        """
        if moment_ms > self.book.now_ms():
            raise MendedInFutureError
        async with self._changing(action_id, actor, version) as connection:
            return await self._alter(connection, action_id, actor, "mended", "", mended_ms=moment_ms)

    async def close(self, action_id: int, outcome: str, actor: Actor, *, version: int | None = None) -> Action:
        """Say what came of it.

        Raises:
            EmptyTextError, UnknownActionError, ActionClosedError, ChangedMeanwhileError
        """
        text = checked_text(outcome, needed=True, what="outcome")
        async with self._changing(action_id, actor, version) as connection:
            return await self._alter(
                connection, action_id, actor, "closed", text, closed_ms=self.book.now_ms(), closed_by=actor.name,
                outcome=text,
            )

    async def list(self, *, closed_too: bool = False) -> Sequence[Action]:
        """The open actions by their deadline; then, if wished for, the closed ones."""
        query = select(ACTION).order_by(nulls_first(ACTION.c.closed_ms), ACTION.c.due_ms, ACTION.c.id)
        async with self.database.read() as connection:
            rows = await connection.execute(query if closed_too else query.where(ACTION.c.closed_ms.is_(None)))
            return [_action(row) for row in rows.mappings()]

    async def show(self, action_id: int) -> ActionView:
        """An action with its cases, its history and its measured effect.

        Raises:
            UnknownActionError
        """
        async with self.database.read() as connection:
            action = await _load(connection, action_id)
            linked = select(ACTION_CASE.c.code).where(ACTION_CASE.c.action_id == action_id).order_by(ACTION_CASE.c.code)
            told = select(ACTION_EVENT).where(ACTION_EVENT.c.action_id == action_id).order_by(ACTION_EVENT.c.id)
            codes = list((await connection.execute(linked)).scalars())
            events = [ActionEvent(row.at_ms, row.who, row.deed, row.text, row.detail)
                      for row in await connection.execute(told)]
            effect = None if action.mended_ms is None else await self._effect(connection, action, action.mended_ms)
        return ActionView(action, codes, events, effect)

    async def _effect(self, connection: AsyncConnection, action: Action, mended_ms: int) -> Effect:
        mended, now = mended_ms / 1000, self.book.now_ms() / 1000
        around = Interval(int(mended) - WEEKS * WEEK - 1, int(mended) + WEEKS * WEEK + 1)
        cases = await read_opened(connection, around, self.book)
        return measure_effect(cases, action.scope, mended, now, await first_opened(connection) or now)

    def _check(self, wish: NewAction, actor: Actor) -> None:
        _check_may(actor)
        if wish.scope.is_open:
            raise ActionWithoutScopeError
        if wish.scope.subject is not None:
            self.book.subject(wish.scope.subject)
        if wish.scope.cause is not None and wish.scope.cause not in self.causes:
            raise UnknownCauseError(cause=wish.scope.cause[:40])
        self.book.check_province(wish.scope.province)
        self.book.unit(wish.unit)

    @asynccontextmanager
    async def _changing(self, action_id: int, actor: Actor, version: int | None) -> AsyncIterator[AsyncConnection]:
        _check_may(actor)
        async with self.database.write() as connection:
            action = await _load(connection, action_id, lock=True)
            if action.closed_ms is not None:
                raise ActionClosedError(action=str(action_id))
            if version is not None and version != action.version:
                raise ChangedMeanwhileError(code=str(action_id), seen=str(version), now=str(action.version))
            yield connection

    async def _alter(
        self, connection: AsyncConnection, action_id: int, actor: Actor, deed: str, text: str, **changes: int | str,
    ) -> Action:
        values = {**changes, "version": ACTION.c.version + 1}
        await connection.execute(update(ACTION).where(ACTION.c.id == action_id).values(values))
        detail = {name: str(value) for name, value in changes.items() if name == "mended_ms"}
        await _tell(connection, action_id, ActionEvent(self.book.now_ms(), actor.name, deed, text, detail))
        return await _load(connection, action_id)

    async def _add_cases(
        self, connection: AsyncConnection, action_id: int, codes: Sequence[str], actor: Actor,
    ) -> int:
        now = self.book.now_ms()
        known = set((await connection.execute(select(CASE.c.code).where(CASE.c.code.in_(codes)))).scalars())
        for code in codes:
            if code not in known:
                raise UnknownCaseError(code=code[:20])
        put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
        added = []
        for code in dict.fromkeys(codes):
            row = {"action_id": action_id, "code": code, "added_ms": now, "added_by": actor.name}
            if (await connection.execute(put(ACTION_CASE).values(row).on_conflict_do_nothing())).rowcount:
                added.append(code)
        if added:
            event = ActionEvent(now, actor.name, "cases_added", detail={"cases": " ".join(added)})
            await _tell(connection, action_id, event)
        return len(added)


def _check_may(actor: Actor) -> None:
    if actor.reach is not Reach.EVERYTHING:
        raise MayOnlyLookError(who=actor.name)


async def _load(connection: AsyncConnection, action_id: int, *, lock: bool = False) -> Action:
    query = select(ACTION).where(ACTION.c.id == action_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise UnknownActionError(action=str(action_id))
    return _action(row)


def _action(row: RowMapping) -> Action:
    return Action(**{each.name: row[each.name] for each in fields(Action)})


async def _tell(connection: AsyncConnection, action_id: int, event: ActionEvent) -> None:
    await connection.execute(insert(ACTION_EVENT).values({
        "action_id": action_id, "at_ms": event.at_ms, "who": event.who, "deed": event.deed, "text": event.text,
        "detail": dict(event.detail),
    }))
