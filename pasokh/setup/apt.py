"""Debian's package manager: installing on the host, and what its own configuration tells."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from pasokh.setup.workbench import CommandError, HandNeededError, Workbench

PROGRAM_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where brokers and servers lie; an ordinary user's path may leave them out."""
LISTS = Path("/var/lib/apt/lists")
STARTERS = ("invoke-rc.d", "deb-systemd-invoke", "pg_createcluster")
"""Programs by which a package starts its services, or makes its database cluster, while it is being installed."""
UNWANTED = ("mosquitto.service", "postgresql.service")
"""What Debian would start with the machine from now on; Pasokh runs its own."""
DO_NOTHING = "#!/bin/sh\nexit 0\n"
ENABLE_BUT = """\
#!/bin/sh
/usr/bin/deb-systemd-helper "$@" || exit $?
for unit in {units}; do
    if [ "$1 $2" = "enable $unit" ]; then /usr/bin/deb-systemd-helper disable "$unit"; fi
done
exit 0
"""


def install(bench: Workbench, packages: Sequence[str], show: Callable[[float], None]) -> None:
    """Install packages without starting their services.

    Raises:
        HandNeededError: neither root nor sudo without a password.
        CommandError: apt failed, also after its lists were renewed.
    """
    administrator = _administrator(packages)
    begun_mark(bench.tools).touch()
    path = f"{_without_starters(bench.tools / 'no-services')}:{PROGRAM_FOLDERS}"
    base = [*administrator, "env", f"PATH={path}", "DEBIAN_FRONTEND=noninteractive"]
    apt = [*base, "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=600", "-o", f"DPkg::Path={path}"]
    command = [*apt, "-o", "APT::Status-Fd=1", "install", "--no-install-recommends", *packages]
    on_line = percent_reader(show)
    if not any(LISTS.glob("*_Packages*")):
        _update(bench, apt)
    try:
        bench.run(command, on_line=on_line)
    except CommandError:
        # The usual reasons: lists that name versions which are gone, or a dpkg that was killed in its work.
        _update(bench, apt)
        bench.run([*base, "dpkg", "--configure", "-a"])
        bench.run(command, on_line=on_line)
    begun_mark(bench.tools).unlink()


def begun_mark(tools: Path) -> Path:
    """A file that is there while packages are being installed, and after an installation that was interrupted."""
    return tools / "apt.half"


def _update(bench: Workbench, apt: Sequence[str]) -> None:
    # One dead source among several fails the whole update, though the packages may well be in the others.
    with suppress(CommandError):
        bench.run([*apt, "update"])


def percent_reader(show: Callable[[float], None]) -> Callable[[str], None]:
    """Reads apt's status lines: downloading is the first half, unpacking the second."""

    def on_line(line: str) -> None:
        found = re.match(r"(dl|pm)status:[^:]*:([0-9.]+):", line)
        if found:
            show(float(found[2]) / 200 + (0.5 if found[1] == "pm" else 0.0))

    return on_line


def install_line(packages: Sequence[str]) -> str:
    """What an administrator types."""
    return f"apt-get update && apt-get install --no-install-recommends {' '.join(packages)}"


def main_archive() -> str:
    """The address of Debian's main archive, as this host's apt is configured.

    Raises:
        HandNeededError: apt has no such source.
    """
    answer = subprocess.run(["apt-get", "update", "--print-uris"], capture_output=True, text=True, check=False).stdout
    # Suites such as bookworm-updates and bookworm-security are beside the main one, not it.
    found = re.search(r"^'(\S+?)/dists/[a-z]+/InRelease'", answer, re.MULTILINE)
    if found is None:
        raise HandNeededError(
            "apt on this machine names no Debian archive (/etc/apt/sources.list or sources.list.d), from which a"
            " private Asterisk could be fetched. Add one, or install an Asterisk 20 or newer yourself.",
        )
    return found[1]


def _administrator(packages: Sequence[str]) -> list[str]:
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0:
        return sudo
    raise HandNeededError(
        "packages of the system are missing, and only an administrator may install them. Let one run this line, then"
        f" try again:\n\n    sudo sh -c '{install_line(packages)}'\n",
    )


def _without_starters(folder: Path) -> Path:
    # In front of the path, empty programs stand for those that start services: nothing is started, and no setting
    # of the host is touched for it. They stay in our folder, since a dpkg may outlive a launcher that was killed.
    folder.mkdir(parents=True, exist_ok=True)
    programs = dict.fromkeys(STARTERS, DO_NOTHING) | {"deb-systemd-helper": ENABLE_BUT.format(units=" ".join(UNWANTED))}
    for name, text in programs.items():
        half = folder / f"{name}.half"
        half.write_text(text, encoding="utf-8")
        half.chmod(0o755)
        half.replace(folder / name)
    return folder
