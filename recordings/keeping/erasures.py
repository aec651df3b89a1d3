"""Callers who are being forgotten, and those who were: the list by which older backups are put right."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.erasure import Alias
from foundation.web.audit_log import Act, record
from recordings.keeping.tables import ERASURE

ACTION = "caller.erased"


@dataclass(frozen=True, slots=True)
class Erasure:
    """One caller who is being forgotten."""

    id: int
    fingerprint: str
    alias: Alias
    by: str
    forced: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """One who was; nothing in it tells who."""

    fingerprint: str
    begun_ms: int


def fingerprint(number: str, key: str) -> str:
    """What a number in its normal form is known by: 64 hexadecimal digits, that say nothing without the site's key."""
    return hmac.digest(key.encode(), f"erased:{number}".encode(), "sha256").hex()


async def begin_erasure(database: Database, begun: Erasure, now_ms: int) -> Erasure:
    """Write down that it has begun, so that a crash does not end it."""
    values = {
        "fingerprint": begun.fingerprint, "begun_ms": now_ms, "begun_by": begun.by, "forced": begun.forced,
        "number": begun.alias.number, "digits": begun.alias.digits,
    }
    async with database.write() as connection:
        row_id = (await connection.execute(insert(ERASURE).values(values).returning(ERASURE.c.id))).scalar_one()
    return Erasure(row_id, begun.fingerprint, begun.alias, begun.by, begun.forced)


async def unfinished(database: Database) -> Sequence[Erasure]:
    """Those that a crash, or a hold placed meanwhile, interrupted."""
    async with database.read() as connection:
        query = select(ERASURE).where(ERASURE.c.done_ms.is_(None)).order_by(ERASURE.c.id)
        return [
            Erasure(row.id, row.fingerprint, Alias(row.number, row.digits), row.begun_by, row.forced)
            for row in await connection.execute(query)
        ]


async def finish_erasure(connection: AsyncConnection, done: Erasure, counts: dict[str, int], now_ms: int) -> None:
    """Forget the number itself, and leave a certificate."""
    await connection.execute(
        update(ERASURE).where(ERASURE.c.id == done.id).values(number=None, digits=None, done_ms=now_ms))
    detail = {"changed": counts, "open_cases_closed": done.forced}
    await record(connection, Act(done.by, ACTION, done.fingerprint, detail), now_ms)


async def erased_callers(database: Database) -> Sequence[Erased]:
    """All who were forgotten, and who are just being."""
    async with database.read() as connection:
        rows = await connection.execute(select(ERASURE.c.fingerprint, ERASURE.c.begun_ms).order_by(ERASURE.c.id))
        return [Erased(row.fingerprint, row.begun_ms) for row in rows]


__all__ = [
    "Erased", "Erasure", "begin_erasure", "erased_callers", "fingerprint", "finish_erasure", "unfinished",
]
