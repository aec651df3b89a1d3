"""Figures from tallies: the same, to the last digit, as from the evidence itself."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqueue.ledger.stint import Outcome, Refusal
from callqueue.metrics.agent_time import AgentFigures, Condition, time_figures
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.balance import LedgerCounts
from callqueue.metrics.contacts import ContactFigures
from callqueue.metrics.figures import Figures, Growth
from callqueue.metrics.promises import CallbackFigures
from callqueue.metrics.rules import Rulebook, Rules
from callqueue.metrics.service import UNSERVED, EntryCounts, ServiceFigures
from callqueue.metrics.tally import LONGEST_SECONDS, PENDING, AgentKey, AgentsTally, CallsTally, Numbers, PromisesTally
from callqueue.metrics.waits import WaitFigures
from callqueue.metrics.work import WorkFigures
from callqueue.outbound.model import Result

Parts = Sequence[tuple[str, CallsTally]]
"""Tallies, each with its queue."""


def figures_of(
    calls: Parts, promises: Sequence[tuple[str, PromisesTally]], agents: Sequence[AgentsTally], *,
    queues: Collection[str] | None, rules: Rulebook, now: int, lost_in_menu: int | None, earlier: int,
) -> Figures:
    """All figures of one row.

    Args:
        calls: of the row's queues and time.
        promises: of the same.
        agents: of the same time, of all queues.
        queues: whose; None: all.
        rules: T and S; W went into the tallies.
        now: epoch seconds; no earlier than the tallies were made.
        lost_in_menu: of the same time; None where CEL is not known.
        earlier: entries of the same time a year before, 0 where that is not known.
    """
    counts: Counter[str] = Counter()
    for _, tally in calls:
        counts.update(tally.counts)
    entries = _count_entries(calls, counts, rules, now)
    return Figures(
        ledger=_ledger(counts, lost_in_menu), entries=entries, service=_service(calls, counts, entries, rules),
        waits=_waits(calls, counts), contacts=_contacts(calls, counts, rules, now),
        callbacks=callback_figures_of(promises, rules, now), work=_work(counts, agents, queues),
        agents=_agents(agents, queues), growth=Growth(ratio(counts["entries"] - earlier, earlier)),
    )


def _within(values: Numbers, seconds: int) -> int:
    return int(np.searchsorted(values, min(seconds, LONGEST_SECONDS - 1), "right"))


def _ledger(counts: Counter[str], lost_in_menu: int | None) -> LedgerCounts:
    outcomes = {outcome.value: counts[outcome.value] for outcome in Outcome}
    refused = {reason.value: counts[reason.value] for reason in Refusal}
    offered = counts["offered"]
    return LedgerCounts(
        offered=offered, balance=offered - sum(outcomes.values()), lost_in_menu=lost_in_menu, **outcomes, **refused)


def _count_entries(calls: Parts, counts: Counter[str], rules: Rulebook, now: int) -> EntryCounts:
    in_time = short = waiting = abandoned = answered = 0
    for queue, tally in calls:
        limits = rules.of(queue)
        timely, soon = judged(tally, limits)
        in_time += timely
        short += soon
        answered += len(tally.waits)
        abandoned += len(tally.entries_abandoned)
        waiting += sum(waits_in_time(*each, limits.service_threshold, now) for each in tally.waiting)
    left = counts["entries_left_for_callback"]
    return EntryCounts(
        entries=counts["entries"], entries_answered=answered, answered_within_threshold=in_time,
        entries_abandoned=abandoned, short_abandoned=short, entries_left_for_callback=left,
        entries_waiting_within_threshold=waiting,
        service_level_denominator=counts["entries"] - short - left - waiting,
    )


def judged(tally: CallsTally, limits: Rules) -> tuple[int, int]:
    """Entries answered within T, and those abandoned within S."""
    in_time = int(np.searchsorted(tally.waits, limits.service_threshold * 1000, "right"))
    return in_time, _within(tally.entries_abandoned, limits.short_abandon)


def waits_in_time(first: int, last: int, threshold: int, now: float) -> bool:
    """Whether an entry that still waits is within the threshold: it joined `first`, and where it waits now `last`."""
    return last - first + max(0, now - last) <= threshold


def _service(calls: Parts, counts: Counter[str], entries: EntryCounts, rules: Rulebook) -> ServiceFigures:
    answered = sum(_within(tally.stints_answered, rules.of(queue).service_threshold) for queue, tally in calls)
    unserved = sum(_within(tally.stints_unserved, rules.of(queue).service_threshold) for queue, tally in calls)
    all_unserved = sum(counts[outcome.value] for outcome in UNSERVED)
    return ServiceFigures(
        service_level=ratio(entries.answered_within_threshold, entries.service_level_denominator),
        service_level_answered=ratio(answered, counts["answered"]),
        service_level_asterisk2=ratio(answered + unserved, counts["answered"] + all_unserved),
        abandonment_rate=ratio(entries.entries_abandoned - entries.short_abandoned, entries.service_level_denominator),
        stints_answered_within_threshold=answered, stints_unserved_within_threshold=unserved,
    )


def _waits(calls: Parts, counts: Counter[str]) -> WaitFigures:
    waits = [tally.waits for _, tally in calls]
    p50, p90, p95, longest = _ranked(waits, (50, 90, 95, 100))
    return WaitFigures(
        asa=_mean(counts["waits_ms"], waits), wait_p50=p50, wait_p90=p90, wait_p95=p95, wait_max=longest)


def _contacts(calls: Parts, counts: Counter[str], rules: Rulebook, now: int) -> ContactFigures:
    humans = [tally.humans for _, tally in calls]
    in_time = left_out = provisional = 0
    for queue, tally in calls:
        limits = rules.of(queue)
        in_time += int(np.searchsorted(tally.humans, limits.service_threshold * 1000, "right"))
        left_out += sum(now - began <= limits.service_threshold for began in tally.pending)
        left_out += _within(tally.contacts_hung_up, limits.short_abandon)
        left_out += sum(
            all(waited <= rules.of(where).short_abandon for where, waited in tried)
            for tried in tally.hung_up_elsewhere)
        provisional += sum(now < final for _, final in tally.provisional)
    contacts = counts["contacts"]
    p50, p90 = _ranked(humans, (50, 90))
    return ContactFigures(
        contacts=contacts, contacts_provisional=provisional,
        service_level_human=ratio(in_time, contacts - left_out),
        time_to_human=_mean(counts["humans_ms"], humans), time_to_human_p50=p50, time_to_human_p90=p90,
        repeat_rate=ratio(counts["contacts_repeated"], contacts),
        attempts_until_helped=ratio(counts["contacts_calls"], contacts),
    )


def _mean(total_ms: int, parts: Iterable[Numbers]) -> float | None:
    count = sum(map(len, parts))
    return total_ms / count / 1000 if count else None


def _ranked(parts: Iterable[Numbers], percents: Sequence[int]) -> list[float | None]:
    """The values at rank ⌈percent ÷ 100 × n⌉ of all parts together, in seconds (see `arithmetic.nearest_rank`)."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return [None] * len(percents)
    whole: NDArray[Any] = filled[0] if len(filled) == 1 else np.concatenate(filled)
    places = [max(math.ceil(Fraction(percent, 100) * len(whole)), 1) - 1 for percent in percents]
    if len(filled) > 1:
        whole = np.partition(whole, places)
    return [int(whole[place]) / 1000 for place in places]


def callback_figures_of(
    parts: Iterable[tuple[str, PromisesTally]], rules: Rulebook, now: int,
) -> CallbackFigures:
    """Of the promises of each queue; `now` in epoch seconds."""
    counts: Counter[str] = Counter()
    late = 0
    for queue, tally in parts:
        counts.update(tally.counts)
        late += sum(now * 1000 - ready > rules.of(queue).service_threshold * 1000 for ready in tally.ready_ms)
    promised = counts["promised"]
    return CallbackFigures(
        callbacks_promised=promised, callbacks_virtual=counts["virtual"], callbacks_kept=counts[Result.REACHED],
        callbacks_in_time=counts["in_time"], callbacks_pending=counts[PENDING], callbacks_pending_over_threshold=late,
        callbacks_cancelled=counts[Result.CANCELLED], callbacks_helped_otherwise=counts[Result.HELPED_OTHERWISE],
        callbacks_unreachable=counts[Result.UNREACHABLE], callbacks_wrong_person=counts[Result.WRONG_PERSON],
        callbacks_expired=counts[Result.EXPIRED], callbacks_refused=counts[Result.REFUSED],
        callback_kept=ratio(counts[Result.REACHED], promised), callback_in_time=ratio(counts["in_time"], promised),
        callback_attempts=counts["attempts"], callback_attempts_mean=ratio(counts["attempts"], promised),
        callback_inversions=counts["inversions"],
    )


def _work(counts: Counter[str], agents: Sequence[AgentsTally], queues: Collection[str] | None) -> WorkFigures:
    wrap_up = sum(
        seconds for tally in agents for queue, seconds in tally.wrap_up.items() if queues is None or queue in queues)
    talk, hold, ended = counts["talk_ms"] / 1000, counts["hold_ms"] / 1000, counts["talks_ended"]
    return WorkFigures(
        talk=talk, hold=hold if counts["holds"] else None, wrap_up=wrap_up,
        aht=ratio(talk + hold + wrap_up, ended), transfer_rate=ratio(counts["transferred"], counts["answered"]),
        answered_not_spoken=counts["not_spoken"],
        ring_no_answer=counts["rings"], ring_no_answer_time=counts["ring_ms"] / 1000,
    )


def _agents(tallies: Sequence[AgentsTally], queues: Collection[str] | None) -> AgentFigures:
    spent: Counter[Any] = Counter()
    for tally in tallies:
        spent.update(tally.spent)
    asked = None if queues is None else frozenset(queues)
    available = busy = 0
    for key, ms in spent.items():
        is_available, is_busy = doing(key, asked)
        available += ms if is_available else 0
        busy += ms if is_busy else 0
    return time_figures(available, busy)


def doing(key: AgentKey, asked: frozenset[str] | None) -> tuple[bool, bool]:
    """Whether who was this was available for the queues asked about (None: all), and whether he was busy."""
    conditions, talking = key
    mine = {condition for condition, of in conditions if asked is None or not asked.isdisjoint(of)}
    at_work = talking and bool(mine)
    return bool(at_work or mine - {Condition.PAUSED}), at_work or Condition.WRAP_UP in mine


def rings_by_agent(calls: Parts) -> dict[str, tuple[int, float]]:
    """Rings not picked up, and their seconds, of each agent."""
    rings: Counter[str] = Counter()
    ring_ms: Counter[str] = Counter()
    for _, tally in calls:
        rings.update(tally.rings)
        ring_ms.update(tally.ring_ms)
    return {agent: (rings[agent], ring_ms[agent] / 1000) for agent in sorted(rings)}
