"""An Asterisk of our own: the packages of a newer Debian, unpacked into one folder and run from there.

Debian 12 and 13 carry no Asterisk. apt fetches it with folders of its own, so an ordinary user can do it and the host's
packages stay as they are. Signatures are always checked, by the host's own keyring.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.asterisk.install import AsteriskMissingError, find_asterisk
from pasokh.setup import apt
from pasokh.setup.progress import Progress
from pasokh.setup.workbench import CommandError, HandNeededError, SetupError, Workbench

SUITE = "forky"
PACKAGES = ("asterisk", "asterisk-moh-opsound-wav")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DOWNLOAD_SHARE = 0.6


def cache_folder() -> Path:
    """Downloads are kept here, for other checkouts of the same user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pasokh" / "apt"


@dataclass(frozen=True)
class PrivateAsterisk:
    """The step that unpacks Asterisk where the host has none that is new enough."""

    root: Path
    cache: Path
    name: str = "a private Asterisk 22"

    def is_done(self) -> bool:
        try:
            find_asterisk()
        except AsteriskMissingError:
            return False
        return True

    def do(self, bench: Workbench, progress: Progress) -> None:
        with bench.lock(self.cache / "lock", str(self.cache)):
            packages = read_manifest(self.cache)
            if not packages:
                _download(bench, self.cache, progress)
                packages = read_manifest(self.cache)
            progress.show(DOWNLOAD_SHARE)
            self._unpack(bench, packages, progress)
        try:
            find_asterisk().version()
        except (AsteriskMissingError, OSError, ValueError) as error:
            shutil.rmtree(self.root, ignore_errors=True)
            raise SetupError(f"the unpacked Asterisk does not run: {error}") from error

    def _unpack(self, bench: Workbench, packages: Sequence[Path], progress: Progress) -> None:
        half = self.root.with_name(f"{self.root.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        for number, package in enumerate(packages):
            progress.show(DOWNLOAD_SHARE + (1 - DOWNLOAD_SHARE) * number / len(packages))
            bench.run(["dpkg-deb", "-x", str(package), str(half)])
        shutil.rmtree(self.root, ignore_errors=True)
        half.rename(self.root)


def read_manifest(cache: Path) -> list[Path]:
    """The packages of a complete download; empty when there is none, or when a file of it has changed."""
    try:
        lines = (cache / "manifest").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    packages = []
    for line in lines:
        digest, name = line.split("  ", 1)
        package = cache / "archives" / name
        if not package.exists() or _digest(package) != digest:
            return []
        packages.append(package)
    return packages


def write_manifest(cache: Path, names: Sequence[str]) -> None:
    """Note down that the download of these packages is complete."""
    lines = [f"{_digest(cache / 'archives' / name)}  {name}\n" for name in sorted(names)]
    half = cache / "manifest.half"
    half.write_text("".join(lines), encoding="utf-8")
    half.replace(cache / "manifest")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _download(bench: Workbench, cache: Path, progress: Progress) -> None:
    (cache / "manifest").unlink(missing_ok=True)
    command = ["apt-get", *_prepare(cache), "-q"]
    _update(bench, [*command, "update"])
    progress.show(0.1)
    wanted = ["install", "-y", *PACKAGES]
    nowhere = ["-o", f"Dir::Cache::archives={cache / 'empty'}"]
    listed = bench.run([*command, *nowhere, "--print-uris", *wanted]).splitlines()
    names = [line.split()[1] for line in listed if line.startswith("'")]
    reader = apt.percent_reader(lambda half: progress.show(0.1 + (DOWNLOAD_SHARE - 0.1) * half * 2))
    bench.run([*command, "-o", "APT::Status-Fd=1", "--download-only", *wanted], on_line=reader)
    write_manifest(cache, names)


def _prepare(cache: Path) -> list[str]:
    """Make apt's private folders, and return the options that point to them."""
    if not KEYRING.exists():
        raise HandNeededError(f"{KEYRING} is missing: install the package debian-archive-keyring first")
    for folder in ("state/lists/partial", "archives/partial", "empty/partial", "cache"):
        (cache / folder).mkdir(parents=True, exist_ok=True)
    (cache / "status").touch()
    sources = cache / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {apt.main_archive()} {SUITE} main\n", encoding="utf-8")
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State": cache / "state",
        "Dir::State::lists": cache / "state/lists",
        "Dir::State::status": cache / "status",
        "Dir::Cache": cache / "cache",
        "Dir::Cache::archives": cache / "archives",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "APT::Install-Suggests": "false",
        "APT::Get::AllowUnauthenticated": "false",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::Languages": "none",
        # A mirror may be a frozen copy, whose date of validity is past; its signature is checked all the same.
        "Acquire::Check-Valid-Until": "false",
    }
    return [part for key, value in options.items() for part in ("-o", f"{key}={value}")]


def _update(bench: Workbench, command: Sequence[str]) -> None:
    try:
        bench.run(command)
    except CommandError as error:
        if "NO_PUBKEY" in error.tail or "not signed" in error.tail:
            raise HandNeededError(
                f"the keyring of this machine ({KEYRING}) does not know who signs Debian {SUITE}: upgrade the package"
                f" debian-archive-keyring, then try again.\n{error.tail}",
            ) from error
        raise
