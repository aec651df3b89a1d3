"""Deletion that really deletes, is never done to what is held, and leaves a certificate.

Three steps, each of which may be the last before a crash: the intention is written down, while no hold can be placed;
the files go; then the rows go, in the transaction that writes the certificate and takes the intention back. What was
begun is carried to its end at the next run, so nothing is lost twice and no certificate is given twice.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Kept
from foundation.web.audit_log import Act, record
from recordings.keeping.holds import Belongings, HeldError, holding, holds_in_force
from recordings.keeping.tables import DELETION

LOCK_SECONDS = 0.2
ACTION = "data.deleted"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is kept of a caller."""

    kind: Kept
    id: str
    at_ms: int
    """When it came to be: from here its days count."""
    call_id: str | None = None
    queue: str | None = None
    bytes: int = 0
    sha256: str = ""
    """Of what is kept; empty where that is no file."""
    belongs: Belongings = field(default_factory=Belongings)


class Shelf(Protocol):
    """All things of one kind; each room that keeps some gives one."""

    @property
    def kind(self) -> Kept: ...

    async def older(self, connection: AsyncConnection, before_ms: int, after: tuple[int, str]) -> Sequence[Thing]:
        """Some of those from before that moment, by their moment and id, behind `after`; empty: there are no more."""

    async def find(self, connection: AsyncConnection, thing_id: str) -> Thing | None:
        """None: it was deleted, or never was."""

    async def remove_files(self, thing: Thing) -> None:
        """Also when some or all of them are gone already."""

    async def remove_rows(self, connection: AsyncConnection, thing: Thing, now_ms: int) -> None: ...


Surroundings = Callable[[Sequence[Thing]], Awaitable[Sequence[Belongings]]]
"""What the rooms know of the calls that things are of."""


@dataclass(frozen=True, slots=True)
class Order:
    """Why something is deleted, and on whose word."""

    rule: str
    actor: str


class Deleter:
    """The only way in which something that is kept of callers goes."""

    def __init__(
        self, database: Database, shelves: Sequence[Shelf], surroundings: Surroundings, now_ms: Callable[[], int],
    ) -> None:
        self._database, self._surroundings, self._now_ms = database, surroundings, now_ms
        self.shelves: Mapping[Kept, Shelf] = {shelf.kind: shelf for shelf in shelves}

    async def with_belongings(self, things: Sequence[Thing]) -> list[Thing]:
        """The same, knowing what they belong to."""
        found = await self._surroundings(things) if things else ()
        return [replace(thing, belongs=thing.belongs.joined(more)) for thing, more in zip(things, found, strict=True)]

    async def delete(self, thing: Thing, order: Order) -> None:
        """Delete one thing; deleting it again changes nothing.

        Raises:
            HeldError: a hold keeps it.
        """
        (known,) = await self.with_belongings([thing])
        if await self._begin(known, order):
            await self._end(known, order)

    async def finish_begun(self) -> int:
        """Carry to their end the deletions that a crash interrupted; how many."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(DELETION).order_by(DELETION.c.begun_ms))).all()
        for row in rows:
            thing = Thing(row.kind, row.thing, row.from_ms, bytes=row.bytes, sha256=row.sha256)
            await self._end(thing, Order(row.rule, row.actor))
        return len(rows)

    async def _begin(self, thing: Thing, order: Order) -> bool:
        async with self._database.write() as connection:
            if await self.shelves[thing.kind].find(connection, thing.id) is None:
                return False
            hold = holding(await holds_in_force(connection), thing.belongs)
            if hold is not None:
                raise HeldError(hold)
            here = (DELETION.c.kind == thing.kind) & (DELETION.c.thing == thing.id)
            if (await connection.execute(select(DELETION.c.thing).where(here))).first() is None:
                await connection.execute(insert(DELETION).values(
                    kind=thing.kind, thing=thing.id, rule=order.rule[:200], actor=order.actor[:80],
                    begun_ms=self._now_ms(), from_ms=thing.at_ms, bytes=thing.bytes, sha256=thing.sha256,
                ))
        return True

    async def _end(self, thing: Thing, order: Order) -> None:
        shelf = self.shelves[thing.kind]
        await shelf.remove_files(thing)
        now = self._now_ms()
        async with self._database.write() as connection:
            await scrub(connection)
            here = (DELETION.c.kind == thing.kind) & (DELETION.c.thing == thing.id)
            if (await connection.execute(delete(DELETION).where(here))).rowcount:
                await shelf.remove_rows(connection, thing, now)
                await record(connection, certificate(thing, order), now)
        # What was being packed or encrypted anew meanwhile has written its file by now.
        await shelf.remove_files(thing)


def certificate(thing: Thing, order: Order) -> Act:
    """What proves that it is gone, and tells nothing of the person."""
    detail = {"kind": thing.kind, "id": thing.id, "rule": order.rule, "bytes": thing.bytes, "sha256": thing.sha256,
              "from_ms": thing.at_ms}
    return Act(order.actor, ACTION, thing.id, detail)


async def scrub(connection: AsyncConnection) -> None:
    """Have SQLite overwrite what this transaction deletes, instead of leaving it in the file's free places."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("PRAGMA secure_delete=ON")


async def flush_log(database: Database) -> None:
    """Empty SQLite's write-ahead log, which still holds what was deleted; a reader in the way is not waited for."""
    if database.engine.dialect.name == "sqlite":
        async with database.engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@asynccontextmanager
async def keeping_lock(home: Home) -> AsyncIterator[None]:
    """One at a time: the daily deletion, the forgetting of a caller, a backup. It goes with its process."""
    home.run.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home.run / "keeping.lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        # A lock of the kernel's says nothing when it is free; but it goes with a process that is killed.
        while not _locked(descriptor):  # noqa: ASYNC110
            await asyncio.sleep(LOCK_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


__all__ = [
    "Deleter", "HeldError", "Order", "Shelf", "Surroundings", "Thing", "certificate", "flush_log", "keeping_lock",
    "scrub",
]
