"""How many calls reports read one by one, and when they refuse to."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.store import count_stints
from callqueue.rollups.model import Rollup
from callqueue.rollups.reading import Reader
from foundation.calendars import Interval
from reports.frame.parameters import ParameterError
from reports.frame.report import Context

MOST_STINTS = 1_000_000
"""More than a month of a great line; reading more of them one by one takes minutes."""


class TooManyCallsError(ParameterError):
    """The time holds more calls than are read one by one."""

    name = "too-many-calls"


async def refuse_too_many(ledger: AsyncConnection, interval: Interval) -> None:
    """Raises TooManyCallsError."""
    if await count_stints(ledger, interval.start, interval.end, limit=MOST_STINTS + 1) > MOST_STINTS:
        raise TooManyCallsError(most=str(MOST_STINTS))


async def refuse_too_many_without(reader: Reader, rollup: Rollup[Any], interval: Interval) -> None:
    """Where the interval has no roll-ups of this kind, the ledger is counted, but not more of it than is read one by
    one.

    Raises:
        TooManyCallsError
    """
    left = MOST_STINTS
    for piece in await reader.lacking(rollup, interval):
        left -= await count_stints(reader.connection, piece.start, piece.end, limit=left + 1)
        if left < 0:
            raise TooManyCallsError(most=str(MOST_STINTS))


def balance_text(context: Context, offered: int, *, balanced: bool) -> str:
    """What stands above a report about callers."""
    return context.texts("report.balanced", offered=offered) if balanced else context.texts(
        "report.unbalanced", rows=1)
