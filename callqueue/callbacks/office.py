"""Promises given where nobody is on the line: by an agent, on the web, by a program.

As on the line, the journal comes first; so an Asterisk that is away promises nothing.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from callqueue.agents.refusals import AsteriskAwayError
from callqueue.callbacks.desk import CallbackDesk, new_promise_id, now_in_ms
from callqueue.journal.promise_lines import request_fields
from callqueue.outbound.model import CallbackRequest, Channel, Promise, State
from callqueue.outbound.refusals import AlreadyPromisedError, NoSuchCallError
from foundation.asterisk.ami import AmiError, AmiLink
from foundation.tracking import drawn_code

Journal = Callable[[CallbackRequest], Awaitable[None]]
"""Writes the CALLBACK_REQUESTED line; raises AsteriskAwayError when it could not."""


def journal_by(link: AmiLink) -> Journal:
    """By a link to Asterisk."""
    async def write(request: CallbackRequest) -> None:
        fields = "|".join(request_fields(request))
        try:
            response = await link.action(
                "QueueLog", Queue=request.queue, Event="CALLBACK_REQUESTED", Uniqueid="NONE", Interface="NONE",
                Message=fields,
            )
        except AmiError as error:
            raise AsteriskAwayError(reason=str(error)) from error
        if not response.succeeded:
            raise AsteriskAwayError(reason=response.message)

    return write


class PromiseOffice:
    """Gives and takes back promises. `key` is that of the site's tracking codes."""

    def __init__(
        self, desk: CallbackDesk, journal: Journal, key: str, now_ms: Callable[[], int] = now_in_ms,
    ) -> None:
        self.desk, self._journal, self._key, self._now_ms = desk, journal, key, now_ms

    async def promise(self, request: CallbackRequest) -> Promise:
        """Promise a call, with a tracking code.

        Raises:
            OutboundRefusalError: one of its classes; nothing is promised.
            AsteriskAwayError: the same.
        """
        return (await self._give(request, await self.desk.check(request)))[1]

    async def accept(self, request: CallbackRequest) -> CallbackRequest:
        """The same for strangers: nobody learns whether this number is owed a call already. Then the earlier promise
        stands, and the code of this one is of no use.

        Raises:
            OutboundRefusalError: one of its classes, never AlreadyPromisedError; nothing is promised.
            AsteriskAwayError: the same.
        """
        try:
            number = await self.desk.check(request)
        except AlreadyPromisedError as error:
            number = error.promise.number
        return (await self._give(request, number))[0]

    async def _give(self, request: CallbackRequest, number: str) -> tuple[CallbackRequest, Promise]:
        asked_ms = self._now_ms()
        place_ms = asked_ms if request.place_ms is None else request.place_ms
        request = replace(
            request, number=number, id=new_promise_id(), asked_ms=asked_ms, tracking=await self._code(),
            place_ms=place_ms,
        )
        request = replace(request, due_ms=await self.desk.due(request))
        await self._journal(request)
        return request, await self.desk.adopt(request)

    async def retry(self, key: str, who: str) -> Promise:
        """Call once more: an open promise without waiting for its next try, a settled one as a new promise in the old
        place, which `who` is answerable for.

        Raises:
            NoSuchCallError: there is no such promise.
            AlreadyPromisedError: it is being dialled.
            OutboundRefusalError, AsteriskAwayError: nothing is promised.
        """
        found = await self.find(key)
        if found.state is State.CLOSED:
            return await self.promise(CallbackRequest(
                found.number, found.queue or "", found.language, Channel.AGENT, found.place_ms, found.priority,
                origin_call_id=who,
            ))
        if not await self.desk.hasten(found.id):
            raise AlreadyPromisedError(found)
        return await self.find(found.id)

    async def find(self, key: str) -> Promise:
        """By id, code or number.

        Raises:
            NoSuchCallError: there is none.
        """
        found = await self.desk.find(key)
        if found is None:
            raise NoSuchCallError(key=key if key.startswith("cb-") else f"***{key[-3:]}")
        return found

    async def cancel(self, key: str, who: str, queue: str | None = None) -> Sequence[Promise]:
        """See CallbackDesk.cancel."""
        return await self.desk.cancel(key, who, queue)

    async def _code(self) -> str:
        while True:
            code = drawn_code(self._key, secrets.randbelow)
            if await self.desk.find(code) is None:
                return code
