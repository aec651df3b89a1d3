"""Callbacks as people ask for them: promise, find, list, cancel.

A promise keeps the place in the queue of who asked: by it he is dialled, and at it he comes back. One promise stands
for a number and queue at a time.
"""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.outbound.model import CALLBACK, CallbackRequest, OutboundCall, Promise, Result, State
from callqueue.outbound.numbers import normalise, number_to_call, own_numbers
from callqueue.outbound.refusals import (
    AlreadyClosedError,
    AlreadyPromisedError,
    NoSuchCallError,
    NoSuchQueueError,
    NumberRefusedError,
    TimeNotPossibleError,
    TooManyRequestsError,
)
from callqueue.outbound.retry_plan import HOUR_MS, MINUTE_MS
from callqueue.outbound.store import (
    CALL,
    calls_where,
    change_call,
    close_call,
    count_asked,
    count_before,
    find_call,
    find_promise,
    insert_call,
    insert_closed,
    known_ids,
)
from foundation.database import Database
from foundation.provinces import load_provinces
from foundation.settings import LANGUAGES, Settings

ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
ID_LENGTH = 10
DAY_MS = 24 * HOUR_MS
ROUND_MS = 5 * MINUTE_MS
"""Times that are promised are whole five minutes."""

Estimate = Callable[[str, int, int], Awaitable[float | None]]
"""Queue, place (epoch ms) and the number of promises before it → seconds until an agent answers; None: unknown."""


def now_in_ms() -> int:
    return time.time_ns() // 1_000_000


def new_promise_id() -> str:
    """Cannot be guessed; fits a channel's id and a journal's field."""
    return "cb-" + "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))


class CallbackDesk:
    """Where callbacks are asked for and cancelled, by whatever channel."""

    def __init__(
        self, database: Database, settings: Settings, *, estimate: Estimate | None = None,
        now_ms: Callable[[], int] = now_in_ms, new_id: Callable[[], str] = new_promise_id,
        area_codes: Mapping[str, str] | None = None,
    ) -> None:
        self._database, self._settings, self._rules = database, settings, settings.outbound
        self._estimate, self._now_ms, self._new_id = estimate, now_ms, new_id
        self._area_codes = load_provinces() if area_codes is None else area_codes

    async def check(self, request: CallbackRequest) -> str:
        """The number that would be called, in its normal form; nothing is changed.

        Raises:
            NumberRefusedError, NoSuchQueueError, TimeNotPossibleError, TooManyRequestsError, AlreadyPromisedError.
        """
        number = self._check_words(request)
        async with self._database.read() as connection:
            await self._check_store(connection, request.queue, number)
        return number

    async def promise(self, request: CallbackRequest) -> Promise:
        """Promise a callback; from its return on nothing but the person, an agent or the retry plan ends it.

        Raises:
            NumberRefusedError, NoSuchQueueError, TimeNotPossibleError, TooManyRequestsError, AlreadyPromisedError:
                nothing is promised.
        """
        number = self._check_words(request)
        call = await self._with_due(self._call(request, number))
        async with self._database.write() as connection:
            await self._check_store(connection, request.queue, number)
            if await insert_call(connection, call):
                return call
            other = await find_promise(connection, number, request.queue)
        raise AlreadyPromisedError(other or call)  # another process was quicker

    async def adopt(self, request: CallbackRequest) -> Promise:
        """Keep a promise that was given already (`request.id`): in a journal line that the store was not asked about.

        The same promise again changes nothing. Where another to the same number for the same queue is open, that one
        is kept, at the earlier place. A number that may not be called is closed at once, with the reason.

        Returns:
            The promise that stands for it now; closed if the number is refused.
        """
        queue = request.queue if request.queue in self._settings.queues else self._settings.default_queue
        language = request.language if request.language in LANGUAGES else self._settings.site.language
        request = replace(request, queue=queue, language=language)
        try:
            number, result = self._number(request.number), None
        except NumberRefusedError:
            number, result = request.number[:20], Result.REFUSED
        call = self._call(request, number)
        async with self._database.write() as connection:
            return await self._adopt(connection, call, result)

    async def adopt_unknown(self, requests: Sequence[CallbackRequest]) -> int:
        """Adopt those of these promises that the store does not have; how many. All have an id."""
        async with self._database.read() as connection:
            known = await known_ids(connection, [request.id for request in requests if request.id])
        unknown = [request for request in requests if request.id not in known]
        for request in unknown:
            await self.adopt(request)
        return len(unknown)

    async def due(self, request: CallbackRequest) -> int | None:
        """The time that would be promised, in epoch milliseconds; nothing is changed."""
        return (await self._with_due(self._call(request, request.number))).due_ms

    async def put_off(self, promise_id: str, until_ms: int) -> bool:
        """Do not dial it before then: its person is on the line himself. False: it is being dialled, or settled."""
        async with self._database.write() as connection:
            return await change_call(connection, promise_id, CALL.state == State.OPEN, next_attempt_ms=until_ms)

    async def hasten(self, promise_id: str) -> bool:
        """Let it be dialled as soon as its place comes, without waiting for the next try. False: it is settled, or
        being dialled.
        """
        return await self.put_off(promise_id, self._now_ms())

    async def cancel(self, key: str, who: str, queue: str | None = None) -> Sequence[Promise]:
        """End what is promised under an id or tracking code, or to a number (for one queue, or for all).

        Args:
            key: a promise's id, its tracking code, or a telephone number in any form.
            who: on whose word: `phone`, `web`, a user's id.
            queue: None: whichever.

        Raises:
            NoSuchCallError, AlreadyClosedError: nothing has changed.
        """
        async with self._database.write() as connection:
            named = await self._named(connection, key, lock=True)
            found = [call for call in named if queue in {None, call.queue}]
            if not found:
                raise NoSuchCallError(key=key if key.startswith("cb-") else f"***{key[-3:]}")
            wanted = [call for call in found if call.state is not State.CLOSED]
            if not wanted:
                raise AlreadyClosedError(found[-1])
            for call in wanted:
                await close_call(connection, call.id, Result.CANCELLED, who, self._now_ms())
        return [await self._get(call.id) for call in wanted]

    async def find(self, key: str) -> Promise | None:
        """By id or tracking code, or by number: the open one, else the newest."""
        async with self._database.read() as connection:
            found = await self._named(connection, key)
        return max(found, key=lambda call: (call.state is not State.CLOSED, call.asked_ms), default=None)

    async def list(
        self, queue: str | None = None, state: State | None = None, since_ms: int = 0, limit: int = 500,
    ) -> Sequence[Promise]:
        """Promises asked for since then, in the order of their places; `State.OPEN` has those being dialled too."""
        conditions = [CALL.purpose == CALLBACK, CALL.asked_ms >= since_ms]
        if queue is not None:
            conditions.append(CALL.queue == queue)
        if state is State.OPEN:
            conditions.append(CALL.state != State.CLOSED)
        elif state is not None:
            conditions.append(CALL.state == state)
        async with self._database.read() as connection:
            return await calls_where(connection, *conditions, limit=limit)

    # -- one step each

    def _check_words(self, request: CallbackRequest) -> str:
        if request.queue not in self._settings.queues:
            raise NoSuchQueueError(queue=request.queue)
        wished, now_ms = request.not_before_ms, self._now_ms()
        if wished is not None and not now_ms - MINUTE_MS <= wished <= now_ms + self._rules.ahead_days * DAY_MS:
            raise TimeNotPossibleError(days=str(self._rules.ahead_days))
        return self._number(request.number)

    async def _check_store(self, connection: AsyncConnection, queue: str, number: str) -> None:
        standing = await find_promise(connection, number, queue)
        if standing is not None:
            raise AlreadyPromisedError(standing)
        since_ms = self._now_ms() - self._rules.requests_hours * HOUR_MS
        if await count_asked(connection, CALLBACK, number, since_ms) >= self._rules.requests_per_number:
            raise TooManyRequestsError(
                count=str(self._rules.requests_per_number), hours=str(self._rules.requests_hours))

    async def _adopt(self, connection: AsyncConnection, call: OutboundCall, result: Result | None) -> Promise:
        while True:
            known = await find_call(connection, call.id)
            if known is not None:
                return known
            if result is not None:
                return await insert_closed(connection, call, result, "dialler", self._now_ms())
            if await insert_call(connection, call):
                return call
            standing = await find_promise(connection, call.number, call.queue or "", lock=True)
            if standing is not None:
                return await self._merge(connection, call, standing)

    async def _merge(self, connection: AsyncConnection, call: OutboundCall, standing: OutboundCall) -> Promise:
        await insert_closed(
            connection, replace(call, reference=standing.id), Result.MERGED, "dialler", self._now_ms())
        place_ms, priority = min(standing.place_ms, call.place_ms), max(standing.priority, call.priority)
        await change_call(connection, standing.id, place_ms=place_ms, priority=priority)
        return replace(standing, place_ms=place_ms, priority=priority)

    def _call(self, request: CallbackRequest, number: str) -> OutboundCall:
        asked_ms = self._now_ms() if request.asked_ms is None else request.asked_ms
        first_ms = max(asked_ms, request.not_before_ms or 0)
        return OutboundCall(
            id=request.id or self._new_id(), purpose=CALLBACK, number=number, language=request.language,
            channel=request.channel, place_ms=asked_ms if request.place_ms is None else request.place_ms,
            asked_ms=asked_ms, state=State.OPEN, next_attempt_ms=first_ms, queue=request.queue,
            priority=request.priority, origin_call_id=request.origin_call_id, tracking=request.tracking,
            not_before_ms=request.not_before_ms, due_ms=request.due_ms,
        )

    async def _with_due(self, call: OutboundCall) -> OutboundCall:
        if call.due_ms is not None:
            return call
        margin_ms = self._rules.promise_minutes * MINUTE_MS
        if call.not_before_ms is not None:
            return replace(call, due_ms=call.not_before_ms + margin_ms)
        seconds = await self.estimated_wait(call.queue or "", call.place_ms, call.priority)
        if seconds is None:
            return call
        at_ms = self._now_ms() + int(seconds * 1000) + margin_ms
        return replace(call, due_ms=-(-at_ms // ROUND_MS) * ROUND_MS)

    async def estimated_wait(self, queue: str, place_ms: int, priority: int = 0) -> float | None:
        """Seconds until an agent would answer who has this place; None: nothing is known."""
        if self._estimate is None:
            return None
        async with self._database.read() as connection:
            before = await count_before(connection, queue, place_ms, priority, self._now_ms())
        return await self._estimate(queue, place_ms, before)

    def _number(self, text: str) -> str:
        return number_to_call(text, self._rules.numbers, own_numbers(self._settings), self._area_codes)

    async def _named(self, connection: AsyncConnection, key: str, *, lock: bool = False) -> Sequence[Promise]:
        named = (CALL.id == key) | (CALL.tracking == key)
        with suppress(NumberRefusedError):  # it may be no number
            named |= CALL.number == normalise(key, self._rules.numbers.area_code, self._area_codes)
        return await calls_where(
            connection, CALL.purpose == CALLBACK, named, order=(CALL.asked_ms, CALL.id), lock=lock)

    async def _get(self, call_id: str) -> Promise:
        async with self._database.read() as connection:
            found = await find_call(connection, call_id)
        if found is None:
            raise NoSuchCallError(key=call_id)
        return found
