"""The follower with real files: rotated, copied, truncated, deleted, and with crashes between reading and storing.

What only files can change is tried on SQLite alone.
"""

import asyncio
import os
import random
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

import callqueue.ledger.tables
from callqueue.records.bookmarks import Bookmark, MovedError
from callqueue.records.follow import Follower
from callqueue.records.lines import Line
from foundation.database import LEDGER, Database
from tests.support.stores import make_tables

OURS = MetaData()
KEPT = Table("kept", OURS, Column("id", Integer, primary_key=True), Column("text", Text))


class CrashError(Exception):
    pass


@dataclass
class Keeper:
    """Stores lines as they are; may crash just before the transaction ends."""

    crash: bool = False
    lost: list[str] = field(default_factory=list)

    async def take(self, connection: AsyncConnection, bookmark: Bookmark, lines: list[Line]) -> Bookmark:
        await connection.execute(insert(KEPT), [{"text": line.text.decode()} for line in lines])
        if self.crash:
            self.crash = False
            raise CrashError
        return replace(bookmark, last_at=1)

    async def on_lost(self, _connection: AsyncConnection, bookmark: Bookmark) -> None:
        self.lost.append(bookmark.path)


class Desk:
    """A follower, its folder and its database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.path = folder / "queue_log"
        self.keeper = Keeper()
        self.follower = self.restarted()

    def restarted(self) -> Follower:
        self.follower = Follower(self.database, self.path, "site", "journal", self.keeper)
        return self.follower

    def write(self, *texts: str, end: str = "\n") -> None:
        with self.path.open("a") as file:
            file.write("\n".join(texts) + end)

    def rotate(self, to: str) -> None:
        self.path.rename(self.path.with_name(to))

    def copy_and_truncate(self, to: str) -> None:
        shutil.copy(self.path, self.path.with_name(to))
        os.truncate(self.path, 0)

    async def read(self, limit: int = 50) -> list[str]:
        for _ in range(limit):
            if not await self.follower.step():
                break
        async with self.database.read() as connection:
            return list((await connection.execute(select(KEPT.c.text).order_by(KEPT.c.id))).scalars())


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    database = Database(database_url)
    await make_tables(database, LEDGER)
    async with database.write() as connection:
        await connection.run_sync(OURS.create_all)
    folder = tmp_path / "log"
    folder.mkdir()
    desk = Desk(database, folder)
    yield desk
    desk.follower.close()
    await database.close()


async def test_a_growing_file_is_read_once_and_half_lines_wait(desk: Desk) -> None:
    desk.write("1|a", "2|b", "3|ha", end="")
    assert await desk.read() == ["1|a", "2|b"]
    desk.write("lf", "4|d")
    assert await desk.read() == ["1|a", "2|b", "3|half", "4|d"]


async def test_a_restart_goes_on_where_the_reading_stopped(desk: Desk) -> None:
    desk.write("1|a", "2|b", "3|ha", end="")
    await desk.read()
    desk.restarted()
    desk.write("lf")
    assert await desk.read() == ["1|a", "2|b", "3|half"]


async def test_a_file_that_is_missing_for_a_while_is_waited_for(desk: Desk) -> None:
    assert await desk.read() == []
    desk.write("1|a")
    assert await desk.read() == ["1|a"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["queue_log.0", "queue_log.1", "queue_log-20260321"])
@pytest.mark.parametrize("restart", [False, True])
async def test_after_a_rotation_the_rest_of_the_old_file_comes_first(desk: Desk, name: str, restart: bool) -> None:
    desk.write("1|a")
    await desk.read()
    desk.write("2|b")
    desk.rotate(name)
    desk.write("3|c")
    if restart:
        desk.restarted()
    assert await desk.read() == ["1|a", "2|b", "3|c"]


async def test_what_is_still_written_to_the_renamed_file_is_read(desk: Desk) -> None:
    desk.write("1|a")
    await desk.read()
    with desk.path.open("a") as writer:
        desk.rotate("queue_log.1")
        desk.path.touch()
        writer.write("2|b\n")
        writer.flush()
        assert await desk.read() == ["1|a", "2|b"]
        desk.restarted()
        writer.write("3|c\n")
    desk.write("4|d")
    assert await desk.read() == ["1|a", "2|b", "3|c", "4|d"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("names", [("queue_log.0", "queue_log.1", "queue_log.2"),
                                   ("queue_log.3", "queue_log.2", "queue_log.1")])
async def test_several_rotations_while_nobody_read_are_caught_up_in_order(desk: Desk, names: tuple[str, ...]) -> None:
    desk.write("1|a")
    await desk.read()
    for number, name in enumerate(names, 2):
        desk.write(f"{number}|x")
        desk.rotate(name)
    desk.write("5|e")
    desk.restarted()
    assert await desk.read() == ["1|a", "2|x", "3|x", "4|x", "5|e"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("regrown", [0, 1, 40])
async def test_copy_and_truncate_loses_nothing(desk: Desk, restart: bool, regrown: int) -> None:
    desk.write("1|a", "2|b")
    await desk.read()
    desk.write("3|c")
    desk.copy_and_truncate("queue_log.1")
    after = [f"{number + 4}|new" for number in range(regrown)]
    if after:
        desk.write(*after)
    if restart:
        desk.restarted()
    assert await desk.read() == ["1|a", "2|b", "3|c", *after]
    desk.write("99|z")
    assert await desk.read() == ["1|a", "2|b", "3|c", *after, "99|z"]
    assert desk.keeper.lost == []


async def test_a_copy_that_is_being_made_is_not_read_beside_the_original(desk: Desk) -> None:
    desk.write("1|a", "2|b", "3|c")
    desk.path.with_name("queue_log.1").write_text("1|a\n2|")
    assert await desk.read() == ["1|a", "2|b", "3|c"]
    desk.restarted()
    assert await desk.read() == ["1|a", "2|b", "3|c"]


async def test_an_inode_that_is_used_again_at_once_is_another_file(desk: Desk) -> None:
    desk.write("1|a", "2|b")
    await desk.read()
    desk.follower.close()
    desk.path.unlink()
    desk.write("8|x", "9|y", "10|z")
    desk.restarted()
    assert await desk.read() == ["1|a", "2|b", "8|x", "9|y", "10|z"]
    assert desk.keeper.lost == [str(desk.path)]


async def test_truncation_without_a_copy_is_declared(desk: Desk) -> None:
    desk.write("1|a", "2|b")
    await desk.read()
    os.truncate(desk.path, 0)
    desk.write("3|c")
    assert await desk.read() == ["1|a", "2|b", "3|c"]
    assert desk.keeper.lost == [str(desk.path)]


async def test_a_crash_between_reading_and_storing_loses_and_doubles_nothing(desk: Desk) -> None:
    desk.write("1|a")
    await desk.read()
    desk.write("2|b")
    desk.keeper.crash = True
    with pytest.raises(CrashError):
        await desk.read()
    desk.follower.close()
    desk.restarted()
    assert await desk.read() == ["1|a", "2|b"]


async def test_two_readers_of_one_file_store_each_line_once(desk: Desk) -> None:
    desk.write("1|a")
    await desk.read()
    other = Follower(desk.database, desk.path, "site", "journal", desk.keeper)
    await other.step()
    desk.write("2|b")
    running = [asyncio.create_task(follower.run(lambda: 0.0)) for follower in (desk.follower, other)]
    async with asyncio.timeout(60):
        while other.lines + desk.follower.lines < 2:  # noqa: ASYNC110 - the database is what we wait for
            await asyncio.sleep(0.05)
    desk.write("3|c")
    async with asyncio.timeout(60):
        while "3|c" not in (found := await desk.read(0)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    other.close()
    assert found == ["1|a", "2|b", "3|c"]


async def test_two_readers_that_find_a_new_file_at_once_enter_it_once(desk: Desk) -> None:
    desk.write("1|a")
    other = Follower(desk.database, desk.path, "site", "journal", desk.keeper)
    await other._open_next()  # it has looked, and not stored yet
    assert await desk.read() == ["1|a"]
    with pytest.raises(MovedError):
        await other.step()
    other.close()
    desk.write("2|b")
    assert await desk.read() == ["1|a", "2|b"]
    assert not await other.step()
    other.close()
    async with desk.database.read() as connection:
        states = (await connection.execute(select(callqueue.ledger.tables.SOURCE.c.state))).scalars().all()
    assert list(states) == ["live"]
    assert desk.keeper.lost == []


DEEDS = st.lists(
    st.sampled_from(["write", "half", "rotate", "copy", "read", "crash", "restart"]), max_size=25)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DEEDS, st.integers(0, 1000))
def test_whatever_happens_every_line_comes_once_and_in_order(deeds: list[str], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_live_through(deeds, random.Random(seed), Path(folder)))  # noqa: S311 - a repeatable test


async def _live_through(deeds: list[str], chance: random.Random, folder: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{folder / 'x.sqlite'}")
    async with database.write() as connection:
        await connection.run_sync(callqueue.ledger.tables.SOURCE.create)
        await connection.run_sync(OURS.create_all)
    (folder / "log").mkdir()
    life = Life(Desk(database, folder / "log"), chance)
    for deed in deeds:
        await getattr(life, f"on_{deed}")()
    life.end_half_line()
    found = await life.desk.read(200)
    life.desk.follower.close()
    await database.close()
    assert found == life.truth


class Life:
    """What may happen to a file, and the lines that were truly written."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self.desk = desk
        self.truth: list[str] = []
        self._chance = chance
        self._missing = ""
        self._rotations = 0

    def end_half_line(self) -> None:
        if self._missing:
            self.desk.write(self._missing)
            self._missing = ""

    def _following(self) -> str:
        self.truth.append(f"{len(self.truth):010d}|{'x' * self._chance.randrange(40)}")
        return self.truth[-1]

    async def on_write(self) -> None:
        self.end_half_line()
        self.desk.write(*[self._following() for _ in range(self._chance.choice([1, 3, 60]))])

    async def on_half(self) -> None:
        self.end_half_line()
        text = self._following()
        self.desk.write(text[:6], end="")
        self._missing = text[6:]

    async def on_rotate(self) -> None:
        self.end_half_line()
        if self.desk.path.exists():
            self._rotations += 1
            self.desk.rotate(f"queue_log.{self._rotations}")

    async def on_copy(self) -> None:
        self.end_half_line()
        if self.desk.path.exists():
            self._rotations += 1
            self.desk.copy_and_truncate(f"queue_log.{self._rotations}")

    async def on_read(self) -> None:
        await self.desk.read(self._chance.randrange(5))

    async def on_crash(self) -> None:
        self.desk.keeper.crash = True
        with suppress(CrashError):
            await self.desk.read()
        self.desk.keeper.crash = False
        await self.on_restart()

    async def on_restart(self) -> None:
        self.desk.follower.close()
        self.desk.restarted()
