"""Answers to surveys counted by the database against the answers themselves, on both databases."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select

from followups.cases.case import LinkKind
from followups.cases.tables import CASE, LINK
from followups.surveys.satisfaction import Dimension, Occasion, group_responses, read_keys, write_keys
from followups.surveys.satisfaction_store import LONG, count_answers
from followups.surveys.spool import Asked, Pressed, store
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.calendars import Interval
from foundation.database import MAIN, Database
from pasokh.migrations.main import main_0023_counted_answers as migration
from tests.support.case_rows import Row, row_of
from tests.support.stores import make_tables
from tests.support.survey_responses import read_responses

BEGUN = 1_795_000_000
DAY = 86_400
TIMES = [Interval(BEGUN, BEGUN + DAY), Interval(BEGUN, BEGUN + LONG), Interval(BEGUN - LONG, BEGUN + 3 * DAY)]
QUESTIONS = ("satisfaction", "solved", "a-third-one")


def draw_case(random: Random, number: int) -> Row:
    return row_of(
        CASE, code=f"{number:09}", unit=random.choice(["desk", "office"]),
        subject=random.choice(["records", "medical"]), contact_id=None, request_key=None)


def draw_links(random: Random, cases: Sequence[Row]) -> list[Row]:
    kinds = [LinkKind.CALL.value, LinkKind.CALL.value, LinkKind.VOICE_MESSAGE.value]
    links = {(random.choice(cases)["code"], random.choice(kinds), f"call-{random.randint(0, 9)}")
             for _ in range(random.randint(0, 9)) if cases}
    return [row_of(LINK, code=code, kind=kind, reference=reference) for code, kind, reference in sorted(links)]


def draw_asked(random: Random, number: int, cases: Sequence[Row]) -> Asked:
    is_result = bool(cases) and random.random() < 0.3
    return Asked(
        f"{number}-1", random.choice(["after-call", "after-result"]), Occasion.RESULT if is_result else Occasion.CALL,
        1000 * (BEGUN + random.choice([-1, 0, DAY - 1, DAY, random.randint(0, 3 * DAY)])) + random.choice([0, 999]),
        f"call-{random.randint(0, 9)}", "fa", random.choice([None, "pensions", "medical"]),
        random.choice([None, "a1", "a2"]), random.choice(cases)["code"] if is_result else None)


async def deliver(database: Database, random: Random, asked: Asked) -> None:
    """Key by key, some of it twice, as files come that were delivered and not removed; what was told first counts."""
    known: dict[str, Pressed] = {}
    for question in random.sample(QUESTIONS, random.randint(0, 3)):
        known[question] = Pressed(random.randint(1, 5), asked.asked_ms + 1)
        if random.random() < 0.6:
            await _store(database, replace(asked, answers=dict(known)))
    again = {question: replace(pressed, key=random.randint(1, 5)) for question, pressed in known.items()}
    for answers in (known, random.choice([known, again, {}])):
        await _store(database, replace(asked, answers=dict(answers)))


async def _store(database: Database, asked: Asked) -> None:
    async with database.write() as connection:
        await store(connection, asked)


async def fill(database: Database, random: Random) -> None:
    cases = [draw_case(random, number) for number in range(random.randint(0, 4))]
    async with database.write() as connection:
        for table in (SURVEY_ANSWER, SURVEY_REQUEST, LINK, CASE):
            await connection.execute(delete(table))
        for table, rows in ((CASE, cases), (LINK, draw_links(random, cases))):
            if rows:
                await connection.execute(insert(table), rows)
    for number in range(random.randint(0, 12)):
        await deliver(database, random, draw_asked(random, number, cases))


async def compare(url: str, seed: int) -> None:
    random, database = Random(seed), Database(url)  # noqa: S311 - answers, no secrets
    try:
        await make_tables(database, MAIN)
        await fill(database, random)
        async with database.read() as connection:
            for by in Dimension:
                time, survey = random.choice(TIMES), random.choice([None, "after-call", "nobody-was-asked"])
                responses = await read_responses(connection, time, survey)
                assert await count_answers(connection, time, by, survey) == group_responses(responses, by)
    finally:
        await database.close()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_answers_counted_by_the_database_are_those_that_callers_gave(database_url: str, seed: int) -> None:
    asyncio.run(compare(database_url, seed))


async def test_answers_from_before_are_counted_like_later_ones(database_url: str) -> None:
    random, database = Random(1), Database(database_url)  # noqa: S311 - answers, no secrets
    await make_tables(database, MAIN)
    await fill(database, random)
    written = select(SURVEY_REQUEST.c.id, SURVEY_REQUEST.c.pressed)

    def migrate_again(connection: Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            migration.downgrade()
            migration.upgrade()

    async with database.write() as connection:
        before = {row.id: read_keys(row.pressed) for row in await connection.execute(written)}
        await connection.run_sync(migrate_again)
        after = {row.id: read_keys(row.pressed) for row in await connection.execute(written)}
    await database.close()
    assert before == after
    assert sum(map(bool, after.values())) > 3


@given(st.dictionaries(st.text("abz09-", min_size=1, max_size=39), st.integers(1, 5), max_size=3))
def test_what_was_pressed_is_read_as_it_was_written(answers: dict[str, int]) -> None:
    assert read_keys(write_keys(answers)) == answers
    assert (write_keys(answers) is None) == (not answers)
