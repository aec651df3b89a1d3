"""The site's key for sound is replaced: every file is encrypted anew, and whatever interrupts it, it can go on."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select

from foundation.database import Database
from recordings.archive.repacking import Repacker, SoundAlteredError
from recordings.sound import BrokenSoundError, SoundGoneError, SoundLockedError
from recordings.tables import recording

BATCH = 100


@dataclass(frozen=True)
class Failed:
    """A recording that keeps its file and key."""

    recording_id: str
    why: str


async def count_others(database: Database, newest: str) -> int:
    """How many archived recordings are not encrypted with that key (a fingerprint)."""
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).where(_other(newest)))).scalar_one()


async def keys_in_use(database: Database) -> set[str]:
    """Fingerprints of the keys that open what is kept."""
    table = recording.c
    query = select(table.key).distinct().where(table.key.is_not(None), table.deleted_ms.is_(None))
    async with database.read() as connection:
        return {str(key) for key in (await connection.execute(query)).scalars()}


async def seal_anew(database: Database, repacker: Repacker, newest: str) -> AsyncIterator[Failed | None]:
    """Encrypt every archived recording with that key that is not yet; yields once for each: None, or why not."""
    last = ""
    while True:
        query = select(recording.c.id).where(_other(newest), recording.c.id > last).order_by(recording.c.id)
        async with database.read() as connection:
            found = (await connection.execute(query.limit(BATCH))).scalars().all()
        if not found:
            return
        for last in found:
            try:
                await repacker.repack(last, None, sealed=True)
            except (SoundGoneError, SoundLockedError, SoundAlteredError, BrokenSoundError) as error:
                yield Failed(last, str(error))
            else:
                yield None


def _other(newest: str) -> ColumnElement[bool]:
    table = recording.c
    not_yet = or_(table.key.is_(None), table.key != newest)
    return and_(table.archived_ms.is_not(None), table.deleted_ms.is_(None), not_yet)
