"""Empty tables for the tests' stores."""

from functools import cache
from typing import Any

from sqlalchemy import MetaData, create_mock_engine

from foundation.database import Database


async def make_tables(database: Database, *kinds: MetaData) -> None:
    """Make all tables of these kinds in a store that has none of them, at once: `create_all` asks for each first."""
    script = "".join(_script(database.engine.dialect.name, kind, len(kind.tables)) for kind in kinds)
    async with database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await (driver.executescript(script) if hasattr(driver, "executescript") else driver.execute(script))


@cache
def _script(dialect: str, kind: MetaData, _count: int) -> str:
    # The count: tables of a room that is loaded later come to the others.
    statements: list[str] = []

    def note(statement: Any, *_: Any) -> None:
        text = statement if isinstance(statement, str) else str(statement.compile(dialect=engine.dialect))
        statements.append(text.strip().rstrip(";") + ";\n")

    engine = create_mock_engine(f"{dialect}://", note)
    kind.create_all(engine, checkfirst=False)
    return "".join(statements)
