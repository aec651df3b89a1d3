"""Tables to which lines are added and nothing else: the database itself refuses to change or remove one.

Their primary key is `id`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import DDL, Table, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

REFUSE = """
CREATE OR REPLACE FUNCTION pasokh_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%: lines are added here, never changed or removed', TG_TABLE_NAME; END $$
"""


def append_only(table: Table) -> Table:
    """Have the triggers made whenever the table is; migrations run `statements` themselves."""
    ddl: Any = DDL  # its signature is not typed
    for dialect in ("sqlite", "postgresql"):
        for statement in statements(table.name, dialect):
            event.listen(table, "after_create", ddl(statement.replace("%", "%%")).execute_if(dialect=dialect))
    return table


def statements(table: str, dialect: str) -> Iterator[str]:
    """What makes a table append-only in `sqlite` or `postgresql`."""
    if dialect == "postgresql":
        yield REFUSE
        yield (f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
               " FOR EACH ROW EXECUTE FUNCTION pasokh_append_only()")
        yield (f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
               " FOR EACH STATEMENT EXECUTE FUNCTION pasokh_append_only()")
        return
    # REPLACE deletes without telling the triggers of DELETE.
    there = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608 - a table's name of ours
    for deed, when in (("UPDATE", ""), ("DELETE", ""), ("INSERT", f" WHEN {there}")):
        yield (f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table}{when} BEGIN"
               f" SELECT RAISE(ABORT, '{table}: lines are added here, never changed or removed'); END")


@asynccontextmanager
async def forgetting(connection: AsyncConnection, table: Table) -> AsyncIterator[None]:
    """Let lines be changed all the same, for a person who must be forgotten; the guards stand again when this ends.

    Nobody else gets in between: it is one transaction, and both databases roll it back as a whole.
    """
    name = table.name
    if connection.dialect.name == "postgresql":
        guard = f"{name}_append_only"
        await connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER {guard}"))
        yield
        await connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER {guard}"))
        return
    guard = f"{name}_no_update"
    (statement,) = (one for one in statements(name, "sqlite") if f"TRIGGER {guard} " in one)
    await connection.exec_driver_sql(f"DROP TRIGGER {guard}")
    yield
    await connection.exec_driver_sql(statement)
