"""Steps on their way to the database: nothing lost, nothing twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.request_days import REQUEST_DAY
from ivr.steps.spool import StepSpool, deliver_file, deliver_steps
from ivr.steps.steps import BEGAN, Kind, StepLog
from ivr.steps.store import read_paths
from ivr.tables import ivr_day, ivr_step
from ivr.witness import hours_since_last_call

NOW = 1_795_000_000.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = Database(database_url)
    async with found.write() as connection:
        await connection.run_sync(MAIN.create_all, tables=[ivr_step, ivr_day, REQUEST_DAY])
    yield found
    await found.close()


def a_call(spool: StepSpool, call_id: str, caller: str | None = "09121234567") -> None:
    log = StepLog(call_id, spool.keep, lambda: NOW)
    log.add(Kind.CALL, "", None, BEGAN, caller=caller)
    log.add(Kind.MENU, "language", "1", "chosen", 2100)
    log.add(Kind.SERVICE, "pension", None, "helped", 20000)
    log.add(Kind.CALL, "insurance", None, "queued", 23000)


async def count(database: Database) -> int:
    async with database.read() as connection:
        return len((await connection.execute(select(ivr_step.c.number))).all())


async def deliver_all(spool: StepSpool, database: Database) -> None:
    spool.rotate()
    for path in spool.ready():
        await deliver_file(path, database)


async def test_steps_come_back_as_they_were_written(home: Home, database: Database) -> None:
    spool = StepSpool(home)
    a_call(spool, "p-1.1")
    await deliver_all(spool, database)
    async with database.read() as connection:
        [path] = await read_paths(connection, int(NOW) - 1, int(NOW) + 1)
        assert await read_paths(connection, int(NOW) + 1, int(NOW) + 9) == []
    assert [(step.number, step.kind, step.name, step.key, step.result, step.ms) for step in path] == [
        (1, "call", "", None, "began", 0), (2, "menu", "language", "1", "chosen", 2100),
        (3, "service", "pension", None, "helped", 20000), (4, "call", "insurance", None, "queued", 23000),
    ]
    assert path[0].caller == "09121234567"
    assert spool.ready() == []


async def test_a_file_delivered_but_not_yet_removed_is_not_counted_twice(home: Home, database: Database) -> None:
    spool = StepSpool(home)
    a_call(spool, "p-1.1")
    spool.rotate()
    [path] = spool.ready()
    text = path.read_text()
    await deliver_file(path, database)
    path.write_text(text)
    await deliver_file(path, database)
    assert await count(database) == 4


async def test_steps_of_a_process_that_was_killed_are_delivered_by_the_next(home: Home, database: Database) -> None:
    a_call(StepSpool(home), "p-1.1")
    after = StepSpool(home)
    a_call(after, "p-1.2")
    after.adopt()
    await deliver_all(after, database)
    assert await count(database) == 8


async def test_what_a_full_disk_cut_is_passed_over_and_the_rest_delivered(home: Home, database: Database) -> None:
    spool = StepSpool(home)
    a_call(spool, "p-1.1")
    spool.rotate()
    [path] = spool.ready()
    path.write_text(path.read_text() + '{"call_id": "p-1.2", "num\n' + "[]\n")
    await deliver_file(path, database)
    assert await count(database) == 4


async def test_a_step_that_the_database_refuses_does_not_hold_up_the_others(home: Home, database: Database) -> None:
    spool = StepSpool(home)
    a_call(spool, "p-1.1")
    spool.rotate()
    [path] = spool.ready()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[1]["number"] = None
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    await deliver_file(path, database)
    assert await count(database) == 3


async def test_a_database_that_is_away_keeps_the_file(home: Home, tmp_path: Path) -> None:
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'main.sqlite'}")
    spool = StepSpool(home)
    a_call(spool, "p-1.1")
    spool.rotate()
    [path] = spool.ready()
    with pytest.raises(OperationalError):
        await deliver_file(path, away)
    await away.close()
    assert spool.ready() == [path]


async def test_steps_are_delivered_by_themselves(home: Home, database: Database) -> None:
    spool = StepSpool(home)
    a_call(spool, "p-1.1")
    task = asyncio.create_task(deliver_steps(spool, database), name="deliver")
    async with asyncio.timeout(60):
        while await count(database) < 4:  # noqa: ASYNC110 - another task writes into the database
            await asyncio.sleep(0.02)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_number_that_called_before_is_known_by_it(home: Home, database: Database) -> None:
    spool = StepSpool(home)
    a_call(spool, "p-1.1")
    a_call(spool, "p-1.2", None)
    await deliver_all(spool, database)
    asked = [
        await hours_since_last_call(database, caller, call_id, NOW + 7200)
        for caller, call_id in (("09121234567", "p-1.9"), ("09121234567", "p-1.1"), ("", "p-1.9"), ("0912", "p-1.9"))
    ]
    assert asked == [2.0, None, None, None]
