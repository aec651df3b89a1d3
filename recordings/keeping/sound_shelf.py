"""Sound as something that is kept for a time: conversations, and voice messages; and the transcripts of both.

A transcript goes when its own days are over, and at the latest with its sound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Kept
from recordings.keeping.deletion import delete_sound
from recordings.keeping.holds import Belongings, unique
from recordings.keeping.keeping import Shelf, Thing
from recordings.listening.tables import MEASURE, NOTE
from recordings.messages.messages import MessageState
from recordings.tables import recording, voice_message
from recordings.transcripts.tables import transcript
from recordings.transcripts.transcripts import TranscriptState

PAGE = 200
BESIDE = (NOTE, MEASURE, transcript)
"""What was made of a sound goes with it: their column `recording_id` names it."""
NO_WORDS = {"words": "[]", "spoken": "", "word_count": 0, "confidence": None, "reason": "its time was over"}


def behind(moment: ColumnElement[Any], key: ColumnElement[Any], after: tuple[int, str]) -> ColumnElement[bool]:
    """In the order of moment and id, those behind one."""
    return or_(moment > after[0], and_(moment == after[0], key > after[1]))


@dataclass(frozen=True, slots=True)
class SoundShelf:
    """Kept sound of one kind; a message that somebody still has to hear stays whatever its age."""

    home: Home
    database: Database
    kind: Kept
    now_ms: Callable[[], int]

    async def older(self, connection: AsyncConnection, before_ms: int, after: tuple[int, str]) -> Sequence[Thing]:
        table = recording.c
        open_message = exists().where(
            voice_message.c.recording_id == table.id, voice_message.c.state != MessageState.CLOSED.value)
        query = select(recording).where(
            table.kind == self.kind, table.deleted_ms.is_(None), table.started_ms < before_ms, ~open_message,
            behind(table.started_ms, table.id, after),
        ).order_by(table.started_ms, table.id).limit(PAGE)
        return [self._thing(row) for row in await connection.execute(query)]

    async def find(self, connection: AsyncConnection, thing_id: str) -> Thing | None:
        table = recording.c
        query = select(recording).where(table.id == thing_id, table.kind == self.kind, table.deleted_ms.is_(None))
        row = (await connection.execute(query)).first()
        return None if row is None else self._thing(row)

    async def remove_files(self, thing: Thing) -> None:
        await delete_sound(self.home, self.database, thing.id, self.now_ms())

    async def remove_rows(self, connection: AsyncConnection, thing: Thing, now_ms: int) -> None:
        await connection.execute(update(recording).where(recording.c.id == thing.id).values(
            deleted_ms=now_ms, caller=None, parts=None, legs=None, caller_peak=None, caller_rms=None, agent_peak=None,
            agent_rms=None,
        ))
        here = voice_message.c.recording_id == thing.id
        await connection.execute(update(voice_message).where(here).values(recording_id=None))
        for table in BESIDE:
            await connection.execute(delete(table).where(table.c.recording_id == thing.id))

    def _thing(self, row: Any) -> Thing:
        return Thing(
            self.kind, row.id, row.started_ms, row.call_id, row.queue, row.bytes, row.sha256, _belongings(row))


@dataclass(frozen=True, slots=True)
class TranscriptShelf:
    """The words stay no longer than they may; that there was a transcript stays, so that none is made again."""

    kind: Kept = "transcript"

    async def older(self, connection: AsyncConnection, before_ms: int, after: tuple[int, str]) -> Sequence[Thing]:
        table = recording.c
        query = self._query().where(
            table.started_ms < before_ms, behind(table.started_ms, table.id, after),
        ).order_by(table.started_ms, table.id).limit(PAGE)
        return [self._thing(row) for row in await connection.execute(query)]

    async def find(self, connection: AsyncConnection, thing_id: str) -> Thing | None:
        row = (await connection.execute(self._query().where(recording.c.id == thing_id))).first()
        return None if row is None else self._thing(row)

    async def remove_files(self, thing: Thing) -> None:
        """It has none."""

    async def remove_rows(self, connection: AsyncConnection, thing: Thing, now_ms: int) -> None:  # noqa: ARG002
        here = transcript.c.recording_id == thing.id
        await connection.execute(update(transcript).where(here).values(NO_WORDS))

    def _query(self) -> Any:
        columns = (recording.c.id, recording.c.started_ms, recording.c.call_id, recording.c.queue, recording.c.caller)
        made = (transcript.c.state == TranscriptState.MADE.value) & (transcript.c.word_count > 0)
        return select(*columns).join(transcript, transcript.c.recording_id == recording.c.id).where(made)

    def _thing(self, row: Any) -> Thing:
        return Thing(self.kind, row.id, row.started_ms, row.call_id, row.queue, belongs=_belongings(row))


def _belongings(row: Any) -> Belongings:
    return Belongings(recordings=frozenset({row.id}), calls=frozenset({row.call_id}), callers=unique([row.caller]))


def sound_shelves(home: Home, database: Database, now_ms: Callable[[], int]) -> list[Shelf]:
    """What this room keeps of callers."""
    kinds: tuple[Kept, ...] = ("call", "voice_message")
    return [*(SoundShelf(home, database, kind, now_ms) for kind in kinds), TranscriptShelf()]


__all__ = ["SoundShelf", "TranscriptShelf", "behind", "sound_shelves"]
