"""What was said in a recording: its words, each with its side and its time."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.search_words import indexed, tokens
from recordings.transcripts.tables import SEARCH_TABLE, transcript


class Side(IntEnum):
    """Channel of a recording; a voice message has the first alone."""

    CALLER = 0
    AGENT = 1


class TranscriptState(StrEnum):
    ASKED = "asked"
    """Somebody wants it made, however old the recording is, and perhaps once more."""
    BEGUN = "begun"
    MADE = "made"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Word:
    """A word in the sound. Times are milliseconds from the recording's beginning."""

    side: Side
    start_ms: int
    end_ms: int
    word: str
    confidence: int
    """Per cent."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """Facts about a transcript, without its words."""

    recording_id: str
    language: str
    model: str
    state: TranscriptState
    tries: int
    begun_ms: int
    made_ms: int | None
    word_count: int
    confidence: int | None
    """Per cent, the mean of the words."""
    reason: str | None
    """Why it failed."""


FACTS = [transcript.c[name] for name in Transcript.__dataclass_fields__]


async def find_transcript(connection: AsyncConnection, recording_id: str) -> Transcript | None:
    """What is known about the transcript of a recording; None: none was ever begun."""
    query = select(*FACTS).where(transcript.c.recording_id == recording_id)
    row = (await connection.execute(query)).mappings().first()
    return Transcript(**{**row, "state": TranscriptState(row["state"])}) if row else None


async def read_transcript(connection: AsyncConnection, recording_id: str) -> list[Word]:
    """The words in the order of time; empty where nothing was understood or there is no transcript (yet)."""
    query = select(transcript.c.words).where(transcript.c.recording_id == recording_id)
    return unpack((await connection.execute(query)).scalar() or "[]")


async def delete_transcript(connection: AsyncConnection, recording_id: str) -> bool:
    """Delete the transcript with its words; False: there was none. One that is being made will not be entered."""
    gone = await connection.execute(delete(transcript).where(transcript.c.recording_id == recording_id))
    return gone.rowcount > 0


async def scrub_search_index(connection: AsyncConnection) -> None:
    """Take the words of deleted transcripts out of SQLite's index for good; takes seconds where there are many.

    Deleting only marks them; PostgreSQL's VACUUM does the same by itself.
    """
    if connection.dialect.name == "sqlite":
        await connection.execute(text(f"INSERT INTO {SEARCH_TABLE}({SEARCH_TABLE}) VALUES ('optimize')"))  # noqa: S608


def pack(words: Sequence[Word]) -> str:
    """The words as the table keeps them."""
    rows = [(int(one.side), one.start_ms, one.end_ms, one.confidence, one.word) for one in words]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def unpack(packed: str) -> list[Word]:
    return words_of(json.loads(packed))


def words_of(rows: Iterable[Sequence[Any]]) -> list[Word]:
    """Words from `[channel, start_ms, end_ms, confidence, word]` of each."""
    return [
        Word(Side(side), start_ms, end_ms, word, confidence) for side, start_ms, end_ms, confidence, word in rows
    ]


def in_order(words: Sequence[Word]) -> list[Word]:
    """As they were said."""
    return sorted(words, key=lambda one: (one.start_ms, one.side, one.end_ms))


def said_by(words: Sequence[Word], side: Side) -> list[Word]:
    return [one for one in words if one.side is side]


def spoken(words: Sequence[Word]) -> str:
    """All words as they are searched; endings belong to words of the same side."""
    return indexed(
        token for side in Side for token in tokens([one.word for one in said_by(words, side)])
    )
