"""The questions after a call, key by key, against a scripted Asterisk."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from foundation.database import Database
from foundation.paths import CHECKOUT, Home
from foundation.settings import Settings, load_settings
from ivr.actions import Resources
from ivr.agi.connection import Connection, HangupError
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.scripts import SCRIPTS
from ivr.survey_check import survey_findings

OPENING = "\n".join((
    "agi_network_script: survey", "agi_uniqueid: 17.3", "agi_language: fa", "agi_channel: PJSIP/trunk-00000001",
    *(f"agi_arg_{number}: {value}" for number, value in enumerate(
        ("{survey}", "insurance", "a101", "17.1", "2"), start=1)), "", "",
))
NOTHING, HANG_UP = "200 result= (timeout)", "HANGUP\n200 result=-1"


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


async def answer(resources: Resources, keys: Sequence[str], survey: str = "after-call") -> list[str]:
    """Each question gets the next key; returns the prompts that were played."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def handler(connection: Connection, opening: Opening) -> None:
        try:
            await SCRIPTS["survey"](Call(connection, opening), opening, resources)
        except HangupError:
            pass
        finally:
            done.set_result(None)

    server = Server(handler, Silent())
    reader, writer = await asyncio.open_connection("127.0.0.1", await server.start(0))
    writer.write(OPENING.replace("{survey}", survey).encode())
    played, replies = [], iter(keys)
    async with asyncio.timeout(60):
        while line := (await reader.readline()).decode().strip():
            words = line.replace('"', "").split()
            played.append(words[2] if words[0] == "GET" else words[-1])
            reply = "200 result=0"
            if line.startswith("GET DATA"):
                key = next(replies, "")
                reply = HANG_UP if key == HANG_UP else NOTHING if key == "" else f"200 result={key}"
            writer.write(f"{reply}\n".encode())
        writer.close()
        await server.stop(1)
        await done
    return played


def kept(resources: Resources) -> dict[str, Any]:
    [path] = (resources.home.spool / "surveys").glob("*.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def keys_of(resources: Resources) -> dict[str, int]:
    return {question: pressed["key"] for question, pressed in kept(resources)["answers"].items()}


async def test_the_answers_are_kept_with_call_queue_and_agent(resources: Resources) -> None:
    played = await answer(resources, ["5", "1"])
    assert played == ["survey-invitation", "survey-satisfaction", "survey-solved", "survey-thanks"]
    assert keys_of(resources) == {"satisfaction": 5, "solved": 1}
    found = kept(resources)
    assert [found[name] for name in ("id", "call_id", "queue", "agent", "language", "survey", "occasion")] == [
        "17.3-2", "17.1", "insurance", "a101", "fa", "after-call", "call"]


async def test_a_wrong_key_is_asked_again_once(resources: Resources) -> None:
    played = await answer(resources, ["9", "4", "7", "2"])
    assert played.count("survey-satisfaction") == played.count("survey-solved") == 2
    assert keys_of(resources) == {"satisfaction": 4, "solved": 2}


async def test_whoever_answers_nothing_is_let_go_without_thanks(resources: Resources) -> None:
    assert await answer(resources, []) == ["survey-invitation", "survey-satisfaction", "survey-satisfaction"]
    assert keys_of(resources) == {}


async def test_whoever_hangs_up_between_has_answered_what_he_has(resources: Resources) -> None:
    await answer(resources, ["3", HANG_UP])
    assert keys_of(resources) == {"satisfaction": 3}


async def test_a_survey_that_is_not_there_only_ends_the_call(resources: Resources) -> None:
    assert await answer(resources, ["5"], survey="none") == []


async def test_a_broken_file_of_the_site_only_ends_the_call(resources: Resources) -> None:
    resources.home.surveys.parent.mkdir(parents=True)
    resources.home.surveys.write_text("surveys: [", encoding="utf-8")
    assert await answer(resources, ["5"]) == []


def findings(resources: Resources, surveys: str = "", **queue: str) -> list[str]:
    if surveys:
        resources.home.surveys.parent.mkdir(parents=True, exist_ok=True)
        resources.home.surveys.write_text(surveys, encoding="utf-8")
    settings = Settings.model_validate({"queues": {"operator": queue}, "default_queue": "operator"})
    return list(survey_findings(resources.home, settings, lambda prompt: prompt != "our-mood"))


MOOD = "surveys: {mood: {title: {fa: حال, tr: hal, en: Mood}, questions: {mood: {ask: our-mood, good: [5]}}}}"


@pytest.mark.parametrize(("surveys", "queue", "found"), [
    ("", {}, []),
    ("", {"survey": "after-call"}, []),
    ("", {"survey": "mood"}, ["queues.operator.survey = mood: there is no such survey; there are after-call"]),
    (MOOD, {"survey": "mood"}, ["survey mood: prompt 'our-mood' has no sound"]),
    ("surveys: {mood: {}}", {}, ["surveys.mood.title", "surveys.mood.questions"]),
])
def test_what_is_wrong_with_surveys_is_said_before_a_caller_meets_it(
    resources: Resources, surveys: str, queue: dict[str, str], found: list[str],
) -> None:
    told = findings(resources, surveys, **queue)
    assert len(told) == len(found)
    assert all(part in sentence for part, sentence in zip(found, told, strict=True))
