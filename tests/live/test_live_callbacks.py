"""Callbacks on a running line: real telephones of the public are rung, answer or do not, and are told of truly.

The public's own truth is held against attempts, journal and ledger. Kills: test_live_callback_kills.py.
"""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.sipp import calling
from callqueue.callbacks.desk import CallbackDesk
from callqueue.ledger.promise_store import read_attempts
from callqueue.outbound.model import Attempt, CallbackRequest, Channel, OutboundCall, Result, State
from callqueue.outbound.store import attempts_of
from foundation.database import Database, Store, store_url
from pasokh.drain import begin_drain, end_drain
from tests.conftest import Postgres
from tests.support.live_calls import to
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import site_settings
from tests.support.live_start import running_line
from tests.support.public_phones import Behaviour, PublicPhones, gateway, public_phones
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

OUTBOUND = {"ring_seconds": 5, "lead_seconds": 5, "requests_per_number": 100}
UNASKED = Behaviour(picks_up=False)
"""Of telephones that no test asks about (any more)."""
SLACK = 1.5
"""Seconds between what the telephones saw and what was written down, on a busy machine."""

Ways = dict[str, Behaviour]
Sockets = tuple[socket.socket, socket.socket]


@dataclass
class Public:
    """The public at its telephones: what each number does, and what is promised to it."""

    line: LiveLine
    phones: PublicPhones
    main: Database
    ways: Ways = field(default_factory=dict)

    async def promise(self, number: str, queue: str, does: Behaviour | None = None) -> OutboundCall:
        self.ways[number] = does or Behaviour()
        desk = CallbackDesk(self.main, self.line.settings)
        return await desk.promise(CallbackRequest(number, queue, "fa", Channel.WEB))

    async def call(self, promise: OutboundCall) -> OutboundCall:
        found = await CallbackDesk(self.main, self.line.settings).find(promise.id)
        assert found is not None
        return found

    async def attempts(self, promise: OutboundCall) -> list[Attempt]:
        async with self.main.read() as connection:
            return await attempts_of(connection, [promise.id])

    async def ended(self, promise: OutboundCall, count: int = 1) -> list[Attempt]:
        """Wait until so many attempts have ended."""
        async def look() -> list[Attempt]:
            found = [attempt for attempt in await self.attempts(promise) if attempt.outcome is not None]
            return found if len(found) >= count else []

        return await eventually(look, f"{count} attempts for {promise.number} have ended", 90)

    async def closed(self, promise: OutboundCall) -> OutboundCall:
        async def look() -> OutboundCall | None:
            found = await self.call(promise)
            return found if found.state is State.CLOSED else None

        found = await eventually(look, f"the promise to {promise.number} is settled", 90)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def sqlite_line(model: Path) -> Iterator[tuple[LiveLine, Sockets]]:
    """A line with a gateway for calls out."""
    with _calling_line(model, None) as made:
        yield made


@pytest.fixture(scope="module")
def postgresql_line(model: Path, postgres: Postgres) -> Iterator[tuple[LiveLine, Sockets]]:
    asyncio.run(postgres.execute("CREATE DATABASE live_callbacks"))
    with _calling_line(model, postgres.url("live_callbacks")) as made:
        yield made


@contextmanager
def _calling_line(model: Path, database: str | None) -> Iterator[tuple[LiveLine, Sockets]]:
    sockets = gateway()
    address, port = sockets[0].getsockname()
    sip = site_settings(0)["sip"]
    more = {"sip": sip | {"trunk": sip["trunk"] | {"proxy": f"{address}:{port}"}}, "outbound": OUTBOUND}
    with sockets[0], sockets[1], running_line(model, database, more, services=("dialler",)) as line:
        yield line, sockets


@pytest.fixture
def calling_line(request: pytest.FixtureRequest) -> tuple[LiveLine, Sockets]:
    """On SQLite, where a test does not say otherwise."""
    made: tuple[LiveLine, Sockets] = request.getfixturevalue(getattr(request, "param", "sqlite_line"))
    return made


@pytest.fixture
async def public(calling_line: tuple[LiveLine, Sockets]) -> AsyncIterator[Public]:
    async with _public(*calling_line) as made:
        yield made


BOTH = pytest.mark.parametrize(
    "calling_line", ["sqlite_line", pytest.param("postgresql_line", marks=pytest.mark.postgres)], indirect=True)


@asynccontextmanager
async def _public(line: LiveLine, sockets: Sockets) -> AsyncIterator[Public]:
    main = Database(store_url(line.home, line.settings, Store.MAIN))
    ways: Ways = {}
    async with public_phones(sockets, lambda number, _nth: ways.get(number, UNASKED)) as phones:
        try:
            yield Public(line, phones, main, ways)
        finally:
            await main.close()


@BOTH
async def test_each_way_to_answer_a_telephone_is_told_truly(public: Public) -> None:
    line, since = public.line, public.line.now()
    wanted = {
        "09127000001": (Behaviour(), "reached", State.CLOSED),
        "09127000002": (Behaviour(busy=True), "busy", State.OPEN),
        "09127000003": (Behaviour(picks_up=False), "no_answer", State.OPEN),
        "09127000004": (Behaviour(key=""), "not_confirmed", State.OPEN),
        "09127000005": (Behaviour(key="9"), "cancelled", State.CLOSED),
        "09127000006": (Behaviour(key="2"), "wrong_person", State.OPEN),
        "09127000007": (Behaviour(key="", patience=1.0), "not_confirmed", State.OPEN),
    }
    async with line.staffed(line.phone("a101", talk=1), line.phone("a102", talk=1)) as agents:
        promises = [
            await public.promise(number, "insurance" if odd % 2 else "medical", does)
            for odd, (number, (does, _, _)) in enumerate(wanted.items())
        ]
        ended = {promise.number: (await public.ended(promise))[0] for promise in promises}
        served = [truth.caller for run in agents for truth in run.calls()]
    assert {number: str(attempt.outcome) for number, attempt in ended.items()} == {
        number: outcome for number, (_, outcome, _) in wanted.items()}
    for promise in promises:
        assert (await public.call(promise)).state is wanted[promise.number][2]
        _check_instants(public.phones, promise.number, ended[promise.number])
    assert served == ["09127000001"], "only who has confirmed comes to an agent"
    await _check_lines(line, since, promises, ended)


def _check_instants(phones: PublicPhones, number: str, attempt: Attempt) -> None:
    """One ring for one attempt; what was written down agrees with the telephone's clock."""
    [rung] = phones.calls_to(number)
    assert attempt.dialled_ms is not None
    assert attempt.dialled_ms / 1000 < rung.at < attempt.dialled_ms / 1000 + SLACK
    if rung.answered is None:
        assert (attempt.answered_ms, attempt.joined_ms) == (None, None)
    else:
        assert attempt.answered_ms is not None
        assert abs(attempt.answered_ms / 1000 - rung.answered) < SLACK


async def _check_lines(
    line: LiveLine, since: Moment, promises: Sequence[OutboundCall], ended: dict[str, Attempt],
) -> None:
    attempts = {entry.call for entry in line.events("CALLBACK_ATTEMPT", since)}
    assert attempts == {f"{promise.id}-1" for promise in promises}
    said = {entry.call: entry.data[2] for entry in line.events("CALLBACK_RESULT", since)}
    assert said == {attempt.channel_id: str(attempt.outcome) for attempt in ended.values()}

    async def told() -> bool:
        async with line.ledger() as connection:
            found = await read_attempts(connection, [promise.id for promise in promises])
        return {one.channel_id: one.outcome for one in found} == said

    await eventually(told, "the ledger has every attempt with its outcome")


async def test_who_is_called_back_comes_before_all_who_joined_after_his_call(public: Public) -> None:
    """A talks; B leaves a promise; C and D join later. C is answered before B could be rung, D must wait for B."""
    line, since = public.line, public.line.now()
    async with line.staffed(line.phone("a101", talk=7)) as agents:
        async with calling(line.target, [to("insurance", "09127100001")], line.sipp):
            await line.written("CONNECT", since)
            promise = await public.promise("09127100002", "insurance")
            async with calling(line.target, [to("insurance", "09127100003")], line.sipp):
                await line.written("ENTERQUEUE", since, 2)
                async with calling(line.target, [to("insurance", "09127100004")], line.sipp):
                    await line.written("CONNECT", since, 4)
        served = [truth.caller for run in agents for truth in run.calls()]
    assert served == ["09127100001", "09127100003", "09127100002", "09127100004"]
    joined = {entry.call: entry.data for entry in line.events("ENTERQUEUE", since)}
    assert joined[f"{promise.id}-1"][2] == "1", "at the head, although another waited already"
    [stint] = [entry for entry in line.events("STINT", since) if entry.call == f"{promise.id}-1"]
    assert stint.data[1:4] == ("09127100002", "callback", promise.id)
    assert (await public.closed(promise)).result is Result.REACHED
    await line.quiet()


@BOTH
async def test_no_more_calls_are_out_than_agents_are_free_or_about_to_be(public: Public) -> None:
    line, since = public.line, public.line.now()
    numbers = [f"0912720000{n}" for n in range(8)]
    async with line.staffed(line.phone("b201", talk=1), line.phone("b202", talk=1)):
        promises = [await public.promise(number, "crowd", Behaviour(busy=n == 3)) for n, number in enumerate(numbers)]
        results = [(await public.ended(promise))[0] for promise in promises]
        await line.quiet()
    connected = {entry.call: entry.at for entry in line.events("CONNECT", since)}
    spans = [
        (attempt.dialled_ms or 0, connected[attempt.channel_id] * 1000 if attempt.channel_id in connected
         else attempt.ended_ms or 0) for attempt in results
    ]
    most = max(sum(first <= at < last for first, last in spans) for at, _ in spans)
    assert most <= 2
    assert sorted(rung.number for rung in public.phones.rung) == numbers, "each once"
    # Two that are dialled in one look may ring in either order: what counts is which was asked for first.
    dialled = [attempt.dialled_ms or 0 for attempt in results]
    assert dialled == sorted(dialled), "in the order of their places"


async def test_menus_that_hang_cost_the_called_person_an_apology_and_no_try_of_his(public: Public) -> None:
    line = public.line
    async with line.staffed(line.phone("a101", talk=1)):
        promise = await public.promise("09127300001", "insurance", Behaviour(after=1))
        await eventually(lambda: _rings(public, promise.number), "his telephone rings")
        stopped = line.kill("ivr", signal.SIGSTOP)
        assert (await public.closed(promise)).result is Result.REACHED
        outcomes = [str(attempt.outcome) for attempt in await public.attempts(promise)]
        await line.ready("ivr", but=stopped)
        await line.quiet()
    assert outcomes[-1] == "reached"
    assert set(outcomes[:-1]) == {"interrupted"}, "the menus hung before he picked up"
    assert len(public.phones.calls_to(promise.number)) == len(outcomes)


async def test_a_drained_line_calls_nobody_and_forgets_nobody(public: Public) -> None:
    line = public.line
    async with line.staffed(line.phone("a101", talk=1)):
        begin_drain(line.home)
        try:
            promise = await public.promise("09127400001", "insurance")
            await asyncio.sleep(3)
            assert await public.attempts(promise) == []
        finally:
            end_drain(line.home)
        assert (await public.closed(promise)).result is Result.REACHED
        await line.quiet()


async def test_a_call_that_is_cancelled_while_it_rings_stops_ringing(public: Public) -> None:
    line = public.line
    async with line.staffed(line.phone("a101")):
        promise = await public.promise("09127500001", "insurance", Behaviour(after=60))
        await eventually(lambda: _rings(public, promise.number), "the telephone rings")
        await CallbackDesk(public.main, line.settings).cancel(promise.id, "web")
        await line.quiet()
        [attempt] = await public.ended(promise)
    assert attempt.answered_ms is None
    assert (await public.call(promise)).result is Result.CANCELLED


async def _rings(public: Public, number: str) -> bool:
    return bool(public.phones.calls_to(number))
