"""Empty tables for the tests' stores."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, MetaData, create_mock_engine, inspect

from foundation.database import Database


async def make_tables(database: Database, *kinds: MetaData) -> None:
    """Make all tables of these kinds, at once where there are none of them: `create_all` asks for each first."""
    async with database.engine.connect() as connection:
        missing = await connection.run_sync(_missing, kinds)
        if not missing:
            return
        script = "".join(_script(database.engine.url.drivername, kind, len(kind.tables)) for kind in missing)
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await connection.rollback()  # it has only looked
        await (driver.executescript(script) if hasattr(driver, "executescript") else driver.execute(script))


def _missing(connection: Connection, kinds: tuple[MetaData, ...]) -> list[MetaData]:
    return [kind for kind in kinds if kind.tables and not inspect(connection).has_table(next(iter(kind.tables)))]


@cache
def _script(driver: str, kind: MetaData, _count: int) -> str:
    # The count: tables of a room that is loaded later come to the others.
    statements: list[str] = []

    def note(statement: Any, *_: Any) -> None:
        text = statement if isinstance(statement, str) else str(statement.compile(dialect=engine.dialect))
        statements.append(text.strip().rstrip(";") + ";\n")

    engine = create_mock_engine(f"{driver}://", note)
    kind.create_all(engine, checkfirst=False)
    return "".join(statements)
