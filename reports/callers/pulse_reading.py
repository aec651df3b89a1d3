"""Reads the calls that came, from both stores."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.askings import Asked, read_askings, read_askings_of_calls
from foundation.calendars import Interval
from ivr.steps.store import Chosen, read_beginnings, read_chosen
from reports.callers.pulse_calls import Arrival


async def read_arrivals(ledger: AsyncConnection, main: AsyncConnection | None, time: Interval) -> list[Arrival]:
    """The calls that came in the time: to the menus, or where they did not, to a queue. Each is told with the queue
    that it asked for first from then on, be it after the time.
    """
    chosen = {} if main is None else {each.call_id: each for each in await read_chosen(main, time.start, time.end)}
    came = {call_id: int(each.at) for call_id, each in chosen.items()}
    asked = _first(await read_askings(ledger, time.start, time.end), came)
    asked |= _first(await read_askings_of_calls(ledger, chosen.keys() - asked.keys()), came)
    unknown = asked.keys() - chosen.keys()
    if main is not None:
        unknown -= (await read_beginnings(main, unknown)).keys()
    unknown -= await _came_before(ledger, unknown, time)
    return [
        *(_with_menus(each, asked.get(call_id)) for call_id, each in chosen.items()),
        *(Arrival(one.at, one.caller, one.queue, ()) for call_id, one in asked.items() if call_id in unknown),
    ]


def _with_menus(call: Chosen, asked: Asked | None) -> Arrival:
    return Arrival(call.at, call.caller, asked.queue if asked else None, call.services)


def _first(askings: Collection[Asked], came: Mapping[str, int]) -> dict[str, Asked]:
    """Of each call, not before it came, where that is known."""
    first: dict[str, Asked] = {}
    for one in askings:
        if one.at >= came.get(one.call_id, 0):
            first.setdefault(one.call_id, one)
    return first


async def _came_before(ledger: AsyncConnection, call_ids: Collection[str], time: Interval) -> set[str]:
    """Those that had asked for a queue before."""
    return {one.call_id for one in await read_askings_of_calls(ledger, call_ids) if one.at < time.start}
