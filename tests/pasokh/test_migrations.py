import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Database as DatabaseSettings
from foundation.settings import Queue, Settings
from pasokh.migrations import METADATA, is_current, migrate, missing_revisions, version_table
from recordings.transcripts.tables import SEARCH_TABLE


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "site")


@pytest.fixture
def settings(database_url: str) -> Settings:
    url = database_url if database_url.startswith("postgresql") else None
    return Settings(queues={"operator": Queue()}, database=DatabaseSettings(url=url))


def differences(connection: Connection, store: Store) -> list[Any]:
    ours = METADATA[store]
    options = {
        "version_table": version_table(store), "compare_type": True,
        "include_name": lambda name, kind, _parents: kind != "table" or name in ours.tables,
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), ours))


@pytest.mark.filterwarnings("ignore:autogenerate skipping .*expression-based index")  # of PostgreSQL alone
async def test_the_steps_lead_to_the_tables_of_the_models(home: Home, settings: Settings) -> None:
    assert len(await missing_revisions(home, settings)) == 2
    await migrate(home, settings)
    assert await is_current(home, settings)
    for store in Store:
        database = Database(store_url(home, settings, store))
        async with database.read() as connection:
            assert await connection.run_sync(differences, store) == []
        await database.close()


async def test_migrating_again_does_nothing(home: Home, settings: Settings) -> None:
    await migrate(home, settings)
    await migrate(home, settings)
    assert await is_current(home, settings)


async def test_two_that_migrate_at_once_do_not_collide(home: Home, settings: Settings) -> None:
    await asyncio.gather(*(migrate(home, settings) for _ in range(4)))
    assert await is_current(home, settings)


async def test_no_table_of_the_database_is_unknown_to_the_models(home: Home, settings: Settings) -> None:
    await migrate(home, settings)
    known = {name for metadata in METADATA.values() for name in metadata.tables}
    for store in Store:
        database = Database(store_url(home, settings, store))
        async with database.read() as connection:
            found = set(await connection.run_sync(lambda connection: inspect(connection).get_table_names()))
        await database.close()
        unknown = {name for name in found - known if not name.startswith(SEARCH_TABLE)}  # SQLite's full-text index
        assert unknown <= {version_table(store) for store in Store}
