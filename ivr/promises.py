"""Promising a call to who is on the line.

The journal's line comes first: it outlives the store and us, and the dialler takes up from there what the store was
not told. So a promise that a caller has heard is kept, whatever is away or killed.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import cast

import structlog

from callqueue.callbacks.desk import CallbackDesk, new_promise_id
from callqueue.journal.promise_lines import request_fields
from callqueue.outbound.model import CallbackRequest, Channel, OutboundCall, State
from callqueue.outbound.numbers import number_to_call, own_numbers
from callqueue.outbound.refusals import AlreadyPromisedError, NumberRefusedError, TooManyRequestsError
from foundation.asterisk.variables import Variable
from foundation.provinces import load_provinces
from foundation.settings import Language, Settings
from ivr.actions.context import Resources
from ivr.actions.voice_message import message_desk
from ivr.call import Call
from ivr.message_draft import MessageDesk

PATIENCE_SECONDS = 1.0
"""For the store: a caller waits, and what it should know stands in the journal."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller has confirmed."""

    number: str
    """Normal form."""
    queue: str
    channel: Channel
    place_ms: int | None = None
    """None: the present moment."""
    priority: int = 0
    not_before_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A promise, as the caller is told of it."""

    code: str
    due_ms: int | None
    merged: bool
    """An earlier one to the same number stands, and keeps its place."""


class Promiser:
    """Gives promises for one site."""

    def __init__(
        self, settings: Settings, desk: CallbackDesk, codes: MessageDesk, now_ms: Callable[[], int],
    ) -> None:
        self._settings, self.desk, self._codes, self.now_ms = settings, desk, codes, now_ms
        self._area_codes = load_provinces()

    def number(self, text: str) -> str:
        """The number that would be called.

        Raises:
            NumberRefusedError: it cannot or may not be called.
        """
        rules = self._settings.outbound.numbers
        return number_to_call(text, rules, own_numbers(self._settings), self._area_codes)

    async def has_asked_too_often(self, wish: Wish, language: str) -> bool:
        """Whether the site's limit for this number is reached; a store that is away refuses nobody."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.desk.check(self._request(wish, language))
        except TooManyRequestsError:
            return True
        except AlreadyPromisedError:
            return False
        except Exception as error:  # noqa: BLE001 - drivers have errors of their own
            log.warning("callback requests not counted", error=type(error).__name__)
        return False

    async def give(self, call: Call, wish: Wish) -> Given:
        """Promise it: from the journal's line on it is kept. What follows only tells the store sooner."""
        request = self._request(wish, call.language)
        asked_ms = self.now_ms()
        request = replace(
            request, id=new_promise_id(), asked_ms=asked_ms, tracking=self._codes.next_code(),
            place_ms=asked_ms if wish.place_ms is None else wish.place_ms, origin_call_id=call.call_id,
        )
        request = replace(request, due_ms=await self._due(request))
        await call.set(Variable.PROMISE, str(request.id))
        await call.write_journal(wish.queue, "CALLBACK_REQUESTED", *request_fields(request))
        if wish.channel is Channel.QUEUE:
            await call.finish()  # whatever becomes of us now, he need not wait any more
        standing = await self._adopt(request)
        if standing is None or standing.id == request.id:
            return Given(str(request.tracking), request.due_ms, merged=False)
        return Given(standing.tracking or str(request.tracking), standing.due_ms, merged=True)

    async def open_promise(self, caller: str) -> OutboundCall | None:
        """What this number is owed; None: nothing, or the store does not say in time."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await self.desk.find(self.number(caller))
        except NumberRefusedError:
            return None
        except Exception as error:  # noqa: BLE001 - drivers have errors of their own
            log.warning("open callbacks unknown", error=type(error).__name__)
            return None
        return found if found is not None and found.state is not State.CLOSED else None

    async def _due(self, request: CallbackRequest) -> int | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self.desk.due(request)
        except Exception as error:  # noqa: BLE001 - drivers have errors of their own
            log.warning("no time promised", error=type(error).__name__)
            return None

    async def _adopt(self, request: CallbackRequest) -> OutboundCall | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self.desk.adopt(request)
        except Exception as error:  # noqa: BLE001 - the line is in the journal
            log.warning("promise left to the journal", promise=request.id, error=type(error).__name__)
            return None

    def _request(self, wish: Wish, language: str) -> CallbackRequest:
        return CallbackRequest(
            wish.number, wish.queue, cast("Language", language), wish.channel, wish.place_ms, wish.priority,
            wish.not_before_ms,
        )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def promiser_of(resources: Resources) -> Promiser:
    """The one for all calls of these settings."""
    await resources.get(message_desk)  # opened first: what opens may not wait for another opening
    return await resources.get(_promiser)


@asynccontextmanager
async def _promiser(resources: Resources) -> AsyncIterator[Promiser]:
    load = resources.load

    async def estimate(queue: str, place_ms: int, before: int) -> float | None:
        now = time.time()
        place = load.place(queue, place_ms, now)
        return None if place is None else load.wait_at(queue, place + before, now)

    desk = CallbackDesk(resources.main, resources.settings, estimate=estimate)
    yield Promiser(resources.settings, desk, await resources.get(message_desk), now_ms)
