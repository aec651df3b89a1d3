"""Names of the files in the store: `ID.flac`, and where it is encrypted `ID.flac.KEY.age`.

Another codec or another key is another name, so a file is never written over: the new one is written beside it, entered
into the database, and only then the old one goes.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_NAME = re.compile(r"(?P<id>.+)\.(?P<codec>wav|flac|opus)(?:\.(?P<key>[0-9a-f]{8})\.age)?")
HALF = ".half"
"""Last part of the name of what is still being written, or was when something crashed."""


class Codec(StrEnum):
    """What the samples are packed in; also the end of the file's name."""

    WAV = "wav"
    """Unpacked."""
    FLAC = "flac"
    """Loses nothing; about half the size."""
    OPUS = "opus"
    """Loses what is hardly heard; about a tenth of the size."""

    @property
    def media_type(self) -> str:
        return "audio/ogg" if self is Codec.OPUS else f"audio/{self.value}"


@dataclass(frozen=True)
class KeptName:
    """What a file's name says."""

    recording_id: str
    codec: Codec
    key: str | None = None
    """Fingerprint of the site's key that opens it; None: it is not encrypted."""

    def __str__(self) -> str:
        sealed = f".{self.key}.age" if self.key else ""
        return f"{self.recording_id}.{self.codec.value}{sealed}"


def parse_name(name: str) -> KeptName | None:
    """What a file's name says; None: it is no kept sound's."""
    found = _NAME.fullmatch(name)
    return KeptName(found["id"], Codec(found["codec"]), found["key"]) if found else None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, also after the power failed.

    Raises:
        OSError: the disk is full, or refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + HALF)
    try:
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    settle(path.parent)


def settle(folder: Path) -> None:
    """Make what was added to a folder, or taken out of it, outlast a power failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_of(path: Path) -> Iterator[Path]:
    """Every whole file of the recording that is, or was, kept at `path`; that one first."""
    wanted = parse_name(path.name)
    if path.exists():
        yield path
    if wanted is None or not path.parent.is_dir():
        return
    for one in sorted(path.parent.iterdir()):
        found = parse_name(one.name)
        if one != path and found is not None and found.recording_id == wanted.recording_id:
            yield one
