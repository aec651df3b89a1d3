"""The work that answered stints made: talk, hold, wrap-up, transfers, and rings that nobody picked up."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callqueue.ledger.evidence import Ring
from callqueue.ledger.stint import Ending, Outcome, Stint
from callqueue.metrics.agent_time import Condition, Period
from callqueue.metrics.arithmetic import ratio

StintKey = tuple[str, int]
LONGEST_WRAP_UP = 12 * 3600
"""Seconds after a conversation beyond which nothing is its wrap-up any more: somebody has forgotten to end it."""


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """Times in seconds; talk, hold and wrap-up are sums."""

    talk: float
    hold: float | None
    wrap_up: float
    aht: float | None
    transfer_rate: float | None
    answered_not_spoken: int
    ring_no_answer: int
    ring_no_answer_time: float


def key_of(stint: Stint) -> StintKey:
    return (stint.channel_id, stint.number)


def wrap_ups_of(stints: Iterable[Stint], periods: Mapping[str, Sequence[Period]]) -> Mapping[StintKey, int]:
    """Seconds of wrap-up that each stint caused: a wrap-up pause belongs to the agent's last answered stint before
    it, and counts from the end of that conversation, for `LONGEST_WRAP_UP` at most.
    """
    answered: defaultdict[str, list[tuple[int, int, StintKey]]] = defaultdict(list)
    for stint in stints:
        if stint.agent and stint.answered is not None:
            # One that lasts still has caused no wrap-up yet.
            finished = stint.finished if stint.finished is not None else 1 << 62
            answered[stint.agent].append((stint.answered, finished, key_of(stint)))
    found: defaultdict[StintKey, int] = defaultdict(int)
    for agent, mine in answered.items():
        mine.sort()
        starts = [each[0] for each in mine]
        for period in periods.get(agent, ()):
            last = bisect_right(starts, period.start) - 1
            if period.condition is Condition.WRAP_UP and last >= 0:
                _, finished, key = mine[last]
                found[key] += max(0, min(period.end, finished + LONGEST_WRAP_UP) - max(period.start, finished))
    return found


def work_figures(
    stints: Sequence[Stint], wrap_ups: Mapping[StintKey, int], rings: Sequence[Ring],
) -> WorkFigures:
    answered = [stint for stint in stints if stint.outcome is Outcome.ANSWERED]
    ended = [stint for stint in answered if has_ended(stint)]
    talk = sum(map(talk_ms, ended)) / 1000
    holds = [stint.hold_ms for stint in ended if stint.hold_ms is not None]
    wrap_up = sum(wrap_ups.get(key_of(stint), 0) for stint in ended)
    return WorkFigures(
        talk=talk,
        hold=sum(holds) / 1000 if holds else None,
        wrap_up=wrap_up,
        aht=ratio(talk + sum(holds) / 1000 + wrap_up, len(ended)),
        transfer_rate=ratio(sum(stint.ending is Ending.TRANSFER for stint in answered), len(answered)),
        answered_not_spoken=sum(stint.spoke is False for stint in answered),
        ring_no_answer=len(rings),
        ring_no_answer_time=sum(ring.ring_ms for ring in rings) / 1000,
    )


def has_ended(stint: Stint) -> bool:
    """Whether the conversation of an answered stint is over."""
    return stint.finished is not None or stint.talk is not None


def talk_ms(stint: Stint) -> int:
    """Conversation without hold; by the journal alone, hold is in it."""
    if stint.talk_ms is not None:
        return stint.talk_ms
    if stint.talk is not None:
        return stint.talk * 1000
    if stint.answered is None or stint.finished is None:
        return 0
    return max(0, stint.finished - stint.answered) * 1000
