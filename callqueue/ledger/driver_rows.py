"""Rows straight to the database's driver: they are most of what a journal's lines become, and SQLAlchemy's own way
costs more than the databases do.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

Rows = Sequence[tuple[Any, ...]]

MANY = 400
"""From so many rows on it is worth while to say them otherwise than one by one."""
VALUES = 8000
"""In one statement of SQLite, which takes 32,766 at most."""


async def insert_rows(
    connection: AsyncConnection, table: Table, names: Sequence[str], rows: Rows, *, new_only: bool = False,
) -> None:
    """Insert tuples of these columns; `new_only` leaves rows with a known key as they are.

    Raises:
        SQLAlchemyError: as if SQLAlchemy had inserted them.
    """
    said = ", ".join(f'"{name}"' for name in names)
    statement = f'INSERT INTO "{table.name}" ({said}) VALUES '  # noqa: S608 - our own names
    places = f"({', '.join(_places(connection, len(names)))})"
    if len(rows) >= MANY and not new_only:
        if connection.dialect.name == "sqlite":
            rows = await _insert_blocks(connection, statement, places, rows)
        else:
            await _copy(connection, table, names, rows)
            return
    if rows:
        otherwise = " ON CONFLICT DO NOTHING" if new_only else ""
        await connection.exec_driver_sql(f"{statement}{places}{otherwise}", list(rows))


async def _insert_blocks(connection: AsyncConnection, statement: str, places: str, rows: Rows) -> Rows:
    """Rows that are left. Each block is one step of SQLite, in which other threads of ours go on."""
    count = VALUES // len(rows[0])
    whole = len(rows) - len(rows) % count
    for first in range(0, whole, count):
        values = tuple(chain.from_iterable(rows[first:first + count]))
        await connection.exec_driver_sql(statement + ", ".join([places] * count), values)
    return rows[whole:]


async def _copy(connection: AsyncConnection, table: Table, names: Sequence[str], rows: Rows) -> None:
    from asyncpg import InterfaceError, PostgresError  # noqa: PLC0415 - slow to load, and SQLite needs none of it

    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        await driver.copy_records_to_table(table.name, records=rows, columns=names)
    except (PostgresError, InterfaceError) as error:
        raise DBAPIError(f"COPY {table.name}", None, error) from error


async def update_rows(
    connection: AsyncConnection, table: Table, names: Sequence[str], keys: Sequence[str], rows: Rows,
) -> None:
    """Set these columns where the keys are equal; a row has the values, then the keys."""
    if not rows:
        return
    places = _places(connection, len(names) + len(keys))
    said = [f'"{name}" = {place}' for name, place in zip((*names, *keys), places, strict=True)]
    values, where = ", ".join(said[:len(names)]), " AND ".join(said[len(names):])
    await connection.exec_driver_sql(
        f'UPDATE "{table.name}" SET {values} WHERE {where}', list(rows))  # noqa: S608 - our own names


def _places(connection: AsyncConnection, count: int) -> list[str]:
    if connection.dialect.name == "sqlite":
        return ["?"] * count
    return [f"${place}" for place in range(1, count + 1)]
