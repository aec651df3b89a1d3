"""Promised callbacks while services and Asterisk itself are killed: each is kept or closed with its reason, and no try
is dialled twice.

A run is told by its seed (`SOAK_SEED`). A short one belongs to the suite; `bin/pasokh test soak` makes long ones, of
`SOAK_CALLBACKS` promises.
"""

import asyncio
import itertools
import os
import random
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from callqueue.callbacks.desk import CallbackDesk
from callqueue.outbound.model import Attempt, CallbackRequest, Channel, OutboundCall, Result, State
from callqueue.outbound.store import attempts_of
from foundation.database import Database, Store, store_url
from tests.conftest import Postgres
from tests.support.live_calls import numbers
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import site_settings
from tests.support.live_start import running_line
from tests.support.public_phones import Behaviour, PublicPhones, always, gateway, public_phones
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

SEED = int(os.environ.get("SOAK_SEED", "1420"))
COUNT = int(os.environ.get("SOAK_CALLBACKS", "200"))
AGENTS = tuple(f"b{number}" for number in range(201, 207))
SERVICES = ("dialler", "ivr", "callqueue", "mosquitto", "recordings")
OUTBOUND = {
    "attempts": 3, "retry_minutes": [1], "busy_minutes": 1, "ring_seconds": 5, "lead_seconds": 5,
}
SLACK = 2.0
"""Seconds between the clocks of the public's telephones and ours, on a busy machine."""


@dataclass(frozen=True)
class Site:
    line: LiveLine
    phones: PublicPhones
    main: Database

    @property
    def desk(self) -> CallbackDesk:
        return CallbackDesk(self.main, self.line.settings)


def moody(seed: int) -> Callable[[str, int], Behaviour]:
    """People who do not always pick up; retries last minutes."""
    chance = random.Random(seed)  # noqa: S311 - it must be repeatable

    def behaviour(_number: str, nth: int) -> Behaviour:
        draw = chance.random()
        return Behaviour(busy=draw < 0.1, picks_up=draw > 0.2) if nth < 3 else Behaviour()

    return behaviour


@asynccontextmanager
async def calling_site(
    line: LiveLine, sockets: tuple[socket.socket, socket.socket], behaviour: Callable[[str, int], Behaviour],
) -> AsyncIterator[Site]:
    main = Database(store_url(line.home, line.settings, Store.MAIN))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(main.close)
        phones = await stack.enter_async_context(public_phones(sockets, behaviour))
        await stack.enter_async_context(line.staffed(*(line.phone(agent, talk=1.0) for agent in AGENTS)))
        yield Site(line, phones, main)


@pytest.mark.soak
@pytest.mark.timeout(400)
async def test_callbacks_survive_kills(model: Path) -> None:
    await _live(model, None, count=14, blows=3, behaviour=always)


@pytest.mark.soak
@pytest.mark.timeout(2400)
async def test_many_callbacks_survive_kills(model: Path) -> None:
    await _live(model, None, count=COUNT, blows=COUNT // 5, behaviour=moody(SEED))


@pytest.mark.soak
@pytest.mark.timeout(2400)
async def test_many_callbacks_survive_kills_on_postgresql(model: Path, postgres: Postgres) -> None:
    await postgres.execute("CREATE DATABASE callback_kills")
    await _live(model, postgres.url("callback_kills"), count=COUNT, blows=COUNT // 5, behaviour=moody(SEED))


async def _live(
    model: Path, database: str | None, *, count: int, blows: int, behaviour: Callable[[str, int], Behaviour],
) -> None:
    sockets = gateway()
    address, port = sockets[0].getsockname()
    settings = site_settings(0)
    trunk = settings["sip"]["trunk"] | {"proxy": f"{address}:{port}"}
    more = {"sip": settings["sip"] | {"trunk": trunk}, "outbound": OUTBOUND}
    with sockets[0], sockets[1], running_line(model, database, more, services=("dialler",)) as line:
        since = line.now()
        async with calling_site(line, sockets, behaviour) as site:
            promised = [await _promise(site, number) for number in numbers(7_000_000, count)]
            await _strike(site, random.Random(SEED), blows)  # noqa: S311 - it must be repeatable
            calls = await _settled(site, len(promised), 120 + 15 * count)
            assert {call.id for call in calls} == {call.id for call in promised}
            await _check(site, calls, since)


async def _promise(site: Site, number: str) -> OutboundCall:
    return await site.desk.promise(CallbackRequest(number, "crowd", "fa", Channel.WEB))


async def _strike(site: Site, chance: random.Random, blows: int) -> None:
    """Kill at random moments: mostly a service, now and then Asterisk."""
    for _ in range(blows):
        await asyncio.sleep(chance.uniform(1.0, 5.0))
        if chance.random() < 0.25:
            await _kill_asterisk(site)
        else:
            service = chance.choice(SERVICES)
            killed = await asyncio.to_thread(site.line.kill, service)
            await site.line.ready(service, but=killed)


async def _kill_asterisk(site: Site) -> None:
    before = await asyncio.to_thread(site.line.asterisk_pid)
    await asyncio.to_thread(site.line.kill_asterisk)
    site.phones.everything_ends()
    await eventually(lambda: _is_another(site.line, before), "Asterisk is back", 60)


async def _is_another(line: LiveLine, before: int) -> bool:
    found = await asyncio.to_thread(_asterisk_of, line)
    return found is not None and found != before


def _asterisk_of(line: LiveLine) -> int | None:
    try:
        return line.asterisk_pid()
    except (StopIteration, OSError):  # it is just being started
        return None


async def _settled(site: Site, count: int, seconds: float) -> Sequence[OutboundCall]:
    async def look() -> Sequence[OutboundCall]:
        calls = await site.desk.list(limit=1000)
        return calls if len(calls) == count and all(call.state is State.CLOSED for call in calls) else []

    return await eventually(look, "every promise is kept or closed", seconds)


async def _check(site: Site, calls: Sequence[OutboundCall], since: Moment) -> None:
    async with site.main.read() as connection:
        attempts = await attempts_of(connection, [call.id for call in calls])
    written = [line.call for line in site.line.events("CALLBACK_ATTEMPT", since)]
    assert len(written) == len(set(written)), "a try was written twice"
    assert {attempt.channel_id for attempt in attempts if attempt.dialled_ms is not None} <= set(written)
    for call in calls:
        own = [attempt for attempt in attempts if attempt.outbound_id == call.id]
        assert call.result in {Result.REACHED, Result.UNREACHABLE}, call
        assert [attempt.n for attempt in own] == list(range(1, len(own) + 1))
        assert all(attempt.outcome is not None for attempt in own)
        _check_rings(site.phones, call, own)


def _check_rings(phones: PublicPhones, call: OutboundCall, attempts: Sequence[Attempt]) -> None:
    """A number rings at most once for each try, and never while another call to it lasts."""
    rung = phones.calls_to(call.number)
    assert len(rung) <= len([attempt for attempt in attempts if attempt.dialled_ms is not None])
    for before, after in itertools.pairwise(rung):
        assert before.ended is not None
        assert before.ended < after.at + SLACK
    if call.result is Result.REACHED:
        assert rung[-1].answered is not None
