"""What of the store can be put right without anybody's judgement."""

import asyncio
from pathlib import Path

import numpy as np

from foundation.database import Database
from foundation.paths import Home
from recordings.archive.archive import fingerprint_of, loudness
from recordings.archive.kept_file import parse_name
from recordings.archive.legs import parse_legs
from recordings.archive.repacking import remove
from recordings.archive.sealing import SiteKeys, SoundLockedError
from recordings.archive.verification import Fault, Finding
from recordings.sound import BrokenSoundError, decode, open_sound
from recordings.store import Recording, add_recording
from recordings.wav import RATE


async def mend(home: Home, database: Database, keys: SiteKeys, finding: Finding) -> bool:
    """Put it right: remove what is left over, enter a call's sound again that the database does not know.

    True: it is done.
    """
    path = Path(finding.subject)
    if finding.fault in {Fault.LEFT_OVER, Fault.HALF_WRITTEN}:
        await asyncio.to_thread(remove, path)
        return True
    if finding.fault is not Fault.ORPHAN:
        return False
    found = await asyncio.to_thread(_recognise, home.recordings_store, path, keys)
    if found is None:
        return False
    async with database.write() as connection:
        await add_recording(connection, found)
    return True


def _recognise(store: Path, path: Path, keys: SiteKeys) -> Recording | None:
    """The row of a call's sound, from its file alone; the ledger tells the rest of it later."""
    name = parse_name(path.name)
    legs = parse_legs(name.recording_id, path.parent) if name else None
    if name is None or legs is None:
        return None
    content = path.read_bytes()
    try:
        sound = open_sound(content, path.name, keys)
        sides = decode(sound)
    except (SoundLockedError, BrokenSoundError):
        return None
    both = np.stack([sides.caller, sides.agent], axis=1) if len(sides.agent) else sides.caller.reshape(-1, 1)
    length_ms = len(both) * 1000 // RATE
    return Recording(
        id=name.recording_id, kind="call", call_id=legs.call_id, channel_id=legs.channel_id, stint=legs.stint,
        started_ms=int(path.stat().st_mtime * 1000) - length_ms, duration_ms=length_ms,
        path=str(path.relative_to(store)), bytes=len(content), sha256=fingerprint_of(content),
        sound_sha256=fingerprint_of(sound.content), codec=name.codec.value, key=name.key, **loudness(both),
    )
