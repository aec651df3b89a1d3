"""Figures of a report's rows and totals from tallies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from callqueue.metrics import Figures, Rulebook
from callqueue.metrics.tally import AgentsTally, CallsTally, add_agents
from callqueue.metrics.tally_figures import figures_of
from callqueue.rollups.reading import Tallies
from callqueue.rollups.store import CallsPart

Tally = TypeVar("Tally")
Tally_co = TypeVar("Tally_co", covariant=True)


class _Queued(Protocol[Tally_co]):
    @property
    def queues(self) -> Mapping[str, Tally_co]: ...


@dataclass(frozen=True, slots=True)
class TalliedBooks:
    """The tallies of each interval."""

    tallies: Sequence[Tallies]
    before: Sequence[Sequence[CallsPart]]
    """Those of the same intervals a year before; none where the ledger does not reach back so far."""
    rules: Rulebook
    now: int
    has_cel: Sequence[bool]
    """Of each interval, whether there is CEL for any of it."""
    _agents: dict[int | None, AgentsTally] = field(default_factory=dict)
    """Added up once for all rows of an interval."""

    @property
    def queues(self) -> set[str]:
        """Queues to which anything is booked."""
        calls = {queue for tallies in self.tallies for part in tallies.calls for queue in part.queues}
        return calls | {queue for tallies in self.tallies for part in tallies.promises for queue in part.queues}

    def figures(self, queues: tuple[str, ...] | None, index: int | None = None) -> Figures:
        """Of `queues` (None: all) in the interval number `index` (None: all of them)."""
        chosen = self._chosen(index)
        lost = sum(part.lost_in_menu for tallies in chosen for part in tallies.calls)
        return figures_of(
            self.calls(queues, index), [each for tallies in chosen for each in _of(queues, tallies.promises)],
            [self._agents_in(index)], queues=queues, rules=self.rules, now=self.now,
            lost_in_menu=lost if any(self._known(index)) else None, earlier=self._entries_before(queues, index),
        )

    def calls(self, queues: tuple[str, ...] | None, index: int | None = None) -> list[tuple[str, CallsTally]]:
        """Each with its queue."""
        return [each for tallies in self._chosen(index) for each in _of(queues, tallies.calls)]

    def waits_in_milliseconds(self) -> tuple[int, int]:
        """How many of the stints have a wait measured by CEL, of how many that have ended."""
        tallies = [tally for _, tally in self.calls(None)]
        return sum(each.counts["waits_exact"] for each in tallies), sum(each.counts["waits_ended"] for each in tallies)

    def _agents_in(self, index: int | None) -> AgentsTally:
        if index not in self._agents:
            self._agents[index] = add_agents(part for tallies in self._chosen(index) for part in tallies.agents)
        return self._agents[index]

    def _chosen(self, index: int | None) -> Sequence[Tallies]:
        return self.tallies if index is None else self.tallies[index:index + 1]

    def _known(self, index: int | None) -> Sequence[bool]:
        return self.has_cel if index is None else self.has_cel[index:index + 1]

    def _entries_before(self, queues: tuple[str, ...] | None, index: int | None) -> int:
        chosen = self.before if index is None else self.before[index:index + 1]
        return sum(tally.counts["entries"] for parts in chosen for _, tally in _of(queues, parts))


def _of(queues: tuple[str, ...] | None, parts: Iterable[_Queued[Tally]]) -> Iterable[tuple[str, Tally]]:
    for part in parts:
        for queue in part.queues if queues is None else queues:
            tally = part.queues.get(queue)
            if tally is not None:
                yield queue, tally
