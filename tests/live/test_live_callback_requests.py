"""Callers who wait press the key, or ask in a menu, and are promised a call; who declines, or whose menus die, loses
nothing. No agent is there, so nothing is dialled meanwhile.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from bench.sipp import Caller, Keys, call
from callqueue.callbacks.desk import CallbackDesk
from callqueue.ledger.promise_store import Asked, read_requests
from callqueue.ledger.stint import Origin, Outcome, Stint
from callqueue.outbound.model import Channel, OutboundCall, State
from foundation.database import Database, Store, store_url
from tests.support.live_calls import IN_QUEUE, LANGUAGE, settled_stints, to
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import APOLOGY_HERTZ, KEY_OF, QUEUES, QUICK
from tests.support.live_start import running_line
from tests.support.raw_phone import raw_call
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

QUEUE = "idle"
MENU_KEY = "9"
ASK, YES, OTHER, BACK = Keys(IN_QUEUE, "5"), Keys(2.0, "1"), Keys(2.0, "2"), Keys(2.0, "*")
TYPED, PREMIUM = "02188776655", "09091234567"


def waiting(number: str, *keys: Keys, patience: float | None = 4.0) -> Caller:
    """A caller in the queue, who then presses these keys."""
    return Caller(number, (LANGUAGE, Keys(0.9, KEY_OF[QUEUE]), *keys), patience)


def with_calls_out(line: LiveLine) -> None:
    """The menu's key for a callback, instead of the one for a message."""
    path = line.home.root / "menus" / "main.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["menus"]["subject"]["keys"][MENU_KEY] = {"do": "callback", "queue": QUEUE}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


SOON = {"callback_above_seconds": 0, "callback_offer_seconds": 15}
SITE = {
    "queues": {name: {**QUICK, **own, **(SOON if name == "operator" else {})} for name, own in QUEUES.items()},
    "sip": {
        "address": "127.0.0.1", "media_address": "127.0.0.1",
        "trunk": {"networks": ["127.0.0.0/8"], "codecs": ["alaw"], "proxy": "127.0.0.1:9"},
    },
}


@pytest.fixture(scope="module")
def callback_line(model: Path) -> Iterator[LiveLine]:
    with running_line(model, more=SITE, services=("dialler",)) as line:
        with_calls_out(line)
        yield line


@asynccontextmanager
async def desk_of(line: LiveLine) -> AsyncIterator[CallbackDesk]:
    database = Database(store_url(line.home, line.settings, Store.MAIN))
    try:
        yield CallbackDesk(database, line.settings)
    finally:
        await database.close()


async def owed(line: LiveLine) -> dict[str, OutboundCall]:
    async with desk_of(line) as desk:
        return {each.number: each for each in await desk.list(QUEUE, State.OPEN)}


async def asked(line: LiveLine, since: Moment, count: int) -> list[Asked]:
    """The ledger's evidence, when it has so many of them."""
    database = Database(store_url(line.home, line.settings, Store.LEDGER))

    async def look() -> list[Asked]:
        async with database.read() as connection:
            found = await read_requests(connection, since.at, since.at + 3600)
        return found if len(found) >= count else []

    try:
        return await eventually(look, f"the ledger knows {count} requests")
    finally:
        await database.close()


def outcomes(stints: list[Stint], caller: str) -> list[tuple[Origin, Outcome]]:
    return [(stint.origin, stint.outcome) for stint in stints if stint.caller == caller]


LEFT = (Origin.DIRECT, Outcome.LEFT_FOR_CALLBACK)
BY_KEY = (Origin.DIRECT, Outcome.LEFT_BY_KEY)
WENT_ON = (Origin.REQUEUE, Outcome.ABANDONED)


async def test_who_waits_presses_the_key_and_is_promised_a_call_in_his_place(callback_line: LiveLine) -> None:
    line, since = callback_line, callback_line.now()
    same = waiting("09120000201", ASK, YES)
    types = waiting("09120000202", ASK, OTHER, Keys(2.0, f"{TYPED}#"), YES)
    premium = waiting("09120000203", ASK, OTHER, Keys(2.0, f"{PREMIUM}#"), Keys(3.0, "*"))
    declines = waiting("09120000204", ASK, BACK)
    goes = waiting("09120000205", ASK, patience=1.0)
    callers = [same, types, premium, declines, goes]
    await call(line.target, callers, line.sipp, rate=20)
    await line.quiet()
    stints = await settled_stints(line, since, [one.number for one in callers])
    assert outcomes(stints, same.number) == [LEFT]
    assert outcomes(stints, types.number) == [LEFT]
    assert outcomes(stints, premium.number) == [BY_KEY, WENT_ON]
    assert outcomes(stints, declines.number) == [BY_KEY, WENT_ON]
    assert outcomes(stints, goes.number) == [BY_KEY]
    promises = await owed(line)
    assert sorted(promises) == sorted([TYPED, same.number])
    for caller, number in ((same, same.number), (types, TYPED)):
        [stint] = [one for one in stints if one.caller == caller.number]
        promise = promises[number]
        assert abs(promise.place_ms / 1000 - stint.entered) < 2, "the place is that of first joining"
        assert (promise.id, promise.channel, promise.language) == (stint.promise, Channel.QUEUE, "fa")
        assert promise.origin_call_id == stint.call_id
    evidence = await asked(line, since, 2)
    assert {(one.promise, one.number, one.place_ms) for one in evidence} == {
        (each.id, each.number, each.place_ms) for each in promises.values()}
    assert all(one.stint_number == 1 for one in evidence)
    async with desk_of(line) as desk:
        for number in promises:
            await desk.cancel(number, "test")


async def test_who_declines_stands_where_he_stood_before_all_who_joined_later(callback_line: LiveLine) -> None:
    line, since = callback_line, callback_line.now()
    first = waiting("09120000211", ASK, Keys(4.0, "*"), patience=5.0)
    later = [waiting(f"0912000022{n}", patience=20.0) for n in range(3)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(call(line.target, [first], line.sipp))
        await line.written("ENTERQUEUE", since)
        tasks.create_task(call(line.target, later, line.sipp, rate=20))
    await line.quiet()
    places = [one.data[2] for one in line.events("ENTERQUEUE", since) if one.data[1] == first.number]
    assert places == ["1", "1"], "three have joined while he was asked, and he stands before them"


async def test_menus_that_are_killed_in_the_middle_leave_him_waiting_in_his_place(callback_line: LiveLine) -> None:
    line, since = callback_line, callback_line.now()
    caller = waiting("09120000231", ASK, patience=15.0)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(call(line.target, [caller], line.sipp))
        await line.written("EXITWITHKEY", since)
        await asyncio.sleep(0.5)
        pid = line.kill("ivr")
        again = await line.written("ENTERQUEUE", since, 2)
    assert [one.data[2] for one in again] == ["1", "1"]
    await line.ready("ivr", but=pid)
    await line.quiet()
    stints = await settled_stints(line, since, [caller.number])
    assert outcomes(stints, caller.number) == [BY_KEY, WENT_ON]
    assert await owed(line) == {}


async def test_a_menu_promises_a_call_a_second_request_merges_and_the_caller_cancels_by_telephone(
    callback_line: LiveLine,
) -> None:
    line, since = callback_line, callback_line.now()
    number = "09120000241"
    in_menu = Caller(number, (LANGUAGE, Keys(0.9, MENU_KEY), YES), 3.0)
    await call(line.target, [in_menu], line.sipp)
    promises = await owed(line)
    assert list(promises) == [number]
    assert promises[number].channel is Channel.MENU
    # Asked what he wants about the call that he is owed, he goes on to the menus, waits, and asks once more.
    again = Caller(number, (Keys(1.0, "4"), LANGUAGE, Keys(0.9, KEY_OF[QUEUE]), ASK, YES), 3.0)
    await call(line.target, [again], line.sipp)
    merged = await owed(line)
    assert merged[number].id == promises[number].id
    assert merged[number].place_ms == promises[number].place_ms
    withdraws = Caller(number, (Keys(1.0, "2"),), 3.0)
    await call(line.target, [withdraws], line.sipp)
    await line.quiet()
    assert await owed(line) == {}
    [virtual, *_] = await asked(line, since, 2)
    assert (virtual.stint_number, virtual.channel, virtual.promise) == (None, "menu", promises[number].id)
    stints = await settled_stints(line, since, [number])
    assert outcomes(stints, number) == [LEFT]


async def test_who_is_owed_a_call_waits_on_the_line_in_the_place_that_was_kept(callback_line: LiveLine) -> None:
    line, since = callback_line, callback_line.now()
    number = "09120000251"
    await call(line.target, [waiting(number, ASK, YES)], line.sipp)
    [promise] = (await owed(line)).values()
    others = [to(QUEUE, f"0912000026{n}", patience=25.0) for n in range(2)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(call(line.target, others, line.sipp, rate=20))
        await line.written("ENTERQUEUE", since, 3)
        tasks.create_task(call(line.target, [Caller(number, (Keys(1.0, "3"),), 6.0)], line.sipp))
        back = (await line.written("ENTERQUEUE", since, 4))[-1]
    assert (back.data[1], back.data[2]) == (number, "1")
    said = line.events("STINT", since)[-1]
    assert (said.call, said.data[3]) == (back.call, promise.id)
    [put_off] = (await owed(line)).values()
    assert put_off.next_attempt_ms > promise.next_attempt_ms + 30_000
    await line.quiet()
    async with desk_of(line) as desk:
        await desk.cancel(number, "test")


async def test_who_waits_is_told_of_the_key_in_his_language(callback_line: LiveLine) -> None:
    line, since = callback_line, callback_line.now()
    # The apology's tone is another than that of all other prompts.
    shutil.copy(line.home.prompts / "fa/sorry-rescue.alaw", line.home.prompts / "fa/callback-key-5.alaw")
    async with asyncio.TaskGroup() as tasks:
        head = Caller("09120000271", (LANGUAGE, Keys(0.9, "0")), 50.0)
        tasks.create_task(call(line.target, [head], line.sipp))
        await line.written("ENTERQUEUE", since)
        async with raw_call(line.target) as caller:
            await line.written("ENTERQUEUE", since, 2)  # who presses nothing comes to the operator

            async def told() -> bool:
                return caller.first_heard(APOLOGY_HERTZ) is not None

            await eventually(told, "the key is offered")
        line.hang_up_everybody()
    await line.quiet()
