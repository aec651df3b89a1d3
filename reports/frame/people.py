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


async def refuse_too_many(ledger: AsyncConnection, *intervals: Interval) -> None:
    """Of all these times together.

    Raises:
        TooManyCallsError
    """
    left = MOST_STINTS
    for each in intervals:
        left -= await count_stints(ledger, each.start, each.end, limit=left + 1)
        if left < 0:
            raise TooManyCallsError(most=str(MOST_STINTS))


async def refuse_too_many_without(reader: Reader, rollup: Rollup[Any], interval: Interval) -> None:
    """Where the interval has no roll-ups of this kind, the ledger is counted, but not more of it than is read one by
    one.

    Raises:
        TooManyCallsError
    """
    await refuse_too_many(reader.connection, *await reader.lacking(rollup, interval))


def balance_text(context: Context, offered: int, *, balanced: bool) -> str:
    """What stands above a report about callers."""
    return context.texts("report.balanced", offered=offered) if balanced else context.texts(
        "report.unbalanced", rows=1)
