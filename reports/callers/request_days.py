"""Days of requests, added up once: what the report of channel shift reads instead of all calls, the same either way.

What became of a request is told by two stores that have no common transaction. So a day is claimed in both, under one
new token; the main store keeps what was made, the ledger the token alone. What changes the evidence of a day takes
away, in its own transaction, that store's part (`foundation.request_days`, `callqueue.rollups.marks`). A reader
believes a day that is made and whose token stands in both stores.

Why he never believes what is no longer so: no token is ever claimed twice, and the maker reads each store after his
claims in both. So a token that stands in a picture of the ledger says that nothing has changed there from the claim
until that picture, and a row in a picture of the main store says the same of that store. A reader takes his picture of
the main store first: where a row in it is made, all had been read before either of his pictures was taken, and between
the claims and them. Both pictures say what was read. In whatever order claims, readings and changes meet, a change is
either seen by the maker, or has taken one of the two tokens away for ever.

A case that is linked to a call is a change of the main store, but which day it changes may be known to the ledger
alone. It leaves a doubt, in its own transaction, that lasts until a maker has asked the ledger and thrown the days
away, together with the doubt. A reader asks for himself, and leaves out the days that are in doubt. What neither store
knows of the call by then will mark its days itself when it comes.
"""

import random
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.rollups.request_claims import claim_requests, first_moment, moments_of_calls, read_claims
from followups.cases.case import LinkKind
from foundation.calendars import Interval
from foundation.database import Database, Store, store_url
from foundation.erasure import Alias, Row, Step
from foundation.numbered import coded, numbers_of
from foundation.paths import Home
from foundation.provinces import load_provinces
from foundation.request_days import (
    LONGEST_CALL,
    REQUEST_DAY,
    REQUEST_DOUBT,
    lock_request_days,
    mark_request_days,
    touched,
)
from foundation.settings import Settings
from ivr.steps.store import read_beginnings
from ivr.tables import ivr_step
from recordings.tables import recording, voice_message
from reports.callers.request_reading import read_requests
from reports.callers.request_tally import ENDS, DayOfRequests, decode, encode, tally_day
from reports.frame.made_days import days_of, keep_made
from reports.frame.stores import store_exists

SETTLED = 600
"""Seconds after which a day is thought to be over, with all calls that began in it."""
PUT_OFF = 60
"""Seconds until a day that changed while it was made is tried again."""
FEW = 500
AT_ONCE = 31
"""Days that are read at once."""
SECOND_MS = 1000


async def keep_request_days(home: Home, settings: Settings) -> None:
    """For ever; without them the report reads every call."""
    await keep_made("days of requests", lambda seconds: _make_days(home, settings, seconds))


async def _make_days(home: Home, settings: Settings, seconds: float) -> bool:
    if not all(store_exists(home, settings, store) for store in Store):
        return False
    main, ledger = (Database(store_url(home, settings, store)) for store in (Store.MAIN, Store.LEDGER))
    try:
        maker, began = RequestDayMaker(main, ledger, ZoneInfo(settings.site.timezone)), time.monotonic()
        while await maker.step(int(time.time())):
            if time.monotonic() - began > seconds:
                return True
        return False
    finally:
        await main.close()
        await ledger.close()


# -- making

class RequestDayMaker:
    """Makes what is missing, one day at a time, the newest first."""

    def __init__(self, main: Database, ledger: Database, zone: ZoneInfo) -> None:
        self._main, self._ledger, self._zone = main, ledger, zone
        self._codes = load_provinces()
        self._put_off: dict[int, int] = {}

    async def step(self, now: int) -> bool:
        """Make one; False when nothing is missing that could be made now."""
        await self._settle_doubts()
        day = await self._missing(now)
        if day is None:
            return False
        token = random.getrandbits(62)
        async with self._ledger.write() as connection:
            await claim_requests(connection, day, token)
        await self._claim(day, token, now)
        content = await self._read(day)
        if not await self._store(day, token, content, now):
            self._put_off[day.start] = now + PUT_OFF
        return True

    async def _settle_doubts(self) -> None:
        async with self._main.read() as connection:
            doubts = await read_doubts(connection)
        if not doubts.ids:
            return
        async with self._ledger.read() as connection:
            moments = await moments_of_calls(connection, doubts.calls)
        async with self._main.write() as connection:
            await lock_request_days(connection)
            began = await read_beginnings(connection, doubts.calls)
            await mark_request_days(connection, [*moments, *began.values()])
            for first in range(0, len(doubts.ids), FEW):
                few = doubts.ids[first:first + FEW]
                await connection.execute(delete(REQUEST_DOUBT).where(REQUEST_DOUBT.c.id.in_(few)))

    async def _missing(self, now: int) -> Interval | None:
        async with self._main.read() as main, self._ledger.read() as ledger:
            first = await first_of(main, ledger)
            if first is None:
                return None
            there = (await standing(main, ledger)).keys()
        for day in days_of(Interval(int(first), now), self._zone):
            if day.end + LONGEST_CALL + SETTLED <= now and day not in there and (
                    self._put_off.get(day.start, now) <= now):
                return day
        return None

    async def _claim(self, day: Interval, token: int, now: int) -> None:
        async with self._main.write() as connection:
            await lock_request_days(connection)
            await connection.execute(
                delete(REQUEST_DAY).where(REQUEST_DAY.c.start < day.end, REQUEST_DAY.c.end > day.start))
            await connection.execute(insert(REQUEST_DAY), {
                "start": day.start, "end": day.end, "token": token, "claimed": now, "rules": rules_hash(self._codes)})

    async def _read(self, day: Interval) -> DayOfRequests:
        async with self._ledger.read() as ledger, self._main.read() as main:
            return tally_day(await read_requests(ledger, main, day), self._codes)

    async def _store(self, day: Interval, token: int, content: DayOfRequests, now: int) -> bool:
        """Whether nothing has changed in the main store since it was claimed."""
        counts, numbers, ends = encode(content)
        async with self._main.write() as connection:
            await lock_request_days(connection)
            stored = await connection.execute(
                update(REQUEST_DAY).where(REQUEST_DAY.c.start == day.start, REQUEST_DAY.c.token == token)
                .values(made=now, counts=counts, numbers=numbers, ends=ends))
        return stored.rowcount > 0


def rules_hash(codes: Collection[str]) -> str:
    """Of all that is kept under it: area codes, and the order of ends."""
    return blake2b(" ".join([*sorted(codes), *ENDS]).encode(), digest_size=16).hexdigest()


async def first_of(main: AsyncConnection | None, ledger: AsyncConnection) -> float | None:
    """Before it nobody knows of any request."""
    steps = None if main is None else (await main.execute(select(func.min(ivr_step.c.at_ms)))).scalar()
    moments = [await first_moment(ledger), None if steps is None else steps / SECOND_MS]
    return min((at for at in moments if at is not None), default=None)


# -- reading

@dataclass(frozen=True, slots=True)
class Doubts:
    ids: Sequence[int] = ()
    calls: Collection[str] = ()
    """Those that a case was linked to."""


async def read_doubts(main: AsyncConnection) -> Doubts:
    """A recording or message that is not there yet is of no call: when it comes, it will mark its days itself."""
    rows = (await main.execute(select(REQUEST_DOUBT).order_by(REQUEST_DOUBT.c.id))).all()
    calls = {row.reference for row in rows if row.kind == LinkKind.CALL}
    for kind, table in ((LinkKind.RECORDING, recording), (LinkKind.VOICE_MESSAGE, voice_message)):
        wanted = sorted({row.reference for row in rows if row.kind == kind})
        for first in range(0, len(wanted), FEW):
            query = select(table.c.call_id).where(table.c.id.in_(wanted[first:first + FEW]))
            calls.update((await main.execute(query)).scalars())
    return Doubts([row.id for row in rows], calls)


async def standing(main: AsyncConnection, ledger: AsyncConnection) -> dict[Interval, int]:
    """Days that can be believed, with their tokens. The main store is looked at first."""
    day = REQUEST_DAY.c
    query = select(day.start, day.end, day.token).where(
        day.made.is_not(None), day.rules == rules_hash(load_provinces())).order_by(day.start)
    made = {Interval(row.start, row.end): row.token for row in await main.execute(query)}
    if not made:
        return {}
    doubts = await read_doubts(main)
    began = await read_beginnings(main, doubts.calls)
    claims = await read_claims(ledger)
    spans = touched([*began.values(), *await moments_of_calls(ledger, doubts.calls)])
    return {
        each: token for each, token in made.items() if claims.get(each) == token
        and not any(each.end > start and each.start <= end for start, end in spans)}


@dataclass(frozen=True, slots=True)
class KeptDays:
    """Days of requests that can be believed, as one picture of both stores has them."""

    main: AsyncConnection
    tokens: Mapping[Interval, int]

    def within(self, pieces: Sequence[Interval], zone: ZoneInfo) -> list[Interval]:
        """Those of the zone that lie wholly in one of these pieces, which are in order and side by side."""
        return [
            day for piece in pieces for day in reversed(list(days_of(piece, zone)))
            if day in self.tokens and piece.start <= day.start and day.end <= piece.end
        ] if self.tokens else []

    async def read(self, days: Sequence[Interval]) -> list[tuple[Interval, DayOfRequests]]:
        """Their content, in order."""
        found: list[tuple[Interval, DayOfRequests]] = []
        day = REQUEST_DAY.c
        for first in range(0, len(days), AT_ONCE):
            few = days[first:first + AT_ONCE]
            query = select(day.start, day.end, day.counts, day.numbers, day.ends).where(
                day.start.in_([one.start for one in few])).order_by(day.start)
            found += [(Interval(start, end), decode(*content))
                      for start, end, *content in (await self.main.execute(query)).all()]
        return found


# -- forgetting a caller

async def _with_number(connection: AsyncConnection, alias: Alias) -> list[Interval]:
    """Days in which this number stands."""
    wanted = numbers_of(sorted(code for form in alias.forms if (code := coded(form))))
    day, found = REQUEST_DAY.c, list[Interval]()
    starts = (await connection.execute(select(day.start).where(day.made.is_not(None)))).scalars().all()
    for first in range(0, len(starts), AT_ONCE):
        query = select(day.start, day.end, day.counts, day.numbers, day.ends).where(
            day.start.in_(starts[first:first + AT_ONCE]), day.made.is_not(None))
        for row in await connection.execute(query):
            numbers = decode(row.counts, row.numbers, row.ends).numbers
            if (numbers.searchsorted(wanted, "left") < numbers.searchsorted(wanted, "right")).any():
                found.append(Interval(row.start, row.end))
    return found


async def _find(connection: AsyncConnection, alias: Alias) -> list[Row]:
    return [{"start": day.start, "end": day.end} for day in await _with_number(connection, alias)]


async def _erase(connection: AsyncConnection, alias: Alias) -> int:
    """Also those that are being made: who makes them may have read the number."""
    await lock_request_days(connection)
    starts = [day.start for day in await _with_number(connection, alias)]
    day = REQUEST_DAY.c
    gone = await connection.execute(delete(REQUEST_DAY).where(day.start.in_(starts) | day.made.is_(None)))
    return gone.rowcount


STEPS = (Step("days of requests", Store.MAIN, frozenset({REQUEST_DAY.name}), _find, _erase),)
"""To be taken when the number is forgotten everywhere else: a day is made again of what stands there then."""
