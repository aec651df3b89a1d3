"""Erlang A: callers give up when their patience, exponentially distributed, is at its end.

C. Palm, "Research on telephone traffic carried by full availability groups", 1957; in the form of S. Zeltyn and
A. Mandelbaum, "Call centers with impatient customers: many-server asymptotics of the M/M/n+G queue", 2005.
"""

import math
from dataclasses import dataclass

from reports.staffing.erlang import Standing, Traffic, erlang_b

NEGLIGIBLE = 1e-17
LARGE = 1e200
FEWEST_PANELS, MOST_PANELS = 16, 2000


@dataclass(frozen=True, slots=True)
class ErlangA:
    """The queue M/M/n+M; `patience` is the mean in seconds, above 0."""

    patience: float

    def standing(self, traffic: Traffic, agents: int, threshold: float) -> Standing:
        if traffic.load <= 0:
            return Standing(agents, 1.0, 0.0, 0.0, 0.0)
        leaving, serving = 1 / self.patience, agents / traffic.aht
        queue = _queue(traffic.rate, serving, leaving)
        blocked = erlang_b(traffic.load, agents)
        # All states with a queue, by the state in which all agents are busy and nobody waits.
        waits = 1 / (1 + (1 / blocked - 1) * math.exp(-queue.log_weight)) if blocked > 0 else 0.0
        abandonment = min(1.0, waits * queue.length * leaving / traffic.rate)
        late_service = _served_within(traffic.rate, serving, leaving, threshold, queue.log_weight)
        level = 1 - waits + waits * late_service
        busy = traffic.load * (1 - abandonment) / agents if agents else 1.0
        return Standing(agents, min(1.0, max(0.0, level)), abandonment * self.patience, min(1.0, busy), abandonment)


@dataclass(frozen=True, slots=True)
class _Queue:
    log_weight: float
    """Logarithm of Palm's A: the weight of all states with all agents busy, that without a queue being 1."""
    length: float
    """Mean number waiting while all agents are busy."""


def _queue(rate: float, serving: float, leaving: float) -> _Queue:
    term, total, waiting, scale, number = 1.0, 1.0, 0.0, 0.0, 0
    while True:
        number += 1
        ratio = rate / (serving + number * leaving)
        term *= ratio
        total += term
        waiting += number * term
        if ratio < 1 and term * number < NEGLIGIBLE * total:
            return _Queue(scale + math.log(total), waiting / total)
        if total > LARGE:
            term, waiting, scale, total = term / total, waiting / total, scale + math.log(total), 1.0


def _served_within(rate: float, serving: float, leaving: float, threshold: float, log_weight: float) -> float:
    """Of those who wait: the share answered within the threshold, by Simpson's rule over the offered wait."""
    if serving <= 0 or threshold <= 0:
        return 0.0

    def density(wait: float) -> float:
        exponent = -rate * math.expm1(-leaving * wait) / leaving - serving * wait - leaving * wait
        return serving * math.exp(exponent - log_weight)

    steepest = max(abs(rate - serving), abs(rate * math.exp(-leaving * threshold) - serving)) + leaving
    panels = min(MOST_PANELS, FEWEST_PANELS + math.ceil(steepest * threshold * 4))
    step = threshold / (2 * panels)
    inner = sum((4 if number % 2 else 2) * density(number * step) for number in range(1, 2 * panels))
    return min(1.0, (density(0) + inner + density(threshold)) * step / 3)
