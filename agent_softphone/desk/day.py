"""An agent's own day: his calls, and how his queues do. By the same evidence and rules as the reports."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from callqueue.ledger.evidence import Ring
from callqueue.ledger.stint import Stint
from callqueue.ledger.store import read_agent_stints, read_rings, read_stints
from callqueue.metrics import Rulebook, Rules
from callqueue.metrics.entries import entries_of
from callqueue.metrics.service import count_entries, service_figures
from foundation.database import Database
from foundation.settings import Settings

FRESH_SECONDS: Final = 30.0
"""The day of a busy queue is not read anew for each of its agents."""


@dataclass(frozen=True, slots=True)
class OwnDay:
    calls: int
    """Conversations from queues that began today."""
    talk_seconds: float
    """Without hold, of those that have ended."""
    rings_missed: int


@dataclass(frozen=True, slots=True)
class Level:
    """Today's service level of a queue."""

    queue: str
    ratio: float | None
    threshold: int
    answered: int
    entries: int


def own_day(stints: Sequence[Stint], rings: Sequence[Ring], agent: str, start: int) -> OwnDay:
    """From the stints that this agent answered and the rings of everybody, since `start`."""
    mine = [stint for stint in stints if stint.answered is not None and stint.answered >= start]
    return OwnDay(
        len(mine), sum(map(_talk, mine)), sum(ring.agent == agent for ring in rings),
    )


def _talk(stint: Stint) -> float:
    if stint.talk_ms is not None:
        return stint.talk_ms / 1000
    return float(stint.talk or 0)


def level_of(queue: str, stints: Sequence[Stint], rules: Rulebook, now: float) -> Level:
    """The headline figure (docs/figures.md: service_level) of these stints."""
    counts = count_entries([entry for entry in entries_of(stints) if entry.queue == queue], rules, now)
    figures = service_figures(counts, [stint for stint in stints if stint.queue == queue], rules, now)
    threshold = rules.of(queue).service_threshold
    return Level(queue, figures.service_level, threshold, counts.entries_answered, counts.entries)


def rulebook(settings: Settings) -> Rulebook:
    return Rulebook({
        name: Rules(queue.service_threshold, queue.short_abandon, queue.contact_window_hours * 3600)
        for name, queue in settings.queues.items()
    })


class Days:
    """Reads them; the queues' part once for all agents meanwhile."""

    def __init__(self) -> None:
        self._levels: tuple[float, int, Mapping[str, Level]] = (0.0, 0, {})
        self._lock = asyncio.Lock()

    async def own(self, ledger: Database, agent: str, start: int, end: int) -> OwnDay:
        """`start` and `end` in epoch seconds."""
        async with ledger.read() as connection:
            stints = await read_agent_stints(connection, agent, start, end)
            rings = await read_rings(connection, None, start, end)
        return own_day(stints, rings, agent, start)

    async def levels(self, ledger: Database, settings: Settings, start: int, now: float) -> Mapping[str, Level]:
        """Of every queue, since `start`."""
        async with self._lock:
            read, of_day, levels = self._levels
            if of_day != start or now - read > FRESH_SECONDS:
                levels = await self._read(ledger, settings, start, now)
                self._levels = (now, start, levels)
        return levels

    async def _read(self, ledger: Database, settings: Settings, start: int, now: float) -> Mapping[str, Level]:
        rules = rulebook(settings)
        async with ledger.read() as connection:
            stints = await read_stints(connection, None, start, int(now) + 1)
        return {queue: level_of(queue, stints, rules, now) for queue in settings.queues}
