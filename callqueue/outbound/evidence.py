"""What became of an attempt whose worker was killed, and what the ledger knows about promises that wait.

Two records outlive a crash: the journal (a line before dialling, a line after, the queue's own lines) and CEL (the
channel, when it was picked up, why it ended). An attempt of which neither knows anything is `uncertain`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.journal.status import SourceStatus
from callqueue.ledger.promise_store import AttemptEvidence
from callqueue.ledger.stint import Origin, Outcome
from callqueue.ledger.tables import STINT
from callqueue.outbound.model import Attempt, AttemptOutcome, OutboundCall
from callqueue.outbound.numbers import shown_forms

FEW = 200
FAR_MS = 30 * 60_000
"""Longer than anybody waits at the head of a queue, and than a node takes to come back."""
BUSY_CAUSES: Final = frozenset({17})
NO_ANSWER_CAUSES: Final = frozenset({16, 18, 19, 21, 31})
"""Normal clearing, no response, no answer, rejected, unspecified: it rang, or may have."""
OURS: Final = frozenset({Origin.CALLBACK, Origin.FOLLOWUP})
_HEARD: Final = {outcome.value: outcome for outcome in AttemptOutcome}


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: AttemptOutcome
    cause: int | None = None


def judge(evidence: AttemptEvidence | None, *, alive: bool, complete: bool) -> Verdict | None:
    """What became of an attempt; None: it goes on, or the records have not been read far enough to say.

    Args:
        evidence: what the ledger has of it (`promise_store.read_attempt_evidence`); None: nothing.
        alive: whether Asterisk has a channel with its id.
        complete: whether both records were read to what was their end after `alive` was asked. Asterisk writes them
            before it forgets a channel.
    """
    if alive:
        return None
    if evidence is None:
        return Verdict(AttemptOutcome.UNCERTAIN) if complete else None
    if evidence.tried is not None and evidence.tried.outcome in _HEARD:
        return Verdict(_HEARD[str(evidence.tried.outcome)], evidence.cause)
    outcome = _of_queue(evidence) if evidence.joined is not None else _of_channel(evidence)
    if outcome is None and not complete:
        return None
    return Verdict(outcome or _unfinished(evidence), evidence.cause)


def _of_queue(evidence: AttemptEvidence) -> AttemptOutcome | None:
    if evidence.answered is not None:
        return AttemptOutcome.REACHED
    if evidence.waited is Outcome.WAITING:
        return None
    return AttemptOutcome.GAVE_UP if evidence.waited is Outcome.ABANDONED else AttemptOutcome.INTERRUPTED


def _of_channel(evidence: AttemptEvidence) -> AttemptOutcome | None:
    if not evidence.over:
        return None
    if evidence.picked_up_us is not None:
        return AttemptOutcome.NOT_CONFIRMED
    return outcome_of_cause(evidence.cause)


def _unfinished(evidence: AttemptEvidence) -> AttemptOutcome:
    """Asterisk went down in the middle of it, or before it began."""
    return AttemptOutcome.INTERRUPTED if evidence.dialled or evidence.joined else AttemptOutcome.UNCERTAIN


def outcome_of_cause(cause: int | None) -> AttemptOutcome:
    """Of a channel that nobody picked up, by its Q.850 cause (ITU-T Q.850, table 1)."""
    if cause in BUSY_CAUSES:
        return AttemptOutcome.BUSY
    return AttemptOutcome.NO_ANSWER if cause is None or cause in NO_ANSWER_CAUSES else AttemptOutcome.UNREACHABLE


def read_to_the_end(sources: Iterable[SourceStatus], journal: str) -> bool:
    """Whether this Asterisk's two live files have been read to their present ends (`journal.status.read_status`)."""
    live = {source.kind: source.behind for source in sources if source.live and source.journal == journal}
    return all(live.get(kind) == 0 for kind in ("journal", "cel"))


def is_complete(sources: Iterable[SourceStatus], attempt: Attempt, own: str, now_ms: int) -> bool:
    """Whether the records can tell no more about an attempt that Asterisk `own` has no channel of.

    An attempt of another node is only judged without them when no call would last so long: that node's files are not
    here, and its Asterisk may have the call.
    """
    if attempt.worker == own:
        return read_to_the_end(sources, own)
    return now_ms - (attempt.dialled_ms or attempt.claimed_ms) > FAR_MS


async def read_passed_over(connection: AsyncConnection, promises: Sequence[OutboundCall], now_ms: int) -> set[str]:
    """Of these promises, those before which a caller was answered who joined their queue later; from the ledger.

    Passing counts from the moment at which a promise may be dialled: whoever wished for a time is not passed before.
    """
    passed = set()
    for promise in promises:
        since_ms = max(promise.asked_ms, promise.not_before_ms or 0)
        later = (
            STINT.c.queue == promise.queue, STINT.c.entered > promise.place_ms // 1000,
            STINT.c.entered <= now_ms // 1000, STINT.c.answered > since_ms // 1000, STINT.c.origin.not_in(OURS),
        )
        if (await connection.execute(select(exists().where(*later)))).scalar_one():
            passed.add(promise.id)
    return passed


async def read_helped(connection: AsyncConnection, promises: Collection[OutboundCall]) -> dict[str, str]:
    """Of these promises, those whose person has called us since and was answered there: promise → id of his call."""
    helped: dict[str, str] = {}
    waiting = list(promises)
    for first in range(0, len(waiting), FEW):
        few = {form: call for call in waiting[first:first + FEW] for form in shown_forms(call.number)}
        query = select(STINT.c.caller, STINT.c.queue, STINT.c.answered, STINT.c.call_id, STINT.c.origin).where(
            STINT.c.caller.in_(sorted(few)), STINT.c.answered > min(call.asked_ms for call in few.values()) // 1000)
        for row in await connection.execute(query):
            call = few[row.caller]
            if row.queue == call.queue and row.answered > call.asked_ms // 1000 and row.origin not in OURS:
                helped.setdefault(call.id, row.call_id)
    return helped
