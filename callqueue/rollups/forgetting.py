"""A caller who is forgotten: roll-ups with his number are thrown away, and made again with the other one."""

from collections.abc import Sequence

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence_reading import ready_at
from callqueue.ledger.promise_store import read_requests_of
from callqueue.ledger.tables import STINT
from callqueue.rollups.store import FEW, Kind, lock_rollups
from callqueue.rollups.tables import ROLLUP
from foundation.database import Store
from foundation.erasure import Alias, Row, Step


async def _find(_connection: AsyncConnection, _alias: Alias) -> list[Row]:
    """Nothing that the ledger does not say."""
    return []


async def _erase(connection: AsyncConnection, alias: Alias) -> int:
    """Those as well that are being made this moment: what was read of the ledger may have the number."""
    await lock_rollups(connection)
    moments, thrown = await _moments(connection, alias), 0
    for first in range(0, len(moments), FEW):
        held = or_(*((ROLLUP.c.start <= at) & (ROLLUP.c.end > at) for at in moments[first:first + FEW]))
        thrown += (await connection.execute(delete(ROLLUP).where(ROLLUP.c.kind == Kind.PLACES.value, held))).rowcount
    return thrown


async def _moments(connection: AsyncConnection, alias: Alias) -> Sequence[int]:
    """All to which anything of the caller's is booked."""
    query = select(STINT.c.entered).where(STINT.c.caller.in_(sorted(alias.both)))
    entered = (await connection.execute(query)).scalars()
    asked = await read_requests_of(connection, alias.both)
    return sorted({*entered, *map(ready_at, asked)})


STEP = Step("counted times of calls", Store.LEDGER, frozenset({ROLLUP.name}), _find, _erase)
"""Has its turn when the stints and the promises have been changed."""
