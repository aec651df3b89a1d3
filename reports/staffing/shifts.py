"""The fewest hours of shifts, of given lengths and starts, that cover a need, and the proof that none are fewer. Pure.

Time is counted in slots: quarters of an hour since the epoch. Each shift covers slots without a gap, so the cover is a
flow along the time (linear programmes with consecutive ones: Ahuja, Magnanti and Orlin, *Network Flows*, 1993): a shift
takes people from its start to its end, a surplus takes them back by one slot for nothing, and the need's rises and
falls are what is supplied and asked for. The cheapest flow is whole people, and its node prices are a lower bound for
every cover.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise

SLOT_HOURS = 0.25


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Offered:
    """The shifts that may be worked."""

    starts: Sequence[int]
    lengths: Sequence[int]

    def all(self) -> Iterator[Shift]:
        return (Shift(start, length) for start in self.starts for length in self.lengths)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A cover."""

    shifts: Mapping[Shift, int]
    """How many people work each of them."""
    hours: float
    needed_hours: float
    """Of what can be covered at all."""
    bound_hours: float
    """No cover by such shifts has fewer."""
    uncovered_hours: float
    """Of slots that no shift reaches."""


def propose(need: Mapping[int, int], offered: Offered) -> Proposal:
    """A cover with the fewest hours, of those with the fewest shifts, and of those with the latest starts.

    Args:
        need: agents by slot.
        offered: which shifts may be worked.
    """
    shifts = list(offered.all())
    reached = {slot for shift in shifts for slot in range(shift.start, shift.end)}
    can = {slot: count for slot, count in need.items() if slot in reached}
    edges = sorted({edge for shift in shifts for edge in (shift.start, shift.end)})
    place = {edge: number for number, edge in enumerate(edges)}
    most = [max((can.get(slot, 0) for slot in range(*both)), default=0) for both in pairwise(edges)]
    dear = 1 + sum(most) * (edges[-1] - edges[0]) if edges else 1
    """A slot is dearer than all shifts together, and a shift than all their earliness."""
    flow = _Flow([after - before for before, after in pairwise([0, *most, 0])] if edges else [])
    for number in range(len(most)):
        flow.add(number + 1, number, 0)
    arcs = [flow.add(place[shift.start], place[shift.end], (shift.length * dear + 1) * dear + edges[-1] - shift.start)
            for shift in shifts]
    flow.send()
    found = {shift: flow.sent[arc] for shift, arc in zip(shifts, arcs, strict=True) if flow.sent[arc]}
    bound = sum(count * (after - before) for count, (before, after) in zip(most, pairwise(flow.prices), strict=True))
    return Proposal(
        dict(sorted(found.items())), SLOT_HOURS * sum(shift.length * count for shift, count in found.items()),
        SLOT_HOURS * sum(can.values()), SLOT_HOURS * (bound // dear**2),
        SLOT_HOURS * (sum(need.values()) - sum(can.values())))


@dataclass(slots=True)
class _Flow:
    """The cheapest flow from nodes that have more than nothing to those that have less, arcs being as wide as needed.

    Successive shortest paths: `prices` keep every arc's cost + price of its tail − price of its head at 0 or above, and
    at 0 where anything flows, which is the optimum's condition.
    """

    excess: list[int]
    arcs: list[tuple[int, int, int]] = field(default_factory=list)
    """Tail, head, cost."""
    sent: list[int] = field(default_factory=list)
    prices: list[int] = field(init=False)
    touching: defaultdict[int, list[int]] = field(init=False)
    """Arcs by their nodes."""

    def __post_init__(self) -> None:
        self.prices, self.touching = [0] * len(self.excess), defaultdict(list)

    def add(self, tail: int, head: int, cost: int) -> int:
        """The arc's number."""
        number = len(self.arcs)
        self.arcs.append((tail, head, cost))
        self.sent.append(0)
        for node in (tail, head):
            self.touching[node].append(number)
        return number

    def send(self) -> None:
        """Until nothing is left anywhere."""
        for source in range(len(self.excess)):
            while self.excess[source] > 0:
                self._send_from(source)

    def _send_from(self, source: int) -> None:
        """As much as goes by the cheapest way to the next node that lacks something."""
        cost, way, done, reached = {source: 0}, dict[int, int](), set[int](), source
        waiting = [(0, source)]
        while waiting:
            so_far, node = heappop(waiting)
            if node in done:
                continue
            if self.excess[node] < 0:
                reached = node
                break
            done.add(node)
            for arc, other, reduced in self._ways(node):
                if so_far + reduced < cost.get(other, so_far + reduced + 1):
                    cost[other], way[other] = so_far + reduced, arc
                    heappush(waiting, (so_far + reduced, other))
        for node in done:
            self.prices[node] += cost[node] - cost[reached]
        self._move(source, reached, way)

    def _ways(self, node: int) -> Iterator[tuple[int, int, int]]:
        """Arcs by which more can leave it, or less come: the arc, the other end, the reduced cost."""
        for arc in self.touching[node]:
            tail, head, cost = self.arcs[arc]
            reduced = cost + self.prices[tail] - self.prices[head]
            if tail == node:
                yield arc, head, reduced
            elif self.sent[arc]:
                yield arc, tail, -reduced

    def _move(self, source: int, reached: int, way: Mapping[int, int]) -> None:
        path, node, most = list[tuple[int, int]](), reached, min(self.excess[source], -self.excess[reached])
        while node != source:
            arc = way[node]
            tail, head, _ = self.arcs[arc]
            sign, node = (1, tail) if head == node else (-1, head)
            path.append((arc, sign))
        most = min([most, *(self.sent[arc] for arc, sign in path if sign < 0)])
        for arc, sign in path:
            self.sent[arc] += sign * most
        self.excess[source] -= most
        self.excess[reached] += most


__all__ = ["Offered", "Proposal", "Shift", "propose"]
