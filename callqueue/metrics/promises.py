"""Promised calls: how many were kept, and in time; what became of the others. Pure, from the journal's evidence.

A promise is booked to the queue and second in which it was given. One that was merged into an earlier promise of the
same person is that promise, and is not counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callqueue.callbacks.plan import Served, inversions
from callqueue.ledger.promise_store import Asked, Settled, Tried
from callqueue.ledger.stint import Origin, Outcome, Stint
from callqueue.metrics.arithmetic import mean, ratio
from callqueue.metrics.contacts import spoken_at
from callqueue.metrics.entries import entries_of
from callqueue.metrics.rules import Rulebook
from callqueue.outbound.model import Result

MERGED = str(Result.MERGED)
KEPT = str(Result.REACHED)
SECOND = 1000


@dataclass(frozen=True, slots=True)
class PromiseEvidence:
    """What the journal has about promises given in a time, and about all that belongs to them."""

    asked: Sequence[Asked] = ()
    tried: Sequence[Tried] = ()
    settled: Sequence[Settled] = ()


@dataclass(frozen=True, slots=True)
class Promised:
    """One promise and what became of it."""

    asked: Asked
    attempts: int = 0
    result: str | None = None
    """None while it is open."""
    reached_at: float | None = None
    """When he spoke with an agent, in epoch seconds; of a kept one."""
    passed_by: int = 0
    """How many were answered before him, while he could be dialled, who had joined after him."""

    @property
    def queue(self) -> str:
        return self.asked.queue

    @property
    def entered(self) -> int:
        """When it was given."""
        return self.asked.at

    @property
    def virtual(self) -> bool:
        """Asked for outside a queue."""
        return self.asked.stint_number is None

    @property
    def kept(self) -> bool:
        return self.result == KEPT

    @property
    def in_time(self) -> bool:
        due_ms = self.asked.due_ms
        return self.kept and due_ms is not None and self.reached_at is not None and self.reached_at * SECOND <= due_ms

    @property
    def pending(self) -> bool:
        return self.result is None

    @property
    def ready(self) -> float:
        """From when on he waits, in epoch seconds: a time wished for is the beginning."""
        return max(self.asked.at, (self.asked.not_before_ms or 0) / SECOND)


@dataclass(frozen=True, slots=True)
class CallbackFigures:
    callbacks_promised: int
    callbacks_virtual: int
    callbacks_kept: int
    callbacks_in_time: int
    callbacks_pending: int
    callbacks_pending_over_threshold: int
    callbacks_cancelled: int
    callbacks_helped_otherwise: int
    callbacks_unreachable: int
    callbacks_wrong_person: int
    callbacks_expired: int
    callbacks_refused: int
    callback_kept: float | None
    callback_in_time: float | None
    callback_attempts: int
    callback_attempts_mean: float | None
    callback_inversions: int


def promises_of(evidence: PromiseEvidence, stints: Sequence[Stint]) -> list[Promised]:
    """Every promise with its story, in the order of asking; those merged into another are left out."""
    results = {one.promise: one for one in evidence.settled}
    attempts = Counter(one.promise for one in evidence.tried)
    reached = _reached(stints)
    asked = unmerged(evidence.asked, evidence.settled)
    passed = _passed_by(asked, stints, reached)
    found = []
    for one in asked:
        closing = results.get(one.promise)
        result = closing.result if closing else None
        at = reached.get(one.promise, float(closing.at) if closing and result == KEPT else None)
        found.append(Promised(one, attempts[one.promise], result, at, passed.get(one.promise, 0)))
    return sorted(found, key=lambda each: (each.entered, each.asked.id))


def unmerged(asked: Iterable[Asked], settled: Iterable[Settled]) -> list[Asked]:
    """Those that were not merged into an earlier promise of the same person."""
    merged = {one.promise for one in settled if one.result == MERGED}
    return [one for one in asked if one.promise not in merged]


def virtual_stints(promises: Iterable[Promised]) -> list[Stint]:
    """The waiting of who asked outside a queue, as a stint of its own: it has a place and ends with the promise.

    It is never one of the ledger's; contacts are made of it too, for its person waits as others do.
    """
    return [
        Stint(
            call_id=one.asked.call_id or one.asked.promise, channel_id=f"virtual {one.asked.promise}", number=1,
            queue=one.queue, origin=Origin.DIRECT, entered=int(one.ready), outcome=Outcome.LEFT_FOR_CALLBACK,
            caller=one.asked.number, promise=one.asked.promise, wait=0,
        )
        for one in promises if one.virtual
    ]


def callback_figures(promises: Sequence[Promised], rules: Rulebook, now: float) -> CallbackFigures:
    results = Counter(each.result for each in promises)
    pending = [each for each in promises if each.pending]
    late = [each for each in pending if now - each.ready > rules.of(each.queue).service_threshold]
    return CallbackFigures(
        callbacks_promised=len(promises),
        callbacks_virtual=sum(each.virtual for each in promises),
        callbacks_kept=sum(each.kept for each in promises),
        callbacks_in_time=sum(each.in_time for each in promises),
        callbacks_pending=len(pending),
        callbacks_pending_over_threshold=len(late),
        callbacks_cancelled=results[Result.CANCELLED],
        callbacks_helped_otherwise=results[Result.HELPED_OTHERWISE],
        callbacks_unreachable=results[Result.UNREACHABLE],
        callbacks_wrong_person=results[Result.WRONG_PERSON],
        callbacks_expired=results[Result.EXPIRED],
        callbacks_refused=results[Result.REFUSED],
        callback_kept=ratio(sum(each.kept for each in promises), len(promises)),
        callback_in_time=ratio(sum(each.in_time for each in promises), len(promises)),
        callback_attempts=sum(each.attempts for each in promises),
        callback_attempts_mean=mean([each.attempts for each in promises]),
        callback_inversions=sum(each.passed_by for each in promises),
    )


def _reached(stints: Iterable[Stint]) -> dict[str, float]:
    """Promise to the instant at which its person spoke with an agent in the call that keeps it."""
    found: dict[str, float] = {}
    for stint in stints:
        at = spoken_at(stint) if stint.origin is Origin.CALLBACK and stint.promise else None
        if at is not None and stint.promise:
            found[stint.promise] = min(at, found.get(stint.promise, at))
    return found


def _passed_by(asked: Sequence[Asked], stints: Sequence[Stint], reached: dict[str, float]) -> dict[str, int]:
    """The journal does not know by which priority a caller on the telephone stood: all are taken as equals."""
    served: defaultdict[str, list[Served]] = defaultdict(list)
    for one in asked:
        if one.promise in reached:
            owed_ms = max(one.at * SECOND, one.not_before_ms or 0)
            answered_ms = round(reached[one.promise] * SECOND)
            served[one.queue].append(Served(one.promise, one.place_ms, 0, answered_ms, owed_ms))
    for entry in entries_of(stints):
        last = entry.last
        if last.outcome is Outcome.ANSWERED and last.queue in served:
            answered_ms = round((last.entered + (last.wait or 0)) * SECOND)
            served[last.queue].append(Served(f"call {entry.call_id}", entry.entered * SECOND, 0, answered_ms))
    return {name: count for queue in served.values() for name, count in inversions(queue).items()}
