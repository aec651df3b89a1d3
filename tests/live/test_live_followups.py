"""Callers answer by key once their agent has hung up; deadlines are kept across kills."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from bench.sipp import Caller, Keys, call
from followups.cases.actor import Actor
from followups.cases.case import Channel, Deed
from followups.cases.office import CaseOffice, case_office
from followups.cases.opening import NewCase
from followups.cases.store import events_of
from followups.deadlines.notice_tables import NOTICE
from followups.surveys.satisfaction import Response
from foundation.bus import Broker, read_retained
from foundation.calendars import Interval
from foundation.database import Database, Store, store_url
from tests.support.live_calls import LANGUAGE, settled_stints
from tests.support.live_line import LiveLine
from tests.support.live_site import KEY_OF
from tests.support.live_start import running_line
from tests.support.survey_responses import read_responses
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

ANSWER = 12.5
"""Seconds from the queue's key until the first question has surely been put; it is put twice, and 12 seconds long."""
ASKED = {"insurance": "a101", "medical": "a102", "full": "a107"}
DAY_MS = 86_400_000
CASES = 12
KILLS = 4
EXPECTED = [Deed.OPENED, Deed.ESCALATED, Deed.ESCALATED]


def answering(queue: str, number: str, *keys: Keys, patience: float | None = None) -> Caller:
    return Caller(number, (LANGUAGE, Keys(0.9, KEY_OF[queue]), *keys), patience)


BOTH = answering("insurance", "09127700001", Keys(ANSWER, "5"), Keys(3.0, "1"))
ONE = answering("medical", "09127700002", Keys(ANSWER, "4"), patience=2)
NONE = answering("full", "09127700003")


@contextmanager
def surveys_on(line: LiveLine) -> Iterator[None]:
    before = line.home.settings_file.read_text(encoding="utf-8")
    content = yaml.safe_load(before)
    for queue in ASKED:
        content["queues"][queue]["survey"] = "after-call"
    try:
        line.home.settings_file.write_text(yaml.safe_dump(content), encoding="utf-8")
        line.command("apply")
        yield
    finally:
        line.home.settings_file.write_text(before, encoding="utf-8")
        line.command("apply")


@asynccontextmanager
async def office_of(line: LiveLine) -> AsyncIterator[tuple[CaseOffice, Database]]:
    database = Database(store_url(line.home, line.settings, Store.MAIN))
    try:
        yield case_office(line.home, line.settings, database), database
    finally:
        await database.close()


async def test_callers_answer_when_the_agent_has_hung_up(line: LiveLine) -> None:
    since = line.now()
    with surveys_on(line):
        async with line.staffed(*(line.phone(agent, talk=1) for agent in ASKED.values())):
            truth = await call(line.target, [BOTH, ONE, NONE], line.sipp)
        stints = await settled_stints(line, since, {one.number for one in (BOTH, ONE, NONE)})
    assert all(one.answered is not None for one in truth)
    calls = {stint.call_id: (stint.queue, stint.agent) for stint in stints}
    assert sorted(calls.values()) == sorted((queue, agent) for queue, agent in ASKED.items())
    async with office_of(line) as (_, database):
        async def look() -> list[Response]:
            async with database.read() as connection:
                found = await read_responses(connection, Interval(since.at, int(time.time()) + 1))
            return found if sum(len(one.answers) for one in found) == 3 else []

        responses = {str(one.queue): one for one in await eventually(look, "the answers are stored")}
    assert {queue: one.agent for queue, one in responses.items()} == ASKED
    assert {queue: dict(one.answers) for queue, one in responses.items()} == {
        "insurance": {"satisfaction": 5, "solved": 1}, "medical": {"satisfaction": 4}, "full": {}}


@pytest.fixture(scope="module")
def line(model: Path) -> Iterator[LiveLine]:
    with running_line(model, services=("followups",)) as made:
        yield made


async def test_each_escalation_is_given_once_however_often_the_service_is_killed(line: LiveLine) -> None:
    """The cases' contacts lie three weeks back, so both tiers above the specialists are due at once."""
    async with office_of(line) as (office, database):
        codes = [await _open_late(office, f"{number}-{time.time_ns()}") for number in range(CASES)]
        for _ in range(KILLS):
            killed = await asyncio.to_thread(line.kill, "followups", signal.SIGKILL)
            await line.ready("followups", but=killed)

        async def look() -> bool:
            async with database.read() as connection:
                query = select(NOTICE.c.code, NOTICE.c.kind, NOTICE.c.number).where(NOTICE.c.code.in_(codes))
                return len((await connection.execute(query)).all()) == 2 * CASES

        await eventually(look, "every escalation is given", 60)
        async with database.read() as connection:
            histories = [[event.deed for event in await events_of(connection, code)] for code in codes]
    assert histories == [EXPECTED] * CASES
    assert await _owed_on_the_bus(line) >= CASES


async def _open_late(office: CaseOffice, key: str) -> str:
    contact = office.opening.now_ms() - 21 * DAY_MS
    wish = NewCase("insurance-records", "months are missing", Channel.DESK, province="yazd", contact_ms=contact,
                   request_key=key)
    return (await office.opening.open(wish, Actor("test"))).code


async def _owed_on_the_bus(line: LiveLine) -> int:
    topic = "pasokh/followups/units/insurance-deputy"

    async def look() -> int:
        found = await read_retained(Broker(line.settings.ports.of("mqtt")), topic)
        return int(found.get(topic, {}).get("overdue", 0))

    return await eventually(look, "the bus shows what the deputy owes")
