"""A year of a busy line straight into the ledger: the same every time, and as fast as the database takes rows."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import asyncpg
from sqlalchemy import Table, make_url
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, DropIndex

from callqueue.ledger.tables import AGENT_EVENT, AGENT_SEEN, CALL, REFUSAL, RING, STINT
from foundation.database import LEDGER, Database

DAY = 86_400
HOURS = (1, 1, 1, 1, 1, 2, 5, 10, 12, 12, 11, 10, 9, 8, 7, 5, 4, 3, 2, 2, 1, 1, 1, 1)
"""How the calls of a day lie: 12 parts of about 111 in its busiest hour."""
QUEUES = ("operator", "pensions", "medical", "employers", "insurance")
JOURNAL = "bench"
AGENTS = 250
REPEATING = 0.25
"""Share of calls by one of the people who called lately."""
LATELY = 20_000

Row = tuple[Any, ...]
Entering = tuple[str, int, str, str, str, int]
"""The first columns of a stint, behind the journal: channel, number, call, queue, origin and second."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Days and calls a day; the last day ends at `end`, a midnight of the site, in epoch seconds."""

    end: int
    days: int = 365
    calls: int = 22_500
    seed: int = 1

    @property
    def start(self) -> int:
        return self.end - self.days * DAY


class YearOfCalls:
    """Rows of one day after the other."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = Random(plan.seed)  # noqa: S311 - figures, no secrets
        self._people: list[str] = []
        self._number = 0

    def days(self) -> Iterator[dict[str, list[Row]]]:
        """Rows by table."""
        for day in range(self._plan.days):
            yield self._day(self._plan.start + day * DAY)

    def _day(self, start: int) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = {name: [] for name in (STINT.name, CALL.name, REFUSAL.name, RING.name)}
        deeds: list[Row] = []
        for agent in range(AGENTS):
            deeds += [
                (JOURNAL, start + 60, f"a{agent}", "login", None, None, None),
                (JOURNAL, start + 61, f"a{agent}", "added", QUEUES[agent % len(QUEUES)], None, None),
                (JOURNAL, start + DAY - 60, f"a{agent}", "logout", None, None, None),
            ]
        for at in sorted(self._moments(start)):
            self._call(at, rows, deeds)
        rows[AGENT_EVENT.name] = sorted(deeds, key=lambda deed: deed[1])
        return rows

    def _moments(self, start: int) -> list[int]:
        hours = self._random.choices(range(24), HOURS, k=self._plan.calls)
        return [start + hour * 3600 + int(self._random.random() * 3600) for hour in hours]

    def _caller(self) -> str:
        random = self._random
        if self._people and random.random() < REPEATING:
            return self._people[int(random.random() * len(self._people))]
        number = f"09{int(random.random() * 1_000_000_000):09d}"
        if len(self._people) < LATELY:
            self._people.append(number)
        else:
            self._people[int(random.random() * LATELY)] = number
        return number

    def _call(self, at: int, rows: dict[str, list[Row]], deeds: list[Row]) -> None:
        random = self._random
        self._number += 1
        call, caller = f"bench-{at}.{self._number}", self._caller()
        lot = random.random()
        lost = lot < 0.03
        at_us = at * 1_000_000
        rows[CALL.name].append(
            (call, "PJSIP/trunk-00000001", at_us - 9_000_000, at_us, not lost, lost, False, None, None))
        if lost:
            return
        queue = QUEUES[int(random.random() * len(QUEUES))]
        if lot < 0.035:
            rows[REFUSAL.name].append((JOURNAL, at, queue, "refused_full", call, call, caller, 1, "direct"))
            return
        origin = "direct"
        if lot < 0.08:
            rows[STINT.name].append(_left((call, 1, call, queue, origin, at), "timed_out", caller, 60_000))
            at, queue, origin = at + 60, "operator", "overflow"
        wait_ms = int(random.expovariate(1 / 14_000))
        number = 1 if origin == "direct" else 2
        if lot > 0.92:
            rows[STINT.name].append(_left((call, number, call, queue, origin, at), "abandoned", caller, wait_ms))
            return
        rows[STINT.name].append(self._answered((call, number, call, queue, origin, at), caller, wait_ms, deeds))
        if lot > 0.75:
            rows[RING.name].append((JOURNAL, at, queue, f"a{int(random.random() * AGENTS)}", call, 15_000))

    def _answered(self, entering: Entering, caller: str, wait_ms: int, deeds: list[Row]) -> Row:
        random, (call, *_, at) = self._random, entering
        agent, answered = f"a{int(random.random() * AGENTS)}", at + wait_ms // 1000
        talk_ms = int(random.expovariate(1 / 180_000)) + 5_000
        finished = answered + talk_ms // 1000
        deeds.append((JOURNAL, finished, agent, "pause", None, "wrap-up", None))
        deeds.append((JOURNAL, finished + 5 + int(random.random() * 50), agent, "unpause", None, "wrap-up", None))
        return (
            JOURNAL, *entering, "answered", caller, None, wait_ms // 1000, agent, answered, finished, talk_ms // 1000,
            "caller", f"{call}a", True, wait_ms, talk_ms, 0, 1, False, True, 1, 0,
        )


def _left(entering: Entering, outcome: str, caller: str, wait_ms: int) -> Row:
    *_, at = entering
    wait = wait_ms // 1000
    return (JOURNAL, *entering, outcome, caller, None, wait, None, None, at + wait, None, None, None, None, wait_ms,
            None, None, 1, False, True, 1, 0)


COLUMNS: dict[str, Sequence[str]] = {
    table.name: [column.name for column in table.columns if column.name != "id"]
    for table in (STINT, CALL, REFUSAL, RING, AGENT_EVENT)
}


async def fill(database: Database, plan: Plan, told: Callable[[int], None] = lambda _: None) -> int:
    """Write the plan's year into an empty ledger; how many stints it has. `told` is called with each finished day."""
    url = make_url(database.engine.url)
    async with database.write() as connection:
        await connection.run_sync(LEDGER.create_all)
        await _each_index(connection, DropIndex)
    write = await (_sqlite_writer if url.get_backend_name() == "sqlite" else _postgres_writer)(database)
    stints = 0
    try:
        for number, rows in enumerate(YearOfCalls(plan).days(), 1):
            for name, some in rows.items():
                await write(name, some)
            stints += len(rows[STINT.name])
            told(number)
    finally:
        await write("", [])
    async with database.write() as connection:
        await _each_index(connection, CreateIndex)
        seen = [{"journal": JOURNAL, "agent": f"a{agent}", "deed": deed, "queue": queue}
                for agent in range(AGENTS) for deed, queue in (
                    ("login", ""), ("logout", ""), ("pause", ""), ("unpause", ""),
                    ("added", QUEUES[agent % len(QUEUES)]))]
        await connection.execute(AGENT_SEEN.insert(), seen)
    async with database.write() as connection:
        await connection.exec_driver_sql("ANALYZE")
    return stints


async def _each_index(connection: AsyncConnection, statement: Callable[[Any], Any]) -> None:
    tables: Sequence[Table] = (STINT, CALL, REFUSAL, RING, AGENT_EVENT)
    for table in tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            await connection.execute(statement(index))


async def _sqlite_writer(database: Database) -> Any:
    connection = sqlite3.connect(database.engine.url.database or "")
    connection.execute("PRAGMA synchronous=OFF")

    async def write(name: str, rows: list[Row]) -> None:
        if not name:
            connection.close()
            return
        columns = COLUMNS[name]
        names, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        connection.executemany(f'INSERT INTO "{name}" ({names}) VALUES ({places})', rows)  # noqa: S608 - our own names
        connection.commit()

    return write


async def _postgres_writer(database: Database) -> Any:
    url = database.engine.url
    connection = await asyncpg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, database=url.database)

    async def write(name: str, rows: list[Row]) -> None:
        if not name:
            await connection.close()
            return
        await connection.copy_records_to_table(name, records=rows, columns=COLUMNS[name])

    return write
