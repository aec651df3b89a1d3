"""Tallies of times straight from the ledger: what roll-ups are made of, and what a report counts without one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_store import read_conversations
from callqueue.cel.conversations import Kind as Talking
from callqueue.ledger.arrival_store import QUARTER, count_arrivals
from callqueue.ledger.evidence_reading import read_promise_evidence
from callqueue.ledger.promise_store import read_attempts, read_requests, read_settled
from callqueue.ledger.store import (
    read_lost_in_menu,
    read_refusals,
    read_rings,
    read_served,
    read_stints,
    read_stints_of_promises,
)
from callqueue.metrics.arrivals_tally import ArrivalsTally, Way, tally_arrivals
from callqueue.metrics.counted import Counted
from callqueue.metrics.passing_tally import tally_passing, with_news
from callqueue.metrics.people_tally import PeopleTally, first_returns, tally_people
from callqueue.metrics.places_tally import PlacesTally, Whence, tally_places
from callqueue.metrics.promises import Promised, PromiseEvidence, promises_of
from callqueue.metrics.rings_tally import RingsTally, tally_rings
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.tally import count_calls, count_promises
from callqueue.rollups.people import People
from callqueue.rollups.pieces import Pieces, whole_of
from callqueue.rollups.store import CallsPart, PromisesPart
from foundation.calendars import Interval
from foundation.numbered import coded
from foundation.provinces import area_code, load_provinces

SECOND_US = 1_000_000
MILLISECONDS = 1000
DAY = 86_400
LONGEST = 86400
"""Seconds of evidence that are held at once."""


async def make_calls(
    connection: AsyncConnection, people: People, pieces: Sequence[Interval], rules: Rulebook, now: int,
) -> list[CallsPart]:
    """Of each of several intervals side by side; `people` is of all of them."""
    whole, pick = whole_of(pieces), Pieces(pieces)
    stints = pick.place(people.stints, lambda each: each.queue, lambda each: each.entered)
    placed = (
        pick.place(people.entries, lambda each: each.queue, lambda each: each.entered),
        pick.place(people.contacts, lambda each: each.queue, lambda each: each.entered),
    )
    refused = pick.place(await read_refusals(connection, None, whole.start, whole.end),
                         lambda each: each.queue, lambda each: each.at)
    rings = pick.place(await read_rings(connection, None, whole.start, whole.end),
                       lambda each: each.queue, lambda each: each.at)
    parts = [CallsPart() for _ in pieces]
    for queue, index in stints.keys() | placed[0].keys() | placed[1].keys() | refused.keys() | rings.keys():
        at = (queue, index)
        parts[index].queues[queue] = count_calls(
            stints.get(at, ()), placed[0].get(at, ()), placed[1].get(at, ()), refused=refused.get(at, ()),
            rings=rings.get(at, ()), window=rules.of(queue).contact_window, now=now)
    for call in await read_lost_in_menu(connection, whole.start, whole.end):
        lost = pick.index(call.started_us / SECOND_US)
        if lost is not None:
            parts[lost].lost_in_menu += 1
    return parts


async def make_promises(connection: AsyncConnection, pieces: Sequence[Interval]) -> list[PromisesPart]:
    """Of each of several intervals side by side."""
    evidence, keeping = await read_promise_evidence(connection, whole_of(pieces))
    placed = Pieces(pieces).place(
        promises_of(evidence, keeping), lambda each: each.queue, lambda each: each.entered)
    parts = [PromisesPart() for _ in pieces]
    for (queue, index), promises in placed.items():
        parts[index].queues[queue] = count_promises(promises)
    return parts


async def read_promised(
    connection: AsyncConnection, interval: Interval, passed: Mapping[str, int],
) -> list[Promised]:
    """The promises given in the interval, in the order of asking; `passed` is what their tallies have."""
    asked = await read_requests(connection, interval.start, interval.end)
    names = {one.promise for one in asked}
    evidence = PromiseEvidence(asked, await read_attempts(connection, names), await read_settled(connection, names))
    keeping = await read_stints_of_promises(connection, names)
    return [replace(each, passed_by=passed.get(each.asked.promise, 0)) for each in promises_of(evidence, keeping)]


async def make_arrivals(
    connection: AsyncConnection, pieces: Sequence[Interval], rules: Rulebook,
) -> list[ArrivalsTally]:
    """Of each of several intervals side by side."""
    # Where no quarter of an hour is cut between two of them, one question is enough.
    whole = all(piece.start % QUARTER == 0 for piece in pieces[1:])
    pick = Pieces(pieces)
    counted: list[defaultdict[Way, Counter[int]]] = [defaultdict(Counter) for _ in pieces]
    gave_up: list[Counter[str]] = [Counter() for _ in pieces]
    waited_ms: list[Counter[str]] = [Counter() for _ in pieces]
    for asked in [whole_of(pieces)] if whole else pieces:
        for each in await count_arrivals(connection, rules, asked.start, asked.end):
            index = pick.index(max(each.quarter * QUARTER, asked.start))
            if index is not None:
                counted[index][each.queue, each.origin][each.quarter] += each.count
                gave_up[index][each.queue] += each.gave_up
                waited_ms[index][each.queue] += each.waited_ms
    return [tally_arrivals(*each) for each in zip(counted, gave_up, waited_ms, strict=True)]


async def make_passing(connection: AsyncConnection, pieces: Sequence[Interval]) -> list[Counted]:
    """Of each of several intervals side by side."""
    whole, pick = whole_of(pieces), Pieces(pieces)
    stints = pick.parted(
        await read_stints(connection, None, whole.start, whole.end), lambda stint: stint.entered)
    # Talks begin at milliseconds, seconds are cut: one more at each end.
    talks = with_news(await read_conversations(
        connection, None, whole.start - DAY - 1, whole.end + 1, kinds=(Talking.TRANSFER, Talking.CONSULTATION)))
    begun = pick.parted(talks, lambda each: each[0].start / MILLISECONDS)
    return [tally_passing(*each) for each in zip(stints, begun, strict=True)]


async def make_rings(connection: AsyncConnection, pieces: Sequence[Interval], zone: ZoneInfo) -> list[RingsTally]:
    """Of each of several intervals side by side, by the hours of the zone."""
    whole, pick = whole_of(pieces), Pieces(pieces)
    rings = pick.parted(await read_rings(connection, None, whole.start, whole.end), lambda ring: ring.at)
    served = pick.parted(
        await read_served(connection, whole.start, whole.end), lambda stint: stint.answered or 0)

    def hour_of(instant: int) -> int:
        return datetime.fromtimestamp(instant, zone).hour

    return [tally_rings(*each, hour_of) for each in zip(rings, served, strict=True)]


def make_places(people: People, pieces: Sequence[Interval], rules: Rulebook, now: int) -> list[PlacesTally]:
    """Of each of several intervals side by side, by the area codes of fixed lines; other numbers have none, and are
    told apart.
    """
    pick, codes = Pieces(pieces), load_provinces()

    @cache
    def whence(number: str | None) -> Whence:
        place = area_code(number, codes)
        return place, 0 if place else coded(number)

    parts = zip(
        pick.parted(people.stints, lambda each: each.entered), pick.parted(people.entries, lambda each: each.entered),
        pick.parted(people.contacts, lambda each: each.entered), strict=True)
    return [tally_places(*part, rules=rules, now=now, whence=whence) for part in parts]


def make_people(people: People, pieces: Sequence[Interval], shared: Collection[str] = ()) -> list[PeopleTally]:
    """Of each of several intervals side by side; `people` are gathered back to `AGAIN` before them."""
    pick = Pieces(pieces)
    returned = first_returns(people.contacts, people.entries, shared)
    parts = zip(
        pick.parted(people.stints, lambda each: each.entered), pick.parted(people.contacts, lambda each: each.entered),
        pick.parted(returned, lambda each: each[0]), strict=True)
    return [tally_people(*part, shared) for part in parts]
