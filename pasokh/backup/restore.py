"""Makes a site of a backup, in a home where there is nothing, and forgets anew who was forgotten since.

Everything is unpacked beside the home and takes its name at the end: a restore that was killed has made no home.
"""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from foundation.paths import Home
from foundation.settings import Settings, load_settings
from pasokh import backup_erasures
from pasokh.backup.making import FORMAT, Entry, is_taken
from pasokh.backup.seal import BackupKey, Opener, sha256_of
from pasokh.backup.stores import DUMP, check_empty, restore_postgresql, uses_postgresql
from pasokh.erasing import Eraser
from pasokh.keeping import keeping
from pasokh.migrations import migrate
from pasokh.refusal import RefusedError
from recordings.keeping.erasures import Erased


@dataclass(frozen=True, slots=True)
class Restored:
    files: int
    made_ms: int
    forgotten: int
    """Callers who were forgotten after the backup was made, and now here too."""


async def restore_backup(
    home: Home, folder: Path, opener: Opener, now_ms: Callable[[], int], erased: Sequence[Erased] = (),
) -> Restored:
    """Restore a backup.

    Args:
        home: must not be there, or be empty.
        folder: the backup.
        opener: what opens its key.
        now_ms: the clock.
        erased: callers who were forgotten since, beside those that the backup's own list names.

    Raises:
        RefusedError: something is there already, or the backup is not whole; nothing was restored.
    """
    if await asyncio.to_thread(is_taken, home.root):
        raise RefusedError(f"PASOKH_HOME = {str(home.root)!r}: there is something; a backup needs an empty place")
    await asyncio.to_thread(check_sums, folder)
    forget = [*backup_erasures.read_erasures(folder / backup_erasures.NAME), *erased]
    half = Home(home.root.with_name(f"{home.root.name}.restoring"))
    shutil.rmtree(half.root, ignore_errors=True)
    manifest = await asyncio.to_thread(_unpack, folder, opener, half)
    settings = load_settings(half)
    await asyncio.to_thread(_restore_database, half, settings, in_dump=bool(manifest["postgresql"]))
    await migrate(half, settings)
    made_ms = int(manifest["made_ms"])
    forgotten = await _forget(half, settings, [one for one in forget if one.begun_ms >= made_ms], now_ms)
    await asyncio.to_thread(_take_name, half, home)
    return Restored(len(manifest["entries"]), made_ms, forgotten)


def check_sums(folder: Path) -> None:
    """Look whether every file is there and unchanged; needs no key.

    Raises:
        RefusedError: it is no backup, or not whole; the text names the file.
    """
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"{folder}: no backup: SHA256SUMS cannot be read") from error
    for line in lines:
        digest, _, name = line.partition("  ")
        path = folder / _inside(name)
        if not path.is_file():
            raise RefusedError(f"{path}: is missing; the backup is not whole")
        if sha256_of(path) != digest:
            raise RefusedError(f"{path}: was changed or damaged; the backup is not whole")


def _unpack(folder: Path, opener: Opener, home: Home) -> dict[str, Any]:
    sealed = (folder / "manifest.age").read_bytes()
    key = BackupKey.opened((folder / "key.age").read_bytes(), opener, sealed)
    manifest: dict[str, Any] = json.loads(key.open(sealed))
    if manifest["format"] != FORMAT:
        raise RefusedError(f"{folder}: made by another version of Pasokh (format {manifest['format']}, not {FORMAT})")
    home.root.mkdir(parents=True, mode=0o700)
    for made in (home.asterisk_log, home.cel_log.parent, home.recordings_raw, home.recordings_store, home.database):
        made.mkdir(parents=True, exist_ok=True)
    for one in manifest["entries"]:
        _unpack_one(folder, key, home, Entry(**one))
    return manifest


def _unpack_one(folder: Path, key: BackupKey, home: Home, entry: Entry) -> None:
    path = home.root / _inside(entry.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    key.open_file(folder / _inside(entry.file), path)
    if path.stat().st_size != entry.bytes or sha256_of(path) != entry.sha256:
        raise RefusedError(f"{folder / entry.file}: is not what the manifest says; the backup is not whole")
    path.chmod(entry.mode)
    os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))  # raw sound and rotated journals are known by their age


def _take_name(half: Home, home: Home) -> None:
    shutil.rmtree(half.run, ignore_errors=True)
    if home.root.exists():
        home.root.rmdir()
    half.root.replace(home.root)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise RefusedError(f"{name}: leads out of the backup")
    return path


def _restore_database(home: Home, settings: Settings, *, in_dump: bool) -> None:
    if in_dump != uses_postgresql(settings):
        kinds = ("PostgreSQL", "SQLite") if in_dump else ("SQLite", "PostgreSQL")
        raise RefusedError(f"the backup is of {kinds[0]}, and the settings (or PASOKH_DATABASE__URL) say {kinds[1]}")
    if in_dump:
        check_empty(settings)
        restore_postgresql(settings, home.root / DUMP)
        (home.root / DUMP).unlink()


async def _forget(home: Home, settings: Settings, erased: Sequence[Erased], now_ms: Callable[[], int]) -> int:
    async with keeping(home, settings, now_ms) as site:
        eraser = Eraser.of(site)
        await eraser.resume()
        return await eraser.erase_again({one.fingerprint for one in erased})


__all__ = ["Restored", "check_sums", "restore_backup"]
