"""What was said in a voice message, as far as it is written down, and what it seems to be about."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.subject_suggestion import Suggestion, suggest_subject
from followups.book.subjects import Subjects
from foundation.settings import Settings
from recordings.store import Recording
from recordings.transcripts.models import language_of, usable_models
from recordings.transcripts.standing import Missing, why_missing
from recordings.transcripts.transcripts import Word, find_transcript, read_transcript


@dataclass(frozen=True, slots=True)
class Said:
    words: tuple[Word, ...]
    missing: Missing | None
    """Why there are none."""
    suggestion: Suggestion | None


async def what_was_said(
    connection: AsyncConnection, kept: Recording, settings: Settings, subjects: Subjects, now_ms: int,
) -> Said:
    facts = await find_transcript(connection, kept.id)
    missing = why_missing(kept, facts, settings, usable_models(settings), now_ms)
    words = tuple(await read_transcript(connection, kept.id)) if missing is None else ()
    language = language_of(facts.language if facts else kept.language, settings)
    return Said(words, missing, suggest_subject(words, language, subjects) if words else None)
