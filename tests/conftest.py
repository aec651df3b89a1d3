"""Fixtures for every room: a real PostgreSQL for the run, an empty database for each test that wants one.

Whole modules run side by side in several workers, each with a PostgreSQL and lines of its own.
"""

import asyncio
import gc
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import hypothesis
import pytest
import structlog

from foundation.database import LEDGER, Database
from pasokh.commands.test import FAILED_LIST
from tests.support.hung_test import fail_after
from tests.support.port_offsets import lease_offset
from tests.support.stores import make_tables

POSTGRES_HOME = Path("/usr/lib/postgresql")
POSTGRES_PORT = 5432
START_LIMIT = 60.0
TEARDOWN_LIMIT = 120.0
MAKES_WAY = 10
"""Niceness."""


def pytest_configure() -> None:
    """Logged errors without structlog's pictures of all local variables, each of which takes a second to draw. And
    hypothesis looks at what comes out, not at how long it took.
    """
    hypothesis.settings.register_profile(
        "pasokh", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.load_profile("pasokh")
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells `bin/pasokh test` which tests failed."""
    path = os.environ.get(FAILED_LIST)
    if path:
        stats = terminalreporter.stats
        failed = dict.fromkeys(report.nodeid for report in (*stats.get("failed", ()), *stats.get("error", ())))
        Path(path).write_text("".join(f"{one}\n" for one in failed), encoding="utf-8")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, modules that wait (for calls, a browser) are mixed with those that reckon: the processors always
    have work. The larger ones come first, and a third of those that reckon last, so that no worker is left alone.
    """
    if hasattr(config, "workerinput"):
        modules: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
        for item in items:
            modules[item.path].append(item)
        large_first = sorted(modules, key=lambda path: (-path.stat().st_size, path))
        waiting = [path for path in large_first if any(map(_waits, modules[path]))]
        reckoning = [path for path in large_first if path not in waiting]
        share = len(reckoning) * 2 // 3 // max(1, len(waiting))
        order = [each for number, path in enumerate(waiting or large_first[:1])
                 for each in (path, *reckoning[number * share:][:share])]
        items[:] = [item for path in dict.fromkeys([*order, *large_first]) for item in modules[path]]


def pytest_collection_finish() -> None:
    """What is loaded stays: nobody need look through all of it for garbage again and again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Side by side, what reckons makes way for what waits; only root may take the way back."""
    if hasattr(item.config, "workerinput") and os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0 if _waits(item) else MAKES_WAY)


def _waits(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("live", "browser"))


@pytest.hookimpl(optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool:
    """In the place of pytest-timeout's own, which says of an asynchronous test only that it waits."""
    item.cancel_timeout = fail_after(settings.timeout)  # type: ignore[attr-defined]  # pytest-timeout calls it
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """What was begun must also end in time; a failed test's own timer is off by now."""
    cancel = fail_after(TEARDOWN_LIMIT)
    try:
        return (yield)
    finally:
        cancel()


class Postgres:
    """A server of our own on a free port of the loopback, for one test run; made for speed, not for safety."""

    def __init__(self, folder: Path) -> None:
        programs = sorted(POSTGRES_HOME.glob("*/bin/postgres"))
        if not programs:
            pytest.skip(f"no PostgreSQL server under {POSTGRES_HOME}")
        self._bin = programs[-1].parent
        self._data = folder / "data"
        self._lease = lease_offset(random.SystemRandom(), _is_free)
        self.port = POSTGRES_PORT + self._lease.number
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "-D", str(self._data), "-U", "pasokh", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        self._server = subprocess.Popen(
            self._command(
                "postgres", "-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._folder),
                *(f"-c{option}" for option in ("fsync=off", "full_page_writes=off", "synchronous_commit=off",
                                               "shared_buffers=32MB", "max_connections=100")),
            ),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder,
        )
        if os.geteuid() == 0:
            os.setpriority(os.PRIO_PROCESS, self._server.pid, 0)  # it may serve calls later
        limit = time.monotonic() + START_LIMIT
        while True:
            try:
                asyncio.run(self.execute("SELECT 1"))
            except (OSError, asyncpg.PostgresError):
                if time.monotonic() > limit:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        if self._server is None:
            return
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")
        self._server.wait(START_LIMIT)
        self._server = None

    def give_up_port(self) -> None:
        """Let other tests have it, once the server is stopped."""
        self._lease.give_back()

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(host="127.0.0.1", port=self.port, user="pasokh", database="postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://pasokh@127.0.0.1:{self.port}/{database}"

    def _command(self, program: str, *arguments: str) -> list[str]:
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        return [*as_user, str(self._bin / program), *arguments]

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(self._command(program, *arguments), check=True, capture_output=True, cwd=self._folder)


def _is_free(offset: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", POSTGRES_PORT + offset))
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; tests may stop and start it, if they leave it running."""
    # Not pytest's own folders: every run of pytest closes them to other users, and the server is one.
    with tempfile.TemporaryDirectory(prefix="pasokh-postgres-") as folder:
        server = Postgres(Path(folder))
        try:
            server.create()
            server.start()
            yield server
        finally:
            server.stop()
            server.give_up_port()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"test_{uuid.uuid4().hex}"
    asyncio.run(server.execute(f"CREATE DATABASE {name}"))
    yield server.url(name)
    asyncio.run(server.execute(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def ledger_database(database_url: str) -> AsyncIterator[Database]:
    """A ledger with its tables, empty, on both databases in turn."""
    import callqueue.ledger.tables  # noqa: F401, PLC0415 - rooms without a ledger need not load it

    database = Database(database_url)
    await make_tables(database, LEDGER)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_ledger(tmp_path: Path) -> AsyncIterator[Database]:
    """A ledger with its tables on SQLite only, for tests of what no database can change."""
    import callqueue.ledger.tables  # noqa: F401, PLC0415

    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    await make_tables(database, LEDGER)
    yield database
    await database.close()
