"""Rows of a year into a store, as fast as the database takes them."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import MetaData, Table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, DropIndex

from bench.year import AGENTS, JOURNAL, QUEUES, TABLES, Plan, Row, YearOfCalls
from bench.year_main import TABLES as MAIN_TABLES
from bench.year_main import MainRows
from callqueue.ledger.tables import AGENT_SEEN, SOURCE, STINT
from foundation.database import LEDGER, MAIN, Database

Write = Callable[[Table, Sequence[Row]], Awaitable[None]]
"""Rows without the column `id`, whose numbers the database gives."""
SORTING_KIB = 400_000
"""SQLite's cache while it takes rows and sorts indexes."""


async def fill(database: Database, plan: Plan, told: Callable[[int], None] = lambda _: None) -> int:
    """Write the plan's year into an empty ledger; how many stints it has. `told` is called with each finished day."""
    stints = 0
    async with filling(database, LEDGER, TABLES) as write:
        for number, day in enumerate(YearOfCalls(plan).days(), 1):
            for table in TABLES:
                await write(table, day.rows[table.name])
            stints += len(day.rows[STINT.name])
            told(number)
    seen = [{"journal": JOURNAL, "agent": f"a{agent}", "deed": deed, "queue": queue}
            for agent in range(AGENTS) for deed, queue in (
                ("login", ""), ("logout", ""), ("pause", ""), ("unpause", ""),
                ("added", QUEUES[agent % len(QUEUES)]))]
    async with database.write() as connection:
        await connection.execute(AGENT_SEEN.insert(), seen)
        await connection.execute(SOURCE.insert().values(
            journal=JOURNAL, kind="cel", path=JOURNAL, inode=0, head_length=0, head_hash="", position=0, tail_length=0,
            tail_hash="", line_number=0, state="done", last_at=plan.end, recent="{}", updated=plan.end))
    return stints


async def fill_main(database: Database, plan: Plan, told: Callable[[int], None] = lambda _: None) -> None:
    """The same year into an empty main store."""
    rows = MainRows(plan)
    async with filling(database, MAIN, MAIN_TABLES) as write:
        for number, day in enumerate(YearOfCalls(plan).days(), 1):
            found = rows.rows(day)
            for table in MAIN_TABLES:
                await write(table, found[table.name])
            told(number)


@asynccontextmanager
async def filling(database: Database, store: MetaData, tables: Sequence[Table]) -> AsyncIterator[Write]:
    """Make the store's tables, take rows of some of them, and make their indexes once all are there."""
    async with database.write() as connection:
        await connection.run_sync(store.create_all)
        await _each_index(connection, tables, DropIndex)
    open_writer = _sqlite_writer if database.engine.dialect.name == "sqlite" else _postgres_writer
    async with open_writer(database) as write:
        yield write
    async with database.write() as connection:
        if database.engine.dialect.name == "sqlite":
            await connection.exec_driver_sql(f"PRAGMA cache_size=-{SORTING_KIB}")
        await _each_index(connection, tables, CreateIndex)
    if database.engine.dialect.name == "postgresql":
        # As its autovacuum does by itself. SQLite's planner has no statistics on a site, and so none here.
        async with database.write() as connection:
            await connection.exec_driver_sql("ANALYZE")


async def _each_index(
    connection: AsyncConnection, tables: Sequence[Table], statement: type[CreateIndex | DropIndex],
) -> None:
    for table in tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            await connection.execute(statement(index))


def columns_of(tables: Sequence[Table]) -> Mapping[str, Sequence[str]]:
    """The names of each table's columns that a row has."""
    return {
        table.name: [column.name for column in table.columns if column is not table.autoincrement_column]
        for table in tables
    }


@asynccontextmanager
async def _sqlite_writer(database: Database) -> AsyncIterator[Write]:
    connection = sqlite3.connect(database.engine.url.database or "")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute(f"PRAGMA cache_size=-{SORTING_KIB}")

    async def write(table: Table, rows: Sequence[Row]) -> None:
        columns = columns_of([table])[table.name]
        names, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        connection.executemany(
            f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', rows)  # noqa: S608 - our own names
        connection.commit()

    try:
        yield write
    finally:
        connection.close()


@asynccontextmanager
async def _postgres_writer(database: Database) -> AsyncIterator[Write]:
    url = database.engine.url
    connection = await asyncpg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, database=url.database)

    async def write(table: Table, rows: Sequence[Row]) -> None:
        await connection.copy_records_to_table(table.name, records=rows, columns=columns_of([table])[table.name])

    try:
        yield write
    finally:
        await connection.close()
