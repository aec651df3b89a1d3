"""Stints whose end CEL knows and the journal does not: a full disk lost its line, and they must not wait for ever.

Such a stint is closed as interrupted at CEL's time and a gap names its call. It remembers that CEL closed it: if the
line is read after all, the fold takes the journal's word as if the stint were still open.
"""

from dataclasses import replace

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.changes import is_waiting
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.fold_store import save_gaps
from callqueue.ledger.reconcile import NEAR_US, SECOND_US, CelView, end_us
from callqueue.ledger.stint import Ending, Outcome, Stint
from callqueue.ledger.store import STINT_COLUMNS, stint_of
from callqueue.ledger.tables import STAY, STINT
from callqueue.records.bookmarks import lock_journal

PATIENCE_SECONDS = 30
"""So long after CEL's last word on a stint the journal, read to its end, may still lack its line."""


async def load_unended(connection: AsyncConnection, journal: str, read: int) -> list[Stint]:
    """Open stints whose stay in the queue is over by CEL; `read` says up to when both records have been read."""
    entered_us = STINT.c.entered * SECOND_US
    over = exists().where(
        STAY.c.channel_id == STINT.c.channel_id, STAY.c.ended_us <= (read - PATIENCE_SECONDS) * SECOND_US,
        STAY.c.started_us.between(entered_us - NEAR_US, entered_us + NEAR_US),
    )
    query = select(*STINT_COLUMNS).where(STINT.c.journal == journal, STINT.c.finished.is_(None), over)
    return [stint_of(row) for row in (await connection.execute(query)).mappings()]


async def lock_unended(connection: AsyncConnection, journal: str, read: int) -> list[Stint]:
    """The same, kept from the journal's reader until the transaction ends."""
    if not await load_unended(connection, journal, read):
        return []
    await lock_journal(connection, journal)
    return await load_unended(connection, journal, read)


def end_by_cel(stint: Stint, view: CelView, read: int) -> tuple[Stint, Gap] | None:
    """The stint closed and the gap that says so; None while CEL does not know it to be over for long enough."""
    found = end_us(stint, view)
    if found is None or found[1] > (read - PATIENCE_SECONDS) * SECOND_US:
        return None
    ended = max(stint.answered or stint.entered, found[0] // SECOND_US)
    if is_waiting(stint):
        closed = replace(stint, outcome=Outcome.INTERRUPTED, wait=ended - stint.entered)
        what, began = "waiting", stint.entered
    else:
        began = stint.answered or stint.entered
        closed = replace(stint, talk=ended - began, ending=Ending.INTERRUPTED)
        what = f"conversation with {stint.agent}"
    detail = (f"queue {stint.queue}: the {what} that began {began} ended {ended} by CEL; the journal, read to its end "
              f"{PATIENCE_SECONDS} s later, had no line of the end")
    gap = Gap(GapKind.JOURNAL_LOST, began, ended, stint.call_id, detail)
    return replace(closed, finished=ended, ended_by_cel=True), gap


async def save_ended(connection: AsyncConnection, journal: str, ended: list[tuple[Stint, Gap]]) -> None:
    if ended:
        await connection.execute(_END, [_row(journal, stint) for stint, _ in ended])
        await save_gaps(connection, journal, [gap for _, gap in ended])


_ENDED = ("outcome", "wait", "talk", "ending", "finished", "ended_by_cel")
_END = (
    update(STINT)
    .where(STINT.c.journal == bindparam("of_journal"), STINT.c.channel_id == bindparam("of_channel"),
           STINT.c.number == bindparam("of_number"), STINT.c.finished.is_(None))
    .values({name: bindparam(f"new_{name}") for name in _ENDED})
)


def _row(journal: str, stint: Stint) -> dict[str, object]:
    return {
        "of_journal": journal, "of_channel": stint.channel_id, "of_number": stint.number,
        **{f"new_{name}": getattr(stint, name) for name in _ENDED},
    }
