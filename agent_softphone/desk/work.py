"""Work beside calls: voice messages, numbers that were left, promised calls, results. Taken by one agent at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_softphone.desk.refusals import (
    BeingDialledError,
    NotTakenError,
    TakenError,
    UnknownResultError,
    UnknownTaskError,
)
from agent_softphone.desk.tables import DESK_TASK
from callqueue.outbound.model import CALLBACK, OutboundCall, Result, State
from callqueue.outbound.store import CALL, calls_where, change_call, close_call, find_call
from followups.cases.case import Case
from followups.telling.store import results_named, results_to_tell
from followups.telling.telling import Telling
from foundation.database import Database
from recordings.messages.messages import Message, Wanted, close_message, messages, messages_named
from recordings.messages.spoken import Kind as MessageKind

TABLE = DESK_TASK.c
HOUR_MS: Final = 3_600_000
KEPT_HOURS: Final = 12
"""Who has taken something and not closed it for so long loses it to whoever takes it next."""
HELD_MS: Final = HOUR_MS
"""The machine does not dial a promise that an agent has taken for so long."""
MOST: Final = 200


class TaskKind(StrEnum):
    MESSAGE = "message"
    PROMISE = "promise"
    RESULT = "result"
    """A follow-up's result that its caller does not know yet: the machine calls him too, or could not reach him."""


class TaskResult(StrEnum):
    """How a piece of work ended."""

    REACHED = "reached"
    UNREACHABLE = "unreachable"
    ANSWERED = "answered"
    """By other means, or nothing was to be answered."""
    CANCELLED = "cancelled"
    """The person wants no call any more."""


OFFERED: Final[Mapping[TaskKind, tuple[TaskResult, ...]]] = {
    TaskKind.MESSAGE: (TaskResult.REACHED, TaskResult.UNREACHABLE, TaskResult.ANSWERED),
    TaskKind.PROMISE: (TaskResult.REACHED, TaskResult.UNREACHABLE, TaskResult.CANCELLED),
    TaskKind.RESULT: (TaskResult.REACHED, TaskResult.UNREACHABLE),
}
SETTLES: Final = {
    TaskResult.REACHED: Result.REACHED, TaskResult.UNREACHABLE: Result.UNREACHABLE,
    TaskResult.CANCELLED: Result.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work, open or just closed."""

    kind: TaskKind
    id: str
    since_ms: int
    number: str | None
    place: str
    """Box of a message, queue of a promise or request, unit of a result."""
    language: str | None = None
    duration_ms: int = 0
    due_ms: int | None = None
    says: str = ""
    """`voice_message`, `callback_request`, `lost_caller`, `promise` or `result`."""
    has_sound: bool = False
    attempts: int = 0
    owner: str | None = None
    call_id: str | None = None
    case: str | None = None
    """Code of the follow-up whose result is to be told."""
    outbound: str | None = None
    """The machine's own call for it."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Whose work it may be."""

    queues: Collection[str]
    units: Collection[str] = ()
    names: Collection[str] = ()
    """Under which cases are in his hands."""


@dataclass(frozen=True, slots=True)
class WorkDesk:
    """Where agents take and close it."""

    database: Database

    async def open_tasks(self, hands: Hands, now_ms: int) -> list[Task]:
        """What these hands may do, the oldest first."""
        queues = hands.queues
        async with self.database.read() as connection:
            sent = await messages(connection, Wanted(open=True))
            promised = await calls_where(
                connection, CALL.purpose == CALLBACK, CALL.state != State.CLOSED, CALL.queue.in_(sorted(queues)),
                limit=MOST,
            )
            owed = await results_to_tell(connection, hands.units, hands.names)
            owners, done = await _owners(connection, now_ms), await _done(connection, TaskKind.RESULT)
        found = [_of_message(one) for one in sent if one.queue is None or one.queue in queues]
        found += [_of_promise(one) for one in promised]
        found += [task for task in map(_of_result, owed) if task.id not in done]
        tasks = [_owned(task, owners) for task in found]
        return sorted(tasks, key=lambda task: (task.since_ms, task.id))[:MOST]

    async def find(self, kind: TaskKind, item: str, now_ms: int) -> Task:
        """Raises UnknownTaskError: it is done, or was never there."""
        async with self.database.read() as connection:
            task = await _find(connection, kind, item)
            if task is None:
                raise UnknownTaskError(item=item[:80])
            return _owned(task, await _owners(connection, now_ms))

    async def take(self, kind: TaskKind, item: str, agent: str, now_ms: int) -> None:
        """Make it this agent's: of two who take it at once, one gets it.

        Raises:
            UnknownTaskError, TakenError, BeingDialledError: nothing has changed.
        """
        async with self.database.write() as connection:
            task = await _find(connection, kind, item)
            if task is None:
                raise UnknownTaskError(item=item[:80])
            if not await _claim(connection, kind, item, agent, now_ms):
                raise TakenError(item=item[:80])
            if not await _keep_the_machine_off(connection, task, now_ms + HELD_MS):
                raise BeingDialledError(item=item[:80])

    async def give_back(self, kind: TaskKind, item: str, agent: str, now_ms: int) -> None:
        """Let another take it; a promise is dialled again when its place comes.

        Raises:
            NotTakenError: it is not his.
        """
        async with self.database.write() as connection:
            await _check_owner(connection, kind, item, agent)
            await connection.execute(DESK_TASK.delete().where(TABLE.kind == kind.value, TABLE.item == item))
            task = await _find(connection, kind, item)
            if task is not None:
                await _keep_the_machine_off(connection, task, now_ms)

    async def close(self, task: Task, agent: str, result: TaskResult, note: str, now_ms: int) -> None:
        """It is done, with this result.

        Raises:
            UnknownResultError, NotTakenError, UnknownTaskError, BeingDialledError: nothing has changed.
        """
        if result not in OFFERED[task.kind]:
            raise UnknownResultError(result=result.value)
        async with self.database.write() as connection:
            await _check_owner(connection, task.kind, task.id, agent)
            await _settle(connection, task, agent, result, now_ms)
            await connection.execute(
                update(DESK_TASK).where(TABLE.kind == task.kind.value, TABLE.item == task.id)
                .values(closed_ms=now_ms, result=result.value, note=note[:4000]),
            )


async def _settle(connection: AsyncConnection, task: Task, agent: str, result: TaskResult, now_ms: int) -> None:
    if task.kind is TaskKind.MESSAGE:
        done = await close_message(connection, task.id, agent, now_ms)
    elif task.kind is TaskKind.RESULT:
        done = True  # whether he knows it now stands in the case
        await _keep_the_machine_off(connection, task, now_ms)
    else:
        call = await find_call(connection, task.id, lock=True)
        if call is not None and call.state is State.DIALLING:
            raise BeingDialledError(item=task.id)
        done = await close_call(connection, task.id, SETTLES[result], agent, now_ms)
    if not done:
        raise UnknownTaskError(item=task.id[:80])


async def _keep_the_machine_off(connection: AsyncConnection, task: Task, until_ms: int) -> bool:
    """It does not dial until then; False: it is dialling at this moment."""
    if task.outbound is None:
        return True
    return await change_call(connection, task.outbound, CALL.state == State.OPEN, next_attempt_ms=until_ms)


async def _claim(connection: AsyncConnection, kind: TaskKind, item: str, agent: str, now_ms: int) -> bool:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"kind": kind.value, "item": item, "agent": agent, "taken_ms": now_ms, "note": ""}
    made = await connection.execute(dialect.insert(DESK_TASK).values(row).on_conflict_do_nothing())
    if made.rowcount == 1:
        return True
    mine = TABLE.agent == agent
    lost = TABLE.closed_ms.is_not(None) | (TABLE.taken_ms < now_ms - KEPT_HOURS * HOUR_MS)
    again = await connection.execute(
        update(DESK_TASK).where(TABLE.kind == kind.value, TABLE.item == item, mine | lost)
        .values(agent=agent, taken_ms=now_ms, closed_ms=None, result=None),
    )
    return again.rowcount == 1


async def _check_owner(connection: AsyncConnection, kind: TaskKind, item: str, agent: str) -> None:
    mine = select(TABLE.item).where(
        TABLE.kind == kind.value, TABLE.item == item, TABLE.agent == agent, TABLE.closed_ms.is_(None))
    if (await connection.execute(mine)).first() is None:
        raise NotTakenError(item=item[:80])


async def _owners(connection: AsyncConnection, now_ms: int) -> dict[tuple[str, str], str]:
    query = select(TABLE.kind, TABLE.item, TABLE.agent).where(
        TABLE.closed_ms.is_(None), TABLE.taken_ms >= now_ms - KEPT_HOURS * HOUR_MS)
    return {(row.kind, row.item): row.agent for row in (await connection.execute(query)).all()}


async def _find(connection: AsyncConnection, kind: TaskKind, item: str) -> Task | None:
    if kind is TaskKind.MESSAGE:
        found = [one for one in await messages_named(connection, item) if one.id == item and one.closed_ms is None]
        return _of_message(found[0]) if found else None
    if kind is TaskKind.RESULT:
        results = [_of_result(one) for one in await results_named(connection, item.partition(".")[0])]
        done = await _done(connection, kind)
        return next((task for task in results if task.id == item and item not in done), None)
    call = await find_call(connection, item)
    open_promise = call is not None and call.purpose == CALLBACK and call.state is not State.CLOSED
    return _of_promise(call) if call is not None and open_promise else None


async def _done(connection: AsyncConnection, kind: TaskKind) -> frozenset[str]:
    """What an agent has closed."""
    query = select(TABLE.item).where(TABLE.kind == kind.value, TABLE.closed_ms.is_not(None))
    return frozenset((await connection.execute(query)).scalars())


def _of_message(one: Message) -> Task:
    asked = one.kind != MessageKind.VOICE_MESSAGE.value and one.queue is not None
    return Task(
        TaskKind.MESSAGE, one.id, one.taken_ms, one.callback_number or one.caller,
        one.queue if asked and one.queue else one.box, one.language, one.duration_ms, says=one.kind,
        has_sound=one.recording_id is not None, call_id=one.call_id,
    )


def _of_promise(one: OutboundCall) -> Task:
    return Task(
        TaskKind.PROMISE, one.id, one.asked_ms, one.number, one.queue or "", one.language, due_ms=one.due_ms,
        says="promise", attempts=one.attempts, call_id=one.origin_call_id, outbound=one.id,
    )


def _of_result(owed: tuple[Case, Telling]) -> Task:
    case, telling = owed
    return Task(
        TaskKind.RESULT, f"{case.code}.{telling.round}", case.resolved_ms or case.changed_ms, case.reply_number,
        case.unit, case.language, says="result", attempts=telling.tries, case=case.code,
        outbound=None if telling.settled_ms is not None else telling.outbound_id,
    )


def _owned(task: Task, owners: Mapping[tuple[str, str], str]) -> Task:
    return replace(task, owner=owners.get((task.kind.value, task.id)))
