"""The list of callers who were forgotten after a backup was made: it lies beside the backup and is kept up to date."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from foundation.paths import Home
from pasokh.refusal import RefusedError
from recordings.keeping.erasures import Erased

NAME = "erasures.json"


@dataclass(frozen=True, slots=True)
class KnownBackup:
    """A backup of this site, where it was written."""

    folder: str
    made_ms: int


def remember_backup(home: Home, folder: Path, made_ms: int) -> None:
    known = [one for one in known_backups(home) if one.folder != str(folder)]
    _write(home.backups, [asdict(one) for one in (*known, KnownBackup(str(folder), made_ms))])


def known_backups(home: Home) -> Sequence[KnownBackup]:
    try:
        return [KnownBackup(**one) for one in json.loads(home.backups.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []


def publish_erasures(home: Home, erased: Sequence[Erased]) -> Sequence[str]:
    """Write into every backup whom to forget when it is restored; the folders that are not in reach."""
    away = []
    for backup in known_backups(home):
        folder = Path(backup.folder)
        try:
            if not (folder / "manifest.age").exists():
                away.append(backup.folder)
                continue
            # What another site of the same backup wrote there, one that was restored to try it, stays.
            there = read_erasures(folder / NAME)
            since = [one for one in erased if one.begun_ms >= backup.made_ms]
            write_erasures(folder / NAME, dict.fromkeys([*there, *since]))
        except (OSError, RefusedError):
            away.append(backup.folder)
    return away


def write_erasures(path: Path, erased: Iterable[Erased]) -> None:
    _write(path, [asdict(one) for one in erased])


def read_erasures(path: Path) -> Sequence[Erased]:
    """The list; a backup without one has nobody to forget.

    Raises:
        RefusedError: it is not as it was written.
    """
    try:
        return [Erased(str(one["fingerprint"]), int(one["begun_ms"])) for one in json.loads(path.read_bytes())]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as error:
        raise RefusedError(f"{path}: no list of forgotten callers; nothing is restored without it") from error


def _write(path: Path, content: object) -> None:
    half = path.with_name(f"{path.name}.half")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


__all__ = [
    "NAME", "KnownBackup", "known_backups", "publish_erasures", "read_erasures", "remember_backup", "write_erasures",
]
