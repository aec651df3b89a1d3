"""The dialler's side of calls that are owed: claim, begin, dial, note, record. What a crash left: `outbound.upkeep`.

The order is: claim (the call is ours for a while) → `begin_attempt` (a row with the channel's id) → a line in the
journal → `mark_dialled` → Originate → notes → `record`. A crash between any two of these leaves something from which
another worker goes on, and no step can make two live attempts for one call: a partial unique index forbids it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.outbound.calling_hours import CallingHours, calling_hours
from callqueue.outbound.model import (
    CALLBACK,
    Attempt,
    AttemptOutcome,
    OutboundCall,
    Result,
    State,
    channel_id_of,
)
from callqueue.outbound.numbers import check_permitted
from callqueue.outbound.refusals import ClaimLostError, NoSuchCallError, NumberRefusedError
from callqueue.outbound.retry_plan import Retry, RetryRules, next_step, retry_rules
from callqueue.outbound.store import (
    CALL,
    PLANNING_LOCK,
    calls_where,
    change_attempt,
    change_call,
    close_call,
    find_attempt,
    find_call,
    insert_attempt,
    live_attempt,
    outcomes_of,
    try_lock,
    wants_no_calls,
)
from callqueue.outbound.tables import OUTBOUND_CALL
from foundation.database import Database
from foundation.settings import Settings

LEASE_MS = 60_000
"""So long a claim holds without being renewed. An Originate is sent within it or not at all."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is owed at this moment."""

    due: tuple[OutboundCall, ...]
    """May be dialled now, in the order of their places."""
    in_flight: tuple[OutboundCall, ...]
    """Claimed, being dialled, answered, or waiting at the head of their queue."""


@dataclass
class OutboundWorker:
    """One worker. `name` is the node's: whoever starts under it takes up at once what its predecessor left."""

    database: Database
    settings: Settings
    name: str
    now_ms: Callable[[], int]
    hours: CallingHours = field(init=False)

    def __post_init__(self) -> None:
        self.hours = calling_hours(self.settings)

    async def line(self) -> Line:
        """What is owed now, to look at; `claim` reads it anew."""
        async with self.database.read() as connection:
            return await self._line(connection)

    async def claim(self, choose: Callable[[Line], Sequence[str]]) -> list[OutboundCall]:
        """Take the calls that `choose` names of what is due, for `LEASE_MS`.

        `choose` decides by the whole line, and one worker at a time does: so however many workers there are, no more
        calls go out than it allows. It must be quick and pure. Those that have changed meanwhile, or may not be called
        now, are left out.
        """
        now_ms = self.now_ms()
        async with self.database.read() as connection:
            if not await calls_where(connection, *self._due(now_ms), limit=1):
                return []
        async with self.database.write() as connection:
            if not await try_lock(connection, PLANNING_LOCK):
                return []
            line = await self._line(connection)
            chosen = [call_id for call_id in choose(line) if call_id in {call.id for call in line.due}]
            held = await calls_where(
                connection, CALL.id.in_(chosen), CALL.state == State.OPEN, lock=True, skip_locked=True)
            taken = [await self._take(connection, call, now_ms) for call in held]
        order = {call_id: place for place, call_id in enumerate(chosen)}
        return sorted((call for call in taken if call is not None), key=lambda call: order[call.id])

    async def begin_attempt(self, call_id: str) -> Attempt:
        """The next attempt of a call that is claimed: its channel's id is new and stays its own.

        Raises:
            ClaimLostError: the call is not ours (any more).
        """
        now_ms = self.now_ms()
        async with self.database.write() as connection:
            call = await find_call(connection, call_id, lock=True)
            if call is None or not self._is_ours(call, now_ms):
                raise ClaimLostError(call=call_id)
            n = call.attempts + 1
            attempt = Attempt(channel_id_of(call_id, n), call_id, n, self.name, now_ms)
            await change_call(connection, call_id, attempts=n, claimed_until_ms=now_ms + LEASE_MS)
            await insert_attempt(connection, attempt)
        return attempt

    async def mark_dialled(self, attempt: Attempt) -> bool:
        """Just before Originate, which must be sent well within `LEASE_MS`.

        False: it must not be sent, for the call was cancelled or another worker has it; that attempt needs no record.
        """
        now_ms = self.now_ms()
        async with self.database.write() as connection:
            call = await find_call(connection, attempt.outbound_id, lock=True)
            if call is None:
                return False
            if self._is_ours(call, now_ms):
                await change_call(connection, call.id, claimed_until_ms=now_ms + LEASE_MS)
                return await change_attempt(connection, attempt.channel_id, dialled_ms=now_ms)
            if call.state is State.CLOSED and call.claimed_by == self.name:
                await change_attempt(
                    connection, attempt.channel_id, ended_ms=now_ms, outcome=AttemptOutcome.CANCELLED)
            return False

    async def note(
        self, channel_id: str, *, answered_ms: int | None = None, confirmed_ms: int | None = None,
        joined_ms: int | None = None, idle_ms: int | None = None,
    ) -> bool:
        """What has happened on the way; False when the attempt has ended."""
        values: dict[str, Any] = {
            key: value for key, value in (
                ("answered_ms", answered_ms), ("confirmed_ms", confirmed_ms), ("joined_ms", joined_ms),
                ("idle_ms", idle_ms),
            ) if value is not None
        }
        async with self.database.write() as connection:
            return await change_attempt(connection, channel_id, **values) if values else True

    async def renew(self, call_ids: Collection[str]) -> None:
        """Keep our claims on calls that are being dialled or wait at the head; at least every third of `LEASE_MS`."""
        if not call_ids:
            return
        mine = and_(CALL.id.in_(sorted(call_ids)), CALL.claimed_by == self.name)
        async with self.database.write() as connection:
            await connection.execute(
                update(OUTBOUND_CALL).where(mine).values(claimed_until_ms=self.now_ms() + LEASE_MS))

    async def record(
        self, channel_id: str, outcome: AttemptOutcome, *, cause: int | None = None, idle_ms: int | None = None,
        ended_ms: int | None = None,
    ) -> OutboundCall:
        """An attempt has ended; the call as it stands then: open for its next attempt, or closed.

        The first word counts: recording an attempt that has ended changes nothing.

        Raises:
            NoSuchCallError: there is no such attempt.
        """
        now_ms = self.now_ms()
        async with self.database.write() as connection:
            attempt = await find_attempt(connection, channel_id)
            call = await find_call(connection, attempt.outbound_id, lock=True) if attempt else None
            if call is None:
                raise NoSuchCallError(key=channel_id)
            values: dict[str, Any] = {"ended_ms": ended_ms or now_ms, "outcome": outcome, "cause": cause}
            if idle_ms is not None:
                values["idle_ms"] = idle_ms
            if await change_attempt(connection, channel_id, **values):
                await self._follow(connection, call, now_ms)
            return await find_call(connection, call.id) or call

    async def release(self, call_id: str) -> bool:
        """Give a claimed call back before an attempt has begun, as when the line is drained."""
        async with self.database.write() as connection:
            return await change_call(
                connection, call_id, CALL.state == State.DIALLING, CALL.claimed_by == self.name, ~live_attempt(),
                state=State.OPEN, claimed_by=None, claimed_until_ms=None)

    # -- one step each

    async def _line(self, connection: AsyncConnection) -> Line:
        due = await calls_where(connection, *self._due(self.now_ms()))
        flying = await calls_where(connection, or_(CALL.state == State.DIALLING, live_attempt()))
        return Line(tuple(due), tuple(flying))

    @staticmethod
    def _due(now_ms: int) -> tuple[ColumnElement[bool], ...]:
        return CALL.state == State.OPEN, CALL.next_attempt_ms <= now_ms

    def _is_ours(self, call: OutboundCall, now_ms: int) -> bool:
        return (
            call.state is State.DIALLING and call.claimed_by == self.name and (call.claimed_until_ms or 0) > now_ms
        )

    async def _take(self, connection: AsyncConnection, call: OutboundCall, now_ms: int) -> OutboundCall | None:
        """Claim a call that is locked, unless it may not be made (now, or any more)."""
        if await self._is_refused(connection, call):
            await close_call(connection, call.id, Result.REFUSED, "dialler", now_ms)
            return None
        opens_ms = self.hours.next_open(call.purpose, now_ms)
        if opens_ms > now_ms:
            await change_call(connection, call.id, next_attempt_ms=opens_ms)
            return None
        claim = {"state": State.DIALLING, "claimed_by": self.name, "claimed_until_ms": now_ms + LEASE_MS}
        await change_call(connection, call.id, **claim)
        return replace(call, state=State.DIALLING, claimed_by=self.name, claimed_until_ms=now_ms + LEASE_MS)

    async def _is_refused(self, connection: AsyncConnection, call: OutboundCall) -> bool:
        try:
            check_permitted(call.number, self.settings.outbound.numbers)
        except NumberRefusedError:
            return True
        return call.purpose != CALLBACK and await wants_no_calls(connection, call.number)

    async def _follow(self, connection: AsyncConnection, call: OutboundCall, now_ms: int) -> None:
        """What the retry plan says after an attempt that has just been recorded."""
        if call.state is State.CLOSED:
            return
        outcomes = await outcomes_of(connection, call.id)
        rules = retry_rules(self.settings.outbound)
        step = next_step(rules, outcomes, expiry_of(call, self.hours, rules), now_ms)
        if isinstance(step, Retry):
            next_ms = self.hours.next_open(call.purpose, step.at_ms)
            await change_call(
                connection, call.id, state=State.OPEN, claimed_by=None, claimed_until_ms=None, next_attempt_ms=next_ms)
        else:
            await close_call(connection, call.id, step.result, "dialler", now_ms)


def expiry_of(call: OutboundCall, hours: CallingHours, rules: RetryRules) -> int:
    """When a call is given up if nobody was reached (epoch milliseconds)."""
    return hours.expiry(call.purpose, max(call.asked_ms, call.not_before_ms or 0), rules.lasting_ms)
