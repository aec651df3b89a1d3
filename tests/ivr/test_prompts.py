"""Prompts, really rendered: heard by measuring."""

import array
import math
import subprocess
import wave
from pathlib import Path

import pytest

from foundation.paths import Home
from foundation.settings import LANGUAGES, Queue, Settings
from ivr.prompts import Built, Catalogue, CatalogueError, Prompt, ToolMissingError, build, load_catalogue, missing
from ivr.prompts.rendering import Progress
from ivr.prompts.sound import SPEECH_LEVEL, Sound, read_sound

SETTINGS = Settings(queues={"operator": Queue()})
TEXTS = "hello: {fa: سلام بر شما, tr: Merhaba efendim, en: Hello there}\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "texts.yaml").write_text(TEXTS)
    home = Home(tmp_path / "home")
    home.make()
    return home


def make(home: Home, progress: Progress | None = None) -> Built:
    """Build the prompts of texts.yaml alone: the parts of numbers and dates are hundreds."""
    everything = load_catalogue(home, home.root.parent / "texts.yaml")
    texts = {prompt: text for prompt, text in everything.texts.items() if prompt not in everything.parts}
    return build(home, SETTINGS, progress, Catalogue(texts, everything.recordings))


def record(home: Home, name: str, seconds: float = 1.0, level: float = 0.1) -> Path:
    path = home.root / "recorded-prompts" / "fa" / f"{name}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = [int(32767 * level * math.sin(n / 10)) for n in range(int(44100 * seconds))]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(array.array("h", samples).tobytes())
    return path


def decoded(path: Path) -> Sound:
    wav = path.with_suffix(".copy.wav")
    law = {"alaw": "al", "ulaw": "ul"}[path.suffix.removeprefix(".")]
    subprocess.run(["sox", "-t", law, "-r", "8000", "-c", "1", path, wav], check=True)
    return read_sound(wav)


def test_every_text_becomes_audible_telephone_sound_of_one_loudness(home: Home) -> None:
    assert set(make(home).made) == {"beep", "pause", "fa/hello", "tr/hello", "en/hello"}
    for language in LANGUAGES:
        for form in ("alaw", "ulaw"):
            sound = decoded(Prompt(language, "hello").path(home.prompts, form))
            assert 0.3 < sound.seconds < 5
            assert sound.speech_level() == pytest.approx(SPEECH_LEVEL, abs=2)


def test_only_what_changed_is_rendered_again(home: Home, tmp_path: Path) -> None:
    make(home)
    assert make(home).made == ()
    (tmp_path / "texts.yaml").write_text(TEXTS.replace("Hello", "Good morning"))
    assert make(home).made == ("en/hello",)
    (home.prompts / "tr" / "hello.ulaw").unlink()
    assert make(home).made == ("tr/hello",)


def test_progress_is_told(home: Home) -> None:
    told: list[tuple[int, int]] = []
    make(home, lambda done, all_of_them, _name: told.append((done, all_of_them)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_a_recording_wins_over_the_text_and_gives_way_when_it_is_taken_out(home: Home) -> None:
    make(home)
    path = record(home, "hello", seconds=2.0)
    assert make(home).made == ("fa/hello",)
    assert decoded(Prompt("fa", "hello").path(home.prompts, "alaw")).seconds == pytest.approx(2.0, abs=0.1)
    assert make(home).made == ()
    path.unlink()
    assert make(home).made == ("fa/hello",)


def refusal(home: Home, recording: Path) -> str:
    """Why this recording is refused; what is rendered from the text must be there all the same."""
    [refused] = make(home).refused
    assert refused.path == recording
    assert decoded(Prompt("fa", "hello").path(home.prompts, "alaw")).seconds > 0.3
    return refused.reason


@pytest.mark.parametrize("content", [b"RIFF and so on", b"", bytes(5000)])
def test_a_recording_that_is_no_sound_is_refused(home: Home, content: bytes) -> None:
    path = record(home, "hello")
    path.write_bytes(content)
    assert "sox" in refusal(home, path)


def test_a_recording_that_is_too_short_is_refused(home: Home) -> None:
    assert "must last 0.3 to 120 s" in refusal(home, record(home, "hello", seconds=0.1))


def test_a_recording_without_speech_is_refused(home: Home) -> None:
    assert "must last" in refusal(home, record(home, "hello", level=0.0001))


def test_a_broken_new_recording_leaves_the_good_old_one(home: Home) -> None:
    path = record(home, "hello", seconds=2.0)
    make(home)
    path.write_bytes(b"broken")
    assert len(make(home).refused) == 1
    assert decoded(Prompt("fa", "hello").path(home.prompts, "alaw")).seconds == pytest.approx(2.0, abs=0.1)


def test_a_recording_of_the_sites_own_name_becomes_a_prompt(home: Home) -> None:
    record(home, "ramadan")
    assert "fa/ramadan" in make(home).made
    assert load_catalogue(home).has("fa/ramadan")
    assert not load_catalogue(home).has("ramadan")


def test_a_half_written_prompt_is_never_seen(home: Home) -> None:
    make(home)
    assert not list(home.prompts.rglob("*.half"))


def test_missing_sounds_are_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert "prompt fa/welcome has no sound: run `bin/pasokh prompts build`" in map(str, missing(home))


def test_a_missing_program_is_named_with_its_package(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ToolMissingError, match="install the package"):
        make(home)


def test_our_texts_are_complete(tmp_path: Path) -> None:
    catalogue = load_catalogue(Home(tmp_path))
    played_by_dialplans = {"sorry-rescue", "queue-full", "queue-empty", "queue-timeout", "agents-busy", "goodbye",
        "recording-notice"}
    assert played_by_dialplans <= catalogue.names


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello: {fa: x, tr: x}", "hello: needs a text in each of fa, tr, en"),
        ("hello: {fa: x, tr: x, en: ''}", "hello.en = ''"),
        ("Hello: {fa: x, tr: x, en: x}", "'Hello'"),
        ("- x", "must map"),
        ("{", "cannot be read"),
    ],
)
def test_a_wrong_catalogue_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "texts.yaml"
    path.write_text(text)
    with pytest.raises(CatalogueError, match=reason):
        load_catalogue(Home(tmp_path), path)
