"""Finds kept recordings: by time, queue, agent, number and kind, within what somebody may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.store import Recording
from recordings.tables import recording


@dataclass(frozen=True, slots=True)
class Scope:
    """Some of the recordings; without limits all of them."""

    queues: frozenset[str] | None = None
    """Of these queues; messages that wait for no queue in particular are of each of them."""
    agent: str | None = None
    """Only this agent's conversations."""

    def covers(self, one: Recording) -> bool:
        if self.agent is not None:
            return one.kind == "call" and one.agent == self.agent
        if self.queues is None:
            return True
        if one.queue is None:
            return one.kind != "call" and bool(self.queues)
        return one.queue in self.queues

    def condition(self) -> ColumnElement[bool]:
        """The same in SQL."""
        columns = recording.c
        if self.agent is not None:
            return and_(columns.kind == "call", columns.agent == self.agent)
        if self.queues is None:
            return true()
        if not self.queues:
            return false()
        return or_(columns.queue.in_(sorted(self.queues)), and_(columns.queue.is_(None), columns.kind != "call"))


@dataclass(frozen=True, slots=True)
class WantedRecordings:
    """Which are asked for; what is None or empty does not narrow."""

    scopes: tuple[Scope, ...] = (Scope(),)
    """In one of them at least; none: nothing is found."""
    since_ms: int | None = None
    until_ms: int | None = None
    queue: str = ""
    agent: str = ""
    caller: str = ""
    kind: str = ""
    before: tuple[int, str] | None = None
    """`started_ms` and `id` of the last one of the page before."""


async def find_recordings(
    connection: AsyncConnection, wanted: WantedRecordings, limit: int,
) -> Sequence[Recording]:
    """Those whose sound is there, the newest first."""
    query = (
        select(recording).where(recording.c.deleted_ms.is_(None), *_conditions(wanted))
        .order_by(recording.c.started_ms.desc(), recording.c.id.desc()).limit(limit)
    )
    return [Recording(**row) for row in (await connection.execute(query)).mappings()]


async def find_recording(connection: AsyncConnection, recording_id: str) -> Recording | None:
    """The recording, also one whose sound was deleted."""
    row = (await connection.execute(select(recording).where(recording.c.id == recording_id))).mappings().first()
    return Recording(**row) if row else None


def _conditions(wanted: WantedRecordings) -> Iterator[ColumnElement[bool]]:
    columns = recording.c
    yield or_(false(), *(scope.condition() for scope in wanted.scopes))
    if wanted.since_ms is not None:
        yield columns.started_ms >= wanted.since_ms
    if wanted.until_ms is not None:
        yield columns.started_ms < wanted.until_ms
    for name in ("queue", "agent", "caller", "kind"):
        value = getattr(wanted, name)
        if value:
            yield columns[name] == value
    if wanted.before is not None:
        at_ms, last = wanted.before
        yield or_(columns.started_ms < at_ms, and_(columns.started_ms == at_ms, columns.id < last))
