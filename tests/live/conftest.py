"""Running lines for the live tests: one on SQLite, one on PostgreSQL, each as a user has it."""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Postgres
from tests.support.live_line import LiveLine, PortsTakenError

ATTEMPTS = 5
"""To find ports that nobody takes between the look and the start."""


@contextmanager
def running_line(model: Path, database: str | None = None) -> Iterator[LiveLine]:
    # Sockets of unix have short names, so the folder has one too.
    folder = Path(tempfile.mkdtemp(prefix="pasokh-live-", dir="/tmp"))
    line = _start(folder / "site", model, database)
    try:
        yield line
    finally:
        line.stop()
        shutil.rmtree(folder)


def _start(home: Path, model: Path, database: str | None) -> LiveLine:
    for name in ("prompts", "recorded-prompts", "music"):
        shutil.copytree(model / name, home / name)
    for attempt in range(ATTEMPTS):
        line = LiveLine.create(home, database)
        try:
            line.start()
        except PortsTakenError:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return line
    raise AssertionError("unreachable")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose prompts and music are made: the slow part of preparing a site, done once."""
    folder = tmp_path_factory.mktemp("model")
    LiveLine.create(folder).command("prepare")
    return folder


@pytest.fixture(scope="session")
def line(model: Path) -> Iterator[LiveLine]:
    with running_line(model) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_line(model: Path, postgres: Postgres) -> Iterator[LiveLine]:
    name = f"live_{uuid.uuid4().hex}"
    asyncio.run(postgres.execute(f"CREATE DATABASE {name}"))
    with running_line(model, postgres.url(name)) as made:
        yield made
