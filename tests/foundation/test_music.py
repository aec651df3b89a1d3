"""Music on hold is made once, whole, and a site's own is left alone."""

import math
import shutil
import wave
from array import array
from pathlib import Path

import pytest

from foundation.asterisk.install import Installation
from foundation.asterisk.music import convert_music
from foundation.paths import Home

pytestmark = pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def asterisk(tmp_path: Path) -> Installation:
    folder = tmp_path / "data/moh"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(array("h", [round(9000 * math.sin(n / 3)) for n in range(8000)]).tobytes())
    return Installation(command=("asterisk",), modules=tmp_path, data=tmp_path / "data")


def names(home: Home) -> list[str]:
    return sorted(path.name for path in (home.music / "default").iterdir())


def test_the_shipped_music_becomes_telephone_sound(home: Home, asterisk: Installation) -> None:
    convert_music(home, asterisk)
    assert names(home) == ["one.alaw", "two.alaw"]
    assert (home.music / "default/one.alaw").stat().st_size == 8000


def test_music_that_could_not_be_finished_is_made_again_whole(home: Home, asterisk: Installation) -> None:
    broken = asterisk.data / "moh/zzz.wav"
    broken.write_bytes(b"no sound")
    with pytest.raises(RuntimeError, match="zzz"):
        convert_music(home, asterisk)
    broken.unlink()
    convert_music(home, asterisk)
    assert names(home) == ["one.alaw", "two.alaw"]


def test_a_sites_own_music_is_left_alone(home: Home, asterisk: Installation) -> None:
    (home.music / "default").mkdir(parents=True)
    (home.music / "default/ours.alaw").write_bytes(b"x")
    convert_music(home, asterisk)
    assert names(home) == ["ours.alaw"]
