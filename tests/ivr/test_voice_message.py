"""A caller leaves a message, key by key, as Asterisk sees it."""

import asyncio
import json
import math
import wave
from array import array
from pathlib import Path
from typing import Any

import pytest

from foundation.paths import Home
from foundation.settings import Box
from foundation.tracking import TrackingCodes, is_tracking_code
from ivr.agi.connection import Connection, HangupError
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.message_draft import MessageDesk, callback_number
from ivr.voice_message import Verdict, take_message

OPENING = (
    b"agi_network_script: call\nagi_request: agi://127.0.0.1/call\nagi_uniqueid: pasokh-1.2\nagi_language: en\n\n"
)
KNOWN, UNKNOWN = "200 result=1 (09121234567)", "200 result=0"
TIMEOUT = "200 result= (timeout)"


class Silent:
    def on_begin(self) -> None: ...
    def on_end(self, ending: str) -> None: ...
    def on_refusal(self, reason: str) -> None: ...
    def on_command(self, name: str, seconds: float) -> None: ...


class Telephone:
    """Asterisk and the caller behind it: answers commands by what they ask for, in turn."""

    def __init__(self, home: Home, caller: str, **answers: list[str]) -> None:
        self.home, self.caller, self.answers = home, caller, answers
        self.heard: list[str] = []
        self.speech: list[float] = []
        """Loudness of each take, in turn; a take lasts 2 s."""

    def answer(self, line: str) -> str:
        self.heard.append(line.replace('"', ""))
        if line.startswith("GET VARIABLE"):
            return self.caller
        if line.startswith("RECORD FILE"):
            _write(Path(line.split('"')[1] + ".wav"), self.speech.pop(0))
            return self._next("record", "200 result=35 (dtmf) endpos=16000")
        if line.startswith("GET DATA"):
            prompt = line.split('"')[1]
            return self._next(prompt.rpartition("/")[2], TIMEOUT)
        return "200 result=0"

    def _next(self, what: str, otherwise: str) -> str:
        waiting = self.answers.get(what.replace("-", "_"), [])
        return waiting.pop(0) if waiting else otherwise

    def facts(self) -> dict[str, Any]:
        [path] = self.home.voice_spool.glob("*.json")
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def sound(self) -> Path:
        return self.home.voice_spool / str(self.facts()["sound"])


def _write(path: Path, loudness: float, seconds: float = 2.0) -> None:
    samples = (round(32000 * loudness * math.sin(n / 3)) for n in range(int(8000 * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(array("h", samples).tobytes())


async def leave(telephone: Telephone) -> Verdict:
    """Play one call against the server."""
    outcome: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
    desk = MessageDesk(telephone.home, TrackingCodes("key"))

    async def handler(connection: Connection, opening: Opening) -> None:
        try:
            outcome.set_result(await take_message(Call(connection, opening), desk, "director", Box()))
        except Exception as error:  # noqa: BLE001 - handed to the test
            outcome.set_exception(error)

    server = Server(handler, Silent())
    reader, writer = await asyncio.open_connection("127.0.0.1", await server.start(0))
    writer.write(OPENING)
    async with asyncio.timeout(60):
        while line := (await reader.readline()).decode().strip():
            reply = telephone.answer(line)
            writer.write(f"{reply}\n".encode())
            if reply.startswith("HANGUP"):
                break
        writer.close()
        await server.stop(1)
        return await outcome


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    return found


def phone(home: Home, caller: str = KNOWN, speech: tuple[float, ...] = (0.3,), **answers: list[str]) -> Telephone:
    telephone = Telephone(home, caller, **answers)
    telephone.speech = list(speech)
    return telephone


SEND, LISTEN, AGAIN, CANCEL = "200 result=1", "200 result=2", "200 result=3", "200 result=*"


async def test_a_message_is_sent_and_its_tracking_code_is_said(home: Home) -> None:
    telephone = phone(home, message_review=[LISTEN, SEND])
    assert await leave(telephone) is Verdict.SENT
    facts = telephone.facts()
    assert (facts["state"], facts["box"], facts["caller"], facts["language"]) == (
        "complete", "director", "09121234567", "en",
    )
    assert is_tracking_code(facts["tracking"])
    digits = [f"number-{digit}" for digit in facts["tracking"]]
    said = next(line for line in telephone.heard if "tracking-code" in line)
    assert [name for name in said.split("&") if name.startswith("number-")] == digits
    assert any(telephone.sound().stem in line for line in telephone.heard if line.startswith("EXEC Background"))


async def test_another_take_replaces_the_one_before(home: Home) -> None:
    telephone = phone(home, speech=(0.1, 0.5), message_review=[AGAIN, SEND])
    assert await leave(telephone) is Verdict.SENT
    assert telephone.sound().name.endswith(".take2.wav")


async def test_who_says_nothing_is_asked_again_and_leaves_nothing(home: Home) -> None:
    telephone = phone(home, speech=(0.0,) * 9)
    assert await leave(telephone) is Verdict.NOTHING
    assert telephone.facts()["state"] == "cancelled"
    assert sum("message-empty" in line for line in telephone.heard) == 4


async def test_a_star_cancels_before_and_after_speaking(home: Home) -> None:
    assert await leave(phone(home, leave_message=[CANCEL])) is Verdict.CANCELLED
    assert not home.voice_spool.exists()
    telephone = phone(home, message_review=[CANCEL])
    assert await leave(telephone) is Verdict.CANCELLED
    assert telephone.facts()["state"] == "cancelled"


async def test_who_presses_nothing_after_speaking_has_sent_it(home: Home) -> None:
    telephone = phone(home, message_review=[TIMEOUT, TIMEOUT, "200 result=7"])
    assert await leave(telephone) is Verdict.SENT
    assert telephone.facts()["state"] == "complete"


@pytest.mark.parametrize("moment", ["record", "message_review", "tracking_again"])
async def test_a_hang_up_at_any_moment_delivers_what_was_said(home: Home, moment: str) -> None:
    telephone = phone(home, message_review=[SEND])
    telephone.answers[moment] = ["HANGUP\n200 result=-1 (hangup) endpos=16000"]
    if moment == "tracking_again":
        await leave_and_hang_up(telephone)
        assert telephone.facts()["state"] == "complete"
        return
    await leave_and_hang_up(telephone)
    assert telephone.facts()["state"] == "hung_up"
    assert telephone.sound().stat().st_size > 16000


async def leave_and_hang_up(telephone: Telephone) -> None:
    with pytest.raises(HangupError):
        await leave(telephone)


async def test_a_hang_up_in_a_second_take_too_short_to_be_one_keeps_the_first(home: Home) -> None:
    telephone = phone(home, message_review=[AGAIN])
    telephone.answers["record"] = ["200 result=35 (dtmf) endpos=16000", "HANGUP\n200 result=-1 (hangup) endpos=1"]
    telephone.speech = [0.3, 0.3]

    def short_second(line: str, first: Any = telephone.answer) -> str:
        reply: str = first(line)
        if "take2" in line:
            _write(Path(line.split('"')[1] + ".wav"), 0.3, 0.5)
        return reply

    telephone.answer = short_second  # type: ignore[method-assign]
    await leave_and_hang_up(telephone)
    assert telephone.sound().name.endswith(".take1.wav")


async def test_the_number_of_an_unknown_caller_is_asked_for_and_confirmed(home: Home) -> None:
    telephone = phone(
        home, UNKNOWN, message_review=[SEND],
        message_number=["200 result=0"] * 3, number_confirm=["200 result=2", "200 result=1"],
    )
    telephone.answers[""] = ["200 result=912#", "200 result=2188776655", "200 result=9121112233"]
    assert await leave(telephone) is Verdict.SENT
    assert telephone.facts()["callback_number"] == "09121112233"
    assert any("number-not-valid" in line for line in telephone.heard)


async def test_no_number_given_is_no_number(home: Home) -> None:
    telephone = phone(home, UNKNOWN, message_review=[SEND], message_number=["200 result="])
    assert await leave(telephone) is Verdict.SENT
    assert telephone.facts()["callback_number"] is None


async def test_a_spool_that_cannot_be_written_is_said_to_the_caller(home: Home) -> None:
    home.voice_spool.write_text("a file where the folder should be")
    telephone = phone(home)
    assert await leave(telephone) is Verdict.NOTHING
    assert any("message-not-taken" in line for line in telephone.heard)


@pytest.mark.parametrize(("keys", "valid"), [
    ("09121234567", True), ("02188776655", True), ("00905321234567", True), ("0911", False), ("00000000000", False),
    ("09*1234567#", False), ("1121234567", False), ("", False), ("0912123456789012", False), ("09111111111", False),
    ("٠٩١٢١٢٣٤٥٦٧", False), ("0912\n1234567", False), ("00000009121234", False),
])
def test_only_a_whole_number_with_its_area_code_is_one(keys: str, valid: bool) -> None:
    assert (callback_number(keys) is not None) is valid
