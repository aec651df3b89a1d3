"""Alembic runs this file for each command; connection and store come from `pasokh.migrations`."""

from alembic import context

from foundation.database import Store
from pasokh.migrations import METADATA, version_table


def run() -> None:
    attributes = context.config.attributes
    store: Store = attributes["store"]
    context.configure(
        connection=attributes["connection"], target_metadata=METADATA[store], version_table=version_table(store),
        render_as_batch=True, compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
