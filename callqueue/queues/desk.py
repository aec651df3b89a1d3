"""What a supervisor may do with those who wait: rules as guards, then one action, and a line in the journal.

The journal's line (`MOVED`, `RAISED`, `TAKEN_OUT`) says who did it; the ledger needs none of them, auditors do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from callqueue.agents.refusals import AsteriskAwayError
from callqueue.queues.places import Place, places, plan_move
from callqueue.queues.refusals import NoSuchPlaceError, NotDoneError, NotWaitingError, PriorityOutOfRangeError
from foundation.asterisk.ami import AmiAwayError, AmiError, AmiLink

HIGHEST_PRIORITY = 1000


@dataclass(frozen=True, slots=True)
class Moved:
    before: Place
    after: Place | None
    """None: the caller is not in that queue any more."""


class QueueDesk:
    """Where wishes about waiting callers are heard. `call` is the id that the pictures show, or the channel's own."""

    def __init__(self, link: AmiLink) -> None:
        self._link = link

    async def move(self, call: str, position: int, who: str) -> Moved:
        """Put a waiting caller at `position` (from 1); all others keep their order.

        Raises:
            NotWaitingError, NoSuchPlaceError, AsteriskAwayError: nothing has changed.
            NotDoneError: Asterisk did not do as told.
        """
        caller, queue = await self._find(call)
        if not 1 <= position <= len(queue):
            raise NoSuchPlaceError(position=str(position), count=str(len(queue)), queue=caller.queue)
        for give in plan_move(queue, caller, position):
            await self._give(give.place, give.priority)
        await self._say(caller, "MOVED", who, str(caller.position), str(position))
        return Moved(caller, await self._look_again(caller))

    async def raise_priority(self, call: str, priority: int, who: str) -> Moved:
        """Give a waiting caller a priority; he stands behind all who have the same or more.

        Raises:
            PriorityOutOfRangeError, NotWaitingError, AsteriskAwayError: nothing has changed.
            NotDoneError: Asterisk did not do as told.
        """
        if not 0 <= priority <= HIGHEST_PRIORITY:
            raise PriorityOutOfRangeError(priority=str(priority), highest=str(HIGHEST_PRIORITY))
        caller, _ = await self._find(call)
        await self._give(caller, priority)
        await self._say(caller, "RAISED", who, str(caller.priority), str(priority))
        return Moved(caller, await self._look_again(caller))

    async def withdraw(self, call: str, who: str) -> Moved:
        """Take a waiting caller out of his queue; he goes on as one whose time there is over.

        Raises:
            NotWaitingError, AsteriskAwayError: nothing has changed.
            NotDoneError: Asterisk did not do as told.
        """
        caller, _ = await self._find(call)
        await self._say(caller, "TAKEN_OUT", who)
        await self._do("QueueWithdrawCaller", Queue=caller.queue, Caller=caller.channel, WithdrawInfo=who)
        return Moved(caller, await self._look_again(caller))

    async def find(self, call: str) -> Place:
        """Where a caller waits.

        Raises:
            NotWaitingError, AsteriskAwayError
        """
        return (await self._find(call))[0]

    async def places(self) -> list[Place]:
        """Everybody who waits, queue by queue in their order.

        Raises:
            AsteriskAwayError: nobody can be asked.
        """
        try:
            status = await self._link.list_action("QueueStatus")
            return places(status, await self._link.list_action("CoreShowChannels"))
        except AmiError as error:
            raise AsteriskAwayError(reason=str(error)) from error

    async def _find(self, call: str) -> tuple[Place, Sequence[Place]]:
        everybody = await self.places()
        for caller in everybody:
            if call in {caller.call_id, caller.channel_id}:
                return caller, [place for place in everybody if place.queue == caller.queue]
        raise NotWaitingError(call=call)

    async def _look_again(self, before: Place) -> Place | None:
        for place in await self.places():
            if (place.queue, place.channel_id) == (before.queue, before.channel_id):
                return place
        return None

    async def _give(self, place: Place, priority: int) -> None:
        await self._do(
            "QueueChangePriorityCaller", Queue=place.queue, Caller=place.channel, Priority=priority, Immediate="true",
        )

    async def _say(self, caller: Place, event: str, *data: str) -> None:
        await self._do(
            "QueueLog", Queue=caller.queue, Uniqueid=caller.channel_id, Interface="NONE", Event=event,
            Message="|".join(data),
        )

    async def _do(self, action: str, **fields: Any) -> None:
        try:
            response = await self._link.action(action, **fields)
        except AmiAwayError as error:
            raise AsteriskAwayError(reason=str(error)) from error
        except AmiError as error:
            raise NotDoneError(action=action, reason=str(error)) from error
        if not response.succeeded:
            raise NotDoneError(action=action, reason=response.message)
