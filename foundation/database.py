"""Two stores, one way in: the main store, and the ledger with a file of its own.

SQLite keeps each store in its own file (WAL), so importing a year of journals never locks a case being written. On
PostgreSQL both live in the site's one database.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from typing import Any

from sqlalchemy import MetaData, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from foundation.paths import Home
from foundation.settings import Settings

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

MAIN = MetaData(naming_convention=NAMING)
"""Tables of the main store; rooms add theirs."""
LEDGER = MetaData(naming_convention=NAMING)
"""Tables of the ledger's store: journal positions, stints and what belongs to them."""


class DatabaseAwayError(ConnectionError):
    """The server does not answer, or is not where the settings say; the text names the reason."""


class Store(StrEnum):
    MAIN = "main"
    LEDGER = "ledger"


def store_url(home: Home, settings: Settings, store: Store) -> str:
    """The SQLAlchemy address of a store."""
    return settings.database.url or f"sqlite+aiosqlite:///{home.database / store.value}.sqlite"


class Database:
    """One store's connections."""

    def __init__(self, url: str) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url, pool_pre_ping=True,
            hide_parameters=True,  # an error in a log must not repeat names, numbers and texts of callers
        )
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_immediate)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that holds SQLite's write lock from its first statement; keep it short."""
        async with self.read() as connection:
            await connection.execution_options(pasokh_write=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self.engine.connect())
            except OSError as error:
                # A name that is not known, a socket that is not there: drivers hand these on as they are.
                raise DatabaseAwayError(str(error)) from error
            yield connection

    async def close(self) -> None:
        await self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: BEGIN IMMEDIATE is ours to say.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    immediate = connection.get_execution_options().get("pasokh_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
