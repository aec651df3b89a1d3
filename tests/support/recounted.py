"""What is told from roll-ups, counted again from the ledger one thing after the other."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from callqueue.cel.conversation_store import read_conversations
from callqueue.cel.conversations import Kind as Talking
from callqueue.ledger.evidence import Ring
from callqueue.ledger.evidence_reading import read_people as read_callers_evidence
from callqueue.ledger.evidence_reading import read_promise_evidence
from callqueue.ledger.stint import Ending, Origin, Outcome, Stint
from callqueue.ledger.store import read_rings, read_stints
from callqueue.metrics.contacts import Contact, contact_figures
from callqueue.metrics.counted import add_counted
from callqueue.metrics.entries import Entry
from callqueue.metrics.people_tally import AGAIN, PeopleTally, counts_of, most_repeated
from callqueue.metrics.places_tally import PlacesTally, add_places, place_figures, placed
from callqueue.metrics.promises import promises_of
from callqueue.metrics.rings_tally import add_rings
from callqueue.metrics.rules import longest_window
from callqueue.metrics.service import count_entries, service_figures
from callqueue.metrics.waits import wait_figures
from callqueue.queues.rules import rulebook
from callqueue.rollups.kinds import AGENTS, CALLS, PASSING, PEOPLE, PLACES, PROMISES, RINGS
from callqueue.rollups.make import read_promised
from callqueue.rollups.model import Terms
from callqueue.rollups.people import People, people_of
from callqueue.rollups.reading import Reader, Tallies
from foundation.calendars import Interval, Step, split
from foundation.database import Database
from foundation.numbered import told_of
from foundation.settings import Settings
from reports.agents.passing_on import passing_of
from reports.agents.unanswered_rings import Rings, rings_of
from reports.callers.first_contact import resolutions_of
from reports.frame.tallied import TalliedBooks
from reports.queues.intervals_sheet import AGENTS_NEEDED, HEAT, Place, week_by_hour
from reports.queues.queue import QueueQuery
from tests.support.random_journal import PEOPLE as CALLERS

TOLD = ("gilan", "qom")
"""Provinces that callers may tell of themselves."""


class Recounted:
    """A site's ledger at a moment."""

    def __init__(self, database: Database, settings: Settings, now: int, random: Random) -> None:
        self.database, self.settings, self.now, self.random = database, settings, now, random

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.site.timezone)

    @property
    def terms(self) -> Terms:
        return Terms(rulebook(self.settings), self.settings.shared_numbers, self.zone)

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

    async def compare_week(self, query: QueueQuery) -> None:
        """From roll-ups, without any, and from the figures of one hour after the other."""
        async with self.reader() as reader:
            found = await week_by_hour(reader, query)
            told = await week_by_hour(replace(reader, rolled_up=False), query)
            hours = split(query.interval, Step.HOUR, self.zone)
            calls, agents = await reader.read_kind(CALLS, hours), await reader.read_kind(AGENTS, hours)
        assert found == told
        parts: defaultdict[Place, Tallies] = defaultdict(Tallies)
        lengths: Counter[Place] = Counter()
        for hour, of_calls, of_agents in zip(hours, calls, agents, strict=True):
            local = datetime.fromtimestamp(hour.start, self.zone)
            place = Place(local.weekday(), local.hour)
            parts[place].calls += of_calls
            parts[place].agents += of_agents
            lengths[place] += max(0, min(hour.end, self.now) - hour.start)
        books = TalliedBooks(list(parts.values()), (), self.terms.rules, self.now, [False] * len(parts))
        assert found.keys() == parts.keys()
        for index, place in enumerate(parts):
            expected = books.figures(query.queues or None, index).values()
            assert found[place].values == {name: expected[name] for name in HEAT if name != AGENTS_NEEDED.id}
            assert found[place].hours == lengths[place] / 3600

    async def compare_callers(self, interval: Interval, queues: Sequence[str]) -> None:
        """From roll-ups, and from the contacts themselves."""
        rules, shared = self.terms.rules, self.terms.shared
        after = Interval(interval.end, interval.end + AGAIN)
        async with self.reader() as reader:
            ledger = reader.connection
            places = await reader.read_whole(PLACES, interval)
            parts = await reader.read_kind(PEOPLE, [interval, after])
            evidence = await read_callers_evidence(
                ledger, Interval(interval.start, after.end), longest_window(rules), shared)
            people = await people_of(ledger, evidence, rules, shared)

        def ours(each: Stint | Entry | Contact) -> bool:
            return interval.holds(each.entered) and (not queues or each.queue in queues)

        mine = People(
            list(filter(ours, people.stints)), list(filter(ours, people.entries)), list(filter(ours, people.contacts)))
        self.compare_places(places, mine, queues)
        self.compare_repeats(parts[0], mine, queues)
        self.compare_resolution(parts, people, mine, interval)

    def compare_places(self, parts: Sequence[PlacesTally], mine: People, queues: Sequence[str]) -> None:
        """Whatever callers have told by now: also who has a fixed line, and those behind a shared number."""
        told = {number: self.random.choice(TOLD) for number in CALLERS if number and self.random.random() < 0.6}
        whence = {number: "21" if number.startswith("021") else told.get(number, "none") for number in CALLERS}
        shuffled = add_places(self.random.sample(parts, len(parts)))
        found, at_once = (placed(one, lambda code: code or "none", told_of(told)) for one in (parts, [shuffled]))
        rules = self.terms.rules
        for place in (None, "none", "21", *TOLD):
            def ours(number: str | None, place: str | None = place) -> bool:
                return place in {None, whence[number or ""]}

            entries = [each for each in mine.entries if ours(each.caller)]
            of_place = [each for each in mine.contacts if ours(each.entries[0].caller)]
            contacts = contact_figures(of_place, rules, self.now)
            counts = count_entries(entries, rules, self.now)
            served = service_figures(counts, (), rules, self.now)
            expected = {**asdict(counts), **asdict(contacts), **asdict(served),
                        "asa": wait_figures(entries, self.now).asa}
            figures = place_figures(found, queues, place, rules, self.now)
            assert figures == place_figures(at_once, queues, place, rules, self.now)
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
