"""What Asterisk is told when a caller may speak, and what becomes of every answer of its."""

import time
from pathlib import Path
from typing import cast

import pytest

from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Queue, Settings, Speech
from foundation.speech import model_fault, speech_faults, spoken_languages
from ivr.actions import CallContext, Resources
from ivr.call import Call
from ivr.menu.walk import Ask, Position
from ivr.spoken.gate import Gate, open_gate
from ivr.spoken.question import FOUND, ask_key_or_word
from ivr.spoken.words import Words
from ivr.steps.steps import StepLog

WORDS: Words = {"1": {"fa": ("بیمه",)}, "2": {"fa": ("درمان", "پزشکی")}}
ASK = Ask(("no-input", "menu-subject"), 5, Position("subject"))
HEARD = "SpeechBackground no-input&menu-subject,6"
SETTINGS = (
    "MSet SPEECH_DTMF_MAXLEN=1,SPEECH_DTMF_TERMINATOR=,SPEECH_ENGINE(language)=fa,"
    "SPEECH_ENGINE(grammar)=بیمه|درمان|پزشکی"
)


class OpenGate(Gate):
    def __init__(self) -> None:
        super().__init__(frozenset({"fa"}), "ws://127.0.0.1:1", 70)
        self.closed = False

    async def lets_in(self, language: str) -> bool:
        return language == "fa" and not self.closed

    def close(self, reason: str) -> None:  # noqa: ARG002
        self.closed = True


class Telephone:
    """A call whose expressions have these values."""

    def __init__(self, *, found: str = "", error: str = "", language: str = "fa", ahead: bool = False) -> None:
        self._values = {"${ERROR}": error, FOUND: found}
        self.language = language
        self.has_key = ahead
        self.done: list[str] = []

    async def execute(self, application: str, arguments: str = "", seconds: float = 0.0) -> None:  # noqa: ARG002
        self.done.append(f"{application} {arguments}".strip())

    async def evaluate(self, expression: str) -> str:
        return self._values[expression]

    async def ask_key(self, prompts: tuple[str, ...], wait_seconds: float) -> str:  # noqa: ARG002
        self.done.append("ask key")
        return "9"


async def question(telephone: Telephone) -> tuple[str, OpenGate, StepLog]:
    settings = Settings(queues={"operator": Queue()})
    resources = Resources(Home(Path("/nowhere")), settings, Database("sqlite+aiosqlite:///:memory:"))
    gate, steps = OpenGate(), StepLog("1.1")
    resources._kept[open_gate] = gate
    context = CallContext(resources.home, settings, resources, steps, "", None, time.time, time.monotonic)
    return await ask_key_or_word(cast("Call", telephone), context, WORDS, ASK), gate, steps


@pytest.mark.parametrize(("found", "key"), [
    ("grammar:95:پزشکی", "2"), ("grammar:70:بیمه", "1"), ("grammar:69:بیمه", ""), ("grammar:95:سلام", ""),
    ("dtmf:1000:3", "3"), ("dtmf:1000:#", "#"), ("::", ""), ("", ""), ("grammar:-1:بیمه", ""), ("a:b:c:d", ""),
])
async def test_a_word_or_a_key_or_nothing(found: str, key: str) -> None:
    telephone = Telephone(found=found)
    answer, gate, steps = await question(telephone)
    assert answer == key
    assert telephone.done == ["SpeechCreate pasokh-speech", SETTINGS, HEARD, "SpeechDestroy"]
    assert not gate.closed
    spoken = found.startswith("grammar") and bool(key)
    expected = [("speech", "subject", key)] if spoken else []
    assert [(step.kind, step.name, step.key) for step in steps.steps] == expected


async def test_without_a_recogniser_nothing_of_speech_is_touched_and_the_next_callers_do_not_wait() -> None:
    telephone = Telephone(error="1")
    answer, gate, _ = await question(telephone)
    assert answer == "9"
    assert telephone.done == ["SpeechCreate pasokh-speech", "ask key"]
    assert gate.closed


@pytest.mark.parametrize("telephone", [Telephone(language="tr"), Telephone(ahead=True)])
async def test_a_menu_without_words_and_a_key_typed_ahead_need_no_recogniser(telephone: Telephone) -> None:
    await question(telephone)
    assert telephone.done == ["ask key"]


def test_only_small_models_are_usable(tmp_path: Path) -> None:
    assert "no such folder" in str(model_fault(tmp_path / "away"))
    assert "whole path" in str(model_fault(Path("models/fa")))
    assert "no model of Vosk" in str(model_fault(tmp_path))
    for name in ("am/final.mdl", "graph/HCLG.fst"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    assert "take a small one" in str(model_fault(tmp_path))
    for name in ("HCLr.fst", "Gr.fst"):
        (tmp_path / "graph" / name).touch()
    assert model_fault(tmp_path) is None


def test_an_unusable_model_is_told_and_switches_nothing_on(tmp_path: Path) -> None:
    settings = Settings(queues={"operator": Queue()}, speech=Speech(models={"fa": tmp_path}))
    assert spoken_languages(settings) == frozenset()
    assert any("speech.models.fa" in fault for fault in speech_faults(settings))
    own = Settings(queues={"operator": Queue()}, speech=Speech(url="ws://127.0.0.1:2700"))
    assert spoken_languages(own) == {"fa", "tr", "en"}
    assert list(speech_faults(own)) == []
