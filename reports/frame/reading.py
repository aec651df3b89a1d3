"""What a report reads from the ledger, so that every figure in it is exact and no second report can disagree."""

from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence_reading import read_evidence
from callqueue.queues.rules import rulebook
from callqueue.rollups.reading import Reader
from foundation.settings import Settings
from reports.frame.limits import refuse_too_many

__all__ = ["read_evidence", "reader_of", "rulebook"]


def reader_of(ledger: AsyncConnection, settings: Settings, now: int, *, rolled_up: bool = True) -> Reader:
    """Tallies as the site's rules have them. Where roll-ups lack, as after the import of years, no more stints are
    counted than are read one by one; without `rolled_up` all are.

    Raises:
        TooManyCallsError: when it is asked for a time that lacks more.
    """
    return Reader(
        ledger, rulebook(settings), now, settings.shared_numbers, rolled_up, ZoneInfo(settings.site.timezone),
        refuse=refuse_too_many if rolled_up else None)
