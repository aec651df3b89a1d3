"""Programs that Debian packages: recognised by their files, installed by apt."""

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pasokh.setup import apt
from pasokh.setup.progress import Progress
from pasokh.setup.workbench import Workbench

ENSUREPIP = "python:ensurepip"


@dataclass(frozen=True)
class SystemPackage:
    """A Debian package and the program, path pattern or Python module that shows it is there."""

    name: str
    proof: str

    def is_present(self) -> bool:
        if self.proof == ENSUREPIP:
            return importlib.util.find_spec("ensurepip") is not None
        if self.proof.startswith("/"):
            return any(Path("/").glob(self.proof.lstrip("/")))
        path = f"{os.environ.get('PATH', '')}:{apt.SYSTEM_FOLDERS}"
        return shutil.which(self.proof, path=path) is not None


VENV = SystemPackage("python3-venv", ENSUREPIP)
TO_RUN = (
    SystemPackage("espeak-ng", "espeak-ng"),
    SystemPackage("sox", "sox"),
    SystemPackage("mosquitto", "mosquitto"),
    SystemPackage("libpangoft2-1.0-0", "/usr/lib/*/libpangoft2-1.0.so.0"),
)
TO_CALL = (SystemPackage("sip-tester", "sipp"),)
TO_TEST_PAGES = (SystemPackage("chromium", "chromium"),)
TO_TEST_DATABASES = (SystemPackage("postgresql", "/usr/lib/postgresql/*/bin/initdb"),)


@dataclass(frozen=True)
class SystemPackages:
    """The step that installs those which are missing."""

    packages: tuple[SystemPackage, ...]
    tools: Path

    @property
    def name(self) -> str:
        return f"system packages: {', '.join(self._wanted())}"

    def is_done(self) -> bool:
        return not self._wanted()

    def do(self, bench: Workbench, progress: Progress) -> None:
        apt.install(bench, self._wanted(), progress.show)
        importlib.invalidate_caches()

    def _wanted(self) -> list[str]:
        # After an interruption a program may be there without all that it needs: apt must look at all of them again.
        again = apt.begun_mark(self.tools).exists()
        return [package.name for package in self.packages if again or not package.is_present()]
