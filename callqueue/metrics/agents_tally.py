"""What is summed up of each agent in a time, in numbers that can be added: quarters of an hour make up the day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from callqueue.metrics.agent_states import Column


def _nothing() -> NDArray[np.int64]:
    return np.zeros((0, 0), np.int64)


@dataclass(slots=True)
class TimesheetsTally:
    """Of all agents of whom anything is known in the time: a row of `numbers` for each, in the order of `agents`."""

    agents: Sequence[str] = ()
    columns: Sequence[Column] = ()
    numbers: NDArray[np.int64] = field(default_factory=_nothing)

    def of(self, agent: str) -> Mapping[Column, int]:
        """What was counted of one agent; nothing where he was not there."""
        if agent not in self.agents:
            return {}
        return self._named(self.numbers[self.agents.index(agent)])

    def rows(self) -> Iterable[tuple[str, Mapping[Column, int]]]:
        """Each agent with what was counted of him."""
        return ((agent, self._named(row)) for agent, row in zip(self.agents, self.numbers, strict=True))

    def _named(self, row: NDArray[np.int64]) -> Mapping[Column, int]:
        return {column: value for column, value in zip(self.columns, row.tolist(), strict=True) if value}


def tally_timesheets(counted: Mapping[str, Mapping[Column, int]]) -> TimesheetsTally:
    """Of what was counted of each agent; who has nothing is left out."""
    found = {agent: some for agent, counts in sorted(counted.items())
             if (some := {column: count for column, count in counts.items() if count})}
    columns = sorted({column for counts in found.values() for column in counts})
    numbers = [[counts.get(column, 0) for column in columns] for counts in found.values()]
    return TimesheetsTally(tuple(found), tuple(columns), np.array(numbers, np.int64).reshape(len(found), len(columns)))


def add_timesheets(tallies: Iterable[TimesheetsTally]) -> TimesheetsTally:
    """The tally of all of them."""
    parts = [tally for tally in tallies if len(tally.agents)]
    agents = sorted({agent for part in parts for agent in part.agents})
    columns = sorted({column for part in parts for column in part.columns})
    row_of = {agent: row for row, agent in enumerate(agents)}
    place_of = {column: place for place, column in enumerate(columns)}
    whole = np.zeros((len(agents), len(columns)), np.int64)
    for part in parts:
        there = np.ix_([row_of[agent] for agent in part.agents], [place_of[column] for column in part.columns])
        whole[there] += part.numbers
    return TimesheetsTally(tuple(agents), tuple(columns), whole)
