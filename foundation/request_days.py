"""Days of requests, added up, in the main store: and how whoever changes what they were made of takes them away.

A request is a call that somebody made to the line; what became of it is told by several rooms. Each of them calls one
of these functions in the transaction in which it enters something. The makers' side, and why nobody can believe what is
no longer so, is in `reports.callers.request_days`.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import MAIN

LONGEST_CALL = 86_400
"""Seconds: all that belongs to a call, but for what becomes of a promise, is within so much of its beginning."""

REQUEST_DAY = Table(
    "request_day", MAIN,
    Column("start", BigInteger, primary_key=True, autoincrement=False, comment="epoch seconds, as the others"),
    Column("end", BigInteger, nullable=False),
    Column("token", BigInteger, nullable=False, comment="of the claim: the ledger has the same, while it holds"),
    Column("claimed", BigInteger, nullable=False),
    Column("made", BigInteger, comment="NULL: somebody reads the evidence for it"),
    Column("rules", String(32), nullable=False, comment="under which area codes it was made"),
    Column("counts", Text, comment="JSON: how many requests ended how, by area code"),
    Column("numbers", LargeBinary, comment="of the other callers: little-endian uint64, rising"),
    Column("ends", LargeBinary, comment="how the request of each of them ended, one byte each"),
)
"""What became of the requests of a day of the site's zone. It proves nothing and can be made again."""

REQUEST_DOUBT = Table(
    "request_doubt", MAIN,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False, comment="followups.cases.case.LinkKind"),
    Column("reference", String(200), nullable=False),
)
"""Calls, recordings and messages that a case was linked to. Which day that changes, the ledger may have to tell; until
it was asked, nobody believes the days that it may be."""


async def lock_request_days(connection: AsyncConnection) -> None:
    """Who marks or claims waits for the others who do; SQLite's write lock does it by itself."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('pasokh request day'))"))


async def mark_request_days(connection: AsyncConnection, instants: Collection[float]) -> None:
    """Throw away the days of calls to which something of these instants (epoch seconds) may belong."""
    if not instants:
        return
    await lock_request_days(connection)
    last = (await connection.execute(select(func.max(REQUEST_DAY.c.end)))).scalar()
    for start, end in touched(instants):
        if last is not None and start < last:
            await connection.execute(delete(REQUEST_DAY).where(REQUEST_DAY.c.end > start, REQUEST_DAY.c.start <= end))


async def doubt_request_days(connection: AsyncConnection, kind: str, reference: str) -> None:
    """Note that something was linked to a call. No lock: the note lasts until its days are gone."""
    await connection.execute(insert(REQUEST_DOUBT), {"kind": kind, "reference": reference})


def touched(instants: Iterable[float]) -> list[tuple[float, float]]:
    """From when to when calls may have begun to which something of these instants belongs, joined."""
    spans: list[tuple[float, float]] = []
    for at in sorted(instants):
        if spans and at - LONGEST_CALL <= spans[-1][1]:
            spans[-1] = spans[-1][0], at + LONGEST_CALL
        else:
            spans.append((at - LONGEST_CALL, at + LONGEST_CALL))
    return spans
