"""All figures of one row of a report."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from callqueue.metrics.agent_time import AgentFigures
from callqueue.metrics.balance import LedgerCounts
from callqueue.metrics.contacts import ContactFigures
from callqueue.metrics.promises import CallbackFigures
from callqueue.metrics.service import EntryCounts, ServiceFigures
from callqueue.metrics.waits import WaitFigures
from callqueue.metrics.work import WorkFigures

Value = float | None


@dataclass(frozen=True, slots=True)
class Growth:
    growth: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Every figure of one row; the fields of the parts are the figures' ids."""

    ledger: LedgerCounts
    entries: EntryCounts
    service: ServiceFigures
    waits: WaitFigures
    contacts: ContactFigures
    callbacks: CallbackFigures
    work: WorkFigures
    agents: AgentFigures
    growth: Growth

    def values(self) -> dict[str, Value]:
        """Each figure by its id, in the order of the passports."""
        return {name: getattr(part, name) for part in self._parts() for name in _names(type(part))}

    def _parts(self) -> Iterator[object]:
        return (getattr(self, each.name) for each in fields(self))


def _names(part: type) -> list[str]:
    return [each.name for each in fields(part)]


PARTS = (
    LedgerCounts, EntryCounts, ServiceFigures, WaitFigures, ContactFigures, CallbackFigures, WorkFigures, AgentFigures,
    Growth,
)


def figure_ids() -> list[str]:
    return [name for part in PARTS for name in _names(part)]
