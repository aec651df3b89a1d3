"""Writes a backup of a running site: a folder of sealed files, whole or not there at all.

- README.txt: how it is restored
- SHA256SUMS: of every file but erasures.json; `sha256sum --check SHA256SUMS` needs no key
- key.age: the backup's own key, sealed for whoever may restore it
- manifest.age: name, size and hash of every file in it, sealed
- files/: their contents, sealed
- erasures.json: callers who were forgotten since, by keyed hashes; they are forgotten anew when it is restored
"""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from pasokh import backup_parts
from pasokh.backup.erasures import remember_backup
from pasokh.backup.seal import BackupKey, Opener, sha256_of
from pasokh.backup.stores import dump_stores, uses_postgresql
from pasokh.refusal import RefusedError
from recordings.keeping.keeping import keeping_lock

FORMAT = 1
README = """A backup of the line {site}, made by Pasokh at {made_ms} (milliseconds since 1970, UTC).

Look whether it is whole:   sha256sum --check SHA256SUMS
Restore it:                 PASOKH_HOME=/an/empty/folder bin/pasokh restore THIS-FOLDER

key.age is opened by the passphrase or key that was given when it was made; without it nothing here can be read.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the home."""

    name: str
    """Its path within the home."""
    file: str
    """The sealed one's, within the backup."""
    bytes: int
    sha256: str
    mode: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Made:
    files: int
    bytes: int
    made_ms: int


async def make_backup(home: Home, settings: Settings, target: Path, opener: Opener, now_ms: Callable[[], int]) -> Made:
    """Write a backup to a folder that is not there yet.

    Raises:
        RefusedError: the folder is there, the opener cannot be used, a database cannot be copied, a key was changed.
        OSError: the disk is full or refuses.
    """
    if await asyncio.to_thread(is_taken, target):
        raise RefusedError(f"--to {target}: there is something already; name a folder that is not there yet")
    opener.check()
    key = BackupKey.new()
    async with keeping_lock(home):
        return await asyncio.to_thread(_write, _Writer(home, settings, key, target), opener, now_ms())


def is_taken(folder: Path) -> bool:
    """Whether there is anything of that name, but for an empty folder."""
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


class _Writer:
    """Seals file by file into a folder that takes its name at the end."""

    def __init__(self, home: Home, settings: Settings, key: BackupKey, target: Path) -> None:
        self.home, self.settings, self.key, self.target = home, settings, key, target
        self.folder = target.with_name(f"{target.name}.half")
        self.stage = home.run / "backup-stage"
        self.entries: list[Entry] = []
        for folder in (self.folder, self.stage):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, mode=0o700)
        (self.folder / "files").mkdir()

    def add(self, name: str, path: Path, *, lines: bool = False) -> None:
        """One file; one that has gone meanwhile is somewhere else by now. `lines`: without half a line at its end."""
        staged = self.stage / "one"
        try:
            status = path.stat()
            shutil.copyfile(path, staged)
        except FileNotFoundError:
            return
        if lines:
            _cut_half_line(staged)
        number = len(self.entries) + 1
        file = f"files/{number // 1000:04}/{number:07}.age"
        (self.folder / file).parent.mkdir(exist_ok=True)
        self.key.seal_file(staged, self.folder / file)
        self.entries.append(Entry(
            name, file, staged.stat().st_size, sha256_of(staged), status.st_mode & 0o777, status.st_mtime_ns))
        staged.unlink()

    def relative(self, path: Path) -> str:
        return str(path.relative_to(self.home.root))

    def write(self, name: str, content: bytes) -> None:
        with (self.folder / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _write(writer: _Writer, opener: Opener, now_ms: int) -> Made:
    home = writer.home
    keys = load_secrets(home, writer.settings).recording_keys
    try:
        for path in backup_parts.arriving(home):
            writer.add(writer.relative(path), path)
        for name, path in dump_stores(home, writer.settings, writer.stage):
            writer.add(name, path)
            path.unlink()
        for path in backup_parts.records(home):
            writer.add(writer.relative(path), path, lines=True)
        for path in backup_parts.rest(home):
            writer.add(writer.relative(path), path)
    finally:
        shutil.rmtree(writer.stage, ignore_errors=True)
    if load_secrets(home, writer.settings).recording_keys != keys:
        shutil.rmtree(writer.folder, ignore_errors=True)
        raise RefusedError("the keys of the recordings were changed meanwhile; begin again when that is done")
    return _finish(writer, opener, now_ms)


def _finish(writer: _Writer, opener: Opener, now_ms: int) -> Made:
    site = writer.settings.site.name
    manifest = writer.key.seal(json.dumps({
        "format": FORMAT, "site": site, "made_ms": now_ms, "postgresql": uses_postgresql(writer.settings),
        "entries": [asdict(entry) for entry in writer.entries],
    }).encode())
    writer.write("manifest.age", manifest)
    writer.write("README.txt", README.format(site=site, made_ms=now_ms).encode())
    writer.write("key.age", writer.key.sealed_for(opener, manifest))
    writer.write("SHA256SUMS", "".join(_sums(writer.folder)).encode())
    writer.write("erasures.json", b"[]\n")
    if writer.target.exists():
        writer.target.rmdir()
    writer.folder.replace(writer.target)
    remember_backup(writer.home, writer.target, now_ms)
    return Made(len(writer.entries), sum(entry.bytes for entry in writer.entries), now_ms)


def _sums(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"{sha256_of(path)}  {path.relative_to(folder)}\n"


def _cut_half_line(path: Path) -> None:
    """What a copy cut off is written whole in the live file, and would be continued in the wrong one."""
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - 65_536)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                file.truncate(start + found + 1)
                return
            end = start
        file.truncate(0)


__all__ = ["FORMAT", "Entry", "Made", "is_taken", "make_backup"]
