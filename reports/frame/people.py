"""Whole entries and contacts of a time, for reports about people: read from the ledger itself, not from sums."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.stint import Stint
from callqueue.ledger.store import count_stints
from callqueue.metrics import Rulebook
from callqueue.metrics.balance import count_ledger
from callqueue.metrics.contacts import Contact, contacts_of
from callqueue.metrics.entries import Entry, entries_of
from callqueue.metrics.promises import promises_of, virtual_stints
from foundation.calendars import Interval
from foundation.catalogue import Texts
from foundation.settings import Settings
from reports.frame.parameters import ParameterError
from reports.frame.reading import read_evidence, rulebook
from reports.queues.queue import refuse_unknown_queues

MOST_STINTS = 1_000_000
"""More than a month of a great line; reading more of them one by one takes minutes."""


class TooManyCallsError(ParameterError):
    """The time holds more calls than are read one by one."""

    name = "too-many-calls"


@dataclass(frozen=True, slots=True)
class People:
    """Who came in a time, booked to the queue and moment first entered."""

    stints: Sequence[Stint]
    entries: Sequence[Entry]
    contacts: Sequence[Contact]
    rules: Rulebook
    now: int

    @property
    def offered(self) -> int:
        return len(self.stints)

    @property
    def balanced(self) -> bool:
        """Whether every stint has exactly one outcome."""
        return count_ledger(self.stints, (), None).balance == 0

    def balance(self, texts: Texts) -> str:
        return texts("report.balanced", offered=self.offered) if self.balanced else texts("report.unbalanced", rows=1)

    @property
    def provisional_until(self) -> int | None:
        """When the window of the last contact that may still change is over."""
        ends = [each.entered + self.rules.of(each.queue).contact_window for each in self.contacts
                if not each.final(self.rules, self.now)]
        return max(ends, default=None)


async def refuse_too_many(ledger: AsyncConnection, interval: Interval) -> None:
    """Raises TooManyCallsError."""
    if await count_stints(ledger, interval.start, interval.end, limit=MOST_STINTS + 1) > MOST_STINTS:
        raise TooManyCallsError(most=str(MOST_STINTS))


async def read_people(
    ledger: AsyncConnection, interval: Interval, queues: Collection[str], settings: Settings, now: int,
) -> People:
    """Everybody who first entered one of `queues` (none: any) in the interval.

    Raises:
        UnknownQueueError, TooManyCallsError
    """
    await refuse_unknown_queues(ledger, queues, settings)
    await refuse_too_many(ledger, interval)
    rules, shared = rulebook(settings), settings.shared_numbers
    evidence = await read_evidence(ledger, interval, rules, now, shared)

    def ours(one: Stint | Entry | Contact) -> bool:
        return interval.holds(one.entered) and (not queues or one.queue in queues)

    promises = promises_of(evidence.promises, evidence.stints)
    contacts = contacts_of([*evidence.stints, *virtual_stints(promises)], rules, shared)
    return People(
        list(filter(ours, evidence.stints)), list(filter(ours, entries_of(evidence.stints))),
        list(filter(ours, contacts)), rules, now,
    )
