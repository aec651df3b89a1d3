"""Files that belong to cases: kept once by their content, taken only when that is of a kind that does no harm."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from followups.cases.refusals import FileGoneError, FileKindRefusedError, FileTooLargeError
from foundation.paths import Home

LARGEST = 10 * 1024 * 1024
MOST_OF_A_CASE = 20
_PLAIN_CONTROLS = frozenset("\t\n\r")


@dataclass(frozen=True, slots=True)
class Kept:
    sha256: str
    bytes: int
    media_type: str


class CaseFiles:
    """The folder of one site."""

    def __init__(self, home: Home, largest: int = LARGEST) -> None:
        self._folder = home.case_files
        self._largest = largest

    def keep(self, content: bytes) -> Kept:
        """Write a file, unless the same is there already; it is on the disk when this returns.

        Raises:
            FileTooLargeError, FileKindRefusedError: it is not taken.
            OSError: the disk is full or away.
        """
        if len(content) > self._largest:
            raise FileTooLargeError(largest=f"{self._largest // (1024 * 1024)} MB")
        media_type = media_type_of(content)
        if media_type is None:
            raise FileKindRefusedError(kinds="PDF, JPEG, PNG, TIFF, WebP, WAV, MP3, Ogg, text")
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if not path.exists():
            _write(path, content)
        return Kept(digest, len(content), media_type)

    def read(self, sha256: str) -> bytes:
        """What was kept.

        Raises:
            FileGoneError: it is not there any more, or was changed.
        """
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise FileGoneError(file=sha256[:12]) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise FileGoneError(file=sha256[:12])
        return content

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def media_type_of(content: bytes) -> str | None:
    """By what it begins with, not by its name; None: no kind that we take."""
    for start, kind in (
        (b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"), (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"), (b"\xff\xf3", "audio/mpeg"),
    ):
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(content[8:12])
    return "text/plain" if content and _is_plain(content) else None


def _is_plain(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # A page or script would be run by whoever opens it under another name.
    if text.lstrip("\ufeff \t\r\n").startswith(("<", "#!", "{\\rtf")):
        return False
    return all(letter.isprintable() or letter in _PLAIN_CONTROLS or ord(letter) >= 0x2000 for letter in text)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}.half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
