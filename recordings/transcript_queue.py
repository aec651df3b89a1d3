"""Which recordings wait to be written down, and what becomes of them. A kill at any moment loses nothing here: what was
begun and not entered waits again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.store import Recording
from recordings.tables import recording
from recordings.transcript_tables import transcript
from recordings.transcripts import TranscriptState, Word, in_order, pack, spoken

MOST_TRIES = 3
"""So often may the recogniser end over one recording before it is left alone."""
TABLE = transcript.c


@dataclass(frozen=True, slots=True)
class Wish:
    """Which recordings are to be written down."""

    languages: Collection[str]
    """Those for which there is a model."""
    site_language: str
    """Of recordings whose language nobody knows."""
    kinds: Collection[str] = ("voice_message", "call")
    since_ms: int = 0


def _waits(wish: Wish) -> ColumnElement[bool]:
    columns = recording.c
    return and_(
        columns.started_ms >= wish.since_ms, columns.deleted_ms.is_(None), columns.kind.in_(sorted(wish.kinds)),
        func.coalesce(columns.language, wish.site_language).in_(sorted(wish.languages)),
        or_(TABLE.id.is_(None), TABLE.state == TranscriptState.BEGUN.value),
    )


def _waiting(wish: Wish) -> Select[tuple[object, ...]]:
    return select(recording).outerjoin(transcript, TABLE.recording_id == recording.c.id).where(_waits(wish))


async def next_recording(connection: AsyncConnection, wish: Wish, busy: Collection[str]) -> Recording | None:
    """The recording whose turn it is: voice messages first, then the newest; those in `busy` are being listened to."""
    columns = recording.c
    query = (
        _waiting(wish).where(columns.id.not_in(sorted(busy)))
        .order_by(columns.kind.desc(), columns.started_ms.desc(), columns.id).limit(1)
    )
    row = (await connection.execute(query)).mappings().first()
    return Recording(**row) if row else None


async def count_waiting(connection: AsyncConnection, wish: Wish) -> int:
    query = select(func.count()).select_from(_waiting(wish).subquery())
    return (await connection.execute(query)).scalar_one()


async def begin(connection: AsyncConnection, recording_id: str, language: str, model: str, now_ms: int) -> None:
    """Note that a recording is listened to; what is deleted from here on will not be entered."""
    row = {
        "recording_id": recording_id, "language": language, "model": model[:100], "state": TranscriptState.BEGUN.value,
        "tries": 0, "begun_ms": now_ms, "word_count": 0, "words": "[]", "spoken": "",
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    again = {name: row[name] for name in ("language", "model", "begun_ms")}
    await connection.execute(
        dialect.insert(transcript).values(row).on_conflict_do_update(
            index_elements=["recording_id"], set_=again, where=TABLE.state == TranscriptState.BEGUN.value),
    )


async def enter(connection: AsyncConnection, recording_id: str, words: Sequence[Word], now_ms: int) -> bool:
    """Enter what was said; False: it was entered before, or the recording has been deleted meanwhile."""
    said = in_order(words)
    return await _settle(
        connection, recording_id, state=TranscriptState.MADE.value, made_ms=now_ms, word_count=len(said),
        confidence=round(sum(one.confidence for one in said) / len(said)) if said else None,
        words=pack(said), spoken=spoken(said), reason=None,
    )


async def give_up(connection: AsyncConnection, recording_id: str, reason: str, now_ms: int) -> bool:
    """It cannot be written down; somebody may ask for it again."""
    return await _settle(
        connection, recording_id, state=TranscriptState.FAILED.value, made_ms=now_ms, reason=reason[:300])


async def note_crash(connection: AsyncConnection, recording_id: str, reason: str, now_ms: int) -> None:
    """The recogniser ended over this recording: it waits again, or is left alone after MOST_TRIES."""
    await connection.execute(
        update(transcript).where(TABLE.recording_id == recording_id).values(tries=TABLE.tries + 1))
    tries = (await connection.execute(select(TABLE.tries).where(TABLE.recording_id == recording_id))).scalar()
    if (tries or 0) >= MOST_TRIES:
        await give_up(connection, recording_id, f"the recogniser ended over it {tries} times: {reason}", now_ms)


async def _settle(connection: AsyncConnection, recording_id: str, **values: object) -> bool:
    done = await connection.execute(
        update(transcript).values(**values)
        .where(TABLE.recording_id == recording_id, TABLE.state == TranscriptState.BEGUN.value),
    )
    return done.rowcount > 0
