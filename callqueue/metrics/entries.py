"""From stints to entries: what a caller sees as one wait, however many queues it passed through."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from callqueue.ledger.stint import Origin, Outcome, Stint

CONTINUING = (Origin.OVERFLOW, Origin.REQUEUE)


def stint_wait(stint: Stint, now: float) -> float:
    """Seconds waited: by CEL's milliseconds where it has spoken, else the journal's whole seconds; so far, while
    waiting. A wait without any evidence of its end counts until `now`: never flattering.
    """
    if stint.outcome is Outcome.WAITING:
        return max(0, now - stint.entered)
    if stint.wait_ms is not None:
        return stint.wait_ms / 1000
    if stint.wait is not None:
        return stint.wait
    end = stint.answered if stint.answered is not None else stint.finished
    return max(0, (now if end is None else end) - stint.entered)


@dataclass(frozen=True, slots=True)
class Entry:
    """A direct stint with the overflow and requeue stints that follow it in the same call: one clock, from first
    joining; its outcome is the last stint's; booked to the queue and second first entered.
    """

    stints: tuple[Stint, ...]

    @property
    def first(self) -> Stint:
        return self.stints[0]

    @property
    def last(self) -> Stint:
        return self.stints[-1]

    @property
    def queue(self) -> str:
        return self.first.queue

    @property
    def entered(self) -> int:
        return self.first.entered

    @property
    def call_id(self) -> str:
        return self.first.call_id

    @property
    def caller(self) -> str | None:
        return self.first.caller

    @property
    def outcome(self) -> Outcome:
        return self.last.outcome

    def wait(self, now: float) -> float:
        """Seconds from first joining to the end of the last stint's waiting."""
        wait = stint_wait(self.last, now)
        earlier = self.last.entered - self.first.entered
        # The sum of two floats may end in noise; milliseconds are all the evidence has.
        return round(earlier + wait, 3) if earlier else wait


def entries_of(stints: Iterable[Stint]) -> list[Entry]:
    """The entries in these stints, in the order of entering. Give whole calls: a call that is cut loses its clock.

    An overflow or requeue whose direct stint the evidence has lost begins an entry itself, so no caller vanishes.
    Those that follow a transfer, callback or follow-up belong to it and are no entry.
    """
    found = chain.from_iterable(_entries_of_call(call) for call in by_call(stints).values())
    return sorted(found, key=lambda entry: _order(entry.first))


def by_call(stints: Iterable[Stint]) -> Mapping[str, list[Stint]]:
    """Each call's stints in the order of entering."""
    calls: defaultdict[str, list[Stint]] = defaultdict(list)
    for stint in sorted(stints, key=_order):
        calls[stint.call_id].append(stint)
    return calls


def _order(stint: Stint) -> tuple[int, int, str]:
    return (stint.entered, stint.number, stint.channel_id)


def _entries_of_call(call: list[Stint]) -> list[Entry]:
    if len(call) == 1 and call[0].origin is Origin.DIRECT:
        return [Entry((call[0],))]
    chains: list[list[Stint]] = []
    of_channel: dict[str, list[Stint]] = {}
    for stint in call:
        last = of_channel.get(stint.channel_id) or (chains[-1] if chains else None)
        if stint.origin in CONTINUING and last is not None:
            last.append(stint)
        else:
            last = [stint]
            chains.append(last)
        of_channel[stint.channel_id] = last
    return [Entry(tuple(each)) for each in chains if each[0].origin in (Origin.DIRECT, *CONTINUING)]
