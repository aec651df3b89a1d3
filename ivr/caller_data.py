"""What this room knows of one caller."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Store
from foundation.erasure import Alias, Step, number_step
from ivr.tables import ivr_step

FEW = 500
STEPS: tuple[Step, ...] = (number_step("ways through the menus", Store.MAIN, ivr_step, "caller"),)


async def calls_of(connection: AsyncConnection, alias: Alias) -> set[str]:
    """The calls that he began."""
    query = select(ivr_step.c.call_id).where(ivr_step.c.caller.in_(sorted(alias.both)))
    return set((await connection.execute(query)).scalars())


async def callers_of(connection: AsyncConnection, call_ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """Call and number of those who began these calls with a number."""
    wanted, found = sorted(call_ids), []
    for first in range(0, len(wanted), FEW):
        query = select(ivr_step.c.call_id, ivr_step.c.caller).where(
            ivr_step.c.call_id.in_(wanted[first:first + FEW]), ivr_step.c.caller.is_not(None))
        found += [(row.call_id, row.caller) for row in await connection.execute(query)]
    return found


__all__ = ["STEPS", "callers_of", "calls_of"]
