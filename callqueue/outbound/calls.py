"""Calls that other rooms owe: dial this number, play or bridge, report the result.

A room places a call under a purpose and a reference of its own; the script of that purpose speaks
(ivr/outbound/<purpose>.py), the dialler keeps hours, pace and the list of those who want no calls, and the room reads
the results behind its bookmark.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.callbacks.desk import ID_LENGTH, ID_LETTERS, now_in_ms
from callqueue.outbound.model import CALLBACK, Attempt, Channel, OutboundCall, OutboundRequest, Result, State
from callqueue.outbound.numbers import normalise, number_to_call, own_numbers, shown
from callqueue.outbound.refusals import (
    AlreadyClosedError,
    DoNotCallError,
    NoSuchCallError,
    NoSuchQueueError,
    PurposeTakenError,
)
from callqueue.outbound.store import (
    CALL,
    attempts_of,
    calls_where,
    close_call,
    find_call,
    insert_call,
    wants_no_calls,
)
from callqueue.outbound.tables import DO_NOT_CALL
from foundation.database import Database
from foundation.provinces import load_provinces
from foundation.settings import Settings


def new_outbound_id() -> str:
    return "ob-" + "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))


@dataclass(frozen=True, slots=True)
class OutboundResult:
    """A call that is settled, with every attempt."""

    call: OutboundCall
    """`call.result` says how, `call.closing` is the bookmark behind it."""
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class DoNotCall:
    number: str
    since_ms: int
    by: str
    why: str


class Outbound:
    """Where other rooms order calls."""

    def __init__(
        self, database: Database, settings: Settings, *, now_ms: Callable[[], int] = now_in_ms,
        new_id: Callable[[], str] = new_outbound_id, area_codes: Mapping[str, str] | None = None,
    ) -> None:
        self._database, self._settings = database, settings
        self._now_ms, self._new_id = now_ms, new_id
        self._area_codes = load_provinces() if area_codes is None else area_codes

    async def place(self, request: OutboundRequest) -> str:
        """Order a call; its id. While one of the same purpose and reference is open, it is that one's.

        Raises:
            PurposeTakenError, NumberRefusedError, NoSuchQueueError: nothing is ordered. DoNotCallError is one of the
                NumberRefusedErrors.
        """
        async with self._database.write() as connection:
            return await self.place_within(connection, request)

    async def place_within(self, connection: AsyncConnection, request: OutboundRequest) -> str:
        """The same within a transaction of the caller's: what he notes of it stands there exactly if the call does.

        Raises:
            PurposeTakenError, NumberRefusedError, NoSuchQueueError: nothing is ordered, and the transaction may go on.
        """
        if request.purpose == CALLBACK:
            raise PurposeTakenError(purpose=request.purpose)
        if request.queue is not None and request.queue not in self._settings.queues:
            raise NoSuchQueueError(queue=request.queue)
        call = self._call(request, number_to_call(
            request.number, self._settings.outbound.numbers, own_numbers(self._settings), self._area_codes))
        same = (CALL.purpose == call.purpose, CALL.reference == call.reference, CALL.state != State.CLOSED)
        if await wants_no_calls(connection, call.number):
            raise DoNotCallError(number=shown(call.number))
        while not await insert_call(connection, call):
            found = await calls_where(connection, *same)
            if found:
                return found[0].id
        return call.id

    async def cancel(self, call_id: str, who: str) -> None:
        """End a call that is not settled yet.

        Raises:
            NoSuchCallError, AlreadyClosedError: nothing has changed.
        """
        async with self._database.write() as connection:
            call = await find_call(connection, call_id, lock=True)
            if call is None:
                raise NoSuchCallError(key=call_id)
            if not await close_call(connection, call_id, Result.CANCELLED, who, self._now_ms()):
                raise AlreadyClosedError(call)

    async def find(self, call_id: str) -> OutboundResult | None:
        """A call as it stands now, settled or not."""
        async with self._database.read() as connection:
            call = await find_call(connection, call_id)
            attempts = await attempts_of(connection, [call_id])
        return OutboundResult(call, tuple(attempts)) if call else None

    async def results_since(self, bookmark: int, purpose: str, limit: int = 200) -> list[OutboundResult]:
        """What has been settled behind `bookmark` (`call.closing` of the last one read; 0: all), in its order.

        None is ever settled before a bookmark that was given out.
        """
        async with self._database.read() as connection:
            calls = await calls_where(
                connection, CALL.purpose == purpose, CALL.closing > bookmark, order=(CALL.closing,), limit=limit)
            attempts = await attempts_of(connection, [call.id for call in calls])
        return [
            OutboundResult(call, tuple(attempt for attempt in attempts if attempt.outbound_id == call.id))
            for call in calls
        ]

    async def add_do_not_call(self, number: str, by: str, why: str) -> str:
        """Call this number no more, save for callbacks asked for; what is open to it is closed. Its normal form.

        Raises:
            NumberRefusedError: nobody has such a number.
        """
        number = normalise(number, self._settings.outbound.numbers.area_code, self._area_codes)
        row = {"number": number, "since_ms": self._now_ms(), "by": by[:80], "why": why[:200]}
        async with self._database.write() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            await connection.execute(dialect.insert(DO_NOT_CALL).values(row).on_conflict_do_nothing())
            for call in await calls_where(
                connection, CALL.number == number, CALL.purpose != CALLBACK, CALL.state != State.CLOSED, lock=True,
            ):
                await close_call(connection, call.id, Result.REFUSED, "do-not-call", self._now_ms())
        return number

    async def remove_do_not_call(self, number: str) -> bool:
        """Whether it stood in the list.

        Raises:
            NumberRefusedError: nobody has such a number.
        """
        number = normalise(number, self._settings.outbound.numbers.area_code, self._area_codes)
        async with self._database.write() as connection:
            return (await connection.execute(delete(DO_NOT_CALL).where(DO_NOT_CALL.c.number == number))).rowcount == 1

    async def do_not_call(self) -> list[DoNotCall]:
        """Who wants no calls, the newest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(DO_NOT_CALL).order_by(DO_NOT_CALL.c.since_ms.desc()))
            return [DoNotCall(row.number, row.since_ms, row.by, row.why) for row in rows]

    def _call(self, request: OutboundRequest, number: str) -> OutboundCall:
        now_ms = self._now_ms()
        return OutboundCall(
            id=self._new_id(), purpose=request.purpose, number=number, language=request.language,
            channel=Channel.SCHEDULE, place_ms=now_ms, asked_ms=now_ms, state=State.OPEN,
            next_attempt_ms=max(now_ms, request.not_before_ms or 0), reference=request.reference, queue=request.queue,
            priority=request.priority, not_before_ms=request.not_before_ms,
        )
