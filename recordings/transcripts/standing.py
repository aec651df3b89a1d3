"""Why there is nothing to read of a recording. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from foundation.settings import Language, Settings
from recordings.store import Recording
from recordings.transcripts.models import language_of
from recordings.transcripts.transcripts import Transcript, TranscriptState

DAY_MS = 86_400_000
TEXTS = Path(__file__).parent.parent / "transcript_texts.yaml"
"""`transcript.missing.<value>`, and what pages say beside a transcript."""


class Missing(StrEnum):
    WAITS = "waits"
    FAILED = "failed"
    SILENT = "silent"
    """No word was understood."""
    GONE = "gone"
    """The words were deleted when their time was over."""
    OFF = "off"
    NO_MODEL = "no-model"
    """There is none for its language, or it cannot be used."""
    NOT_TAKEN = "not-taken"
    """Its kind or age is not written down by itself."""


def why_missing(
    kept: Recording, facts: Transcript | None, settings: Settings, models: Mapping[Language, Path], now_ms: int,
) -> Missing | None:
    """None: there are words.

    Args:
        kept: the recording.
        facts: what is known about its transcript.
        settings: the site's.
        models: those that can be used (`transcripts.models.usable_models`).
        now_ms: the present moment, epoch milliseconds.
    """
    match facts.state if facts else None:
        case TranscriptState.MADE if facts is not None and facts.word_count:
            return None
        case TranscriptState.MADE:
            return Missing.GONE if facts is not None and facts.reason else Missing.SILENT
        case TranscriptState.FAILED:
            return Missing.FAILED
        case state:
            return _why_unmade(kept, settings, models, now_ms, asked=state is not None)


def _why_unmade(
    kept: Recording, settings: Settings, models: Mapping[Language, Path], now_ms: int, *, asked: bool,
) -> Missing:
    chosen = settings.transcripts
    if not chosen.workers:
        return Missing.OFF
    if language_of(kept.language, settings) not in models:
        return Missing.NO_MODEL
    too_old = kept.started_ms < now_ms - chosen.days * DAY_MS
    if not asked and (kept.kind not in chosen.kinds or too_old):
        return Missing.NOT_TAKEN
    return Missing.WAITS
