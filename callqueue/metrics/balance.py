"""The ledger's counts: every stint has one outcome, so offered equals their sum or something is wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from callqueue.ledger.evidence import Refused
from callqueue.ledger.stint import Outcome, Refusal, Stint


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """Stints by outcome, and beside them the calls that never became a stint."""

    offered: int
    answered: int
    abandoned: int
    timed_out: int
    left_by_key: int
    left_empty: int
    left_for_callback: int
    withdrawn: int
    interrupted: int
    waiting: int
    balance: int
    refused_full: int
    refused_empty: int
    refused_closed: int
    refused_busy: int
    lost_in_menu: int | None


def count_ledger(stints: Sequence[Stint], refused: Sequence[Refused], lost_in_menu: int | None) -> LedgerCounts:
    outcomes = Counter(stint.outcome for stint in stints)
    refusals = Counter(each.reason for each in refused)
    named = (
        Outcome.ANSWERED, Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.LEFT_BY_KEY, Outcome.LEFT_EMPTY,
        Outcome.LEFT_FOR_CALLBACK, Outcome.WITHDRAWN, Outcome.INTERRUPTED, Outcome.WAITING,
    )
    counts = {outcome.value: outcomes[outcome] for outcome in named}
    return LedgerCounts(
        offered=len(stints),
        **counts,
        balance=len(stints) - sum(counts.values()),
        refused_full=refusals[Refusal.FULL],
        refused_empty=refusals[Refusal.EMPTY],
        refused_closed=refusals[Refusal.CLOSED],
        refused_busy=refusals[Refusal.BUSY],
        lost_in_menu=lost_in_menu,
    )
