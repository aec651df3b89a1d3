"""A folder that the workers of one test run share: the first that needs it makes it, the others wait for it."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def shared_folder(name: str, factory: pytest.TempPathFactory, make: Callable[[Path], None]) -> Path:
    """`make` fills the folder; when that failed, the next one tries again."""
    common = factory.getbasetemp()
    if common.name.startswith("popen-"):  # a worker's own lies in the run's
        common = common.parent
    folder, done = common / name, common / f"{name}.done"
    with _locked(common / f"{name}.lock"):
        if not done.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            make(folder)
            done.touch()
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
