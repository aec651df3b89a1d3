"""Callers are counted where they live: by the area codes of fixed lines, and by what they have told of themselves."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from callqueue.ledger.store import read_stints
from callqueue.metrics.entries import entries_of
from callqueue.queues.rules import rulebook
from callqueue.rollups.build import RollupMaker
from callqueue.rollups.kinds import PLACES
from callqueue.rollups.tables import ROLLUP
from followups.cases.tables import ADDRESS, CONTACT
from foundation.calendars import iso
from foundation.database import LEDGER, MAIN, Database
from foundation.paths import Home
from foundation.settings import Database as DatabaseSettings
from foundation.settings import Queue, Settings
from reports.catalog import find_report
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import Sheet
from reports.frame.tables import report_texts
from tests.support.evidence_site import Site as Records
from tests.support.random_journal import LENGTH, PEOPLE, RandomLine
from tests.support.stores import make_tables

BEGUN = 1_795_296_600
"""A midnight in Tehran."""
NOW = BEGUN + LENGTH + 2 * 86_400
PROVINCES = ("gilan", "qom", "yazd")


@dataclass
class Line:
    """Three days of a line, and people who tell where they live."""

    home: Home
    settings: Settings
    database: Database
    told: dict[str, str] = field(default_factory=dict)

    async def begin(self, random: Random) -> None:
        async with self.database.write() as connection:
            for table in (*reversed(LEDGER.sorted_tables), ADDRESS, CONTACT):
                await connection.execute(table.delete())
        with TemporaryDirectory() as folder:
            records, calls = Records(self.database, Path(folder)), RandomLine(random, BEGUN)
            records.now = float(NOW)
            calls.fill(40)
            for journal, cel in calls.texts(1):
                records.write(journal, cel)
                await records.read()
            records.close()

    async def tell(self, number: str, province: str, at_ms: int) -> None:
        """Whoever is met there later says it anew."""
        person = {"id": f"{number} {at_ms}", "language": "fa", "created_ms": 1, "changed_ms": at_ms}
        async with self.database.write() as connection:
            await connection.execute(insert(CONTACT).values(**person, province=province))
            await connection.execute(insert(ADDRESS).values(
                contact_id=person["id"], channel="call", address=number, added_ms=1))
        self.told[number] = province

    async def make(self, steps: int) -> None:
        maker = RollupMaker(
            self.database, rulebook(self.settings), self.settings.shared_numbers, Context(
                self.home, self.settings, report_texts("en"), NOW).zone)
        for _ in range(steps):
            if not await maker.step(NOW):
                return

    async def ask(self) -> Sheet:
        context, report = Context(self.home, self.settings, report_texts("en"), NOW), find_report("provinces")
        time = [("from", iso(BEGUN, context.zone)), ("to", iso(BEGUN + LENGTH, context.zone))]
        return await make_sheet(report, context, report.read(time, context))

    async def entries(self) -> Counter[str]:
        """By province, from the calls themselves."""
        async with self.database.read() as connection:
            stints = await read_stints(connection, None, BEGUN - LENGTH, NOW)
        return Counter(self.province_of(entry.caller or "") for entry in entries_of(stints)
                       if BEGUN <= entry.entered < BEGUN + LENGTH)

    def province_of(self, number: str) -> str:
        return "tehran" if number.startswith("021") else self.told.get(number, "unknown")


@pytest.fixture
async def line(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    monkeypatch.setattr("callqueue.rollups.build.ROLLUPS", {PLACES.kind: PLACES})  # no others are asked for
    home = Home(tmp_path / "home")
    home.make()
    site = Settings(
        queues={"operator": Queue(), "pensions": Queue()}, shared_numbers=["0915"],
        database=DatabaseSettings(url=database_url))
    database = Database(database_url)
    await make_tables(database, LEDGER, MAIN)
    yield Line(home, site, database)
    await database.close()


@given(seed=st.integers(0, 1 << 40))
@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_callers_tell_of_themselves_counts_for_calls_long_made_and_added_up(line: Line, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - chance, no secret
    line.told.clear()
    await line.begin(random)
    await line.make(random.choice([1, 50]))
    for at_ms in range(8):
        await line.tell(random.choice([number for number in PEOPLE if number]), random.choice(PROVINCES), at_ms + 1)
    added_up = await line.ask()
    cells = {row.cells["province"]: row.cells for row in added_up.rows}
    entries = await line.entries()
    assert {name: each["entries"] for name, each in cells.items() if name and each["entries"]} == entries
    assert cells[None]["entries"] == entries.total()
    assert added_up.balanced
    async with line.database.write() as connection:
        await connection.execute(ROLLUP.delete())
    assert await line.ask() == added_up
