"""The shortest parts of numbers can be heard, and follow each other without a gap."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from foundation.settings import Language
from ivr.prompts.rendering import VOICES
from ivr.prompts.sound import CLOSE, RATE, SPEECH_LEVEL, Sound, read_sound, silence, speak, write_sound
from ivr.speech import GRAMMARS

FULL = 0x2A, 0xAA
"""A-law's largest samples, of both signs."""
pytestmark = pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("sox")), reason="needs espeak-ng and sox",
)


def rendered(language: Language, name: str, folder: Path) -> Sound:
    wav = folder / f"{name}.wav"
    speak(GRAMMARS[language].pronounced(name), *VOICES[language], wav)
    return read_sound(wav, CLOSE)


@pytest.mark.parametrize(("language", "name"), [
    ("fa", "number-2"), ("fa", "number-2-and"), ("fa", "number-10"), ("fa", "month-jalali-10"), ("tr", "month"),
    ("tr", "number-3"), ("en", "oh"), ("en", "number-8"),
])
def test_the_shortest_parts_are_whole_loud_and_not_clipped(language: Language, name: str, tmp_path: Path) -> None:
    sound = rendered(language, name, tmp_path)
    write_sound(sound, tmp_path / "part.alaw", "alaw", CLOSE)
    samples = (tmp_path / "part.alaw").read_bytes()
    assert len(samples) / RATE == pytest.approx(sound.seconds + CLOSE.before + CLOSE.after, abs=0.01)
    assert sound.seconds > 0.2
    assert sound.speech_level() > SPEECH_LEVEL - 12
    assert not any(first in FULL and second in FULL for first, second in pairwise(samples))


def test_a_pause_between_groups_is_silence(tmp_path: Path) -> None:
    write_sound(silence(0.25), tmp_path / "pause.ulaw", "ulaw", CLOSE)
    assert set((tmp_path / "pause.ulaw").read_bytes()) <= {0xFF, 0x7F}
