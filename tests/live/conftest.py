"""Running lines for the live tests: one on SQLite, one on PostgreSQL, each as a user has it."""

import asyncio
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.conftest import Postgres
from tests.support.live_line import LiveLine
from tests.support.live_start import running_line
from tests.support.shared_folder import shared_folder

LOG_LINES = 40


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the ends of its line's logs."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for line in [value for value in item.funcargs.values() if isinstance(value, LiveLine)]:
            for log in [*sorted(line.home.logs.glob("*.log")), line.home.queue_log]:
                end = log.read_text(errors="replace").splitlines()[-LOG_LINES:] if log.exists() else ["(none)"]
                report.sections.append((log.name, "\n".join(end)))
    return report


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose prompts and music are made: the slow part of preparing a site, done once."""
    return shared_folder("model", tmp_path_factory, _prepare)


def _prepare(folder: Path) -> None:
    line = LiveLine.create(folder)
    try:
        line.command("prepare")
    finally:
        line.give_up_ports()


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
