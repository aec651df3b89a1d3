"""All that a site keeps of one caller, in one file for him: what is known, and the sound as it can be played."""

import asyncio
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from followups.caller_data import answers_of
from foundation.erasure import Alias
from foundation.settings import load_secrets
from foundation.web.audit_log import Act, record
from pasokh.caller_rooms import CallerRooms, durable_records
from pasokh.keeping import Keeping
from pasokh.refusal import RefusedError
from recordings.keeping.erasures import fingerprint
from recordings.keeping.keeping import Thing
from recordings.sound import BrokenSoundError, SoundGoneError, SoundLockedError, read_sound
from recordings.store import find_recording
from recordings.transcripts.transcripts import read_transcript

ACTION = "caller.exported"
README = """What this line keeps of the number {number}.

data.json    what is known, by the place where it is kept; times ending in _ms are milliseconds since 1970 (UTC)
journal.txt  lines of the line's own records in which the number stands
sound/       recordings, and beside each what was understood of it in words
"""


@dataclass(frozen=True, slots=True)
class Exported:
    rows: int
    sounds: int
    left_out: Sequence[str]
    """Sound that could not be read, with the reason."""


async def export_caller(site: Keeping, number: str, target: Path, by: str) -> Exported:
    """Write everything to a new ZIP file that only its owner can read, and an entry into the audit log before that.

    Raises:
        RefusedError: nothing is kept of him, or the file cannot be written.
    """
    rooms = CallerRooms(site, Alias(number, number))
    calls = await rooms.calls()
    found: dict[str, Sequence[Mapping[str, Any]]] = dict(await rooms.find())
    async with site.main.read() as connection:
        if answers := await answers_of(connection, calls):
            found["answers to surveys"] = answers
    things = await rooms.things(calls)
    lines = await asyncio.to_thread(_journal_lines, site, rooms.alias)
    if not found and not things and not lines:
        raise RefusedError(f"nothing_kept: nothing is kept of {number}")
    key = load_secrets(site.home, site.settings).identity_key
    async with site.main.write() as connection:
        act = Act(by, ACTION, fingerprint(number, key), {"rows": sum(map(len, found.values())), "sounds": len(things)})
        await record(connection, act, site.now_ms())
    try:
        return await _write(site, number, target, found=found, lines=lines, things=things)
    except OSError as error:
        raise RefusedError(f"--to {target}: {error.strerror or error}") from error


async def _write(
    site: Keeping, number: str, target: Path, *, found: Mapping[str, Sequence[Mapping[str, Any]]], lines: str,
    things: Sequence[Thing],
) -> Exported:
    left_out = []
    half = target.with_name(f"{target.name}.half")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", README.format(number=number))
            archive.writestr("data.json", json.dumps(found, ensure_ascii=False, indent=1, default=str))
            archive.writestr("journal.txt", lines)
            for thing in things:
                left_out += await _add_sound(site, archive, thing)
        file.flush()
        os.fsync(file.fileno())
    half.replace(target)
    return Exported(sum(map(len, found.values())), len(things) - len(left_out), left_out)


async def _add_sound(site: Keeping, archive: zipfile.ZipFile, thing: Thing) -> list[str]:
    async with site.main.read() as connection:
        kept = await find_recording(connection, thing.id)
        words = await read_transcript(connection, thing.id)
    if kept is None:
        return [f"{thing.id}: deleted in this moment"]
    if words:
        said = "".join(f"{one.start_ms / 1000:.1f} {one.side.name.lower()}: {one.word}\n" for one in words)
        archive.writestr(f"sound/{thing.id}.txt", said)
    try:
        sound = await read_sound(site.home, site.settings, kept)
    except (SoundGoneError, SoundLockedError, BrokenSoundError) as error:
        return [f"{thing.id}: {error}"]
    archive.writestr(f"sound/{thing.id}.{sound.codec.value}", sound.content)
    return []


def _journal_lines(site: Keeping, alias: Alias) -> str:
    """The number is looked for as it would be replaced."""
    search = Alias(alias.number, "0" * len(alias.number) if alias.number.strip("0") else "1" * len(alias.number))
    return "".join(
        f"{old.decode('utf-8', 'replace')}\n"
        for one in durable_records(site.home, site.settings) for path in one.files()
        for old, _ in one.changed(path, search)
    )


__all__ = ["Exported", "export_caller"]
