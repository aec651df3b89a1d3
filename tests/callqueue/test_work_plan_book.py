"""The plan as it is kept, on both databases: whole days replaced, nothing half done, every change in the audit log."""

import json
from collections.abc import AsyncIterator
from datetime import date

import pytest
from sqlalchemy import select

import callqueue.work_plan.tables
import foundation.web.tables
from callqueue.work_plan.book import KeptLine, PlannedDays, import_plan, read_days, read_time, remove_plan
from callqueue.work_plan.file import read_plan_file
from callqueue.work_plan.plan import Activity
from callqueue.work_plan.refusals import NothingPlannedError, WrongPlanFileError
from foundation.database import MAIN, Database
from foundation.settings import Agent, Queue, Settings, Site

HEAD = "agent,day,from,to,activity,reason\n"
WEEK = PlannedDays(date(2026, 11, 20), date(2026, 11, 30))
TABLES = [callqueue.work_plan.tables.WORK_PLAN, foundation.web.tables.audit]


@pytest.fixture
async def main(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    async with database.write() as connection:
        await connection.run_sync(lambda sync: MAIN.create_all(sync, tables=TABLES))
    yield database
    await database.close()


async def take_in(database: Database, table: str, now_ms: int = 5) -> tuple[int, int, int, int]:
    settings = Settings(site=Site(timezone="UTC"), queues={"operator": Queue()},
                        agents={name: Agent(queues={"operator": 0}) for name in ("a101", "a102")})
    lines = read_plan_file((HEAD + table).encode(), settings)
    async with database.write() as connection:
        done = await import_plan(connection, lines, now_ms, "command:sara", "november.csv")
    return done.lines, done.days, done.replaced, done.unchanged


async def kept(database: Database, days: PlannedDays = WEEK) -> list[KeptLine]:
    async with database.read() as connection:
        return await read_days(connection, days)


async def told(database: Database, days: PlannedDays = WEEK) -> list[str]:
    return [f"{each.plan.agent} {each.plan.day:%d} {each.plan.activity} {each.plan.reason}".strip()
            for each in await kept(database, days)]


FIRST = """\
a101,2026-11-22,08:00,16:00,work,
a101,2026-11-22,12:00,12:30,break,lunch
a101,2026-11-23,08:00,16:00,work,
a102,2026-11-22,22:00,06:00,work,
"""


async def test_a_day_that_comes_again_is_replaced_and_the_others_stay(main: Database) -> None:
    assert await take_in(main, FIRST) == (4, 3, 0, 0)
    again = "a101,2026-11-22,10:00,18:00,absent,\na101,2026-11-23,08:00,16:00,work,\n"
    assert await take_in(main, again, now_ms=9) == (2, 2, 1, 1)
    assert await told(main) == ["a101 22 absent", "a101 23 work", "a102 22 work"]
    assert [each.imported_ms for each in await kept(main)] == [9, 5, 5], "what has not changed is not newer"
    async with main.read() as connection:
        rows = (await connection.execute(select(foundation.web.tables.audit).order_by("id"))).all()
    assert [(row.actor, row.action, row.subject) for row in rows] == [
        ("command:sara", "work-plan.imported", "2026-11-22..2026-11-23")] * 2
    assert json.loads(rows[1].detail) == {"agents": ["a101"], "days": 2, "file": "november.csv", "lines": 2,
                                          "replaced": 1, "unchanged": 1}


async def test_a_line_upon_a_day_that_stays_is_refused_and_nothing_changes(main: Database) -> None:
    await take_in(main, FIRST)
    with pytest.raises(WrongPlanFileError) as refused:
        await take_in(main, "a101,2026-11-24,08:00,16:00,work,\na102,2026-11-23,05:00,13:00,work,\n")
    [fault] = refused.value.faults
    assert (fault.name, fault.line, dict(fault.values)) == (
        "overlap-kept", 3, {"agent": "a102", "day": "2026-11-22", "activity": "work"})
    assert len(await told(main)) == 4
    assert await take_in(main, "a102,2026-11-23,05:00,13:00,work,\na102,2026-11-22,22:00,05:00,work,\n") == (2, 2, 1, 0)


async def test_a_time_has_every_line_that_any_part_of_it_lies_in(main: Database) -> None:
    await take_in(main, FIRST)
    midnight = 1_795_392_000_000  # of 23 November
    async with main.read() as connection:
        found = [(each.plan.agent, each.plan.activity) for each in await read_time(
            connection, midnight, midnight + 8 * 3_600_000)]
        assert found == [("a102", Activity.WORK)]
        edge = await read_time(connection, midnight + 6 * 3_600_000, midnight + 8 * 3_600_000 + 1)
        assert [each.plan.agent for each in edge] == ["a101"]
        assert await read_time(connection, midnight, midnight + 1, ["a101"]) == []


async def test_days_are_removed_of_those_named_and_none_is_a_refusal(main: Database) -> None:
    await take_in(main, FIRST)
    only = PlannedDays(date(2026, 11, 22), date(2026, 11, 22), ("a101",))
    async with main.write() as connection:
        assert await remove_plan(connection, only, 7, "command:sara") == 1
    assert await told(main) == ["a101 23 work", "a102 22 work"]
    with pytest.raises(NothingPlannedError):
        async with main.write() as connection:
            await remove_plan(connection, only, 8, "command:sara")
    async with main.write() as connection:
        assert await remove_plan(connection, WEEK, 9, "command:sara") == 2
        actions = (await connection.execute(select(foundation.web.tables.audit.c.action))).scalars().all()
    assert list(actions) == ["work-plan.imported", "work-plan.removed", "work-plan.removed"]


async def test_a_year_of_many_agents_is_taken_in_at_once(main: Database) -> None:
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + number) for number in range(365)]
    year = "".join(f"{agent},{day},08:00,16:00,work,\n" for day in days for agent in ("a101", "a102"))
    assert await take_in(main, year) == (730, 730, 0, 0)
    assert await take_in(main, year.replace("16:00", "15:00")) == (730, 730, 730, 0)
    assert len(await kept(main, PlannedDays(days[0], days[-1], ("a101",)))) == 365
