"""The fewest agents with whom a target is met, and how many have to be paid for that."""

import math
from dataclasses import dataclass, field

from reports.staffing.erlang import Model, Standing, Traffic

HARD_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """`share` of the callers answered within `threshold` seconds."""

    share: float
    threshold: float = 20

    @property
    def name(self) -> str:
        return f"{self.share * 100:g}"

    @property
    def goal(self) -> str:
        """As the field writes it: 80/20."""
        return f"{self.name}/{self.threshold:g}"


TARGETS = (Target(0.80), Target(0.95), Target(0.99))


def agents_needed(model: Model, traffic: Traffic, target: Target) -> int:
    """The fewest agents that meet the target; 0 where nobody calls.

    The service level rises with every agent, so the number is found by growing steps and then by halving.
    """
    if traffic.load <= 0:
        return 0

    def is_met(agents: int) -> bool:
        return model.standing(traffic, agents, target.threshold).service_level >= target.share

    high, step = max(1, math.ceil(traffic.load)), 1
    low = 0
    if is_met(high):
        while high > 1 and is_met(max(1, high - step)):
            high, step = max(1, high - step), step * 2
        low = max(0, high - step)
    else:
        while not is_met(high):
            low, high, step = high, high + step, step * 2
            if high > HARD_LIMIT:
                raise ValueError(f"no number of agents answers {target.share:.2%} within {target.threshold} s: callers "
                                 "give up sooner than anybody can answer")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_met(middle) else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the plan takes for granted, besides the forecast."""

    aht: float
    patience: float | None
    """Mean in seconds; None: nobody knows, and Erlang A is left out."""
    shrinkage: float
    """Share of the paid time in which an agent is not at the queue: leave, illness, breaks, training; below 1."""
    hourly_cost: float = 0.0


def scheduled(agents: int, shrinkage: float) -> int:
    """Who has to be on the roster so that `agents` are there: agents ÷ (1 − shrinkage), rounded up."""
    return math.ceil(agents / (1 - shrinkage) - 1e-9)


@dataclass(slots=True)
class Needs:
    """Remembers what one kind of traffic needs: nights and weekdays repeat themselves in a plan."""

    model: Model
    aht: float
    known: dict[tuple[float, Target], Standing] = field(default_factory=dict)

    def of(self, calls: float, target: Target) -> Standing:
        """The standing with the fewest agents for so many calls in a quarter of an hour, to a tenth of a call."""
        key = (math.ceil(calls * 10 - 1e-9) / 10, target)
        found = self.known.get(key)
        if found is None:
            traffic = Traffic(key[0], self.aht)
            agents = agents_needed(self.model, traffic, target)
            found = self.known[key] = self.model.standing(traffic, agents, target.threshold)
        return found
