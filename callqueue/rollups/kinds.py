"""The kinds of roll-ups that there are."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from itertools import chain, islice
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics.agents_tally import TimesheetsTally, add_timesheets
from callqueue.metrics.arrivals_tally import ArrivalsTally, add_arrivals
from callqueue.metrics.counted import Counted, add_counted
from callqueue.metrics.hours_tally import Booked, HoursTally, add_hours, hours_of_week, tally_hours
from callqueue.metrics.people_tally import AGAIN, PeopleTally, add_people
from callqueue.metrics.places_tally import PlacesTally, add_places
from callqueue.metrics.rings_tally import RingsTally, add_rings
from callqueue.metrics.tally import AgentsTally, add_agents, add_calls, add_promises
from callqueue.rollups.agents import make_agents, make_timesheets
from callqueue.rollups.codec import (
    decode_agents,
    decode_arrivals,
    decode_calls,
    decode_counted,
    decode_hours,
    decode_people,
    decode_places,
    decode_promises,
    decode_rings,
    decode_timesheets,
    encode_agents,
    encode_arrivals,
    encode_calls,
    encode_counted,
    encode_hours,
    encode_people,
    encode_places,
    encode_promises,
    encode_rings,
    encode_timesheets,
)
from callqueue.rollups.make import (
    make_arrivals,
    make_calls,
    make_passing,
    make_people,
    make_places,
    make_promises,
    make_rings,
)
from callqueue.rollups.model import Made, Part, ReadKind, Rollup, Terms
from callqueue.rollups.people import People, gather_people
from callqueue.rollups.store import CallsPart, Kind, PromisesPart
from foundation.calendars import Interval
from foundation.provinces import load_provinces

Pieces = Sequence[Interval]


# -- calls

async def _make_calls(connection: AsyncConnection, pieces: Pieces, terms: Terms, now: int) -> Made[CallsPart]:
    people = await gather_people(connection, pieces, terms.rules, terms.shared)
    return await _calls_of(connection, people, pieces, terms, now)


async def _calls_of(
    connection: AsyncConnection, people: People, pieces: Pieces, terms: Terms, now: int,
) -> Made[CallsPart]:
    return Made(await make_calls(connection, people, pieces, terms.rules, now))


def _add_calls(parts: Sequence[CallsPart], now: int) -> CallsPart:
    queues = sorted({queue for part in parts for queue in part.queues})
    return CallsPart(
        {queue: add_calls([part.queues[queue] for part in parts if queue in part.queues], now) for queue in queues},
        sum(part.lost_in_menu for part in parts))


def _windows(terms: Terms) -> tuple[object, ...]:
    windows = {queue: each.contact_window for queue, each in terms.rules.by_queue.items()}
    return windows, terms.rules.default.contact_window, sorted(terms.shared)


def _ordered_calls(part: CallsPart) -> CallsPart:
    return CallsPart({
        queue: replace(
            tally, waiting=sorted(tally.waiting), pending=sorted(tally.pending),
            provisional=sorted(tally.provisional), hung_up_elsewhere=sorted(tally.hung_up_elsewhere))
        for queue, tally in part.queues.items()
    }, part.lost_in_menu)


CALLS = Rollup(Kind.CALLS, _make_calls, _add_calls, encode_calls, decode_calls, _windows, _ordered_calls, _calls_of)


# -- promises

async def _make_promises(connection: AsyncConnection, pieces: Pieces, _terms: Terms, _now: int) -> Made[PromisesPart]:
    return Made(await make_promises(connection, pieces))


def _add_promises(parts: Sequence[PromisesPart], _now: int) -> PromisesPart:
    queues = sorted({queue for part in parts for queue in part.queues})
    return PromisesPart({
        queue: add_promises(part.queues[queue] for part in parts if queue in part.queues) for queue in queues})


def _ordered_promises(part: PromisesPart) -> PromisesPart:
    return PromisesPart({
        queue: replace(tally, ready_ms=sorted(tally.ready_ms), passed=dict(sorted(tally.passed.items())))
        for queue, tally in part.queues.items()})


PROMISES = Rollup(
    Kind.PROMISES, _make_promises, _add_promises, encode_promises, decode_promises, ordered=_ordered_promises)


# -- agents

async def _make_agents(connection: AsyncConnection, pieces: Pieces, _terms: Terms, now: int) -> Made[AgentsTally]:
    return await make_agents(connection, pieces, now)


async def _make_timesheets(
    connection: AsyncConnection, pieces: Pieces, _terms: Terms, now: int,
) -> Made[TimesheetsTally]:
    return Made(await make_timesheets(connection, pieces, now))


AGENTS = Rollup(
    Kind.AGENTS, _make_agents, lambda parts, _now: add_agents(parts), encode_agents, decode_agents)
TIMESHEETS = Rollup(
    Kind.TIMESHEETS, _make_timesheets, lambda parts, _now: add_timesheets(parts), encode_timesheets, decode_timesheets)


# -- arrivals

async def _make_arrivals(connection: AsyncConnection, pieces: Pieces, terms: Terms, _now: int) -> Made[ArrivalsTally]:
    return Made(await make_arrivals(connection, pieces, terms.rules))


def _short_abandons(terms: Terms) -> tuple[object, ...]:
    ignored = {queue: each.short_abandon for queue, each in terms.rules.by_queue.items()}
    return ignored, terms.rules.default.short_abandon


ARRIVALS = Rollup(
    Kind.ARRIVALS, _make_arrivals, lambda parts, _now: add_arrivals(parts), encode_arrivals, decode_arrivals,
    _short_abandons)


# -- transfers and rings

async def _make_passing(connection: AsyncConnection, pieces: Pieces, _terms: Terms, _now: int) -> Made[Counted]:
    return Made(await make_passing(connection, pieces))


async def _make_rings(connection: AsyncConnection, pieces: Pieces, terms: Terms, _now: int) -> Made[RingsTally]:
    return Made(await make_rings(connection, pieces, terms.zone))


def _hours(terms: Terms) -> tuple[object, ...]:
    return (terms.zone.key,)


PASSING = Rollup(
    Kind.PASSING, _make_passing, lambda parts, _now: add_counted(parts), encode_counted, decode_counted)
RINGS = Rollup(Kind.RINGS, _make_rings, lambda parts, _now: add_rings(parts), encode_rings, decode_rings, _hours)


# -- callers

async def _make_places(connection: AsyncConnection, pieces: Pieces, terms: Terms, now: int) -> Made[PlacesTally]:
    people = await gather_people(connection, pieces, terms.rules, terms.shared)
    return await _places_of(connection, people, pieces, terms, now)


async def _places_of(
    _connection: AsyncConnection, people: People, pieces: Pieces, terms: Terms, now: int,
) -> Made[PlacesTally]:
    return Made(make_places(people, pieces, terms.rules, now))


def _all_rules(terms: Terms) -> tuple[object, ...]:
    """Windows and thresholds; and which area codes there are."""
    rules = {queue: astuple(each) for queue, each in terms.rules.by_queue.items()}
    return rules, astuple(terms.rules.default), sorted(terms.shared), sorted(load_provinces())


def _ordered_places(tally: PlacesTally) -> PlacesTally:
    return replace(
        tally, waiting=sorted(tally.waiting), pending=sorted(tally.pending), last=dict(sorted(tally.last.items())))


async def _make_people(connection: AsyncConnection, pieces: Pieces, terms: Terms, now: int) -> Made[PeopleTally]:
    people = await gather_people(connection, pieces, terms.rules, terms.shared, AGAIN)
    return await _people_of(connection, people, pieces, terms, now)


async def _people_of(
    _connection: AsyncConnection, people: People, pieces: Pieces, terms: Terms, _now: int,
) -> Made[PeopleTally]:
    return Made(make_people(people, pieces, terms.shared))


PLACES = Rollup(
    Kind.PLACES, _make_places, lambda parts, _now: add_places(parts), encode_places, decode_places, _all_rules,
    _ordered_places, _places_of)
PEOPLE = Rollup(
    Kind.PEOPLE, _make_people, lambda parts, _now: add_people(parts), encode_people, decode_people, _windows,
    of_people=_people_of)


# -- the week by hour

async def _make_hours(connection: AsyncConnection, pieces: Pieces, terms: Terms, now: int) -> Made[HoursTally]:
    async def count(rollup: Rollup[Part], intervals: Pieces, /) -> list[list[Part]]:
        return [[part] for part in (await rollup.make(connection, intervals, terms, now)).parts]

    return Made(await _put_hours_together(pieces, terms, count))


async def _put_hours_together(pieces: Pieces, terms: Terms, read: ReadKind) -> list[HoursTally]:
    cut = [list(hours_of_week(piece, terms.zone)) for piece in pieces]
    times = [time for hours in cut for _, time in hours]
    parts = zip(await read(CALLS, times), await read(AGENTS, times), strict=True)
    booked = (
        Booked(hour, [part.queues for part in calls], agents)
        for (hour, _), (calls, agents) in zip(chain.from_iterable(cut), parts, strict=True))
    return [tally_hours(islice(booked, len(hours)), terms.rules) for hours in cut]


def _thresholds(terms: Terms) -> tuple[object, ...]:
    rules = {queue: (each.service_threshold, each.short_abandon) for queue, each in terms.rules.by_queue.items()}
    return rules, terms.rules.default.service_threshold, terms.rules.default.short_abandon, terms.zone.key


HOURS = Rollup(
    Kind.HOURS, _make_hours, lambda parts, _now: add_hours(parts), encode_hours, decode_hours, _thresholds,
    lambda tally: replace(tally, waiting=sorted(tally.waiting)), put_together=_put_hours_together)


ROLLUPS: Mapping[Kind, Rollup[Any]] = {
    each.kind: each
    for each in (CALLS, PROMISES, AGENTS, TIMESHEETS, ARRIVALS, PASSING, RINGS, PLACES, PEOPLE, HOURS)
}
"""In the order in which they are made and checked; one that is put together of others comes behind them."""
