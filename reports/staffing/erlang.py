"""Erlang C: callers wait as long as it takes, nobody gives up.

A. K. Erlang, "Solution of some Problems in the Theory of Probabilities of Significance in Automatic Telephone
Exchanges", 1917. The recursion of Erlang B never leaves 0 to 1, so it is exact where factorials overflow.
"""

import math
from dataclasses import dataclass
from typing import Protocol

QUARTER = 900


@dataclass(frozen=True, slots=True)
class Traffic:
    """What comes in one interval."""

    calls: float
    aht: float
    """Average handle time in seconds: talk, hold and wrap-up."""
    interval: float = QUARTER
    """Seconds in which the calls come."""

    @property
    def load(self) -> float:
        """Erlangs: agents busy on average, if everybody is served."""
        return self.calls * self.aht / self.interval

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.interval


@dataclass(frozen=True, slots=True)
class Standing:
    """What a number of agents makes of the traffic, in the long run."""

    agents: int
    service_level: float
    """Share of all callers who are answered within the threshold."""
    mean_wait: float
    """Seconds, over all callers; infinite where the queue grows without end."""
    occupancy: float
    abandonment: float
    """Share of all callers; 0 in Erlang C."""


class Model(Protocol):
    def standing(self, traffic: Traffic, agents: int, threshold: float) -> Standing: ...


def erlang_b(load: float, agents: int) -> float:
    """Share of callers who find all of `agents` taken and do not wait, at `load` erlangs."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Share of callers who have to wait; 1 where the load is not below the number of agents."""
    if load <= 0:
        return 0.0
    if agents <= load:
        return 1.0
    blocked = erlang_b(load, agents)
    return blocked / (1 - load / agents * (1 - blocked))


@dataclass(frozen=True, slots=True)
class ErlangC:
    """The queue M/M/n."""

    def standing(self, traffic: Traffic, agents: int, threshold: float) -> Standing:
        load = traffic.load
        if load <= 0:
            return Standing(agents, 1.0, 0.0, 0.0, 0.0)
        if agents <= load:
            return Standing(agents, 0.0, math.inf, 1.0, 0.0)
        waits, spare = erlang_c(load, agents), agents - load
        late = waits * math.exp(-spare * threshold / traffic.aht)
        return Standing(agents, 1 - late, waits * traffic.aht / spare, load / agents, 0.0)
