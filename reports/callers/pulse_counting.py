"""Counts the calls that came: from days of requests where there are any, from the evidence for the rest; the same
either way.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.caller_provinces import known_provinces
from followups.faults.faults import Series
from foundation.calendars import Interval
from foundation.numbered import told_of
from foundation.provinces import load_provinces
from reports.callers.pulse_calls import QUARTER, CallsByQuarter, count_series, tally_quarters
from reports.callers.pulse_reading import read_arrivals
from reports.callers.request_days import KeptDays, standing
from reports.frame.limits import refuse_too_many
from reports.frame.made_days import between, days_of
from reports.frame.report import Context


async def count_calls(
    context: Context, times: Sequence[Interval], *, from_days: bool = True,
) -> Mapping[Interval, Counter[Series]]:
    """Of each time every series of the calls that came in it.

    Raises:
        TooManyCallsError: there are too many that would have to be read one by one.
    """
    codes = load_provinces()
    async with AsyncExitStack() as stores:
        main = await stores.enter_async_context(context.main()) if context.has_main else None
        ledger = await stores.enter_async_context(context.ledger())
        plans = {time: _Plan([], [time]) for time in times}
        told = told_of({})
        if main is not None:
            kept = KeptDays(main, await standing(main, ledger) if from_days else {})
            plans = {time: _plan(time, kept.tokens.keys(), context.zone) for time in times}
            made = await kept.read_arrivals({day for plan in plans.values() for day, _ in plan.days})
            told = told_of(await known_provinces(main))
        await refuse_too_many(ledger, *(rest for plan in plans.values() for rest in plan.rest))
        counts: dict[Interval, Counter[Series]] = {}
        for time, plan in plans.items():
            parts = [made[day].between(piece) for day, piece in plan.days]
            parts += [await _count_straight(ledger, main, rest, codes) for rest in plan.rest]
            counts[time] = count_series(parts, context.zone, codes, told)
        return counts


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a time is put together from."""

    days: Sequence[tuple[Interval, Interval]]
    """Each with the whole quarters of an hour of it that lie in the time."""
    rest: Sequence[Interval]


def _plan(time: Interval, kept: Collection[Interval], zone: ZoneInfo) -> _Plan:
    first, last = -(-time.start // QUARTER) * QUARTER, time.end // QUARTER * QUARTER
    days = [
        (day, Interval(max(day.start, first), min(day.end, last))) for day in reversed(list(days_of(time, zone)))
        if day in kept and max(day.start, first) < min(day.end, last)]
    return _Plan(days, between(time, [piece for _, piece in days]))


async def _count_straight(
    ledger: AsyncConnection, main: AsyncConnection | None, time: Interval, codes: Collection[str],
) -> CallsByQuarter:
    return tally_quarters(await read_arrivals(ledger, main, time), time, codes)
