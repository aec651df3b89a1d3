"""What this room knows of one caller: for him to have, and to be forgotten."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_tables import TRANSFER
from callqueue.ledger.fold_store import FEW
from callqueue.ledger.promise_tables import CALLBACK_REQUEST
from callqueue.ledger.tables import BAD_LINE, CALL, ORPHAN, PENDING, REFUSAL, STINT
from callqueue.outbound.model import Result, State
from callqueue.outbound.tables import OUTBOUND_ATTEMPT, OUTBOUND_CALL
from callqueue.rollups import forgetting
from foundation.database import Store
from foundation.erasure import Alias, Step, number_step, text_step

STEPS: tuple[Step, ...] = (
    number_step("waits and talks", Store.LEDGER, STINT, "caller"),
    number_step("calls about to wait", Store.LEDGER, PENDING, "caller"),
    number_step("calls that a queue refused", Store.LEDGER, REFUSAL, "caller"),
    number_step("promised calls in the ledger", Store.LEDGER, CALLBACK_REQUEST, "number"),
    number_step("transfers to the number", Store.LEDGER, TRANSFER, "target", certain=True),
    text_step("journal lines that could not be read", Store.LEDGER, BAD_LINE, "text"),
    text_step("journal lines without a beginning", Store.LEDGER, ORPHAN, "text"),
    forgetting.STEP,
    number_step("calls that we owed", Store.MAIN, OUTBOUND_CALL, "number"),
)


async def calls_of(connection: AsyncConnection, alias: Alias) -> set[str]:
    """The caller's calls in the ledger."""
    found: set[str] = set()
    for table in (STINT, REFUSAL):
        query = select(table.c.call_id).where(table.c.caller.in_(sorted(alias.both)))
        found.update((await connection.execute(query)).scalars())
    return found


async def calls_to(connection: AsyncConnection, alias: Alias) -> set[str]:
    """Calls of ours to him, by the main store: such a call has its attempt's id."""
    query = select(OUTBOUND_ATTEMPT.c.channel_id).join(OUTBOUND_CALL).where(
        OUTBOUND_CALL.c.number.in_(sorted(alias.both)))
    return set((await connection.execute(query)).scalars())


async def owed_calls(connection: AsyncConnection, alias: Alias) -> list[str]:
    """Calls to him that are still owed, or of whose end nobody has been told yet."""
    open_ = (OUTBOUND_CALL.c.state != State.CLOSED.value) | OUTBOUND_CALL.c.told_ms.is_(None)
    query = select(OUTBOUND_CALL.c.id).where(OUTBOUND_CALL.c.number.in_(sorted(alias.forms)), open_)
    return sorted((await connection.execute(query)).scalars())


async def give_up_calls(connection: AsyncConnection, alias: Alias, by: str, now_ms: int) -> None:
    """Owe him no calls any more, and tell him nothing of it."""
    open_ = (OUTBOUND_CALL.c.state != State.CLOSED.value) | OUTBOUND_CALL.c.told_ms.is_(None)
    await connection.execute(update(OUTBOUND_CALL).where(OUTBOUND_CALL.c.number.in_(sorted(alias.forms)), open_).values(
        state=State.CLOSED.value, result=Result.CANCELLED.value, closed_ms=now_ms, closed_by=by, told_ms=now_ms,
        claimed_by=None, claimed_until_ms=None,
    ))


async def calls_under_way(connection: AsyncConnection, alias: Alias, call_ids: Collection[str]) -> set[str]:
    """Calls in which he waits or talks at this moment, and those of the given ones that are not over."""
    query = select(STINT.c.call_id).where(STINT.c.caller.in_(sorted(alias.forms)), STINT.c.finished.is_(None))
    found = set((await connection.execute(query)).scalars())
    wanted = sorted(call_ids)
    for first in range(0, len(wanted), FEW):
        over = CALL.c.ended_us.is_not(None) | CALL.c.interrupted
        query = select(CALL.c.call_id).where(CALL.c.call_id.in_(wanted[first:first + FEW]), ~over)
        found.update((await connection.execute(query)).scalars())
    return found


async def callers_of(connection: AsyncConnection, call_ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """Call and caller's number, of those calls that the ledger knows with a number."""
    wanted, found = sorted(call_ids), []
    for first in range(0, len(wanted), FEW):
        query = select(STINT.c.call_id, STINT.c.caller).where(
            STINT.c.call_id.in_(wanted[first:first + FEW]), STINT.c.caller.is_not(None)).distinct()
        found += [(row.call_id, row.caller) for row in await connection.execute(query)]
    return found


__all__ = [
    "STEPS", "callers_of", "calls_of", "calls_to", "calls_under_way", "give_up_calls",
    "owed_calls",
]
