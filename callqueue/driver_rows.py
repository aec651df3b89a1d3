"""Rows straight to the database's driver: they are most of what a journal's lines become, and SQLAlchemy's own way
costs more than the databases do.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_rows(
    connection: AsyncConnection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]], *,
    new_only: bool = False,
) -> None:
    """Insert tuples of these columns; `new_only` leaves rows with a known key as they are."""
    if not rows:
        return
    said = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(_places(connection, len(names)))
    otherwise = " ON CONFLICT DO NOTHING" if new_only else ""
    await connection.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({said}) VALUES ({values}){otherwise}', list(rows))  # noqa: S608 - our own names


async def update_rows(
    connection: AsyncConnection, table: Table, names: Sequence[str], keys: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
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
