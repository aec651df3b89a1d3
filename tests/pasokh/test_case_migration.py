"""A migrated database guards the history of cases as one made for a test does."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from followups.cases.office import case_office
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.migrations import migrate
from tests.support.case_site import SARA, WISH


@pytest.mark.parametrize("statement", [
    "UPDATE followup_event SET who = 'nobody'", "DELETE FROM followup_event",
    "INSERT OR REPLACE INTO followup_event SELECT * FROM followup_event", "TRUNCATE followup_event",
])
async def test_the_history_only_grows(tmp_path: Path, database_url: str, statement: str) -> None:
    on_postgres = database_url.startswith("postgresql")
    if ("REPLACE" in statement and on_postgres) or ("TRUNCATE" in statement and not on_postgres):
        pytest.skip("not a word of this database")
    home = Home(tmp_path / "home")
    home.make()
    settings = Settings.model_validate({
        "queues": {"operator": {}}, "database": {"url": database_url if on_postgres else None},
    })
    await migrate(home, settings)
    database = Database(store_url(home, settings, Store.MAIN))
    await case_office(home, settings, database).opening.open(WISH, SARA)
    with pytest.raises(DBAPIError, match="never changed or removed"):
        async with database.write() as connection:
            await connection.execute(text(statement))
    await database.close()
