"""Roll-ups against the ledger: whatever came in, in whatever order, and whenever they were made, no figure differs."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.conversation_store import read_conversations
from callqueue.conversations import Kind as Talking
from callqueue.evidence import Ring
from callqueue.evidence_reading import read_people as read_callers_evidence
from callqueue.evidence_reading import read_promise_evidence
from callqueue.journal_import import import_journal
from callqueue.metrics.agent_states import agent_day
from callqueue.metrics.arrivals_tally import add_arrivals
from callqueue.metrics.contacts import Contact, contact_figures
from callqueue.metrics.counted import add_counted
from callqueue.metrics.entries import Entry, stint_wait
from callqueue.metrics.people_tally import AGAIN, PeopleTally, counts_of, most_repeated
from callqueue.metrics.places_tally import PlacesTally, add_places, moved, place_figures, tally_places
from callqueue.metrics.promises import promises_of
from callqueue.metrics.rings_tally import add_rings
from callqueue.metrics.rules import longest_window
from callqueue.metrics.service import count_entries, service_figures
from callqueue.metrics.waits import wait_figures
from callqueue.queue_rules import rulebook
from callqueue.rollup_agents import make_timesheets
from callqueue.rollup_build import RollupMaker
from callqueue.rollup_check import check_rollups
from callqueue.rollup_codec import encode_timesheets
from callqueue.rollup_kinds import PASSING, PEOPLE, PLACES, PROMISES, RINGS, TIMESHEETS
from callqueue.rollup_make import People, callers_of, people_of, read_promised
from callqueue.rollup_model import Terms
from callqueue.rollup_reading import Reader
from callqueue.rollup_store import CELL, CELLS, Kind, read_stored
from callqueue.rollup_tables import ROLLUP
from callqueue.stint import Ending, Origin, Outcome, Stint
from callqueue.store import read_gaps, read_rings, read_stints
from foundation.calendars import Interval, Step, split
from foundation.database import LEDGER, Database
from foundation.settings import Queue, Settings, Site
from reports.agents import AgentsQuery, build_agents_report, together
from reports.first_contact import resolutions_of
from reports.passing_on import passing_of
from reports.queue import QueueQuery, QueueReport, build_queue_report, compose
from reports.reading import read_evidence
from reports.unanswered_rings import Rings, rings_of
from tests.support.evidence_site import Site as Records
from tests.support.random_journal import LENGTH, RandomLine

ZONES = {
    "America/New_York": datetime(2026, 3, 7, tzinfo=ZoneInfo("America/New_York")),  # clocks go forward on the 8th
    "Asia/Tehran": datetime(2026, 3, 20, tzinfo=ZoneInfo("Asia/Tehran")),  # the year begins on the 21st
    "Asia/Kathmandu": datetime(2025, 12, 31, tzinfo=ZoneInfo("Asia/Kathmandu")),  # +05:45
}


def site_settings(zone: str) -> Settings:
    return Settings(
        site=Site(timezone=zone), shared_numbers=["0915"],
        queues={"operator": Queue(), "pensions": Queue(service_threshold=30, short_abandon=2, contact_window_hours=2)})


TOLD = {"0912": "gilan", "0913": "qom", "0915": "qom"}
"""Provinces of callers who have no fixed line."""


class CrashError(Exception):
    pass


Meanwhile = Callable[[], Awaitable[None]]


async def nothing() -> None:
    pass


async def crash() -> None:
    raise CrashError


class RestlessMaker(RollupMaker):
    """While he has read the evidence and not stored yet, something happens."""

    meanwhile: Meanwhile = staticmethod(nothing)

    async def _make(
        self, connection: AsyncConnection, kind: Kind, cells: Sequence[Interval], now: int,
    ) -> dict[Interval, Any]:
        parts = await super()._make(connection, kind, cells, now)
        await self.meanwhile()
        return parts


class World:
    """A ledger, what comes into it, and the maker of roll-ups beside it."""

    def __init__(self, database: Database, folder: Path, random: Random) -> None:
        self.database, self.folder, self.random = database, folder, random
        zone = random.choice(sorted(ZONES))
        self.settings = site_settings(zone)
        self.zone = ZoneInfo(zone)
        self.begin = int(ZONES[zone].timestamp())
        self.now = self.begin + LENGTH + random.choice([0, 7200, 200_000])
        self.records = Records(database, folder)
        self.records.now = float(self.now)

    @property
    def terms(self) -> Terms:
        return Terms(rulebook(self.settings), self.settings.shared_numbers, self.zone)

    async def make(self, steps: int, meanwhile: Meanwhile = nothing) -> None:
        """By a maker who knows nothing of what was made before, as after a crash."""
        maker = RestlessMaker(self.database, rulebook(self.settings), self.settings.shared_numbers, self.zone)
        maker.meanwhile = meanwhile
        with suppress(CrashError):
            for _ in range(steps):
                if not await maker.step(self.now):
                    return

    async def differing(self) -> set[Kind]:
        """Of which kinds any roll-up says something else than the ledger."""
        async with self.database.read() as connection:
            checked = check_rollups(connection, self.terms)
            return {each.kind async for each in checked if not each.agrees}

    async def stale_quarters(self) -> list[Interval]:
        """Those whose timesheets say something else than the ledger."""
        whole = Interval(self.begin - 86400, self.now)
        cells = [Interval(start, start + CELL) for start in range(whole.start, whole.end, CELL)]
        async with self.database.read() as connection:
            stored = await read_stored(connection, Kind.TIMESHEETS, CELLS, whole, rules="", now=self.now)
            says = await TIMESHEETS.read(connection, stored)
            should = dict(zip(cells, await make_timesheets(connection, cells, self.now), strict=True))
        return [each.interval for each in stored
                if encode_timesheets(says[each]) != encode_timesheets(should[each.interval])]

    def query(self) -> QueueQuery:
        start = self.begin + self.random.choice([-86400, 0, 0, 3600, 4 * 900 + 7, 86400])
        end = start + self.random.choice([900, 5000, 86400, LENGTH, LENGTH + 86400])
        step = self.random.choice([Step.NONE, Step.NONE, Step.DAY, Step.HOUR]) if end - start <= 90000 else Step.DAY
        queues = self.random.choice([(), (), ("operator",), ("operator", "pensions")])
        return QueueQuery(Interval(start, end), queues, step)

    async def compare(self, query: QueueQuery) -> None:
        """From roll-ups, from the ledger's tallies, and from the evidence itself."""
        await self.compare_agents(AgentsQuery(query.interval, step=query.step))
        await self.compare_arrivals(query.interval)
        await self.compare_passing(query.interval, query.queues)
        await self.compare_rings(query.interval, query.queues)
        await self.compare_callers(query.interval, query.queues)
        await self.compare_promised(query.interval)
        async with self.database.read() as connection:
            rolled = await build_queue_report(connection, query, self.settings, self.now)
            told = await build_queue_report(connection, query, self.settings, self.now, rolled_up=False)
            rules = rulebook(self.settings)
            evidence = await read_evidence(
                connection, query.interval, rules, self.now, self.settings.shared_numbers)
            gaps = await read_gaps(connection, query.interval.start, query.interval.end)
        plain = compose(query, evidence, gaps, self.settings, now=self.now)
        same(rolled, told, growth=True)
        same(rolled, plain, growth=False)

    async def compare_agents(self, query: AgentsQuery) -> None:
        """From roll-ups, from the ledger day by day, and all at once."""
        async with self.database.read() as connection:
            rolled = await build_agents_report(connection, query, self.settings, self.now)
            told = await build_agents_report(connection, query, self.settings, self.now, rolled_up=False)
            pieces = split(query.interval, query.step, self.zone)
            whole = Interval(query.interval.start, min(query.interval.end, self.now))
            at_once = (await make_timesheets(connection, [whole], self.now))[0]
        assert rolled == told
        assert rolled.sums_up
        assert {row.interval for row in rolled.rows} <= set(pieces)
        assert rolled.total.day == together([agent_day(counts) for _, counts in at_once.rows()])

    async def compare_arrivals(self, interval: Interval) -> None:
        """From roll-ups, and one stint after the other."""
        rules = rulebook(self.settings)
        async with self.database.read() as connection:
            rolled = add_arrivals(await Reader(
                connection, rules, self.now, self.settings.shared_numbers).read_arrivals(interval))
            stints = await read_stints(connection, None, interval.start, interval.end)
        for queue in ("operator", "pensions"):
            mine = [stint for stint in stints if stint.queue == queue]
            for origin in Origin:
                entered = Counter(stint.entered // 900 for stint in mine if stint.origin is origin)
                assert +Counter(dict(rolled.quarters([queue], [origin]))) == entered
            ignored = rules.of(queue).short_abandon
            beyond = [
                (stint, wait - ignored) for stint in mine
                if stint.wait is not None and stint.origin not in {Origin.CALLBACK, Origin.FOLLOWUP}
                and (wait := stint_wait(stint, self.now)) > ignored
            ]
            assert rolled.gave_up[queue] == sum(stint.outcome is Outcome.ABANDONED for stint, _ in beyond)
            assert rolled.waited_ms[queue] == sum(round(wait * 1000) for _, wait in beyond)


    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Reader]:
        async with self.database.read() as connection:
            yield Reader(
                connection, rulebook(self.settings), self.now, self.settings.shared_numbers, zone=self.zone)

    async def compare_passing(self, interval: Interval, queues: Sequence[str]) -> None:
        """From roll-ups, and one stint and one talk after the other."""
        async with self.reader() as reader:
            agents, of_queues = passing_of(add_counted(await reader.read_whole(PASSING, interval)), queues)
            stints = [stint for stint in await read_stints(reader.connection, None, interval.start, interval.end)
                      if not queues or stint.queue in queues]
            talks = await read_conversations(reader.connection, None, interval.start - 90_000, interval.end + 1)
        expected: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for stint in stints:
            passed = stint.outcome is Outcome.ANSWERED and stint.ending is Ending.TRANSFER
            expected[stint.queue].update(
                offered=1, answered=stint.outcome is Outcome.ANSWERED, transfers=passed,
                transfers_in=stint.origin is Origin.TRANSFER)
            if stint.outcome is Outcome.ANSWERED:
                expected[f"agent {stint.agent}"].update(answered=1, transfers=passed)
        for talk in talks:
            if interval.holds(talk.start / 1000):
                came_back = any(
                    (each.call_id, each.channel_id, each.kind) == (talk.call_id, talk.channel_id, talk.kind)
                    and talk.start - 86_400_000 < each.start < talk.start for each in talks)
                length = talk.end - talk.start
                of_kind = {
                    Talking.TRANSFER: {"transfers_received": int(not came_back), "transfer_talk_ms": length},
                    Talking.CONSULTATION: {"consultations": 1, "consultation_ms": length},
                }
                expected[f"agent {talk.agent}"].update(of_kind.get(talk.kind, {}))
        found = {**{queue: one.counts for queue, one in of_queues.items()},
                 **{f"agent {agent}": one.counts for agent, one in agents.items()}}
        for counts in found.values():
            counts["offered"] = counts["answered"] + counts.pop("unanswered", 0)
        for name, counts in found.items():
            if name.startswith("agent "):
                del counts["offered"]
        assert {name: +counts for name, counts in found.items() if +counts} == {
            name: +counts for name, counts in expected.items() if +counts}

    async def compare_rings(self, interval: Interval, queues: Sequence[str]) -> None:
        """From roll-ups, and one ring after the other."""
        chosen = self.random.choice([(), ("a1",), ("a1", "a3")])
        async with self.reader() as reader:
            tables = rings_of(add_rings(await reader.read_whole(RINGS, interval)), queues, chosen)
            rings = await read_rings(reader.connection, None, interval.start, interval.end)
            stints = await read_stints(reader.connection, None, 0, interval.end)
        assert tables.balanced

        def asked(each: Ring | Stint) -> bool:
            return (not queues or each.queue in queues) and (not chosen or each.agent in chosen)

        answered = [(stint.answered, stint) for stint in stints if asked(stint)
                    and stint.answered is not None and interval.holds(stint.answered)]
        missed = [ring for ring in rings if asked(ring)]
        ways: list[tuple[Mapping[str, Rings], Callable[[int, Any], str]]] = [
            (tables.agents, lambda _at, each: each.agent), (tables.queues, lambda _at, each: each.queue),
            (tables.hours, lambda at, _each: f"{datetime.fromtimestamp(at, self.zone):%H}")]
        for found, name_of in ways:
            picked = Counter(name_of(at, stint) for at, stint in answered)
            lengths: defaultdict[str, list[int]] = defaultdict(list)
            for ring in missed:
                lengths[name_of(ring.at, ring)].append(ring.ring_ms)
            assert found == {
                name: Rings(picked[name], len(lengths[name]), sum(lengths[name]), max(lengths[name], default=0))
                for name in sorted({*picked, *lengths})}


    async def compare_promised(self, interval: Interval) -> None:
        """Each promise from its own lines and from roll-ups, and from all that was answered while it was owed."""
        async with self.reader() as reader:
            parts = await reader.read_whole(PROMISES, interval)
            passed = {promise: count for part in parts for tally in part.queues.values()
                      for promise, count in tally.passed.items()}
            found = await read_promised(reader.connection, interval, passed)
            evidence, keeping = await read_promise_evidence(reader.connection, interval)
        assert found == [each for each in promises_of(evidence, keeping) if interval.holds(each.entered)]

    async def compare_callers(self, interval: Interval, queues: Sequence[str]) -> None:
        """From roll-ups, and from the contacts themselves."""
        rules, shared = self.terms.rules, self.terms.shared
        after = Interval(interval.end, interval.end + AGAIN)
        async with self.reader() as reader:
            ledger = reader.connection
            places = add_places(await reader.read_whole(PLACES, interval))
            told = await callers_of(ledger, interval, TOLD, rules, shared)
            parts = await reader.read_kind(PEOPLE, [interval, after])
            evidence = await read_callers_evidence(
                ledger, Interval(interval.start, after.end), longest_window(rules), shared)
            people = await people_of(ledger, evidence, rules, shared)

        def ours(each: Stint | Entry | Contact) -> bool:
            return interval.holds(each.entered) and (not queues or each.queue in queues)

        mine = People(
            list(filter(ours, people.stints)), list(filter(ours, people.entries)), list(filter(ours, people.contacts)))
        self.compare_places(places, told, mine, queues)
        self.compare_repeats(parts[0], mine, queues)
        self.compare_resolution(parts, people, mine, interval)

    def compare_places(self, tally: PlacesTally, told: People, mine: People, queues: Sequence[str]) -> None:
        away, there = (
            tally_places(told.stints, told.entries, told.contacts, rules=self.terms.rules, now=self.now,
                         place_of=place_of)
            for place_of in (lambda _number: "", lambda number: TOLD[number or ""]))
        found, rules = moved(tally, away, there), self.terms.rules
        for place in (None, "", "21", *TOLD.values()):
            def ours(number: str | None, place: str | None = place) -> bool:
                return place in {None, TOLD.get(number or "", "21" if number and number.startswith("021") else "")}

            entries = [each for each in mine.entries if ours(each.caller)]
            of_place = [each for each in mine.contacts if ours(each.entries[0].caller)]
            contacts = contact_figures(of_place, rules, self.now)
            counts = count_entries(entries, rules, self.now)
            served = service_figures(counts, (), rules, self.now)
            expected = {**asdict(counts), **asdict(contacts), **asdict(served),
                        "asa": wait_figures(entries, self.now).asa}
            figures = place_figures(found, queues, place, rules, self.now)
            offered = [figures.pop(name) for name in ("stints_answered", "stints_unanswered")]
            assert sum(filter(None, offered)) == sum(ours(stint.caller) for stint in mine.stints)
            assert figures == {name: expected[name] for name in figures}

    def compare_repeats(self, parts: Sequence[PeopleTally], mine: People, queues: Sequence[str]) -> None:
        most = self.random.choice([1, 3, 1000])
        found = most_repeated([part.repeats for part in parts], lambda queue: not queues or queue in queues, most)
        again = sorted((each for each in mine.contacts if each.calls > 1),
                       key=lambda each: (-each.calls, each.entered, each.entries[0].call_id))
        assert [(each.queue, each.entered, each.last, each.time_to_human, sorted(each.calls)) for each in found] == [
            (each.queue, each.entered, each.entries[-1].entered, each.time_to_human,
             sorted({entry.call_id for entry in each.entries})) for each in again[:most]]
        counts = counts_of((part.queues for part in parts), lambda queue: not queues or queue in queues)
        assert counts["answered"] + counts["unanswered"] == len(mine.stints)
        assert counts["known"] + counts["unknown"] == len(mine.contacts)
        assert (counts["calls"], counts["repeated"]) == (sum(each.calls for each in mine.contacts), len(again))
        for calls in range(1, 6):
            so_many = [each for each in mine.contacts if min(each.calls, 5) == calls]
            assert counts[f"contacts_{calls}"] == len(so_many)
            assert counts[f"spoken_{calls}"] == sum(each.spoken is not None for each in so_many)

    def compare_resolution(
        self, parts: Sequence[Sequence[PeopleTally]], people: People, mine: People, interval: Interval,
    ) -> None:
        [found] = resolutions_of(parts, [interval], self.now)
        expected: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for contact in mine.contacts:
            caller, spoken = contact.entries[0].caller, contact.spoken
            known = bool(caller) and caller not in self.terms.shared
            returned = spoken is not None and any(
                entry.caller == caller and entry.queue == contact.queue
                and spoken < entry.entered < contact.entered + AGAIN for entry in people.entries)
            expected[contact.queue].update(
                known=known, unknown=not known, spoke=known and spoken is not None, returned=known and returned,
                young=known and self.now < contact.entered + AGAIN)
        for queue, counts in expected.items():
            assert {name: found[queue].counts[name] for name in counts} == counts


def same(left: QueueReport, right: QueueReport, *, growth: bool) -> None:
    for mine, other in zip((left.total, *left.rows), (right.total, *right.rows), strict=True):
        here, there = mine.figures.values(), other.figures.values()
        if not growth:
            here.pop("growth"), there.pop("growth")
        differing = {name: (here[name], there[name]) for name in here if here[name] != there[name]}
        assert not differing, (mine.queue, mine.interval, differing)
    assert replace(left, total=right.total, rows=right.rows) == right


async def empty(database: Database) -> None:
    async with database.write() as connection:
        for table in reversed(LEDGER.sorted_tables):
            await connection.execute(table.delete())


@given(seed=st.integers(0, 1 << 40))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_figure_is_the_same_from_roll_ups_as_from_the_ledger(
    ledger_database: Database, seed: int,
) -> None:
    await live_through(ledger_database, seed)


async def live_through(database: Database, seed: int) -> None:
    """Random days come in piece by piece; roll-ups are made now and then; reports are compared all the time."""
    await empty(database)
    random = Random(seed)  # noqa: S311 - chance, no secret
    with TemporaryDirectory() as folder:
        world = World(database, Path(folder), random)
        line = RandomLine(random, world.begin)
        line.fill(random.choice([5, 20, 60]))
        late = RandomLine(random, world.begin, "other")
        late.fill(random.choice([0, 5, 20]))
        for number, (journal, cel) in enumerate(line.texts(random.choice([1, 2, 4]))):
            pieces = [(journal, cel)]

            async def come_in(pieces: list[tuple[str, str]] = pieces) -> None:
                while pieces:
                    world.records.write(*pieces.pop())
                    await world.records.read()

            await world.make(random.choice([0, 1, 3]), random.choice([nothing, come_in, crash]))
            await come_in()
            await world.make(random.choice([0, 1, 50]))
            if number == 0 and late.journal:
                path = world.folder / "other_queue_log"
                path.write_text(late.texts(1)[0][0])
                await import_journal(database, path, journal="other")
            await world.compare(world.query())
        await world.make(100)
        for _ in range(3):
            await world.compare(world.query())
        world.records.close()


@given(seed=st.integers(0, 1 << 40))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_cel_tells_late_reaches_every_roll_up(sqlite_ledger: Database, seed: int) -> None:
    await empty(sqlite_ledger)
    with TemporaryDirectory() as folder:
        world = World(sqlite_ledger, Path(folder), Random(seed))  # noqa: S311
        line = RandomLine(world.random, world.begin)
        line.fill(25)
        journal, cel = ("".join(f"{text}\n" for _, text in sorted(lines)) for lines in (line.journal, line.cel))
        half = cel.index("\n", len(cel) // 2) + 1 if cel else 0
        for said, told in ((journal, ""), ("", cel[:half]), ("", cel[half:])):
            world.records.write(said, told)
            await world.records.read()
            assert await world.stale_quarters() == []
            await world.make(20)
        world.records.close()


async def test_a_check_finds_a_roll_up_that_says_something_else_than_the_ledger(sqlite_ledger: Database) -> None:
    with TemporaryDirectory() as folder:
        world = World(sqlite_ledger, Path(folder), Random(3))  # noqa: S311
        line = RandomLine(world.random, world.begin)
        line.fill(20)
        world.records.write(*line.texts(1)[0])
        await world.records.read()
        await world.make(100)
        world.records.close()

    assert await world.differing() == set()
    async with sqlite_ledger.write() as connection:
        await connection.execute(update(ROLLUP).where(ROLLUP.c.kind == "promises").values(counts='{"x":[{},[],{}]}'))
    assert await world.differing() == {Kind.PROMISES}


async def test_other_contact_windows_ask_for_other_roll_ups(sqlite_ledger: Database) -> None:
    with TemporaryDirectory() as folder:
        world = World(sqlite_ledger, Path(folder), Random(4))  # noqa: S311
        line = RandomLine(world.random, world.begin)
        line.fill(30)
        world.records.write(*line.texts(1)[0])
        await world.records.read()
        await world.make(100)
        query = QueueQuery(Interval(world.begin, world.begin + LENGTH))
        await world.compare(query)
        world.settings = world.settings.model_copy(update={"queues": {
            "operator": Queue(contact_window_hours=1, service_threshold=5), "pensions": Queue()}})
        await world.compare(query)
        await world.make(100)
        await world.compare(query)
        world.records.close()
