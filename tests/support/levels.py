"""Sound in which each word is a level of its own, for the recogniser double beside this file."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from foundation.paths import Home
from recordings.store import Recording
from recordings.wav import RATE, write_stereo
from tests.support.vosk_double.vosk import LOWEST, STEP

DOUBLE = Path(__file__).parent / "vosk_double"
WORD_MS, GAP_MS = 200, 100
LATER_MS = 1000
"""The agent begins so much later than the caller."""


def model_folder(folder: Path, words: Sequence[str]) -> Path:
    """A model that knows these words."""
    (folder / "am").mkdir(parents=True)
    (folder / "am" / "final.mdl").write_text("\n".join(words), encoding="utf-8")
    return folder


def said(words: Sequence[str], known: Sequence[str], after_ms: int = 0) -> "array[int]":
    """The words, each WORD_MS long with GAP_MS of silence behind it."""
    sound = silence(after_ms)
    for word in words:
        level = LOWEST + STEP * known.index(word)
        sound.extend(array("h", [level]) * (WORD_MS * RATE // 1000))
        sound.extend(silence(GAP_MS))
    return sound


def silence(ms: int) -> "array[int]":
    return array("h", [0]) * (ms * RATE // 1000)


def place(index: int, after_ms: int = 0) -> tuple[int, int]:
    """When the word of this number begins and ends."""
    start = after_ms + index * (WORD_MS + GAP_MS)
    return start, start + WORD_MS


def keep(home: Home, kept: Recording, caller: "array[int]", agent: "array[int]") -> Recording:
    """Write the sound where the row says, and give the row its length."""
    path = home.recordings_store / kept.path
    path.parent.mkdir(parents=True, exist_ok=True)
    write_stereo(path, caller, agent)
    return replace(kept, duration_ms=max(len(caller), len(agent)) * 1000 // RATE, bytes=path.stat().st_size)


def call(number: int, started_ms: int = 1_795_310_642_000, **facts: object) -> Recording:
    """The row of a call's recording."""
    name = f"pasokh-{number}.0_pasokh-{number}.0_1"
    row = Recording(
        id=name, kind="call", call_id=f"pasokh-{number}.0", channel_id=f"pasokh-{number}.0", stint=1,
        started_ms=started_ms + number, duration_ms=1000, path=f"2026/11/22/{name}.wav", bytes=1, sha256="0" * 64,
    )
    return replace(row, **facts)  # type: ignore[arg-type]
