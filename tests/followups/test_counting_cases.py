"""Cases counted by the database against the same cases read one by one, on both databases."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from followups.book.book import CaseBook, load_case_book
from followups.cases.lifecycle import Closing
from followups.cases.tables import CASE
from followups.faults.corrective_tables import CAUSE
from followups.faults.faults import Dimension
from followups.faults.store import Opened, count_over_times, read_opened
from foundation.calendars import Calendar, Interval, Step, split
from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import Settings
from tests.support.case_rows import Row, row_of
from tests.support.stores import make_tables

DAY = 86_400
NEW_YORK, TEHRAN = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tehran")
SPRING = int(datetime(2026, 3, 6, tzinfo=NEW_YORK).timestamp())
"""Two days before New York's clocks go forward."""
SUBJECTS = ("insurance", "insurance-records", "medical", "of-a-book-long-gone")


def draw_cases(random: Random) -> tuple[list[Row], list[Row]]:
    """Cases, many of them at the edges of hours and days, and the causes of some."""
    cases = [row_of(
        CASE, code=f"{number:09}", subject=random.choice(SUBJECTS), province=random.choice([None, "yazd", "qom"]),
        opened_ms=1000 * (SPRING + random.randint(0, 240) * 1800) + random.choice([0, 0, 1, -1, 999]),
        closing=random.choice([None, "solved", Closing.DUPLICATE.value]), contact_id=None, request_key=None,
    ) for number in range(random.randint(0, 60))]
    return cases, [row_of(CAUSE, code=case["code"], cause=random.choice(["conduct", "capacity"]))
                   for case in cases if random.random() < 0.6]


def draw_times(random: Random) -> Sequence[Interval]:
    """Pieces of a time, of one length or not; or times apart from each other, in any order."""
    start = SPRING + random.choice([-DAY, 0, 547, 1800, DAY])
    whole = Interval(start, start + random.choice([900, DAY, 3 * DAY + 1111, 60 * DAY]))
    step = random.choice([Step.NONE, Step.HOUR, Step.DAY, Step.WEEK, Step.MONTH])
    if whole.seconds > 10 * DAY or random.random() < 0.3:
        earlier = [Interval(start - number * DAY, start - number * DAY + 7200) for number in range(4)]
        return random.choice([earlier, earlier[::-1], [whole], split(whole, Step.MONTH, TEHRAN, Calendar.JALALI)])
    return split(whole, step, random.choice([NEW_YORK, TEHRAN]), random.choice(list(Calendar)))


def names_of(case: Opened, by: Dimension) -> Sequence[str | None]:
    return case.subjects if by is Dimension.SUBJECT else [case.cause if by is Dimension.CAUSE else case.province]


def recount(cases: Sequence[Opened], time: Interval, by: Dimension) -> Counter[str | None]:
    return Counter(name for case in cases if time.holds(case.at) for name in names_of(case, by))


async def compare(url: str, book: CaseBook, seed: int) -> None:
    random, database = Random(seed), Database(url)  # noqa: S311 - cases, no secrets
    try:
        await make_tables(database, MAIN)
        cases, causes = draw_cases(random)
        async with database.write() as connection:
            for table in (CAUSE, CASE):
                await connection.execute(delete(table))
            for table, rows in ((CASE, cases), (CAUSE, causes)):
                if rows:
                    await connection.execute(insert(table), rows)
        async with database.read() as connection:
            opened = await read_opened(connection, Interval(0, SPRING + 400 * DAY), book)
            assert len(opened) == sum(case["closing"] != Closing.DUPLICATE for case in cases)
            for by in Dimension:
                times = draw_times(random)
                counted = await count_over_times(connection, times, by, book)
                assert counted == [recount(opened, time, by) for time in times]
    finally:
        await database.close()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cases_counted_by_the_database_are_those_that_are_read(
    database_url: str, tmp_path: Path, seed: int,
) -> None:
    site = Settings.model_validate({"queues": {"operator": {}}})
    asyncio.run(compare(database_url, load_case_book(Home(tmp_path), site, lambda: 0), seed))
