"""The emergency switch: what is on, and who may switch it at a telephone."""

from pathlib import Path

import pytest

from callqueue.journal.events import Ignored
from callqueue.journal.parser import parse_line
from foundation.paths import Home
from foundation.settings import Settings
from ivr.emergency import Emergency, EmergencyError, Mode, of_prompt, read_emergency, spoken, switch_off, switch_on
from ivr.pin import WRONG_LIMIT, WRONG_SECONDS, Doorkeeper, agent_of
from ivr.prompts.sound import SPEECH_LEVEL, Sound

SETTINGS = Settings.model_validate({"queues": {"operator": {}}, "agents": {"a101": {"queues": {"operator": 0}}}})
SOUND = Sound(bytes((0, 16, 0, 240)) * 4000)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    return found


def files(home: Home) -> set[str]:
    return {path.name for path in home.emergency.iterdir()}


def journal(home: Home) -> list[list[str]]:
    return [line.split("|")[1:] for line in home.queue_log.read_text().splitlines()]


def test_nothing_is_on_at_first_and_switching_off_is_no_event(home: Home) -> None:
    assert read_emergency(home) is None
    assert not switch_off(home, "sara")
    assert not home.queue_log.exists()


def test_an_announcement_then_a_closure_then_nothing(home: Home) -> None:
    switch_on(home, Mode.ON, {"fa": SOUND, "en": SOUND}, "sara")
    assert files(home) == {"on.json", "fa.alaw", "fa.ulaw", "en.alaw", "en.ulaw"}
    switch_on(home, Mode.CLOSED, {"tr": SOUND}, "omid|x\n")
    assert files(home) == {"closed.json", "tr.alaw", "tr.ulaw"}
    found = read_emergency(home)
    assert found is not None
    assert (found.mode, found.who, found.languages) == (Mode.CLOSED, "omid_x_", ("tr",))
    assert switch_off(home, "sara")
    assert read_emergency(home) is None
    assert journal(home) == [
        ["NONE", "NONE", "NONE", "EMERGENCY_ON", "sara", "on"],
        ["NONE", "NONE", "NONE", "EMERGENCY_ON", "omid_x_", "closed"],
        ["NONE", "NONE", "NONE", "EMERGENCY_OFF", "sara"],
    ]
    for line in home.queue_log.read_bytes().splitlines():
        assert isinstance(parse_line(line), Ignored)


def test_a_switch_that_was_interrupted_leaves_one_of_both_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on(home, Mode.ON, {"fa": SOUND}, "sara")
    with monkeypatch.context() as patch:
        patch.setattr("ivr.emergency.append_to_journal", _killed)
        patch.setattr("ivr.emergency.write_whole", _killed)
        with pytest.raises(KeyboardInterrupt):
            switch_on(home, Mode.CLOSED, {"fa": SOUND}, "sara")
    assert isinstance(found := read_emergency(home), Emergency)
    assert found.mode is Mode.ON


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_broken_file_is_on_all_the_same(home: Home) -> None:
    (home.emergency / "closed.json").write_text("{")
    found = read_emergency(home)
    assert found is not None
    assert (found.mode, found.who) == (Mode.CLOSED, "unknown")


def test_texts_are_spoken_in_their_languages_at_the_loudness_of_prompts(home: Home) -> None:
    sounds = spoken(SETTINGS, {"fa": "امروز بسته‌ایم.", "en": "We are closed today."})
    assert set(sounds) == {"fa", "en"}
    assert all(sound.speech_level() > SPEECH_LEVEL - 15 for sound in sounds.values())


def test_without_anything_to_hear_nothing_is_switched(home: Home) -> None:
    with pytest.raises(EmergencyError, match="one language"):
        switch_on(home, Mode.ON, {}, "sara")
    with pytest.raises(EmergencyError, match="no prompt 'nothing-like-it'"):
        of_prompt(home, SETTINGS, "nothing-like-it")
    assert files(home) == set()


@pytest.fixture
def seconds() -> list[float]:
    return [0.0]


def test_the_pin_opens_and_wrong_ones_lock_for_a_while(seconds: list[float]) -> None:
    door = Doorkeeper("123456", lambda: seconds[0])
    assert door.opens("123456")
    assert not any(door.opens(f"{wrong:06}") for wrong in range(WRONG_LIMIT))
    assert door.is_locked()
    assert not door.opens("123456")
    seconds[0] = WRONG_SECONDS + 1
    assert door.opens("123456")


def test_without_a_pin_nobody_is_let_in() -> None:
    assert not Doorkeeper("").opens("")


@pytest.mark.parametrize(("channel", "agent"), [
    ("PJSIP/a101-0000001f", "a101"), ("PJSIP/trunk-0000001f", None), ("PJSIP/a999-0000001f", None),
    ("Local/a101@pasokh-agents-0000001f;2", None), ("", None), ("PJSIP/a101-0000001f;x", None),
])
def test_only_the_telephones_of_agents_are_theirs(channel: str, agent: str | None) -> None:
    assert agent_of(channel, SETTINGS) == agent
