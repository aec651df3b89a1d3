"""Days of requests against both stores: whatever came where, and whenever days were made, no figure differs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, Table, Text, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

import pasokh.migrations  # noqa: F401 - all tables
from callqueue.ledger.tables import STINT
from callqueue.rollups.marks import Change, mark
from callqueue.rollups.tables import REQUEST_CLAIM
from followups.cases.case import Link, LinkKind
from followups.cases.store import add_link
from followups.cases.tables import ADDRESS, CASE, CONTACT, LINK
from foundation.calendars import Interval, split
from foundation.calendars import Step as Pieces
from foundation.database import LEDGER, MAIN, Database, Store, store_url
from foundation.erasure import Alias
from foundation.paths import Home
from foundation.request_days import REQUEST_DAY, REQUEST_DOUBT
from foundation.settings import Database as DatabaseSettings
from foundation.settings import Queue, Settings, Site
from ivr.steps.spool import StepSpool, deliver_file
from ivr.steps.steps import BEGAN, Step
from ivr.tables import ivr_day, ivr_step
from pasokh.caller_rooms import steps as forgetting_steps
from recordings.messages.messages import Message, add_message
from recordings.store import Recording, add_recording
from recordings.tables import recording, voice_message
from reports.caller_data import STEPS
from reports.callers.channel_shift import Requests, count_requests
from reports.callers.pulse_counting import count_calls
from reports.callers.request_days import Content, RequestDayMaker, standing
from reports.callers.request_tally import ByProvince
from reports.callers.requests import End
from reports.frame import limits
from reports.frame.limits import TooManyCallsError
from reports.frame.report import Context
from reports.frame.tables import report_texts
from tests.support.evidence_site import Site as Records
from tests.support.random_journal import LENGTH, RandomLine
from tests.support.stores import make_tables

DAY = 86_400
ZONES = {
    "America/New_York": datetime(2026, 3, 7, tzinfo=ZoneInfo("America/New_York")),  # clocks go forward on the 8th
    "Asia/Tehran": datetime(2026, 3, 20, tzinfo=ZoneInfo("Asia/Tehran")),
}
MOBILE = "0912"
ENDINGS = ("queued", "goodbye", "hung_up", "failed")
CASE_CODE = "123456789"

Deed = Callable[[], Awaitable[None]]


async def nothing() -> None:
    pass


class RestlessMaker(RequestDayMaker):
    """While he has read the evidence and not stored yet, something happens."""

    meanwhile: Deed = staticmethod(nothing)

    async def _read(self, day: Interval) -> Content:
        found = await super()._read(day)
        await self.meanwhile()
        return found


class Line:
    """A site with both its stores, into which evidence comes from all sides."""

    def __init__(self, folder: Path, url: str, zone: str) -> None:
        self.begin = int(ZONES[zone].timestamp())
        self.now = self.begin + LENGTH + 3 * DAY
        self.home, server = Home(folder / "home"), url if url.startswith("postgresql") else None
        self.home.database.mkdir(parents=True)
        self.settings = Settings(
            site=Site(timezone=zone, language="en"), queues={"operator": Queue(), "pensions": Queue()},
            database=DatabaseSettings(url=server))
        self.context = Context(self.home, self.settings, report_texts("en"), self.now)
        self.main, self.ledger = (Database(store_url(self.home, self.settings, store)) for store in Store)
        self.records, self.spool = Records(self.ledger, folder), StepSpool(self.home)
        self.records.now = float(self.now)
        self.files = 0

    async def prepare(self) -> None:
        await make_tables(self.main, MAIN, *((LEDGER,) if self.settings.database.url else ()))
        await make_tables(self.ledger, LEDGER)
        if self.settings.database.url:  # what was before stands in the same database
            async with self.main.write() as connection:
                for table in (LINK, CASE, ADDRESS, CONTACT, ivr_step, ivr_day, recording, voice_message, REQUEST_DAY,
                              REQUEST_DOUBT, *LEDGER.sorted_tables):
                    await connection.execute(delete(table))
        async with self.main.write() as connection:
            await connection.execute(insert(CASE), _any_row(CASE) | {"code": CASE_CODE})

    async def close(self) -> None:
        self.records.close()
        await self.main.close()
        await self.ledger.close()

    # -- evidence

    async def tell(self, journal: str = "", cel: str = "") -> None:
        self.records.write(journal, cel)
        await self.records.read()

    async def step(self, *found: Step) -> None:
        for each in found:
            self.spool.keep(each)
        self.spool.rotate()
        for path in self.spool.ready():
            await deliver_file(path, self.main)

    async def message(self, call: str, at: float, kind: str = "voice_message", caller: str | None = None) -> None:
        self.files += 1
        async with self.main.write() as connection:
            await add_message(connection, Message(
                f"message-{self.files}", kind, "director", call, caller, None, "fa", None, round(at * 1000), 4000,
                None))

    async def recording(self, name: str, call: str, at: float) -> None:
        async with self.main.write() as connection:
            await add_recording(connection, Recording(
                name, "call", call, call, 1, round(at * 1000), 4000, f"{name}.wav", 1, "0"))

    async def link(self, kind: LinkKind, reference: str) -> None:
        async with self.main.write() as connection:
            await add_link(connection, Link(CASE_CODE, kind, reference, self.now * 1000, "sara"))

    async def say_province(self, number: str, province: str) -> None:
        async with self.main.write() as connection:
            if (await connection.execute(select(CONTACT.c.id).where(CONTACT.c.id == number))).first() is None:
                await connection.execute(insert(CONTACT), _any_row(CONTACT) | {"id": number})
                await connection.execute(insert(ADDRESS), {
                    "contact_id": number, "channel": "call", "address": number, "added_ms": 0})
            await connection.execute(update(CONTACT).where(CONTACT.c.id == number).values(province=province))

    # -- days

    async def make(self, days: int = 99, meanwhile: Deed = nothing) -> None:
        """By one who knows nothing of what was made before, as after a kill."""
        maker = RestlessMaker(self.main, self.ledger, self.context.zone)
        maker.meanwhile = meanwhile
        for _ in range(days):
            if not await maker.step(self.now):
                return

    async def believed(self) -> set[Interval]:
        async with self.main.read() as main, self.ledger.read() as ledger:
            return set(await standing(main, ledger))

    async def count(self, interval: Interval, step: Pieces, *, from_days: bool = True) -> Requests:
        found = Requests(split(interval, step, self.context.zone))
        await count_requests(self.context, interval, found, from_days=from_days)
        return found

    async def compare(self, interval: Interval, step: Pieces = Pieces.MONTH) -> ByProvince:
        made, counted = [await self.count(interval, step, from_days=from_days) for from_days in (True, False)]
        assert made.whole == counted.whole
        assert made.by_piece == counted.by_piece
        await self._compare_arrivals(interval)
        return made.whole

    async def _compare_arrivals(self, interval: Interval) -> None:
        """Of a time that begins and ends beside quarters of an hour."""
        time = Interval(interval.start + 1300, interval.end - 700)
        made, counted = [await count_calls(self.context, [time], from_days=from_days) for from_days in (True, False)]
        assert made == counted

    @property
    def whole(self) -> Interval:
        return Interval(self.begin - DAY, self.begin + LENGTH + DAY)


def _any_row(table: Table) -> dict[str, Any]:
    return {column.name: "" if isinstance(column.type, String | Text) else 0
            for column in table.columns if not column.nullable}


@asynccontextmanager
async def line_of(url: str, zone: str = "Asia/Tehran") -> AsyncIterator[Line]:
    with TemporaryDirectory() as folder:
        line = Line(Path(folder), url, zone)
        try:
            await line.prepare()
            yield line
        finally:
            await line.close()


# -- whatever comes

class World:
    """Random days of a line, whose evidence comes in any order and in any company."""

    def __init__(self, line: Line, random: Random) -> None:
        self.line, self.random = line, random
        drawn = RandomLine(random, line.begin)
        drawn.fill(random.choice([3, 10, 25]))
        self.records = drawn.texts(random.choice([1, 2, 4]))
        self.calls = [(f"s-{line.begin + n}.{n}", line.begin + random.randint(0, 3 * DAY))
                      for n in range(1, drawn.calls + 1)]
        self.calls += [(channel, round(at)) for at, text in drawn.cel
                       for channel in [text.split('"')[5]] if "CHAN_START" in text and "trunk" in text]
        self.calls += [("m-1", line.begin + DAY - 1), ("m-2", line.begin + 2 * DAY)]
        self.steps = [step for call, at in self.calls if random.random() < 0.6 for step in self._way(call, at)]
        random.shuffle(self.steps)

    def _way(self, call: str, at: int) -> Iterator[Step]:
        random = self.random
        at += random.choice([0, 0, 1, 100, 4000])
        yield Step(call, 1, at + 0.4, "call", "", None, BEGAN, 0, random.choice([None, "0911", "0919", "02144445555"]))
        if random.random() < 0.7:
            yield Step(call, 2, at + 9, "service", "balance", None, random.choice(["helped", "failed"]), 9000)
        if random.random() < 0.8:
            yield Step(call, 3, at + 20, "call", "", None, random.choice(ENDINGS), 24_000)

    async def deed(self) -> None:
        await self.random.choice([self._records, self._records, self._steps, self._left, self._link, self._province])()

    async def _records(self) -> None:
        if self.records:
            await self.line.tell(*self.records.pop(0))

    async def _steps(self) -> None:
        some = [self.steps.pop() for _ in range(min(len(self.steps), self.random.randint(1, 12)))]
        await self.line.step(*some)

    async def _left(self) -> None:
        call, at = self.random.choice(self.calls)
        kind = self.random.choice(["voice_message", "callback_request", "lost_caller"])
        await self.line.message(call, at + self.random.choice([1, 4000]), kind, self.random.choice([None, "0912"]))
        if self.random.random() < 0.5:
            await self.line.recording(f"r-{call}", call, at + 1)

    async def _link(self) -> None:
        call, _ = self.random.choice(self.calls)
        kind, reference = self.random.choice([
            (LinkKind.CALL, call), (LinkKind.RECORDING, f"r-{call}"),
            (LinkKind.VOICE_MESSAGE, f"message-{self.random.randint(1, 5)}"), (LinkKind.OUTBOUND_CALL, call)])
        await self.line.link(kind, reference)

    async def _province(self) -> None:
        await self.line.say_province(self.random.choice(["0911", "0912", "0913"]), self.random.choice(["qom", "fars"]))

    async def compare(self) -> None:
        start = self.line.begin + self.random.choice([-DAY, -3600, 0, 0, DAY, 40_000])
        interval = Interval(start, start + self.random.choice([DAY, 2 * DAY, 5 * DAY]))
        await self.line.compare(interval, self.random.choice([Pieces.MONTH, Pieces.DAY, Pieces.DAY, Pieces.HOUR]))

    async def live(self) -> None:
        for _ in range(self.random.randint(2, 5)):
            for _ in range(self.random.randint(0, 3)):
                await self.deed()
            await self.line.make(self.random.randint(1, 6), self.deed if self.random.random() < 0.6 else nothing)
            await self.compare()
        await self.line.make()
        await self.compare()


async def _live(url: str, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - calls, no secrets
    async with line_of(url, random.choice(sorted(ZONES))) as line:
        await World(line, random).live()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_days_say_what_both_stores_say_whatever_comes_while_they_are_made(database_url: str, seed: int) -> None:
    asyncio.run(_live(database_url, seed))


# -- one change after the other

DAYS = 4
"""That are over, from the first call on."""
CALL = "s-1.1"
"""Came in the last minute of the first day."""


def at_of(line: Line) -> int:
    return line.begin + DAY - 30


def journal_of(line: Line, call: str = CALL, number: str = MOBILE) -> str:
    at = at_of(line)
    return (f"{at}|{call}|operator|NONE|STINT|{call}|{number}|direct||1\n"
            f"{at}|{call}|operator|NONE|ENTERQUEUE||{number}|1\n{at + 10}|{call}|operator|NONE|ABANDON|1|1|10\n")


def cel_of(at: float, kind: str, who: tuple[str, str, str], bridge: str = "") -> str:
    channel, call, name = who
    extra = f'{{""bridge_id"":""{bridge}""}}' if bridge else ""
    return f'"{at:.6f}","{kind}","{channel}","{call}","{name}","x","y","","","{extra}"\n'


async def _more_in_the_queue(line: Line, call: str) -> None:
    await line.tell(journal_of(line, f"{call}1"))


async def _refused(line: Line, call: str) -> None:
    at = at_of(line)
    await line.tell(f"{at}|{call}1|operator|NONE|STINT|{call}1||direct||1\n{at}|{call}1|operator|NONE|REFUSED_FULL|\n")


async def _promised(line: Line, call: str) -> None:
    at = at_of(line) + 10
    await line.tell(f"{at}|{call}|operator|NONE|CALLBACK_REQUESTED|cb{call}|{MOBILE}|{at}000|0|fa|queue|{call}\n")


async def _told_by_cel(line: Line, call: str) -> None:
    """That he only then came to the queue, and has come to a colleague past it."""
    at, agent = at_of(line) - 5, f"{call}9"
    await line.tell(cel="".join((
        cel_of(at, "CHAN_START", (call, call, f"PJSIP/trunk-{call}")), *(
            cel_of(at + second, kind, (channel, call, name), bridge=f"b{call}")
            for second, kind in ((50, "BRIDGE_ENTER"), (70, "BRIDGE_EXIT"))
            for channel, name in ((call, f"PJSIP/trunk-{call}"), (agent, f"PJSIP/a101-{call}"))))))


async def _in_the_menus(line: Line, call: str) -> None:
    at = at_of(line) - 8
    await line.step(Step(call, 1, at, "call", "", None, BEGAN, 0, MOBILE),
                    Step(call, 2, at + 2, "service", "balance", None, "helped", 9000),
                    Step(call, 3, at + 3, "call", "", None, "goodbye", 9000))


async def _message(line: Line, call: str) -> None:
    await line.message(call, at_of(line) + 60)


async def _case_of_the_call(line: Line, call: str) -> None:
    await line.link(LinkKind.CALL, call)


async def _case_of_a_message_to_come(line: Line, call: str) -> None:
    await line.link(LinkKind.VOICE_MESSAGE, f"message-{line.files + 1}")
    await line.message(call, at_of(line) + 60)


async def _case_of_a_recording_to_come(line: Line, call: str) -> None:
    await line.link(LinkKind.RECORDING, f"r-{call}")
    await line.recording(f"r-{call}", call, at_of(line) + 1)


CHANGES = (_more_in_the_queue, _refused, _promised, _told_by_cel, _in_the_menus, _message, _case_of_the_call,
           _case_of_a_message_to_come, _case_of_a_recording_to_come)


async def test_what_changes_a_day_in_either_store_takes_it_away_also_while_it_is_made(database_url: str) -> None:
    async with line_of(database_url) as line:
        calls = [f"s-{number}.{number}" for number in range(1, 2 * len(CHANGES) + 1)]
        await line.tell("".join(journal_of(line, call) for call in calls))
        first = Interval(line.begin, line.begin + DAY)
        await line.make()
        before = await line.count(first, Pieces.DAY)
        for change in CHANGES:
            assert len(await line.believed()) == DAYS
            await change(line, calls.pop())
            assert first not in await line.believed(), change.__name__
            await line.make(1, partial(change, line, calls.pop()))
            assert first not in await line.believed(), change.__name__
            after = await line.count(first, Pieces.DAY, from_days=False)
            await line.make()
            assert (await line.count(first, Pieces.DAY)).whole == after.whole, change.__name__
            assert before.whole != after.whole, change.__name__
            before = after


async def _answered(line: Line, connection: AsyncConnection) -> None:
    await connection.execute(update(STINT).values(answered=at_of(line) + 5))
    await mark(connection, Change(calls=[CALL]))


async def _left_a_message(line: Line, connection: AsyncConnection) -> None:
    await add_message(connection, Message(
        "message-1", "voice_message", "director", CALL, None, None, "fa", None, at_of(line) * 1000, 4000, None))


@pytest.mark.parametrize(("store", "change", "end"), [
    (Store.LEDGER, _answered, End.AGENT), (Store.MAIN, _left_a_message, End.VOICE_MESSAGE)])
async def test_who_makes_a_day_waits_for_changes_of_it_that_have_begun(
    database_url: str, store: Store, change: Callable[[Line, AsyncConnection], Awaitable[None]], end: End,
) -> None:
    async with line_of(database_url) as line:
        await line.tell(journal_of(line))
        async with (line.main if store is Store.MAIN else line.ledger).write() as connection:
            await change(line, connection)
            made = asyncio.create_task(line.make())
            assert not (await asyncio.wait({made}, timeout=0.2))[0]
        await made
        assert len(await line.believed()) == DAYS
        assert await line.compare(line.whole) == {"unknown": {end: 1}}


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_case_that_is_linked_while_a_day_is_made_and_known_only_then_takes_it_away(database_url: str) -> None:
    async with line_of(database_url) as line:
        await line.tell(journal_of(line))
        async with line.main.write() as main:
            await add_link(main, Link(CASE_CODE, LinkKind.CALL, CALL, line.now * 1000, "sara"))
            await line.make()
            assert len(await line.believed()) == DAYS
        assert Interval(line.begin, line.begin + DAY) not in await line.believed()
        assert await line.compare(line.whole) == {"unknown": {End.FOLLOWUP: 1}}
        await line.make()
        assert len(await line.believed()) == DAYS


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_has_nothing_to_do_with_a_day_leaves_it(database_url: str) -> None:
    async with line_of(database_url) as line:
        await line.tell(journal_of(line))
        await line.make()
        days = await line.believed()
        assert len(days) == DAYS
        await line.message("s-9.9", line.now)
        await line.step(Step("s-9.9", 1, line.now, "call", "", None, BEGAN, 0, MOBILE))
        await line.link(LinkKind.CALL, "s-9.9")
        await line.link(LinkKind.OUTBOUND_CALL, CALL)
        await line.link(LinkKind.CALL, "nobody-knows-it")
        await line.tell(cel=cel_of(line.now, "CHAN_START", ("s-9.9", "s-9.9", "PJSIP/trunk-9")))
        assert await line.believed() == days
        await line.make(1)
        assert await line.believed() >= days
        async with line.main.read() as connection:
            assert (await connection.execute(select(func.count()).select_from(REQUEST_DOUBT))).scalar_one() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_day_is_believed_under_one_token_in_both_stores_alone(database_url: str) -> None:
    async with line_of(database_url) as line:
        await line.tell(journal_of(line))
        for store, table in ((line.main, REQUEST_DAY), (line.ledger, REQUEST_CLAIM)):
            await line.make()
            assert len(await line.believed()) == DAYS
            async with store.write() as connection:
                await connection.execute(update(table).values(token=table.c.token + 1))
            assert await line.believed() == set()
            await line.compare(line.whole)
        await line.make()
        async with line.ledger.write() as connection:
            await connection.execute(delete(REQUEST_CLAIM))
        assert await line.believed() == set()


async def test_the_province_that_a_caller_tells_later_moves_his_requests(database_url: str) -> None:
    async with line_of(database_url) as line:
        await line.tell(journal_of(line))
        await line.make()
        days = await line.believed()
        assert await line.compare(line.whole) == {"unknown": {End.UNSERVED: 1}}
        for province in ("qom", "fars"):
            await line.say_province(MOBILE, province)
            assert await line.compare(line.whole) == {province: {End.UNSERVED: 1}}
        assert await line.believed() == days


async def test_a_forgotten_number_stands_in_no_day(database_url: str) -> None:
    number, instead = "09121112233", "01044445555"
    async with line_of(database_url) as line:
        await line.tell(journal_of(line, number=number))
        await line.make()
        assert forgetting_steps(line.home)[-1:] == STEPS
        [days], alias = STEPS, Alias(number, instead)
        async with line.main.write() as connection:
            assert await days.find(connection, alias) == [{"start": line.begin, "end": line.begin + DAY}]
            assert await days.erase(connection, Alias("09129999999", instead)) == 0
            assert await days.erase(connection, alias) == 1
            assert await days.find(connection, alias) == []
        assert Interval(line.begin, line.begin + DAY) not in await line.believed()
        await line.make()
        assert Interval(line.begin, line.begin + DAY) in await line.believed()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_only_what_must_be_read_call_by_call_can_be_too_much(
    database_url: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with line_of(database_url) as line:
        await line.tell(journal_of(line) + journal_of(line, "s-2.2"))
        monkeypatch.setattr(limits, "MOST_STINTS", 1)
        with pytest.raises(TooManyCallsError):
            await line.count(line.whole, Pieces.MONTH)
        await line.make()
        assert (await line.count(line.whole, Pieces.MONTH)).whole == {"unknown": {End.UNSERVED: 2}}
        with pytest.raises(TooManyCallsError):
            await line.count(line.whole, Pieces.HOUR)
