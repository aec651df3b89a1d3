"""Reads the calls that came, from both stores."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.askings import Asked, read_askings, read_askings_of_calls
from callqueue.ledger.store import count_stints
from followups.cases.caller_provinces import known_provinces
from followups.faults.faults import Series
from foundation.calendars import Interval
from foundation.numbered import told_of
from foundation.provinces import load_provinces
from ivr.steps.store import Chosen, read_beginnings, read_chosen
from reports.callers.pulse_calls import Arrival, count_series, tally_quarters
from reports.frame.people import MOST_STINTS, TooManyCallsError
from reports.frame.report import Context


async def count_calls(context: Context, times: Iterable[Interval]) -> Mapping[Interval, Counter[Series]]:
    """Of each time every series of the calls that came in it.

    Raises:
        TooManyCallsError
    """
    async with context.ledger() as ledger:
        if not context.has_main:
            return await _count_calls(context, ledger, None, times)
        async with context.main() as main:
            return await _count_calls(context, ledger, main, times)


async def _count_calls(
    context: Context, ledger: AsyncConnection, main: AsyncConnection | None, times: Iterable[Interval],
) -> Mapping[Interval, Counter[Series]]:
    codes, left = load_provinces(), MOST_STINTS
    told = told_of({} if main is None else await known_provinces(main))
    counts: dict[Interval, Counter[Series]] = {}
    for time in times:
        left -= await count_stints(ledger, time.start, time.end, limit=left + 1)
        if left < 0:
            raise TooManyCallsError(most=str(MOST_STINTS))
        calls = tally_quarters(await read_arrivals(ledger, main, time), time, codes)
        counts[time] = count_series([calls], context.zone, codes, told)
    return counts


async def read_arrivals(ledger: AsyncConnection, main: AsyncConnection | None, time: Interval) -> list[Arrival]:
    """The calls that came in the time: to the menus, or where they did not, to a queue. Each is told with the queue
    that it asked for first, be it after the time.
    """
    chosen = {} if main is None else {each.call_id: each for each in await read_chosen(main, time.start, time.end)}
    asked = _first(await read_askings(ledger, time.start, time.end))
    asked |= _first(await read_askings_of_calls(ledger, chosen.keys() - asked.keys()))
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


def _first(askings: Collection[Asked]) -> dict[str, Asked]:
    first: dict[str, Asked] = {}
    for one in askings:
        first.setdefault(one.call_id, one)
    return first


async def _came_before(ledger: AsyncConnection, call_ids: Collection[str], time: Interval) -> set[str]:
    """Those that had asked for a queue before."""
    return {one.call_id for one in await read_askings_of_calls(ledger, call_ids) if one.at < time.start}
