"""Why there is nothing to read of a recording."""

from dataclasses import replace
from pathlib import Path

import pytest

from foundation.catalogue import load_catalogue
from foundation.settings import LANGUAGES, Language, Settings
from recordings.store import Recording
from recordings.transcripts.standing import TEXTS, Missing, why_missing
from recordings.transcripts.transcripts import Transcript, TranscriptState
from tests.support.levels import call

NOW_MS = 1_795_320_000_000
FRESH = replace(call(1), started_ms=NOW_MS - 60_000)
OLD = replace(FRESH, started_ms=NOW_MS - 31 * 86_400_000)
TURKISH = replace(FRESH, language="tr")
MODELS: dict[Language, Path] = {"fa": Path("/models/fa")}
MADE = Transcript(FRESH.id, "fa", "fa", TranscriptState.MADE, 0, 1, 2, 5, 90, None)
EMPTY = replace(MADE, word_count=0, confidence=None)
ASKED = replace(EMPTY, state=TranscriptState.ASKED, made_ms=None)


@pytest.mark.parametrize(("row", "facts", "more", "expected"), [
    (FRESH, MADE, {}, None),
    (FRESH, EMPTY, {}, Missing.SILENT),
    (FRESH, replace(EMPTY, reason="its time was over"), {}, Missing.GONE),
    (FRESH, replace(EMPTY, state=TranscriptState.FAILED, reason="no sound"), {}, Missing.FAILED),
    (FRESH, None, {}, Missing.WAITS),
    (FRESH, replace(ASKED, state=TranscriptState.BEGUN), {}, Missing.WAITS),
    (FRESH, None, {"workers": 0}, Missing.OFF),
    (FRESH, MADE, {"workers": 0}, None),
    (TURKISH, None, {}, Missing.NO_MODEL),
    (FRESH, None, {"kinds": ["voice_message"]}, Missing.NOT_TAKEN),
    (OLD, None, {}, Missing.NOT_TAKEN),
    (OLD, ASKED, {}, Missing.WAITS),
])
def test_the_reason(
    row: Recording, facts: Transcript | None, more: dict[str, object], expected: Missing | None,
) -> None:
    settings = Settings.model_validate({"queues": {"operator": {}}, "transcripts": more})
    assert why_missing(row, facts, settings, MODELS, NOW_MS) is expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_text(language: Language) -> None:
    texts = load_catalogue([TEXTS]).texts(language)
    assert len({texts(f"transcript.missing.{reason.value}") for reason in Missing}) == len(Missing)
