"""Which Asterisk runs: the host's own (20 or newer), or the one that the launcher unpacked."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from foundation.paths import tools_folder

OLDEST = 20


class AsteriskMissingError(Exception):
    """No usable Asterisk on this machine."""


@dataclass(frozen=True)
class Installation:
    """An Asterisk that can be started."""

    command: tuple[str, ...]
    """What to put before Asterisk's own options."""
    modules: Path
    data: Path
    """Asterisk's own data: documentation, music."""

    def version(self) -> str:
        """Its own word, like `22.10.1`."""
        answer = subprocess.run([*self.command, "-V"], capture_output=True, text=True, check=True, timeout=20)
        return answer.stdout.strip().removeprefix("Asterisk ").split("~")[0]


def find_asterisk() -> Installation:
    """The host's Asterisk where it is new enough, else the private one.

    Raises:
        AsteriskMissingError: neither is there.
    """
    own = _host_installation()
    if own is not None:
        return own
    root = tools_folder() / "asterisk"
    binary = root / "usr/sbin/asterisk"
    loaders = sorted(root.glob("usr/lib*/ld-linux*.so.*"))
    if not binary.exists() or not loaders:
        raise AsteriskMissingError(f"no Asterisk {OLDEST} or newer here, and none under {root}: run `bin/pasokh up`")
    libraries = next(iter(sorted(root.glob("usr/lib/*/asterisk/modules")))).parent.parent
    # The packages of a newer Debian run beside the host's own libraries by their own loader.
    return Installation(
        command=(str(loaders[0]), "--library-path", str(libraries), str(binary)),
        modules=libraries / "asterisk/modules",
        data=root / "usr/share/asterisk",
    )


def _host_installation() -> Installation | None:
    binary = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        return None
    try:
        answer = subprocess.run([binary, "-V"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"Asterisk (?:certified/)?(\d+)", answer)
    prefix = Path(binary).resolve().parent.parent
    folders = [*prefix.glob("lib/*/asterisk/modules"), *prefix.glob("lib*/asterisk/modules")]
    if found is None or int(found[1]) < OLDEST or not folders:
        return None
    data = [folder for folder in (prefix / "share/asterisk", Path("/var/lib/asterisk")) if folder.exists()]
    return Installation(command=(binary,), modules=folders[0], data=data[0] if data else prefix)
