"""Somebody was called back and picked up: what he hears, what his key does, and where he enters the queue."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from callqueue.callbacks.desk import CallbackDesk
from callqueue.outbound.model import CallbackRequest, Channel
from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from ivr.actions.context import Resources
from ivr.agi.connection import Connection
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.outbound import Owed, UnknownPurposeError, answered, read_owed, script_of
from tests.support.manager import PlayedManager, played_manager, respond
from tests.support.played_queue import wait_in_queue
from tests.support.stores import make_tables

PLACE = 1_795_325_000_000
ARGUMENTS = ("callback", "cb-mea9g64c4a", "2", "operator", "3", str(PLACE))
OPENING = "agi_network_script: outbound\nagi_uniqueid: cb-mea9g64c4a-2\nagi_language: fa\n" + "".join(
    f"agi_arg_{number}: {value}\n" for number, value in enumerate(ARGUMENTS, 1)) + "\n"
TIMEOUT = "200 result= (timeout)"


class Silent:
    def on_begin(self) -> None: ...
    def on_end(self, ending: str) -> None: ...
    def on_refusal(self, reason: str) -> None: ...
    def on_command(self, name: str, seconds: float) -> None: ...


class Person:
    """Picks up, and gives these answers to the questions in turn."""

    def __init__(self, resources: Resources, *keys: str) -> None:
        self._resources, self._keys = resources, list(keys)
        self.heard: list[str] = []

    async def pick_up(self) -> list[str]:
        """The commands that Asterisk got."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def handle(connection: Connection, opening: Opening) -> None:
            await answered(Call(connection, opening), opening, self._resources)
            ended.set_result(None)

        server = Server(handle, Silent())
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.start(0))
        writer.write(OPENING.encode())
        async with asyncio.timeout(60):
            while line := (await reader.readline()).decode().strip():
                self.heard.append(line.replace('"', ""))
                writer.write(f"{self._reply(line)}\n".encode())
            await ended
        writer.close()
        await server.stop(1)
        return self.heard

    def _reply(self, line: str) -> str:
        if not line.startswith("GET DATA"):
            return "200 result=0"
        return f"200 result={self._keys.pop(0)}" if self._keys and self._keys[0] else TIMEOUT

    def results(self) -> list[str]:
        return [line.split("CALLBACK_RESULT,")[1] for line in self.heard if "CALLBACK_RESULT" in line]


@pytest.fixture
async def manager() -> AsyncIterator[PlayedManager]:
    async with played_manager() as played:
        yield played


@pytest.fixture
async def resources(tmp_path: Path, manager: PlayedManager) -> AsyncIterator[Resources]:
    home = Home(tmp_path / "home")
    home.make()
    settings = Settings.model_validate({"queues": {"operator": {}}, "ports": {"ami": manager.port}})
    manager.secret = load_secrets(home, settings).ami
    assert yaml.safe_load(home.secrets_file.read_text())["ami"] == manager.secret
    made = Resources(home, settings, Database("sqlite+aiosqlite://"))
    yield made
    await made.aclose()


async def test_who_presses_one_enters_his_queue_at_his_place(resources: Resources, manager: PlayedManager) -> None:
    wait_in_queue(
        manager, "operator",
        ("p-1.1", PLACE + 900, 4), ("p-2.1", PLACE - 500, 3), ("p-3.1", PLACE + 1, 3), ("p-4.1", 1, 0),
    )
    person = Person(resources, "1")
    commands = await person.pick_up()
    assert any("outbound-hello" in command and "number-1" in command for command in commands)
    assert {"SET VARIABLE PASOKH_POSITION 3", "SET VARIABLE PASOKH_ORIGIN callback"} <= set(commands)
    assert "PASOKH_PRIORITY=3" in commands[-1]
    assert "PASOKH_QUEUE=operator" in commands[-1]
    assert person.results() == []


async def test_who_waits_being_unknown_he_enters_at_the_head(resources: Resources, manager: PlayedManager) -> None:
    manager.answers["queuestatus"] = lambda fields: respond(fields, "Error", "not now")
    commands = await Person(resources, "1").pick_up()
    assert "SET VARIABLE PASOKH_POSITION 1" in commands


@pytest.mark.parametrize(("keys", "outcome", "prompt"), [
    (("2",), "wrong_person", "outbound-wrong-person"),
    (("9",), "cancelled", "outbound-cancelled"),
    (("", ""), "not_confirmed", "outbound-not-confirmed"),
    (("7", "8"), "not_confirmed", "outbound-not-confirmed"),
])
async def test_any_other_answer_is_written_down_and_troubles_no_agent(
    resources: Resources, keys: tuple[str, ...], outcome: str, prompt: str,
) -> None:
    person = Person(resources, *keys)
    commands = await person.pick_up()
    assert person.results() == [f"cb-mea9g64c4a|2|{outcome}"]
    assert any(prompt in command for command in commands)
    assert "SET VARIABLE PASOKH_DONE 1" in commands
    assert not any("PASOKH_QUEUE" in command for command in commands)


async def test_a_promise_that_was_cancelled_meanwhile_joins_nobody(resources: Resources) -> None:
    await make_tables(resources.main, MAIN)
    desk = CallbackDesk(resources.main, resources.settings)
    asked = CallbackRequest("09121234567", "operator", "fa", Channel.WEB, id="cb-mea9g64c4a")
    await desk.promise(asked)
    await desk.cancel("cb-mea9g64c4a", "a supervisor")
    person = Person(resources, "1")
    commands = await person.pick_up()
    assert person.results() == ["cb-mea9g64c4a|2|cancelled"]
    assert any("outbound-cancelled" in command for command in commands)
    assert not any("PASOKH_QUEUE" in command for command in commands)


def test_the_dialplans_arguments_are_read() -> None:
    assert read_owed(ARGUMENTS) == Owed("callback", "cb-mea9g64c4a", 2, "operator", 3, PLACE)
    assert read_owed(("result", "ob-1", "1", "", "0", "5")).queue == ""


@pytest.mark.parametrize("purpose", ["nothing", "../scripts", "", "callback.run", "place"])
def test_a_purpose_without_a_script_is_refused(purpose: str) -> None:
    with pytest.raises(UnknownPurposeError):
        script_of(purpose)
