"""Notes at moments of a recording: who wrote what, when, about which place."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.listening.tables import NOTE


@dataclass(frozen=True, slots=True)
class SoundNote:
    id: str
    recording_id: str
    place_ms: int
    """From the sound's beginning."""
    author: str
    written_ms: int
    text: str


async def add_note(connection: AsyncConnection, note: SoundNote) -> None:
    await connection.execute(insert(NOTE).values(asdict(note)))


async def notes_of(connection: AsyncConnection, recording_id: str) -> Sequence[SoundNote]:
    """In the order of their places."""
    query = select(NOTE).where(NOTE.c.recording_id == recording_id).order_by(NOTE.c.place_ms, NOTE.c.written_ms)
    return [SoundNote(**row) for row in (await connection.execute(query)).mappings()]
