"""Keeping calls that are owed in order: what a crash left is adopted and judged, what is over is closed and told of."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, or_

from callqueue.outbound.calling_hours import CallingHours, calling_hours
from callqueue.outbound.model import Attempt, OutboundCall, Result, State
from callqueue.outbound.retry_plan import retry_rules
from callqueue.outbound.store import (
    CALL,
    attempts_of,
    calls_where,
    change_call,
    close_call,
    find_call,
    live_attempt,
)
from callqueue.outbound.worker import LEASE_MS, expiry_of
from foundation.database import Database
from foundation.settings import Settings

PER_SWEEP = 100


@dataclass(frozen=True, slots=True)
class Adopted:
    """A call that its worker has left behind, and that is ours now."""

    call: OutboundCall
    attempt: Attempt


@dataclass
class Upkeep:
    """Of one worker; `name` as there."""

    database: Database
    settings: Settings
    name: str
    now_ms: Callable[[], int]
    hours: CallingHours = field(init=False)

    def __post_init__(self) -> None:
        self.hours = calling_hours(self.settings)

    async def close(self, call_id: str, result: Result, by: str) -> bool:
        """Settle a call for a reason from outside, like `helped_otherwise`; False when it is settled already."""
        async with self.database.write() as connection:
            await find_call(connection, call_id, lock=True)
            return await close_call(connection, call_id, result, by, self.now_ms())

    async def expire(self) -> list[OutboundCall]:
        """Close what was to be done long ago and is not being dialled; the closed ones."""
        now_ms, rules = self.now_ms(), retry_rules(self.settings.outbound)
        limit_ms = now_ms - rules.lasting_ms
        old = and_(CALL.state == State.OPEN, CALL.asked_ms < limit_ms,
                   or_(CALL.not_before_ms.is_(None), CALL.not_before_ms < limit_ms))
        async with self.database.read() as connection:
            found = await calls_where(connection, old)
        late = [call for call in found if expiry_of(call, self.hours, rules) <= now_ms][:PER_SWEEP]
        return [call for call in late if await self.close(call.id, Result.EXPIRED, "dialler")]

    async def adopt(self, known: Collection[str]) -> list[Adopted]:
        """Attempts whose worker is gone, now ours: those with a claim that has run out, and those under our name that
        we do not know (`known`: ids of calls). Claims without an attempt are given back to the line.

        A call whose attempt lives on in Asterisk goes on under us; of the others `outbound.evidence` says what became.
        """
        now_ms = self.now_ms()
        held = or_(CALL.state == State.DIALLING, live_attempt())
        gone = or_(CALL.claimed_until_ms < now_ms, CALL.claimed_by == self.name)
        async with self.database.write() as connection:
            found = await calls_where(
                connection, held, gone, CALL.id.not_in(sorted(known)), limit=PER_SWEEP, lock=True, skip_locked=True)
            live = {
                attempt.outbound_id: attempt
                for attempt in await attempts_of(connection, [call.id for call in found]) if attempt.ended_ms is None
            }
            for call in found:
                ours: dict[str, Any] = {"claimed_by": self.name, "claimed_until_ms": now_ms + LEASE_MS}
                if call.id not in live:
                    ours = {"state": State.OPEN, "claimed_by": None, "claimed_until_ms": None}
                await change_call(connection, call.id, **ours)
        return [Adopted(call, live[call.id]) for call in found if call.id in live]

    async def untold(self, limit: int = PER_SWEEP) -> list[OutboundCall]:
        """Closed calls of which the journal and the person have not been told, in the order of their closing."""
        async with self.database.read() as connection:
            return await calls_where(
                connection, CALL.told_ms.is_(None), CALL.closing.is_not(None), order=(CALL.closing,), limit=limit)

    async def told(self, call_id: str) -> None:
        async with self.database.write() as connection:
            await change_call(connection, call_id, told_ms=self.now_ms())
