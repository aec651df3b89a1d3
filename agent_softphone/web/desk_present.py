"""Which call lies on an agent's desk: the one that rings or is talked, or the last one whose result is wanted."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_softphone.desk.calls import DeskCall, begin_call, find_call, last_call
from agent_softphone.desk.exchange import Exchange
from agent_softphone.desk.history import Archive
from agent_softphone.desk.keeper import HELD_HOURS, RECENT_MS
from agent_softphone.desk.refusals import NotYourCallError
from agent_softphone.web.desk_seat import Seat
from callqueue.agents.sessions import hold_next_wrap_up
from callqueue.floor.state import WRAP_UP
from callqueue.outbound.store import find_call as find_promise
from foundation.bus import Picture


class Phase(StrEnum):
    RINGING = "ringing"
    TALKING = "talking"
    AFTER = "after"
    """The conversation is over; its result may be wanted yet."""


IN_CALL: Final = (Phase.RINGING.value, Phase.TALKING.value)


@dataclass(frozen=True, slots=True)
class Present:
    call: DeskCall
    phase: Phase


def call_of(picture: Picture) -> tuple[str, Phase] | None:
    """The queue call that rings or is talked, by the floor's picture of the agent."""
    call, state = picture.get("call"), picture.get("state")
    if not call or state not in IN_CALL:
        return None
    return call["call_id"], Phase(state)


async def present_call(seat: Seat, exchange: Exchange, archive: Archive) -> Present | None:
    """The call on the desk; its row begins with the conversation."""
    picture = seat.picture  # what is looked up below takes a while, and the call may be over by then
    live = call_of(picture)
    if live is None:
        return await _last(seat)
    call_id, phase = live
    async with seat.web.database.read() as connection:
        known = await find_call(connection, call_id, seat.agent)
    if known is None:
        known = await _look_up(seat, exchange, archive, call_id, picture["call"].get("queue"))
    if phase is Phase.TALKING and known.disposition is None:
        await _begin(seat, known)
    return Present(known, phase)


async def _begin(seat: Seat, call: DeskCall) -> None:
    """Its row, and the wrap-up after it: held from now on, for the shortest would be over before anybody looks."""
    now = seat.web.clock() / 1000
    async with seat.web.database.write() as connection:
        await begin_call(connection, call)
        if seat.book.rule(call.queue).required:
            await hold_next_wrap_up(connection, seat.agent, now + HELD_HOURS * 3600, now)


async def own_call(seat: Seat, call_id: str) -> DeskCall:
    """A conversation of this agent.

    Raises:
        NotYourCallError
    """
    async with seat.web.database.read() as connection:
        known = await find_call(connection, call_id, seat.agent)
    if known is None:
        raise NotYourCallError(call=call_id[:160])
    return known


async def _last(seat: Seat) -> Present | None:
    async with seat.web.database.read() as connection:
        last = await last_call(connection, seat.agent)
    if last is None or last.began_ms < seat.web.clock() - RECENT_MS:
        return None
    wanted = last.disposition is None or seat.picture.get("state") == WRAP_UP
    return Present(last, Phase.AFTER) if wanted else None


async def _look_up(
    seat: Seat, exchange: Exchange, archive: Archive, call_id: str, of_queue: str | None,
) -> DeskCall:
    """By the caller's own channel; by the journal, where that says nothing."""
    caller, stint = await exchange.caller(call_id), await archive.stint(call_id)
    promise = caller.promise or (stint.promise if stint else None)
    async with seat.web.database.read() as connection:
        owed = await find_promise(connection, promise) if promise else None
    number = caller.number or (stint.caller if stint else None) or (owed.number if owed else None)
    queue = of_queue or (stint.queue if stint else "")
    return DeskCall(
        call_id, seat.agent, queue, number, caller.language or (owed.language if owed else None), caller.proved,
        promise, seat.web.clock(),
    )
