"""What agents' telephones may do: the studio and the emergency switch, key by key, against a scripted Asterisk."""

import asyncio
import math
import wave
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from foundation.database import Database
from foundation.paths import CHECKOUT, Home
from foundation.settings import load_secrets, load_settings
from ivr import studio as studio_module
from ivr.actions import Resources
from ivr.agi.connection import Connection
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.emergency import Mode, read_emergency, switch_on
from ivr.prompts import Prompt, SoundError
from ivr.prompts.numbers import prompt_numbers
from ivr.prompts.sound import Sound
from ivr.scripts import SCRIPTS

OPENING = "agi_network_script: {script}\nagi_uniqueid: 1.2\nagi_language: en\nagi_channel: {channel}\n\n"
NOTHING = "200 result= (timeout)"
SOUND = Sound(bytes((0, 16, 0, 240)) * 4000)


class Silent:
    def on_begin(self) -> None: ...
    def on_end(self, ending: str) -> None: ...
    def on_refusal(self, reason: str) -> None: ...
    def on_command(self, name: str, seconds: float) -> None: ...


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    home = Home(tmp_path / "home")
    home.make()
    home.settings_file.write_text((CHECKOUT / "foundation/site.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return Resources(home, load_settings(home), Database("sqlite+aiosqlite://"))


def pin(resources: Resources) -> list[str]:
    """The replies to the two questions in which the PIN comes."""
    digits = load_secrets(resources.home, resources.settings).pin
    return [f"200 result={digits[0]}", f"200 result={digits[1:]}"]


async def dial(
    resources: Resources, script: str, keys: list[str], *, channel: str = "PJSIP/a101-00000001",
    record: Callable[[Path], None] = lambda _path: None,
) -> list[str]:
    """Call an extension; each question (GET DATA) gets the next reply. Returns what Asterisk was asked to do."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def handler(connection: Connection, opening: Opening) -> None:
        await SCRIPTS[script](Call(connection, opening), opening, resources)
        done.set_result(None)

    server = Server(handler, Silent())
    reader, writer = await asyncio.open_connection("127.0.0.1", await server.start(0))
    writer.write(OPENING.format(script=script, channel=channel).encode())
    asked, replies = [], iter(keys)
    async with asyncio.timeout(60):
        while line := (await reader.readline()).decode().strip():
            asked.append(line.replace('"', ""))
            reply = "200 result=0"
            if line.startswith("GET DATA"):
                reply = next(replies, NOTHING)
            if line.startswith("RECORD FILE"):
                await asyncio.to_thread(record, Path(line.split('"')[1] + ".wav"))
                reply = "200 result=35 (dtmf) endpos=16000"
            writer.write(f"{reply}\n".encode())
        writer.close()
        await server.stop(1)
        await done
    return asked


def speak(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(array("h", (round(9000 * math.sin(n / 3)) for n in range(16000))).tobytes())


def key(digit: str) -> str:
    return f"200 result={digit}"


def number(resources: Resources, name: str) -> list[str]:
    digits = str(prompt_numbers(resources.home, [name])[name])
    return [key(digits[0]), key(f"{digits[1:]}")]


@pytest.mark.parametrize("script", ["studio", "emergency"])
async def test_a_telephone_of_the_public_is_not_let_in(resources: Resources, script: str) -> None:
    assert await dial(resources, script, [], channel="PJSIP/trunk-00000001") == []


@pytest.mark.parametrize("script", ["studio", "emergency"])
async def test_three_wrong_pins_end_the_call(resources: Resources, script: str) -> None:
    right = load_secrets(resources.home, resources.settings).pin
    wrong = [key("0" if right[0] != "0" else "1"), key("00000")]
    asked = await dial(resources, script, wrong * 3)
    assert asked[-1] == "EXEC Background pin-refused&goodbye"
    assert read_emergency(resources.home) is None


async def test_the_line_is_closed_and_opened_by_telephone(
    resources: Resources, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ivr.emergency_phone.of_prompt", lambda *_: {"en": SOUND})
    await dial(resources, "emergency", [*pin(resources), key("2")])
    found = read_emergency(resources.home)
    assert found is not None
    assert (found.mode, found.who) == (Mode.CLOSED, "a101")
    asked = await dial(resources, "emergency", [*pin(resources), key("3")])
    assert any("emergency-is-closed" in line for line in asked)
    assert read_emergency(resources.home) is None


async def test_a_recorded_announcement_is_the_one_that_is_switched_on(resources: Resources) -> None:
    switch_on(resources.home, Mode.CLOSED, {"en": SOUND}, "sara")
    await dial(resources, "emergency", [*pin(resources), key("4"), key("1")], record=speak)
    found = read_emergency(resources.home)
    assert found is not None
    assert (found.mode, found.languages) == (Mode.ON, ("fa",))
    assert list(resources.home.run.glob("take-*")) == []


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[Prompt]:
    """What was handed to the import, which takes everything."""
    taken: list[Prompt] = []
    monkeypatch.setattr(studio_module, "import_recording", lambda _home, _settings, prompt, _path: taken.append(prompt))
    return taken


async def test_a_prompt_is_recorded_heard_and_kept(resources: Resources, imported: list[Prompt]) -> None:
    keys = [*pin(resources), key("3"), *number(resources, "welcome"), key("1"), key("2"), key("1")]
    asked = await dial(resources, "studio", keys, record=speak)
    assert imported == [Prompt("en", "welcome")]
    assert any(line.startswith("EXEC Background en/welcome") for line in asked)
    assert sum("take-" in line and "Background" in line for line in asked) == 2
    assert list(resources.home.run.glob("take-*")) == []


async def test_a_recording_that_is_not_liked_is_discarded(resources: Resources, imported: list[Prompt]) -> None:
    keys = [*pin(resources), key("3"), *number(resources, "welcome"), key("1"), key("*")]
    await dial(resources, "studio", keys, record=speak)
    assert imported == []


async def test_a_refused_recording_is_said(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Awaitable[None]:
        raise SoundError("clipped")

    monkeypatch.setattr(studio_module, "import_recording", refuse)
    keys = [*pin(resources), key("1"), *number(resources, "welcome"), key("1"), key("1")]
    asked = await dial(resources, "studio", keys, record=speak)
    assert any("studio-refused" in line for line in asked)


@pytest.mark.parametrize("typed", ["9", "0", "*", "99999"])
async def test_a_number_that_no_prompt_has_is_said(resources: Resources, imported: list[Prompt], typed: str) -> None:
    keys = [*pin(resources), key("1"), key(typed[0]), key(typed[1:])]
    asked = await dial(resources, "studio", keys)
    assert any("studio-unknown" in line for line in asked)
    assert imported == []


async def test_a_caller_to_a_closed_line_hears_goodbye_and_the_call_ends(resources: Resources) -> None:
    asked = await dial(resources, "closed", [NOTHING], channel="PJSIP/trunk-00000001")
    assert asked == ["GET DATA closed-offer 5000 1", "EXEC Background goodbye", "SET VARIABLE PASOKH_DONE 1"]
