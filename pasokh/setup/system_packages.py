"""Programs that Debian packages: recognised by their files, installed by apt."""

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pasokh.setup import apt
from pasokh.setup.progress import Progress
from pasokh.setup.workbench import SetupError, Workbench

ENSUREPIP = "python:ensurepip"


@dataclass(frozen=True)
class SystemPackage:
    """A Debian package and the program, path pattern or Python module that shows it is there."""

    name: str
    proof: str
    service: str = ""
    """A unit that Debian enables; Pasokh runs its own."""

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
    SystemPackage("mosquitto", "mosquitto", service="mosquitto.service"),
)
TO_CALL = (SystemPackage("sip-tester", "sipp"),)
TO_TEST_DATABASES = (SystemPackage("postgresql", "/usr/lib/postgresql/*/bin/initdb"),)


@dataclass(frozen=True)
class SystemPackages:
    """The step that installs those which are missing."""

    packages: tuple[SystemPackage, ...]

    @property
    def name(self) -> str:
        return f"system packages: {', '.join(package.name for package in self._missing()) or 'all there'}"

    def is_done(self) -> bool:
        return not self._missing()

    def do(self, bench: Workbench, progress: Progress) -> None:
        missing = self._missing()
        apt.install(bench, [package.name for package in missing], progress.show)
        importlib.invalidate_caches()
        for package in missing:
            if package.service and shutil.which("systemctl"):
                self._keep_from_starting(bench, package.service)

    def _missing(self) -> list[SystemPackage]:
        return [package for package in self.packages if not package.is_present()]

    def _keep_from_starting(self, bench: Workbench, service: str) -> None:
        administrator = [] if os.geteuid() == 0 else ["sudo", "-n"]
        try:
            bench.run([*administrator, "systemctl", "disable", service])
        except SetupError as error:
            print(f"Debian's own {service} will start with this machine: {error}", file=bench.stream)
