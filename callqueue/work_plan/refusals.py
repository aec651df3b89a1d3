"""Why something asked of the plan of working times is not done: names that stay the same on the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PlanFault:
    """One fault of a plan's file. Its text is `plan.fault.<name>`, with `values` put in."""

    name: str
    line: int
    column: str = ""
    value: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


class WorkPlanRefusalError(Exception):
    """Nothing has changed. Its text is `plan.refused.<name>`, with `values` put in."""

    name: ClassVar[str]

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}")
        self.values = values


class WrongPlanFileError(WorkPlanRefusalError):
    """The file has faults, all of which are named."""

    name = "wrong-plan-file"

    def __init__(self, faults: Sequence[PlanFault]) -> None:
        super().__init__(count=str(len(faults)))
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))


class NothingPlannedError(WorkPlanRefusalError):
    """There is no plan of these agents and days."""

    name = "nothing-planned"
