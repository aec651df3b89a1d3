"""Callers are promised calls, key by key, as Asterisk sees it; and asked about those that they are owed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from callqueue.callbacks.desk import CallbackDesk
from callqueue.journal.promise_lines import requested
from callqueue.outbound.model import CallbackRequest, Channel, OutboundCall, State
from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import Outbound, Ports, Queue, Settings, Sip, Trunk, load_secrets
from ivr.actions import CallContext, Ending, Outcome, Resources, handler
from ivr.agi.connection import Connection
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.callback_key import keep_place
from ivr.menu.menu import CallbackAction
from ivr.open_callback import Chosen, ask_owed
from ivr.queue_load import QueueLoad
from ivr.steps.steps import StepLog
from tests.support.manager import PlayedManager, played_manager
from tests.support.played_queue import wait_in_queue
from tests.support.stores import make_tables

TIMEOUT = "200 result= (timeout)"
ONE, TWO, THREE, STAR = ("200 result=1", "200 result=2", "200 result=3", "200 result=*")
KNOWN, NORMAL, TYPED = "+989121234567", "09121234567", "02188776655"
TYPES = {"rescue_number": ["200 result=0"], "digits": ["200 result=2188776655"]}
QUEUES = {"operator": Queue(), "medical": Queue()}
PLACE_MS = 1_800_000_000_000

Work = Callable[[Call, Opening], Awaitable[Any]]


@dataclass
class House:
    """One site's menus, and callers who press keys."""

    home: Home
    settings: Settings
    database: Database
    manager: PlayedManager
    load: QueueLoad = field(default_factory=QueueLoad)
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.resources = Resources(self.home, self.settings, self.database, self.load)
        self.desk = CallbackDesk(self.database, self.settings)

    async def call(self, work: Work, /, *arguments: str, **keys: list[str]) -> Any:
        """One session; `keys` are the replies to each prompt in turn, `digits` those after the first digit."""
        self.heard = []
        answers = {name.replace("_", "-"): list(replies) for name, replies in keys.items()}
        ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        async def handle(connection: Connection, opening: Opening) -> None:
            try:
                ended.set_result(await work(Call(connection, opening), opening))
            except Exception as error:  # noqa: BLE001 - handed to the test
                ended.set_exception(error)

        server = Server(handle, Silent())
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.start(0))
        said = "".join(f"agi_arg_{number}: {value}\n" for number, value in enumerate(arguments, 1))
        writer.write(f"agi_network_script: x\nagi_uniqueid: pasokh-1.1\nagi_language: en\n{said}\n".encode())
        async with asyncio.timeout(60):
            while line := (await reader.readline()).decode().strip():
                reply = self._reply(line.replace('"', ""), answers)
                writer.write(f"{reply}\n".encode())
            writer.close()
            await server.stop(1)
            return await ended

    def _reply(self, line: str, answers: dict[str, list[str]]) -> str:
        self.heard.append(line)
        if line == "GET FULL VARIABLE ${UNIQUEID}":
            return "200 result=1 (pasokh-1.1)"
        if not line.startswith("GET DATA"):
            return "200 result=0"
        waiting = answers.get(line.split(" ")[2] or "digits", [])
        return waiting.pop(0) if waiting else TIMEOUT

    async def press_key(self, caller: str = KNOWN, /, **keys: list[str]) -> None:
        """The key while waiting, by who first joined at PLACE_MS with priority 2."""
        async def work(call: Call, opening: Opening) -> None:
            await keep_place(call, opening, self.resources)

        await self.call(work, caller, "medical", str(PLACE_MS), "2", **keys)

    async def choose_in_menu(self, *, choose_time: bool = False, **keys: list[str]) -> Outcome:
        action = CallbackAction(do="callback", queue="medical", choose_time=choose_time)

        async def work(call: Call, _opening: Opening) -> Outcome:
            return await handler("callback")(call, self.context(), action)

        found: Outcome = await self.call(work, **keys)
        return found

    async def ring_again(self, **keys: list[str]) -> Chosen | None:
        async def work(call: Call, _opening: Opening) -> Chosen | None:
            asked = await ask_owed(call, self.context())
            return asked[0] if asked else None

        found: Chosen | None = await self.call(work, **keys)
        return found

    def context(self) -> CallContext:
        return CallContext(self.home, self.settings, self.resources, StepLog("pasokh-1.1"), KNOWN, None, time.time,
                           time.monotonic)

    def said(self, text: str) -> bool:
        return any(text in line for line in self.heard)

    def lines(self) -> list[Any]:
        """The journal's lines, as the ledger reads them."""
        said = [line.removeprefix("EXEC QueueLog ") for line in self.heard if line.startswith("EXEC QueueLog")]
        found = []
        for line in said:
            queue, channel, member, event, fields = line.split(",")
            assert event == "CALLBACK_REQUESTED"
            found.append(requested(1_800_000_000, ["x", channel, queue, member, event, *fields.split("|")]))
        return found

    async def owed(self) -> list[OutboundCall]:
        return list(await self.desk.list(state=State.OPEN))


class Silent:
    def on_begin(self) -> None: ...
    def on_end(self, ending: str) -> None: ...
    def on_refusal(self, reason: str) -> None: ...
    def on_command(self, name: str, seconds: float) -> None: ...


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is slow because the machine is, is not away."""
    monkeypatch.setattr("ivr.promises.PATIENCE_SECONDS", 30.0)


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    home = Home(tmp_path / "home")
    home.make()
    database = Database(database_url)
    await make_tables(database, MAIN)
    trunk = Trunk(proxy="127.0.0.1:5099")
    async with played_manager() as manager:
        rules, ports = Outbound(requests_per_number=2), Ports(ami=manager.port)
        settings = Settings(queues=QUEUES, sip=Sip(trunk=trunk), outbound=rules, ports=ports)
        manager.secret = load_secrets(home, settings).ami
        wait_in_queue(manager, "medical")
        made = House(home, settings, database, manager)
        yield made
        await made.resources.aclose()
    await database.close()


async def test_who_waits_and_presses_the_key_is_promised_a_call_in_his_place(house: House) -> None:
    await house.press_key(callback_choice_waiting=[ONE])
    [line], [owed] = house.lines(), await house.owed()
    assert (owed.number, owed.queue, owed.place_ms, owed.priority) == (NORMAL, "medical", PLACE_MS, 2)
    assert (owed.channel, owed.language, owed.origin_call_id) == (Channel.QUEUE, "en", "pasokh-1.1")
    assert (line.promise, line.number, line.place_ms, line.priority, line.language, line.channel) == (
        owed.id, NORMAL, PLACE_MS, 2, "en", "queue")
    assert (line.channel_id, line.queue, line.call_id, line.tracking) == (
        "pasokh-1.1", "medical", "pasokh-1.1", owed.tracking)
    journal = next(number for number, line in enumerate(house.heard) if "QueueLog" in line)
    done = next(number for number, line in enumerate(house.heard) if "PASOKH_DONE" in line)
    assert journal < done, "what the dialplan goes by is said only once the promise is in the journal"
    assert house.said("callback-promised")


async def test_another_number_is_typed_and_confirmed(house: House) -> None:
    await house.press_key(callback_choice_waiting=[TWO], number_confirm=[ONE], **TYPES)
    [owed] = await house.owed()
    assert owed.number == TYPED


@pytest.mark.parametrize("keys", [
    {"callback_choice_waiting": [STAR]},
    {},
    {"callback_choice_waiting": [TWO], "number_confirm": [STAR], **TYPES},
])
async def test_who_declines_goes_on_waiting_and_nothing_is_promised(house: House, keys: dict[str, list[str]]) -> None:
    await house.press_key(**keys)
    assert (house.lines(), await house.owed()) == ([], [])
    assert not house.said("PASOKH_DONE")
    assert house.said("callback-waiting-on")


async def test_a_premium_number_is_refused_in_words(house: House) -> None:
    await house.press_key(
        callback_choice_waiting=[TWO], rescue_number=["200 result=0"] * 3, digits=["200 result=9091234567"] * 3)
    assert await house.owed() == []
    assert house.said("callback-not-permitted")


async def test_who_calls_from_a_number_that_is_not_called_types_another(house: House) -> None:
    await house.press_key("00905321112233", number_confirm=[ONE], **TYPES)
    [owed] = await house.owed()
    assert owed.number == TYPED


async def test_he_comes_back_to_the_place_that_is_his_by_now(house: House) -> None:
    wait_in_queue(
        house.manager, "medical",
        ("pasokh-1.7", PLACE_MS + 90_000, 3), ("pasokh-1.2", PLACE_MS - 10_000, 2), ("pasokh-1.3", PLACE_MS + 5_000, 2),
        ("pasokh-1.4", PLACE_MS - 60_000, 0),
    )
    await house.press_key(callback_choice_waiting=[STAR])
    assert house.said("SET VARIABLE PASOKH_POSITION 3")


async def test_while_asterisk_does_not_say_who_waits_he_keeps_the_position_at_which_he_left(house: House) -> None:
    house.manager.deaf = True
    await house.press_key(callback_choice_waiting=[STAR])
    assert not house.said("PASOKH_POSITION")


async def test_a_second_request_is_the_same_promise_at_the_earlier_place(house: House) -> None:
    await house.choose_in_menu(callback_choice=[ONE])
    [first] = await house.owed()
    await house.press_key(callback_choice_waiting=[ONE])
    [owed] = await house.owed()
    assert (owed.id, owed.place_ms) == (first.id, min(PLACE_MS, first.place_ms))
    assert house.said("callback-merged")
    assert house.said("&".join(f"number-{digit}" for digit in (first.tracking or "")[:3]))


async def test_a_menu_promises_a_call_and_the_caller_may_choose_when(house: House) -> None:
    before = round(time.time() * 1000)
    done = await house.choose_in_menu(choose_time=True, callback_choice=[ONE], callback_when=[TWO])
    assert done == Outcome(Ending.HELPED, "promised")
    [owed], [line] = await house.owed(), house.lines()
    assert owed.channel is Channel.MENU
    assert owed.not_before_ms is not None
    assert 3_600_000 <= owed.not_before_ms - before <= 3_660_000
    assert line.not_before_ms == owed.not_before_ms
    assert house.said("callback-not-before")


async def test_a_number_for_which_too_much_was_asked_is_refused(house: House) -> None:
    for _ in range(2):
        await house.choose_in_menu(callback_choice=[ONE])
        await house.desk.cancel(NORMAL, "phone")
    assert await house.choose_in_menu(callback_choice=[ONE]) == Outcome(Ending.FAILED, "too_often")
    assert await house.owed() == []


async def test_without_the_store_the_journal_has_all_that_the_promise_needs(house: House) -> None:
    async with house.database.write() as connection:
        await connection.run_sync(MAIN.drop_all)
    assert await house.choose_in_menu(callback_choice=[ONE]) == Outcome(Ending.HELPED, "promised")
    [line] = house.lines()
    await make_tables(house.database, MAIN)
    adopted = await house.desk.adopt(CallbackRequest(
        line.number, line.queue, line.language, Channel(line.channel), line.place_ms, line.priority,
        tracking=line.tracking, id=line.promise))
    assert (adopted.id, adopted.number, adopted.tracking) == (line.promise, NORMAL, line.tracking)


async def test_who_is_owed_a_call_is_asked_and_may_cancel_it(house: House) -> None:
    assert await house.ring_again() is None
    await house.choose_in_menu(callback_choice=[ONE])
    assert await house.ring_again(callback_open_choice=[ONE]) is Chosen.KEPT
    assert len(await house.owed()) == 1
    assert await house.ring_again(callback_open_choice=[TWO]) is Chosen.WITHDRAWN
    assert await house.owed() == []
    assert house.said("callback-withdrawn")


async def test_who_is_owed_a_call_may_wait_on_the_line_in_his_place_and_is_not_dialled_meanwhile(house: House) -> None:
    await house.press_key(callback_choice_waiting=[ONE])
    assert await house.ring_again(callback_open_choice=[THREE]) is Chosen.WAITS
    [owed] = await house.owed()
    assert owed.next_attempt_ms > round(time.time() * 1000) + 60_000
    assert house.said(f"PASOKH_PLACE {PLACE_MS}")
    assert house.said(f"PASOKH_PROMISE {owed.id}")


async def test_a_home_without_calls_out_notes_the_number_for_an_agent(house: House) -> None:
    quiet = Settings(queues=QUEUES)
    silent = House(house.home, quiet, house.database, house.manager)
    assert await silent.choose_in_menu(callback_choice=[ONE]) == Outcome(Ending.HELPED, "noted")
    assert (silent.lines(), await silent.owed()) == ([], [])
