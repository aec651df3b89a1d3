"""Brings both stores to the tables that this version of Pasokh expects, on SQLite and on PostgreSQL.

Each store has its own steps and its own version table, so both can live in one PostgreSQL database. A step is a file
in `main/` or `ledger/`; a room that adds a table names its module below and adds a step.
"""

import asyncio
import fcntl
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import agent_softphone.desk.tables
import agent_softphone.supervisor_tables  # noqa: F401
import callqueue.agents.tables
import callqueue.cel.conversation_tables
import callqueue.ledger.promise_tables
import callqueue.ledger.tables
import callqueue.outbound.tables
import callqueue.rollups.tables
import callqueue.work_plan.tables  # noqa: F401 - the rooms' tables join MAIN and LEDGER
import followups.cases.tables
import followups.deadlines.notice_tables
import followups.faults.corrective_tables
import followups.surveys.tables
import followups.telling.tables  # noqa: F401
import foundation.gateway_tables
import foundation.request_days
import foundation.web.tables  # noqa: F401
import ivr.identity_tables
import ivr.tables  # noqa: F401
import quality.tables  # noqa: F401
import recordings.keeping.tables
import recordings.listening.tables
import recordings.tables
import recordings.transcripts.tables  # noqa: F401
import reports.post.tables  # noqa: F401
from foundation.database import LEDGER, MAIN, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings

METADATA = {Store.MAIN: MAIN, Store.LEDGER: LEDGER}
LOCK = 5_021_420
"""Key of PostgreSQL's advisory lock under which one migration at a time runs."""

FOLDER = Path(__file__).parent


def version_table(store: Store) -> str:
    return f"alembic_version_{store.value}"


async def migrate(home: Home, settings: Settings) -> None:
    """Take every missing step in one transaction for each store; nothing to do is quick. Others wait their turn."""
    with closing(await asyncio.to_thread(_locked, home)):
        for store in Store:
            database = Database(store_url(home, settings, store))
            try:
                async with database.write() as connection:
                    if connection.dialect.name == "postgresql":
                        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                    await connection.run_sync(_upgrade, store)
            finally:
                await database.close()


async def missing_revisions(home: Home, settings: Settings) -> list[str]:
    """Each store whose tables are not those of this version, as `store: found, wanted`; empty when all is well."""
    missing = []
    for store in Store:
        wanted = ScriptDirectory.from_config(_config(store)).get_current_head()
        found = None
        if settings.database.url or (home.database / f"{store.value}.sqlite").exists():
            database = Database(store_url(home, settings, store))
            try:
                async with database.read() as connection:
                    found = await connection.run_sync(_revision, store)
            finally:
                await database.close()
        if found != wanted:
            missing.append(f"{store.value}: {found or 'empty'}, wanted {wanted}")
    return missing


async def is_current(home: Home, settings: Settings) -> bool:
    return not await missing_revisions(home, settings)


def _locked(home: Home) -> "_Lock":
    for folder in (home.run, home.database):
        folder.mkdir(parents=True, exist_ok=True)
    return _Lock(home.run / "migrate.lock")


class _Lock:
    """Held until closed; waits for another process of this machine."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def close(self) -> None:
        self._file.close()


def _config(store: Store) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(FOLDER / store.value).replace("%", "%%"))
    config.attributes["store"] = store
    return config


def _upgrade(connection: Connection, store: Store) -> None:
    config = _config(store)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection, store: Store) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": version_table(store)})
    return context.get_current_revision()


__all__ = ["is_current", "migrate", "missing_revisions"]
