"""Gaps seen from the live side, kept in memory until the ledger's database takes them.

Also the sign of life that tells the next process how long nobody was watching, after this one was killed.
"""

import math
import os
from dataclasses import replace
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.fold_store import save_gaps
from callqueue.ledger.tables import GAP, STINT
from foundation.database import Database

LEAST_SECONDS = 1.0
"""A shorter time between two processes is no gap: the snapshot tells what happened."""
LONGEST_SECONDS = 86400
"""No stint lasts longer."""


class GapSpool:
    """Gaps to be declared, each delivered once however often it is tried."""

    def __init__(self, database: Database, journal: str) -> None:
        self._database, self._journal = database, journal
        self._waiting: list[Gap] = []

    def add(self, gap: Gap) -> None:
        """A gap; the same again with an end closes it."""
        self._waiting.append(gap)

    def __len__(self) -> int:
        return len(self._waiting)

    async def deliver(self) -> None:
        """Write everything down.

        Raises:
            SQLAlchemyError, OSError: the database is away; nothing is lost, try again.
        """
        waiting = list(self._waiting)
        if not waiting:
            return
        async with self._database.write() as connection:
            for gap in waiting:
                await save_gaps(connection, self._journal, [gap])
                await _close(connection, self._journal, gap)
                if gap.kind is GapKind.BLIND:
                    await _look_again(connection, self._journal, gap)
        del self._waiting[:len(waiting)]


async def _close(connection: AsyncConnection, journal: str, gap: Gap) -> None:
    if gap.ended is None:
        return
    # One watches: when he sees again, no blindness lasts, also none that a process before him began.
    begun = GAP.c.started <= gap.ended if gap.kind is GapKind.BLIND else GAP.c.started == gap.started
    await connection.execute(
        update(GAP).where(
            GAP.c.journal == journal, GAP.c.kind == gap.kind, begun, GAP.c.call_id == gap.call_id,
            GAP.c.ended.is_(None),
        ).values(ended=gap.ended),
    )


async def _look_again(connection: AsyncConnection, journal: str, gap: Gap) -> None:
    """Conversations of that time may have been compared already, before anybody knew that holds went unseen."""
    lasting = (
        STINT.c.entered >= gap.started - LONGEST_SECONDS,
        STINT.c.finished.is_(None) | (STINT.c.finished >= gap.started),
    )
    before = [] if gap.ended is None else [STINT.c.entered <= gap.ended]
    await connection.execute(
        update(STINT).where(STINT.c.journal == journal, STINT.c.agent.is_not(None), *lasting, *before)
        .values(reconciled=False),
    )


class Blindness:
    """Since when the floor has not been seen, and the gap that makes of it."""

    def __init__(self, spool: GapSpool, sign: Path, now: float) -> None:
        self._spool, self._sign = spool, sign
        self.since: float | None = _last_life(sign, now)
        """When blindness began, or None while the floor is seen."""
        self._open: Gap | None = None

    def begin(self, at: float, why: str) -> None:
        """The link is lost."""
        if self.since is None:
            self.since = at
            self._declare(why)
            if self._sign.exists():  # who comes after us goes on with this gap instead of opening one beside it
                os.utime(self._sign, (at, at))

    def end(self, at: float) -> None:
        """A snapshot has been taken."""
        if self.since is None:
            return
        if self._open is None and at - self.since >= LEAST_SECONDS:
            self._declare("nobody was watching")
        if self._open is not None:
            self._spool.add(replace(self._open, ended=math.ceil(at)))
        self.since, self._open = None, None

    def tick(self, now: float) -> None:
        """Called every second or so: a sign of life while the floor is seen, an open gap when it is not."""
        if self.since is None:
            self._sign.touch()
        elif self._open is None and now - self.since >= LEAST_SECONDS:
            self._declare("nobody was watching")

    def _declare(self, why: str) -> None:
        if self.since is not None:
            self._open = Gap(GapKind.BLIND, math.floor(self.since), None, "", why)
            self._spool.add(self._open)


def _last_life(sign: Path, now: float) -> float:
    try:
        return min(now, sign.stat().st_mtime)
    except OSError:
        return now
