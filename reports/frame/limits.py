"""How many calls reports read one by one, and when they refuse to."""

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.store import count_stints
from foundation.calendars import Interval
from reports.frame.parameters import ParameterError

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
