"""The site's stores, opened for reading: one unchanging picture of each while a report is being made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings


class StoreError(Exception):
    """A store cannot be read; the text says which, why and what to do."""

    name = "store-away"


def store_exists(home: Home, settings: Settings, store: Store) -> bool:
    """Whether there is a store to read; that of a database server always is."""
    return settings.database.url is not None or (home.database / f"{store.value}.sqlite").exists()


@asynccontextmanager
async def open_store(home: Home, settings: Settings, store: Store) -> AsyncIterator[AsyncConnection]:
    """A connection that sees the store as it is now, whatever is written meanwhile.

    Raises:
        StoreError: there is no such store yet, or the database does not answer as it should.
    """
    if not store_exists(home, settings, store):
        raise StoreError(f"{home.database}: no {store.value} here yet; `bin/pasokh up` makes it, and "
                         "`bin/pasokh journal import FILE` fills it from the log of another Asterisk")
    database = Database(store_url(home, settings, store))
    try:
        async with database.read() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"the {store.value} cannot be read: {_first_line(error)}; `bin/pasokh doctor` says "
                         "how to mend it") from error
    finally:
        await database.close()


def _first_line(error: BaseException) -> str:
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
