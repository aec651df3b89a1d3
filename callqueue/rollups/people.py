"""Who called in a time, and what they are: callers' figures of several kinds are made of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence_reading import PeopleEvidence, read_people
from callqueue.ledger.promise_store import read_settled
from callqueue.ledger.stint import Stint
from callqueue.metrics.contacts import Contact, contacts_of
from callqueue.metrics.entries import Entry, entries_of
from callqueue.metrics.promises import Promised, unmerged, virtual_stints
from callqueue.metrics.rules import Rulebook, longest_window
from callqueue.rollups.pieces import whole_of
from foundation.calendars import Interval


@dataclass(frozen=True, slots=True)
class People:
    """Stints, and what they are to their callers."""

    stints: Sequence[Stint]
    entries: Sequence[Entry]
    contacts: Sequence[Contact]


async def gather_people(
    connection: AsyncConnection, pieces: Sequence[Interval], rules: Rulebook, shared: Collection[str], before: int = 0,
) -> People:
    """Who called in one of several intervals side by side, or was promised a call for a moment in it; all contacts of
    `before` seconds before them, too.
    """
    evidence = await read_people(connection, whole_of(pieces), longest_window(rules), shared, before=before)
    return await people_of(connection, evidence, rules, shared)


async def people_of(
    connection: AsyncConnection, evidence: PeopleEvidence, rules: Rulebook, shared: Collection[str],
) -> People:
    """Who was promised a call outside a queue waits for it like others, and is a contact by that."""
    settled = await read_settled(connection, {one.promise for one in evidence.asked})
    virtual = virtual_stints(Promised(one) for one in unmerged(evidence.asked, settled))
    entries = entries_of(evidence.stints)
    contacts = contacts_of([*evidence.stints, *virtual], rules, shared, None if virtual else entries)
    return People(evidence.stints, entries, contacts)
