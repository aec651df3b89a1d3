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
from tests.support.live_line import LiveLine


@contextmanager
def running_line(database: str | None = None) -> Iterator[LiveLine]:
    # Sockets of unix have short names, so the folder has one too.
    folder = Path(tempfile.mkdtemp(prefix="pasokh-live-", dir="/tmp"))
    line = LiveLine.create(folder / "site", database)
    try:
        line.start()
        yield line
    finally:
        line.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def line() -> Iterator[LiveLine]:
    with running_line() as made:
        yield made


@pytest.fixture(scope="session")
def postgres_line(postgres: Postgres) -> Iterator[LiveLine]:
    name = f"live_{uuid.uuid4().hex}"
    asyncio.run(postgres.execute(f"CREATE DATABASE {name}"))
    with running_line(postgres.url(name)) as made:
        yield made
