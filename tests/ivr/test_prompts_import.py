"""Studio recordings: the good are taken, each other one is refused with its reason, and changes nothing."""

import array
import math
import os
import subprocess
import wave
from pathlib import Path

import pytest

from foundation.paths import Home
from foundation.settings import LANGUAGES, Queue, Settings
from ivr.prompts import Prompt, SoundError, build, import_folder, import_recording, importing, load_catalogue
from ivr.prompts.catalogue import Catalogue
from ivr.prompts.numbers import prompt_numbers
from ivr.prompts.sound import SPEECH_LEVEL, read_sound

SETTINGS = Settings(queues={"operator": Queue()})
TEXTS = "hello: {fa: سلام بر شما, tr: Merhaba efendim, en: Hello there}\n"
HELLO = Prompt("en", "hello")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    texts = tmp_path / "texts.yaml"
    texts.write_text(TEXTS)

    def only_texts(home: Home) -> Catalogue:
        return load_catalogue(home, texts)

    monkeypatch.setattr(importing, "load_catalogue", only_texts)
    home = Home(tmp_path / "home")
    home.make()
    return home


def write(
    path: Path, *, seconds: float = 1.2, level: float = 0.3, rate: int = 16000, before: float = 0.1, after: float = 0.1,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    quiet = [0] * int(rate * before), [0] * int(rate * after)
    sine = (level * math.sin(2 * math.pi * 300 * n / rate) for n in range(int(rate * seconds)))
    loud = [int(32767 * max(-1.0, min(1.0, value))) for value in sine]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array.array("h", [*quiet[0], *loud, *quiet[1]]).tobytes())
    return path


def recorded(home: Home) -> dict[str, bytes]:
    folder = home.root / "recorded-prompts"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.wav")}


def test_a_good_recording_is_taken_and_is_heard_from_then_on_at_one_loudness(home: Home, tmp_path: Path) -> None:
    write(tmp_path / "studio/en/hello.wav", level=0.05)
    subprocess.run(["sox", tmp_path / "studio/en/hello.wav", tmp_path / "en.flac"], check=True)
    (tmp_path / "studio/tr").mkdir()
    (tmp_path / "en.flac").rename(tmp_path / "studio/tr/hello.flac")
    done = import_folder(home, SETTINGS, tmp_path / "studio")
    assert (done.taken, done.refused) == ((HELLO, Prompt("tr", "hello")), ())
    for prompt in done.taken:
        heard = prompt.path(home.prompts, "alaw")
        wav = tmp_path / "heard.wav"
        subprocess.run(["sox", "-t", "al", "-r", "8000", "-c", "1", heard, wav], check=True)
        assert read_sound(wav).speech_level() == pytest.approx(SPEECH_LEVEL, abs=1)


@pytest.mark.parametrize(("fault", "reason"), [
    ({"rate": 6000}, "6000 samples a second"),
    ({"level": 0.006}, "too quiet"),
    ({"level": 0.0}, "silent"),
    ({"level": 4.0}, "clipped"),
    ({"before": 2.5}, "silence at its start"),
    ({"after": 2.5}, "silence at its end"),
    ({"seconds": 9.0}, "9.0 s long"),
    ({"seconds": 0.2}, "0.20 s of sound"),
], ids=lambda value: next(iter(value)) if isinstance(value, dict) else None)
def test_a_faulty_recording_is_refused_by_name_and_changes_nothing(
    home: Home, tmp_path: Path, fault: dict[str, float], reason: str,
) -> None:
    import_recording(home, SETTINGS, HELLO, write(tmp_path / "good.wav"))
    before = recorded(home)
    heard = HELLO.path(home.prompts, "alaw").read_bytes()
    bad = write(tmp_path / "studio/en/hello.wav", **fault)  # type: ignore[arg-type]
    done = import_folder(home, SETTINGS, tmp_path / "studio")
    assert done.taken == ()
    assert [(one.path, reason in one.reason) for one in done.refused] == [(bad, True)], done.refused
    assert (recorded(home), HELLO.path(home.prompts, "alaw").read_bytes()) == (before, heard)


def test_files_that_are_no_prompts_are_refused_and_the_others_are_taken(home: Home, tmp_path: Path) -> None:
    studio = tmp_path / "studio"
    write(studio / "en/hello.wav")
    for name in ("de/hello.wav", "hello.wav", "en/unknown.wav", "en/Bad Name.wav"):
        write(studio / name)
    (studio / "en/hello.mp3").write_bytes(b"x")
    (studio / "fa").mkdir()
    (studio / "fa/hello.wav").write_bytes(b"no sound")
    done = import_folder(home, SETTINGS, studio)
    assert done.taken == (HELLO,)
    assert {str(one.path.relative_to(studio)) for one in done.refused} == {
        "de/hello.wav", "hello.wav", "en/unknown.wav", "en/Bad Name.wav", "en/hello.mp3", "fa/hello.wav",
    }
    assert set(recorded(home)) == {"en/hello.wav"}


def test_a_name_without_a_text_is_taken_when_it_is_wanted(home: Home, tmp_path: Path) -> None:
    write(tmp_path / "studio/en/our-own.wav")
    assert import_folder(home, SETTINGS, tmp_path / "studio", new_names=True).taken == (Prompt("en", "our-own"),)


def test_numbers_of_prompts_stay_when_others_come(home: Home) -> None:
    assert prompt_numbers(home, ["b", "d"]) == {"b": 101, "d": 102}
    assert prompt_numbers(home, ["a", "b", "c", "d"]) == {"a": 103, "b": 101, "c": 104, "d": 102}
    assert prompt_numbers(home, ["a"]) == {"a": 103}


@pytest.fixture
def piper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A program of that name that speaks every text as a tone, and a voice file for Turkish."""
    program = tmp_path / "bin/piper"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\ncat > "$0.said"\necho "$@" > "$0.asked"\nsox -n -r 22050 -c 1 "$4" synth 1 sine 500 gain -6\n',
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    voice = tmp_path / "tr.onnx"
    for path in (voice, Path(f"{voice}.json")):
        path.write_text("{}")
    return Settings.model_validate({"queues": {"operator": {}}, "prompts": {"piper_voice": {"tr": str(voice)}}})


def test_a_voice_of_piper_speaks_only_its_language(home: Home, tmp_path: Path, piper: Settings) -> None:
    texts = {Prompt(language, "hello"): f"hello {language}" for language in LANGUAGES}
    build(home, SETTINGS, catalogue=Catalogue(texts, {}))
    made = build(home, piper, catalogue=Catalogue(texts, {})).made
    assert made == ("tr/hello",)
    assert (tmp_path / "bin/piper.said").read_text() == "hello tr\n"
    assert (tmp_path / "bin/piper.asked").read_text().startswith(f"--model {tmp_path}/tr.onnx --output_file ")


def test_a_voice_file_that_is_not_there_is_named(home: Home, tmp_path: Path, piper: Settings) -> None:
    (tmp_path / "tr.onnx.json").unlink()
    with pytest.raises(SoundError, match=r"prompts\.piper_voice\.tr = .*there is no file .*tr\.onnx\.json"):
        build(home, piper, catalogue=Catalogue({HELLO: "hello"}, {}))
