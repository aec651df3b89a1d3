"""Music on hold in the telephone's own format, so that playing it costs no transcoding."""

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
    folder.mkdir(parents=True, exist_ok=True)
    for source in _shipped_music(asterisk):
        _convert(source, folder / f"{source.stem}.alaw")


def _shipped_music(asterisk: Installation) -> list[Path]:
    return sorted(asterisk.data.glob("moh/*.wav")) or sorted(Path("/usr/share/asterisk/moh").glob("*.wav"))


def _convert(source: Path, target: Path) -> None:
    half = target.with_suffix(".half")
    command = ["sox", str(source), "-t", "raw", "-r", "8000", "-c", "1", "-e", "a-law", str(half)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if answer.returncode != 0:
        raise RuntimeError(f"{source}: sox could not convert this music: {answer.stderr.strip()}")
    half.replace(target)
