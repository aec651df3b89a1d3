"""A number is replaced in the durable records: figures stay, a rebuilt ledger is equal, and a kill loses nothing."""

import gzip
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.caller_data import STEPS
from callqueue.cel.feed import CelSink
from callqueue.journal.erasure import JournalEraser, Record, UnreadableLogError
from callqueue.journal.feed import JournalSink
from callqueue.journal.importing import import_journal
from callqueue.ledger.tables import BAD_LINE, LINE, ORPHAN, SOURCE, STINT
from callqueue.records.follow import Follower
from callqueue.records.rotation import rotation
from foundation.database import LEDGER, Database, Store
from foundation.erasure import Alias
from foundation.paths import Home
from tests.support.evidence_site import AT, CEL, JOURNAL, Site
from tests.support.stores import make_tables

ALIAS = Alias("09122222222", "01070000042")
LATER = f"""\
{AT + 60}|s-40|operator|NONE|STINT|s-40|+989122222222|direct||1
{AT + 60}|s-40|operator|NONE|STINT|s-40|+989122222222|direct||1
{AT + 60}|s-40|operator|NONE|ENTERQUEUE||+989122222222|1
{AT + 61}|s-40|operator|NONE|ABANDON|1|1|1
{AT + 62}|NONE|operator|NONE|CALLBACK_REQUESTED|cb-1|9122222222|{AT}000|0|fa|web
{AT + 63}|spoilt 09122222222 line
{AT + 64}|s-9|operator|NONE|ABANDON|1|1|09122222222
"""
AFTER = f"""\
{AT + 90}|s-50|operator|NONE|STINT|s-50|09121111111|direct||1
{AT + 90}|s-50|operator|NONE|ENTERQUEUE||09121111111|1
"""


class KilledError(Exception):
    """As if the process had been killed here."""


class Mortal:
    """A database in whose n-th writing transaction the process is killed, just before its end or just after it."""

    def __init__(self, database: Database, deadly: int, *, committed: bool) -> None:
        self._database, self._left, self._committed = database, deadly, committed
        self.read, self.engine = database.read, database.engine

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        self._left -= 1
        async with self._database.write() as connection:
            yield connection
            if self._left == 0 and not self._committed:
                raise KilledError
        if self._left == 0:
            raise KilledError


class World:
    """Both records of a site that has been running for a while: rotated, copied, packed, and live."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.home = Home(folder)
        self.home.make()
        self.site = Site(database, self.home.asterisk_log)
        self.database, self.site.cel_path = database, self.home.cel_log
        self.site.restart()
        self.records = [
            Record("journal", self.home.queue_log, "site", JournalSink()),
            Record("cel", self.home.cel_log, "site", CelSink()),
        ]

    async def live_through(self) -> None:
        cel = CEL.replace('"{""bridge_id"":""b-1""}"', '"{""bridge_id"":""b-1"",""number"":""09122222222""}"')
        self.site.write(JOURNAL, cel)
        await self.site.read()
        for path in (self.home.queue_log, self.home.cel_log):
            path.rename(path.with_name(f"{path.name}.0"))
        shutil.copy(self.home.queue_log.with_name("queue_log.0"), self.home.queue_log.with_name("queue_log-20261122"))
        with gzip.open(self.home.queue_log.with_name("queue_log.older.gz"), "wt") as file:
            file.write(JOURNAL)
        self.site.write(LATER, '"1.0","X","c","c","","","","","",""\n')
        await self.site.read()

    async def erase(self, database: Any) -> None:
        async with database.write() as connection:
            for step in STEPS:
                if step.store is Store.LEDGER:
                    await step.erase(connection, ALIAS)
        for record in self.records:
            await JournalEraser(database, record, ALIAS, rotation(self.home, record.kind)).run()

    def files(self) -> str:
        found = [path for record in self.records for path in record.files()]
        return "".join(gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
                       for path in found)


@pytest.fixture
async def world(ledger_database: Database, tmp_path: Path) -> AsyncIterator[World]:
    found = World(ledger_database, tmp_path / "home")
    await found.live_through()
    yield found
    found.site.close()


async def stints(database: Database) -> list[tuple[Any, ...]]:
    """All that is known of stints, but for the number itself."""
    columns = [one for one in STINT.c if one.name != "caller"]
    async with database.read() as connection:
        rows = await connection.execute(select(*columns).order_by(STINT.c.channel_id, STINT.c.number))
        return [tuple(row) for row in rows]


async def callers(database: Database) -> dict[str, str | None]:
    async with database.read() as connection:
        return {row.channel_id: row.caller for row in await connection.execute(select(STINT))}


async def rebuilt(world: World, folder: Path) -> Database:
    database = Database(f"sqlite+aiosqlite:///{folder / 'rebuilt.sqlite'}")
    await make_tables(database, LEDGER)
    follower = Follower(database, world.home.queue_log, "site", "journal", JournalSink())
    while await follower.step():
        pass
    follower.close()
    return database


async def assert_forgotten(world: World, before: list[tuple[Any, ...]], folder: Path) -> None:
    """Nothing of the number is left, and nothing else is lost or there twice."""
    world.site.write(AFTER)
    await world.site.read()
    assert [row for row in await stints(world.database) if row[1] != "s-50"] == before
    known = await callers(world.database)
    assert known == {"s-28": "09121111111", "s-29": "01070000042", "s-40": "+981070000042", "s-50": "09121111111"}
    assert await world.site.gaps() == []
    assert "9122222222" not in world.files()
    again = await rebuilt(world, folder)
    assert await callers(again) == known
    await again.close()
    async with world.database.read() as connection:
        texts = [row.text for table in (BAD_LINE, ORPHAN) for row in await connection.execute(select(table))]
        states = set((await connection.execute(select(SOURCE.c.state))).scalars())
    assert len(texts) == 2
    assert not [text for text in texts if "9122222222" in text]
    assert states == {"live", "done"}
    for path in world.records[0].files():
        if path.suffix != ".gz":
            assert (await import_journal(world.database, path, journal="site")).new == 0


async def test_every_mention_is_replaced_and_every_figure_stays(world: World, tmp_path: Path) -> None:
    before = await stints(world.database)
    sizes = {path.name: path.stat().st_size for path in world.records[0].files() if path != world.home.queue_log}
    await world.erase(world.database)
    for path in world.records[0].files():
        assert path.suffix == ".gz" or path.stat().st_size == sizes.get(path.name, path.stat().st_size)
    await assert_forgotten(world, before, tmp_path)
    async with world.database.read() as connection:
        lines = (await connection.execute(select(LINE))).all()
    await world.erase(world.database)  # once more changes nothing
    async with world.database.read() as connection:
        assert (await connection.execute(select(LINE))).all() == lines


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("service_reads", [False, True])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_killed_at_any_transaction_nothing_is_lost_and_nothing_counted_twice(
    world: World, tmp_path: Path, committed: bool, service_reads: bool,
) -> None:
    before = await stints(world.database)
    for deadly in range(1, 100):
        mortal = Mortal(world.database, deadly, committed=committed)
        survived = False
        with suppress(KilledError):
            await world.erase(mortal)
            survived = True
        if service_reads:  # it goes on meanwhile, and may be restarted in between
            if deadly % 2:
                world.site.restart()
            await world.site.read()
        assert await stints(world.database) == before
        if survived:
            break
    else:
        pytest.fail("it never came to its end")
    await assert_forgotten(world, before, tmp_path)


async def test_a_short_number_is_replaced_only_where_a_number_stands(
    sqlite_ledger: Database, tmp_path: Path,
) -> None:
    home = Home(tmp_path / "home")
    home.make()
    home.queue_log.write_text(
        f"{AT}|s-1|operator|NONE|STINT|s-1|101|direct||1\n{AT}|s-1|operator|NONE|ENTERQUEUE||101|101\n"
        f"{AT + 101}|s-1|operator|NONE|ABANDON|1|1|101\n")
    record = Record("journal", home.queue_log, "site", JournalSink())
    await JournalEraser(sqlite_ledger, record, Alias("101", "077"), rotation(home, "journal")).run()
    assert home.queue_log.with_name("queue_log.0").read_text() == (
        f"{AT}|s-1|operator|NONE|STINT|s-1|077|direct||1\n{AT}|s-1|operator|NONE|ENTERQUEUE||077|101\n"
        f"{AT + 101}|s-1|operator|NONE|ABANDON|1|1|101\n")


async def test_a_file_that_cannot_be_looked_into_is_named(sqlite_ledger: Database, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    home.queue_log.with_name("queue_log.1.zst").write_bytes(b"?")
    record = Record("journal", home.queue_log, "site", JournalSink())
    with pytest.raises(UnreadableLogError, match=r"queue_log\.1\.zst: unpack it"):
        await JournalEraser(sqlite_ledger, record, ALIAS, rotation(home, "journal")).run()
