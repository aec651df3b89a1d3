"""Music on hold as Asterisk plays it: every class in both compandings of the telephone network.

Nobody hears music in his own line's companding. While a caller is recorded, Asterisk (Debian's, whose translators know
of lost packets) remembers the number of the last packet of each companding that went to him, music's being 0, and drops
from the recording whatever is numbered lower, or more than 32768 higher: half of all telephones begin there, and such
an agent would be silent in the recording for minutes. Music in the other companding makes it forget.
"""

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from foundation.asterisk.install import Installation
from foundation.paths import Home

ENCODINGS: Final[Mapping[str, str]] = {"alaw": "a-law", "ulaw": "mu-law"}
"""Companding, which is also the file's suffix for Asterisk, to sox's name of it."""
COMPANDINGS: Final = tuple(ENCODINGS)
RAW: Final[Mapping[str, tuple[str, ...]]] = {
    **{f".{name}": ("-t", "raw", "-r", "8000", "-c", "1", "-e", encoding) for name, encoding in ENCODINGS.items()},
    ".sln": ("-t", "raw", "-r", "8000", "-c", "1", "-e", "signed", "-b", "16"),
    ".sln16": ("-t", "raw", "-r", "16000", "-c", "1", "-e", "signed", "-b", "16"),
}
"""Asterisk's own files say nothing of themselves."""
SECONDS = 120


def convert_music(home: Home, asterisk: Installation, classes: Iterable[str] = ("default",)) -> None:
    """Fill the class `default` once from the music that came with Asterisk, and make what is played of these classes
    whose folder is there; a site's own files are left alone.

    Raises:
        RuntimeError: sox refused a file; the text names it.
    """
    folder = home.music / "default"
    if not folder.exists() or not any(folder.iterdir()):
        _made_whole(folder, {folder / f"{one.stem}.alaw": one for one in _shipped_music(asterisk)})
    serve_music(home, {"default", *classes})


def serve_music(home: Home, classes: Iterable[str]) -> None:
    """Make what is played of these classes, where a file of theirs is new or has changed.

    Raises:
        RuntimeError: sox refused a file; the text names it.
    """
    for name in sorted(classes):
        sources = sorted(path for path in (home.music / name).glob("*") if path.is_file())
        for companding in COMPANDINGS:
            folder = home.served_music / name / companding
            wanted = {folder / f"{source.stem}.{companding}": source for source in sources}
            if not _is_up_to_date(folder, wanted):
                _made_whole(folder, wanted)


def _is_up_to_date(folder: Path, wanted: Mapping[Path, Path]) -> bool:
    present = set(folder.iterdir()) if folder.exists() else set()
    return present == set(wanted) and all(
        target.stat().st_mtime >= source.stat().st_mtime for target, source in wanted.items()
    )


def _made_whole(folder: Path, wanted: Mapping[Path, Path]) -> None:
    """All of it or none: what is interrupted must not leave a class with half of its music for ever."""
    half = folder.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    for target, source in wanted.items():
        _convert(source, half / target.name)
    shutil.rmtree(folder, ignore_errors=True)
    half.replace(folder)


def _shipped_music(asterisk: Installation) -> list[Path]:
    return sorted(asterisk.data.glob("moh/*.wav")) or sorted(Path("/usr/share/asterisk/moh").glob("*.wav"))


def _convert(source: Path, target: Path) -> None:
    if source.suffix == target.suffix:
        shutil.copyfile(source, target)
        return
    telephone = ("-t", "raw", "-r", "8000", "-c", "1", "-e", ENCODINGS[target.suffix[1:]])
    command = ["sox", *RAW.get(source.suffix, ()), str(source), *telephone, str(target)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    if answer.returncode != 0:
        raise RuntimeError(f"{source}: sox could not convert this music: {answer.stderr.strip()}")
