"""How long a caller will wait, from what the ledger saw lately and who works now. Pure.

With `n` agents at work on a queue, each taken by one caller for `h` seconds, one of them becomes free every `h / n`
seconds; so who stands at place `p` waits `(p - ready) * h / n`, and not at all where one is ready for him. In an
M/M/n queue whose agents are all busy that is the mean: departures come at the rate `n / h`, and `p` of them are needed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import fmean

from callqueue.floor.state import AgentState, Floor
from callqueue.ledger.stint import Outcome, Stint

WINDOW_SECONDS = 3600
"""How far back calls tell what a call takes."""
FEWEST_CALLS = 5
"""With fewer nothing is said."""
TRIMMED = 0.1
"""Of the shortest and of the longest conversations, so that one forgotten receiver does not frighten everybody."""
AT_WORK = frozenset({AgentState.TALKING, AgentState.RINGING, AgentState.WRAP_UP, AgentState.READY})


def handling_seconds(stints: Iterable[Stint], wrap_up: Mapping[str, int]) -> dict[str, float]:
    """Queue to the seconds for which one caller takes an agent: conversation and wrap-up, a trimmed mean.

    Queues with fewer than `FEWEST_CALLS` finished conversations are left out.
    """
    talks: dict[str, list[int]] = defaultdict(list)
    for stint in stints:
        if stint.outcome is Outcome.ANSWERED and stint.talk is not None and stint.queue in wrap_up:
            talks[stint.queue].append(stint.talk)
    return {
        queue: fmean(_trimmed(found)) + wrap_up[queue] for queue, found in talks.items() if len(found) >= FEWEST_CALLS
    }


def estimated_wait(floor: Floor, queue: str, handling: float | None, place: int | None = None) -> int | None:
    """Seconds until the caller at `place` (from 1; None: one who joins now) is answered.

    None without evidence: too few calls lately, or nobody at work.
    """
    states = [agent.state for agent in floor.agents.values() if queue in agent.members]
    working = sum(state in AT_WORK for state in states)
    if handling is None or not working:
        return None
    ready = states.count(AgentState.READY)
    place = len(floor.waiting.get(queue, ())) + 1 if place is None else place
    return round(max(0, place - ready) * handling / working)


def _trimmed(values: list[int]) -> list[int]:
    cut = int(len(values) * TRIMMED)
    return sorted(values)[cut:len(values) - cut]
