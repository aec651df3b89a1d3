"""A caller asks to be called back, key by key, as Asterisk sees it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import Queue, Settings
from foundation.tracking import is_tracking_code
from ivr.actions import CallContext, Ending, Outcome, Resources, handler
from ivr.agi.connection import Connection, HangupError
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.menu.menu import CallbackAction
from ivr.message_draft import normal_number
from ivr.steps.steps import StepLog
from recordings.messages.messages import Wanted, close_message, messages
from recordings.service import Archivist
from tests.support.stores import make_tables

OPENING = "agi_network_script: call\nagi_request: agi://127.0.0.1/call\nagi_uniqueid: pasokh-{}\nagi_language: en\n\n"
TIMEOUT, GONE = "200 result= (timeout)", "HANGUP\n200 result=-1 (hangup)"
ONE, TWO, STAR = "200 result=1", "200 result=2", "200 result=*"
KNOWN, TYPED = "09121234567", "02188776655"


class Silent:
    def on_begin(self) -> None: ...
    def on_end(self, ending: str) -> None: ...
    def on_refusal(self, reason: str) -> None: ...
    def on_command(self, name: str, seconds: float) -> None: ...


class House:
    """Menus and recordings over one store, and callers who press keys."""

    def __init__(self, home: Home, database: Database) -> None:
        self.home, self.database = home, database
        self.heard: list[str] = []
        self._calls = 0
        settings = Settings(queues={"operator": Queue(), "medical": Queue()})
        self._resources = Resources(home, settings, database)

    def context(self, caller: str, call_id: str) -> CallContext:
        made = self._resources
        return CallContext(self.home, made.settings, made, StepLog(call_id), caller, None, time.time, time.monotonic)

    async def ask(self, caller: str = KNOWN, queue: str = "operator", /, **keys: list[str]) -> Outcome:
        """One call; `keys` are the replies to each prompt in turn, `digits` those after the first digit."""
        self._calls += 1
        self.heard = []
        answers = {name.replace("_", "-"): list(replies) for name, replies in keys.items()}
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        async def handle(connection: Connection, opening: Opening) -> None:
            action = CallbackAction(do="callback", queue=queue)
            try:
                call = Call(connection, opening)
                ended.set_result(await handler("callback")(call, self.context(caller, call.call_id), action))
            except Exception as error:  # noqa: BLE001 - handed to the test
                ended.set_exception(error)

        server = Server(handle, Silent())
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.start(0))
        writer.write(OPENING.format(f"{self._calls}.1").encode())
        async with asyncio.timeout(60):
            while line := (await reader.readline()).decode().strip():
                reply = self._reply(line.replace('"', ""), answers)
                writer.write(f"{reply}\n".encode())
                if reply == GONE:
                    break
            writer.close()
            await server.stop(1)
            return await ended

    def _reply(self, line: str, answers: dict[str, list[str]]) -> str:
        self.heard.append(line)
        if not line.startswith("GET DATA"):
            return "200 result=0"
        # What is asked for without a prompt is the rest of a number.
        prompt = line.split(" ")[2] or "digits"
        waiting = answers.get(prompt, [])
        return waiting.pop(0) if waiting else TIMEOUT

    def spooled(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted(self.home.voice_spool.glob("*.json"))]

    async def take_in(self) -> None:
        await Archivist(self.home, self.database, CollectorRegistry()).look()

    async def kept(self) -> list[tuple[str, str | None, str | None, str | None]]:
        async with self.database.read() as connection:
            found = await messages(connection, Wanted())
        return [(each.kind, each.queue, each.callback_number, each.tracking) for each in found]

    def said(self, prompt: str) -> bool:
        return any(prompt in line for line in self.heard)

    def code_heard(self) -> str:
        said = next(line for line in self.heard if "tracking-code" in line).split("tracking-code&")[1]
        names = said.split(" ")[0].split("&")
        return "".join(name.removeprefix("number-") for name in names if name.startswith("number-"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    return found


@pytest.fixture
async def house(home: Home, database_url: str) -> AsyncIterator[House]:
    database = Database(database_url)
    await make_tables(database, MAIN)
    yield House(home, database)
    await database.close()


NOTED = Outcome(Ending.HELPED, "noted")
TYPES = {"rescue_number": ["200 result=0"], "digits": ["200 result=2188776655"]}


async def test_a_known_number_is_confirmed_by_a_key_noted_and_delivered_once(house: House) -> None:
    assert await house.ask(callback_choice=[ONE]) == NOTED
    [facts] = house.spooled()
    assert (facts["state"], facts["kind"], facts["queue"], facts["callback_number"], facts["language"]) == (
        "complete", "callback_request", "operator", KNOWN, "en",
    )
    assert is_tracking_code(facts["tracking"])
    assert house.code_heard() == facts["tracking"]
    assert house.said("callback-noted")
    await house.take_in()
    await house.take_in()
    assert await house.kept() == [("callback_request", "operator", KNOWN, facts["tracking"])]
    assert house.spooled() == []


@pytest.mark.parametrize(("caller", "keys"), [
    (KNOWN, {"callback_choice": [TWO]}),
    ("", {}),
    ("110", {}),  # no number that can be called
])
async def test_another_number_is_typed_and_confirmed(house: House, caller: str, keys: dict[str, list[str]]) -> None:
    assert await house.ask(caller, **keys, **TYPES, number_confirm=[ONE]) == NOTED
    assert house.spooled()[0]["callback_number"] == TYPED
    assert house.spooled()[0]["caller"] == (caller or None)


async def test_a_wrong_or_denied_number_is_asked_for_again(house: House) -> None:
    outcome = await house.ask(
        "", rescue_number=["200 result=0"] * 3, number_confirm=[TWO, ONE],
        digits=["200 result=912#", "200 result=2188776655", "200 result=0989121112233"],
    )
    assert outcome == NOTED
    assert house.said("number-not-valid")
    assert house.spooled()[0]["callback_number"] == "09121112233"


@pytest.mark.parametrize(("caller", "keys", "outcome"), [
    (KNOWN, {"callback_choice": [STAR]}, Outcome(Ending.CANCELLED, "cancelled")),
    (KNOWN, {"callback_choice": ["200 result=7"]}, Outcome(Ending.FAILED, "no_number")),
    ("", {}, Outcome(Ending.FAILED, "no_number")),
    ("", {"rescue_number": [STAR]}, Outcome(Ending.CANCELLED, "cancelled")),
    ("", {**TYPES, "number_confirm": [STAR]}, Outcome(Ending.CANCELLED, "cancelled")),
    ("", TYPES, Outcome(Ending.FAILED, "no_number")),
])
async def test_a_number_that_nobody_confirmed_is_not_noted(
    house: House, caller: str, keys: dict[str, list[str]], outcome: Outcome,
) -> None:
    assert await house.ask(caller, **keys) == outcome
    assert house.said("callback-not-noted")
    assert house.spooled() == []


@pytest.mark.parametrize(("caller", "keys", "noted"), [
    (KNOWN, {"callback_choice": [GONE]}, 0),
    ("", {"rescue_number": [GONE]}, 0),
    ("", {"rescue_number": ["200 result=0"], "digits": [GONE]}, 0),
    ("", {**TYPES, "number_confirm": [GONE]}, 0),
    ("", {**TYPES, "number_confirm": [ONE], "tracking_again": [GONE]}, 1),
    (KNOWN, {"callback_choice": [ONE], "tracking_again": [GONE]}, 1),
    (KNOWN, {"callback_choice": [f"200 result=1\n{GONE.partition(chr(10))[0]}"], "tracking_again": [GONE]}, 1),
])
async def test_a_hang_up_after_confirming_still_delivers(
    house: House, caller: str, keys: dict[str, list[str]], noted: int,
) -> None:
    with pytest.raises(HangupError):
        await house.ask(caller, **keys)
    await house.take_in()
    assert len(await house.kept()) == noted


async def test_who_asks_again_hears_the_first_code(house: House) -> None:
    await house.ask(callback_choice=[ONE])
    first = house.code_heard()
    await house.take_in()
    assert await house.ask("+989121234567", callback_choice=[ONE]) == Outcome(Ending.HELPED, "already")
    assert house.said("callback-already")
    assert not house.said("callback-noted")
    assert house.code_heard() == first
    await house.take_in()
    assert await house.kept() == [("callback_request", "operator", KNOWN, first)]
    assert await house.ask(KNOWN, "medical", callback_choice=[ONE]) == NOTED


async def test_a_closed_request_may_be_made_again(house: House) -> None:
    await house.ask(callback_choice=[ONE])
    await house.take_in()
    async with house.database.write() as connection:
        [message] = await messages(connection, Wanted())
        assert await close_message(connection, message.id, "sara", 1)
    assert await house.ask(callback_choice=[ONE]) == NOTED
    await house.take_in()
    assert len(await house.kept()) == 2


async def test_with_the_database_away_requests_are_taken_and_the_first_code_stays(
    house: House, tmp_path: Path,
) -> None:
    away = House(house.home, Database(f"sqlite+aiosqlite:///{tmp_path}/none/at-all.sqlite"))
    codes = []
    for _ in range(2):
        away._calls += 1
        assert await away.ask(callback_choice=[ONE]) == NOTED
        codes.append(away.code_heard())
    await away.database.close()
    assert len(house.spooled()) == 2
    await house.take_in()
    assert await house.kept() == [("callback_request", "operator", KNOWN, codes[0])]
    assert house.spooled() == []


async def test_a_store_that_hangs_keeps_no_caller_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("ivr.actions.callback.open_request", never)
    monkeypatch.setattr("ivr.actions.callback.PATIENCE_SECONDS", 0.05)
    assert await house.ask(callback_choice=[ONE]) == NOTED


async def test_a_spool_that_cannot_be_written_is_said_to_the_caller(house: House) -> None:
    house.home.voice_spool.write_text("a file where the folder should be")
    assert await house.ask(callback_choice=[ONE]) == Outcome(Ending.FAILED, "not_taken")
    assert house.said("callback-not-noted")


@pytest.mark.parametrize(("text", "number"), [
    ("09121234567", "09121234567"), ("+989121234567", "09121234567"), ("00989121234567", "09121234567"),
    ("989121234567", "09121234567"), ("+905321234567", "00905321234567"), ("00905321234567", "00905321234567"),
    ("02188776655", "02188776655"), ("110", None), ("", None), ("09111111111", None), ("9121234567", None),
])
def test_a_number_has_one_form(text: str, number: str | None) -> None:
    assert normal_number(text) == number
