"""What agents noted of one caller, and how long it is kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_softphone.desk.tables import DESK_CALL, DESK_TASK
from callqueue.outbound.tables import OUTBOUND_CALL
from foundation.database import Store
from foundation.erasure import Alias, Row, Step, number_step, readable
from foundation.settings import Kept
from recordings.keeping.holds import Belongings, unique
from recordings.keeping.keeping import Thing
from recordings.keeping.sound_shelf import PAGE, behind
from recordings.tables import voice_message

FEW = 500
BETWEEN = "|"


def _tasks_of(forms: Collection[str]) -> Any:
    numbers = sorted(forms)
    messages = select(voice_message.c.id).where(
        or_(voice_message.c.caller.in_(numbers), voice_message.c.callback_number.in_(numbers)))
    promises = select(OUTBOUND_CALL.c.id).where(OUTBOUND_CALL.c.number.in_(numbers))
    return or_(DESK_TASK.c.item.in_(messages), DESK_TASK.c.item.in_(promises))


async def _find_tasks(connection: AsyncConnection, alias: Alias) -> list[Row]:
    return readable((await connection.execute(select(DESK_TASK).where(_tasks_of(alias.forms)))).mappings())


async def _erase_tasks(connection: AsyncConnection, alias: Alias) -> int:
    done = await connection.execute(
        update(DESK_TASK).where(_tasks_of(alias.both), DESK_TASK.c.note != "").values(note=""))
    return done.rowcount


STEPS: tuple[Step, ...] = (
    number_step("notes of calls at agents' desks", Store.MAIN, DESK_CALL, "number", blank={"notes": ""}),
    Step("notes of messages and promised calls", Store.MAIN, frozenset({DESK_TASK.name}), _find_tasks, _erase_tasks),
)


async def calls_and_subjects(
    connection: AsyncConnection, call_ids: Collection[str],
) -> Sequence[tuple[str, str | None, str | None]]:
    """Call, its caller's number, and the subject that the agent named."""
    wanted, found = sorted(call_ids), []
    for first in range(0, len(wanted), FEW):
        query = select(DESK_CALL).where(DESK_CALL.c.call_id.in_(wanted[first:first + FEW]))
        found += [(row.call_id, row.number, row.subject) for row in await connection.execute(query)]
    return found


@dataclass(frozen=True, slots=True)
class NoteShelf:
    """Notes of calls that are settled; that there was a call, and what became of it, stays."""

    kind: Kept = "desk_note"

    async def older(self, connection: AsyncConnection, before_ms: int, after: tuple[int, str]) -> Sequence[Thing]:
        table = DESK_CALL.c
        name = table.call_id + BETWEEN + table.agent
        query = select(DESK_CALL).where(
            table.notes != "", table.settled_ms.is_not(None), table.began_ms < before_ms,
            behind(table.began_ms, name, after),
        ).order_by(table.began_ms, name).limit(PAGE)
        return [self._thing(row) for row in await connection.execute(query)]

    async def find(self, connection: AsyncConnection, thing_id: str) -> Thing | None:
        query = select(DESK_CALL).where(self._here(thing_id), DESK_CALL.c.notes != "")
        row = (await connection.execute(query)).first()
        return None if row is None else self._thing(row)

    async def remove_files(self, thing: Thing) -> None:
        """It has none."""

    async def remove_rows(self, connection: AsyncConnection, thing: Thing, now_ms: int) -> None:  # noqa: ARG002
        await connection.execute(update(DESK_CALL).where(self._here(thing.id)).values(notes=""))

    def _here(self, thing_id: str) -> Any:
        call_id, _, agent = thing_id.rpartition(BETWEEN)
        return (DESK_CALL.c.call_id == call_id) & (DESK_CALL.c.agent == agent)

    def _thing(self, row: Any) -> Thing:
        belongs = Belongings(
            calls=frozenset({row.call_id}), callers=unique([row.number]), subjects=unique([row.subject]))
        return Thing(
            self.kind, f"{row.call_id}{BETWEEN}{row.agent}", row.began_ms, row.call_id, row.queue,
            len(row.notes.encode()), belongs=belongs,
        )


__all__ = ["STEPS", "NoteShelf", "calls_and_subjects"]
