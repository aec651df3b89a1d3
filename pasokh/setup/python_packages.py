"""The virtual environment, filled from a lock file: exact versions, checked by their hashes."""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pasokh.setup.progress import Progress
from pasokh.setup.workbench import SetupError, Workbench


@dataclass(frozen=True)
class PythonPackages:
    """The step that makes `venv` hold what `lock` names, and Pasokh itself as an editable package."""

    checkout: Path
    venv: Path
    lock: Path

    @property
    def name(self) -> str:
        return f"Python packages of {self.lock.name}"

    @property
    def python(self) -> Path:
        return self.venv / "bin/python"

    def is_done(self) -> bool:
        try:
            return self._whole.exists() and self._stamp.read_text(encoding="utf-8") == self._content() and self._runs()
        except FileNotFoundError:
            return False

    def do(self, bench: Workbench, progress: Progress) -> None:
        if not (self._whole.exists() and self._runs()):
            # pip was interrupted here, or the system's Python has changed: nothing in it can be trusted.
            shutil.rmtree(self.venv, ignore_errors=True)
        self._whole.unlink(missing_ok=True)
        if not self.python.exists():
            self._make(bench)
        progress.show(0.1)
        self._install(bench, progress.show)
        self.mark()

    def mark(self) -> None:
        """Write down that the environment holds what the lock names."""
        self._stamp.write_text(self._content(), encoding="utf-8")
        self._whole.touch()

    def _make(self, bench: Workbench) -> None:
        if sys.prefix != sys.base_prefix:
            raise SetupError("this Python is itself in a virtual environment: start Pasokh by `bin/pasokh`")
        bench.run([sys.executable, "-m", "venv", str(self.venv)])

    def _install(self, bench: Workbench, show: Callable[[float], None]) -> None:
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        text = self.lock.read_text(encoding="utf-8")
        with tempfile.NamedTemporaryFile("w", suffix=".lock", encoding="utf-8") as build:
            build.write(locked_entry(text, "setuptools"))
            build.flush()
            bench.run([*pip, "--require-hashes", "-r", build.name])
        show(0.15)
        locked = ["--require-hashes", "--no-build-isolation", "--use-pep517", "-r", str(self.lock)]
        bench.run([*pip, *locked], on_line=_collected(len(re.findall(r"^\S+==", text, re.MULTILINE)), show))
        bench.run([*pip, "--no-deps", "--no-build-isolation", "-e", str(self.checkout)])

    @property
    def _stamp(self) -> Path:
        return self.venv / f"{self.lock.name}.stamp"

    @property
    def _whole(self) -> Path:
        return self.venv / "whole.stamp"

    def _content(self) -> str:
        rooms = sorted(init.parent.name for init in self.checkout.glob("*/__init__.py"))
        project = tomllib.loads((self.checkout / "pyproject.toml").read_text(encoding="utf-8"))
        # Settings of checks and tests are in that file too, and change nothing here.
        about = json.dumps([project["project"], project.get("build-system"), rooms], sort_keys=True)
        digest = hashlib.sha256(self.lock.read_bytes() + about.encode()).hexdigest()
        return f"{digest} {self.checkout}\n"

    def _runs(self) -> bool:
        # After an upgrade of the system its `python3` is another version than the one these packages are for.
        program = Path(os.path.realpath(self.python))
        return program.exists() and any((self.venv / "lib" / name).is_dir() for name in _library_names(program))


def locked_entry(lock: str, package: str) -> str:
    """The lines of one package in a lock file, with its hashes.

    Raises:
        SetupError: the lock has no such package.
    """
    found = re.search(rf"^{re.escape(package)}==[^\\\n]*(?:\\\n[^\\\n]*)*", lock, re.MULTILINE)
    if found is None:
        raise SetupError(f"the lock file names no {package}")
    return found[0] + "\n"


def _library_names(program: Path) -> tuple[str, ...]:
    running = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return (program.name, running) if program == Path(os.path.realpath(sys.executable)) else (program.name,)


def _collected(total: int, show: Callable[[float], None]) -> Callable[[str], None]:
    seen = 0

    def on_line(line: str) -> None:
        nonlocal seen
        if line.startswith(("Collecting ", "Requirement already satisfied")):
            seen += 1
            show(0.15 + 0.65 * seen / total)

    return on_line
