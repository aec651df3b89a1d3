"""The live side checks the journal: every caller whom AMI saw join a queue must have a stint in the ledger.

Asterisk loses journal lines silently when the disk is full; this shows it.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.tables import GAP, SOURCE, STINT
from foundation.asterisk.ami import Event

PATIENCE_SECONDS = 30.0
CLOCKS_SECONDS = 5
"""Journal and AMI may differ this much about the instant of joining."""


@dataclass(frozen=True, slots=True)
class Join:
    channel_id: str
    call_id: str
    queue: str
    at: float


class JournalCheck:
    """Remembers joins until the ledger knows them; gives a gap for each that it never will."""

    def __init__(self, journal: str, queue_log: Path) -> None:
        self._journal, self._queue_log = journal, queue_log
        self._joins: dict[tuple[str, str], Join] = {}

    def on_event(self, event: Event, at: float) -> None:
        if event.name == "QueueCallerJoin":
            channel_id, queue = event.get("Uniqueid"), event.get("Queue")
            self._joins[channel_id, queue] = Join(channel_id, event.get("Linkedid") or channel_id, queue, at)

    def __len__(self) -> int:
        return len(self._joins)

    async def find_lost(self, connection: AsyncConnection, now: float) -> list[Gap]:
        """Gaps for joins older than `PATIENCE_SECONDS` that the journal, read to its end, does not have."""
        due = [join for join in self._joins.values() if now - join.at >= PATIENCE_SECONDS]
        if not due or not await self._is_read_to_its_end(connection):
            return []
        gaps = []
        for join in due:
            if not await self._is_known(connection, join):
                detail = f"joined {join.queue} on channel {join.channel_id}; the journal has no line of it"
                gaps.append(Gap(GapKind.JOURNAL_LOST, int(join.at), int(join.at), join.call_id, detail))
            del self._joins[join.channel_id, join.queue]
        return gaps

    async def _is_known(self, connection: AsyncConnection, join: Join) -> bool:
        stint = exists().where(
            STINT.c.journal == self._journal, STINT.c.channel_id == join.channel_id, STINT.c.queue == join.queue,
            STINT.c.entered >= int(join.at) - CLOCKS_SECONDS,
        )
        gap = exists().where(
            GAP.c.journal == self._journal, GAP.c.kind == GapKind.JOURNAL_LOST, GAP.c.call_id == join.call_id,
        )
        return bool((await connection.execute(select(stint | gap))).scalar_one())

    async def _is_read_to_its_end(self, connection: AsyncConnection) -> bool:
        """Whether the ledger has read the live journal as far as it is written: else it is only late."""
        query = select(func.max(SOURCE.c.position)).where(
            SOURCE.c.journal == self._journal, SOURCE.c.kind == "journal", SOURCE.c.state == "live",
        )
        position = (await connection.execute(query)).scalar_one()
        try:
            return position is not None and position >= self._queue_log.stat().st_size
        except OSError:
            return True
