"""Which recordings wait to be written down, and what becomes of them. A kill at any moment loses nothing here: what was
begun and not entered waits again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.store import Recording
from recordings.tables import recording
from recordings.transcripts.tables import transcript
from recordings.transcripts.transcripts import TranscriptState, Word, in_order, pack, spoken

MOST_TRIES = 3
"""So often may the recogniser end over one recording before it is left alone."""
TABLE = transcript.c


OPEN = (TranscriptState.ASKED.value, TranscriptState.BEGUN.value)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which recordings are to be written down, besides those that somebody asked for."""

    languages: Collection[str]
    """Those for which there is a model."""
    site_language: str
    """Of recordings whose language nobody knows."""
    kinds: Collection[str] = ("voice_message", "call")
    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a site is."""

    states: Mapping[TranscriptState, int]
    """Transcripts in each."""
    words: int
    waiting: int
    """Recordings that will be written down, those asked for included."""


async def next_recording(connection: AsyncConnection, wish: Wish, busy: Collection[str]) -> Recording | None:
    """The recording whose turn it is: those that were asked for or begun, then voice messages, then the newest.

    Those in `busy` are being listened to.
    """
    columns = recording.c
    for waits in (_open(wish), _untouched(wish)):
        query = (
            waits.where(columns.id.not_in(sorted(busy)))
            .order_by(columns.kind.desc(), columns.started_ms.desc(), columns.id).limit(1)
        )
        row = (await connection.execute(query)).mappings().first()
        if row is not None:
            return Recording(**row)
    return None


async def standing(connection: AsyncConnection, wish: Wish) -> Standing:
    """Figures of all transcripts, and what is still to be done."""
    query = select(TABLE.state, func.count(), func.sum(TABLE.word_count)).group_by(TABLE.state)
    rows = (await connection.execute(query)).all()
    waiting = 0
    for waits in (_open(wish), _untouched(wish)):
        waiting += (await connection.execute(select(func.count()).select_from(waits.subquery()))).scalar_one()
    return Standing({TranscriptState(row[0]): row[1] for row in rows}, sum(row[2] or 0 for row in rows), waiting)


def _open(wish: Wish) -> Select[Any]:
    """Asked for, or begun by a pool that was killed; that there are few of them the index of states knows."""
    return (
        select(recording).join(transcript, TABLE.recording_id == recording.c.id)
        .where(TABLE.state.in_(OPEN), *_audible(wish))
    )


def _untouched(wish: Wish) -> Select[Any]:
    columns = recording.c
    return (
        select(recording).outerjoin(transcript, TABLE.recording_id == columns.id)
        .where(
            TABLE.id.is_(None), columns.started_ms >= wish.since_ms, columns.kind.in_(sorted(wish.kinds)),
            *_audible(wish),
        )
    )


def _audible(wish: Wish) -> tuple[ColumnElement[bool], ...]:
    columns = recording.c
    language = func.coalesce(columns.language, wish.site_language)
    return columns.deleted_ms.is_(None), language.in_(sorted(wish.languages))


async def ask(connection: AsyncConnection, kept: Recording, language: str, *, again: bool = False) -> bool:
    """Have a recording written down; one that is, only `again`. False: nothing has changed."""
    done = (TranscriptState.MADE.value, *OPEN)
    where = None if again else TABLE.state.not_in(done)
    added = await _put(connection, _row(kept.id, language, "", TranscriptState.ASKED, 0), where)
    return added > 0


async def begin(connection: AsyncConnection, recording_id: str, language: str, model: str, now_ms: int) -> None:
    """Note that a recording is listened to; what is deleted from here on will not be entered."""
    row = _row(recording_id, language, model, TranscriptState.BEGUN, now_ms)
    await _put(connection, row, TABLE.state.in_(OPEN), kept=("tries",))


def _row(recording_id: str, language: str, model: str, state: TranscriptState, now_ms: int) -> dict[str, Any]:
    return {
        "recording_id": recording_id, "language": language, "model": model[:100], "state": state.value, "tries": 0,
        "begun_ms": now_ms, "made_ms": None, "word_count": 0, "confidence": None, "reason": None, "words": "[]",
        "spoken": "",
    }


async def _put(
    connection: AsyncConnection, row: Mapping[str, Any], where: ColumnElement[bool] | None, kept: Sequence[str] = (),
) -> int:
    """Add a row, or make one that is there like it where the condition holds, save for the columns to be kept."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    anew = {name: value for name, value in row.items() if name not in {"recording_id", *kept}}
    done = await connection.execute(
        dialect.insert(transcript).values(row)
        .on_conflict_do_update(index_elements=["recording_id"], set_=anew, where=where),
    )
    return done.rowcount


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
