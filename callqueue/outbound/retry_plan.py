"""What follows an attempt: another one, at which time, or the end of the matter. Pure.

Tries that failed on the called side count up to the site's limit. What we spoiled ourselves (a crash in the middle, or
nobody knows) is made good soon and counts apart, up to `OUR_FAULTS`, so that nothing is dialled for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callqueue.outbound.model import AttemptOutcome, Result
from foundation.settings import Outbound

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
INTERRUPTED_MS = 5_000
"""After the first fault of ours; twice as long after each further one, lest somebody be rung in vain for ever."""
LONGEST_MS = 30 * MINUTE_MS
UNCERTAIN_MS = 60_000
"""He may be on the telephone with us at this moment."""
OUR_FAULTS = 10
WRONG_PERSONS = 2
"""The first may have handed the telephone on, or sat at the wrong desk."""
OURS = frozenset({AttemptOutcome.INTERRUPTED, AttemptOutcome.UNCERTAIN})
SETTLED = {AttemptOutcome.REACHED: Result.REACHED, AttemptOutcome.CANCELLED: Result.CANCELLED}


@dataclass(frozen=True, slots=True)
class RetryRules:
    attempts: int
    waits_ms: tuple[int, ...]
    """After the first failed try, the second, ...; the last counts for all further ones."""
    busy_ms: int
    lasting_ms: int
    """For how long a call is owed, once it could be dialled."""


@dataclass(frozen=True, slots=True)
class Retry:
    at_ms: int


@dataclass(frozen=True, slots=True)
class Close:
    result: Result


def retry_rules(settings: Outbound) -> RetryRules:
    return RetryRules(
        settings.attempts, tuple(minutes * MINUTE_MS for minutes in settings.retry_minutes),
        settings.busy_minutes * MINUTE_MS, settings.expire_hours * HOUR_MS,
    )


def next_step(rules: RetryRules, outcomes: Sequence[AttemptOutcome], expiry_ms: int, now_ms: int) -> Retry | Close:
    """What follows the last of these attempts, which ended at `now_ms`.

    Args:
        rules: the site's.
        outcomes: of all attempts, in their order; at least one.
        expiry_ms: when the call is given up.
        now_ms: epoch milliseconds.
    """
    last = outcomes[-1]
    if last in SETTLED:
        return Close(SETTLED[last])
    failed = [outcome for outcome in outcomes if outcome not in OURS]
    if failed.count(AttemptOutcome.WRONG_PERSON) >= WRONG_PERSONS:
        return Close(Result.WRONG_PERSON)
    if len(failed) >= rules.attempts:
        return Close(Result.WRONG_PERSON if last is AttemptOutcome.WRONG_PERSON else Result.UNREACHABLE)
    if len(outcomes) - len(failed) >= OUR_FAULTS:
        return Close(Result.UNREACHABLE)
    at_ms = now_ms + _wait_ms(rules, last, len(failed), len(outcomes) - len(failed))
    return Retry(at_ms) if at_ms < expiry_ms else Close(Result.EXPIRED)


def _wait_ms(rules: RetryRules, last: AttemptOutcome, failed: int, ours: int) -> int:
    match last:
        case AttemptOutcome.INTERRUPTED:
            return min(INTERRUPTED_MS << (ours - 1), LONGEST_MS)
        case AttemptOutcome.UNCERTAIN:
            return max(UNCERTAIN_MS, min(INTERRUPTED_MS << (ours - 1), LONGEST_MS))
        case AttemptOutcome.BUSY:
            return rules.busy_ms
        case _:
            return rules.waits_ms[min(failed, len(rules.waits_ms)) - 1]
