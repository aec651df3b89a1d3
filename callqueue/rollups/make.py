"""Tallies of times straight from the ledger: what roll-ups are made of, and what a report counts without one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.arrival_store import QUARTER, count_arrivals
from callqueue.ledger.evidence_reading import read_people, read_promise_evidence
from callqueue.ledger.promise_store import read_settled
from callqueue.ledger.store import read_lost_in_menu, read_refusals, read_rings
from callqueue.metrics.arrivals_tally import ArrivalsTally, Way, tally_arrivals
from callqueue.metrics.contacts import contacts_of
from callqueue.metrics.entries import entries_of
from callqueue.metrics.promises import Promised, promises_of, unmerged, virtual_stints
from callqueue.metrics.rules import Rulebook, longest_window
from callqueue.metrics.tally import count_calls, count_promises
from callqueue.rollups.pieces import Pieces, whole_of
from callqueue.rollups.store import CallsPart, PromisesPart
from foundation.calendars import Interval

SECOND_US = 1_000_000
LONGEST = 86400
"""Seconds of evidence that are held at once."""


async def make_calls(
    connection: AsyncConnection, pieces: Sequence[Interval], rules: Rulebook, now: int, shared: Collection[str] = (),
) -> list[CallsPart]:
    """Of each of several intervals side by side."""
    whole, pick = whole_of(pieces), Pieces(pieces)
    people = await read_people(connection, whole, longest_window(rules), shared)
    settled = await read_settled(connection, {one.promise for one in people.asked})
    virtual = virtual_stints(Promised(one) for one in unmerged(people.asked, settled))
    entries = entries_of(people.stints)
    contacts = contacts_of([*people.stints, *virtual], rules, shared, None if virtual else entries)
    stints = pick.place(people.stints, lambda each: each.queue, lambda each: each.entered)
    placed = (
        pick.place(entries, lambda each: each.queue, lambda each: each.entered),
        pick.place(contacts, lambda each: each.queue, lambda each: each.entered),
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


async def read_promised(connection: AsyncConnection, interval: Interval) -> list[Promised]:
    """The promises given in the interval, in the order of asking; a day's evidence at a time."""
    found: list[Promised] = []
    for start in range(interval.start, interval.end, LONGEST):
        day = Interval(start, min(start + LONGEST, interval.end))
        evidence, keeping = await read_promise_evidence(connection, day)
        found += [each for each in promises_of(evidence, keeping) if day.holds(each.entered)]
    return sorted(found, key=lambda each: (each.entered, each.asked.id))


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
