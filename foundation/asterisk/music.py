"""Music on hold in the telephone's own format, so that playing it costs no transcoding."""

import shutil
import subprocess
from pathlib import Path

from foundation.asterisk.install import Installation
from foundation.paths import Home


def convert_music(home: Home, asterisk: Installation) -> None:
    """Fill the class `default` once from the music that came with Asterisk; a site's own files are left alone.

    Raises:
        RuntimeError: sox refused a file; the text names it.
    """
    folder = home.music / "default"
    if folder.exists() and any(folder.iterdir()):
        return
    # All of it or none: an interrupted first start must not leave a class with half of its music for ever.
    half = folder.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    for source in _shipped_music(asterisk):
        _convert(source, half / f"{source.stem}.alaw")
    half.replace(folder)


def _shipped_music(asterisk: Installation) -> list[Path]:
    return sorted(asterisk.data.glob("moh/*.wav")) or sorted(Path("/usr/share/asterisk/moh").glob("*.wav"))


def _convert(source: Path, target: Path) -> None:
    command = ["sox", str(source), "-t", "raw", "-r", "8000", "-c", "1", "-e", "a-law", str(target)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if answer.returncode != 0:
        raise RuntimeError(f"{source}: sox could not convert this music: {answer.stderr.strip()}")
