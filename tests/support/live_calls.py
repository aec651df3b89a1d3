"""Callers as the live tests know them, and the wait until the ledger has understood all of their calls."""

from collections.abc import Collection, Sequence

from bench.sipp import Caller, CallTruth, Keys, Run
from callqueue.ledger.stint import Outcome, Stint
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import KEY_OF
from tests.support.waiting import eventually

LANGUAGE = Keys(0.6, "1")
IN_QUEUE = 4.5
"""Seconds from the last key until a caller surely waits in a queue, on a busy machine."""


def to(queue: str, number: str, patience: float | None = None) -> Caller:
    """A caller who chooses Persian and this queue."""
    return Caller(number, (LANGUAGE, Keys(0.9, KEY_OF[queue])), patience)


def numbers(first: int, count: int) -> list[str]:
    return [f"0912{first + n:07}" for n in range(count)]


async def served_by(agents: Sequence[Run]) -> list[CallTruth]:
    """What the agents' telephones know, when their conversations are over for them too: callers may know it first."""
    calls: list[CallTruth] = []

    async def look() -> bool:
        calls[:] = [one for run in agents for one in run.calls()]
        return all(one.ended is not None for one in calls if one.answered is not None)

    await eventually(look, "all conversations are over for the agents")
    return calls


async def settled_stints(line: LiveLine, since: Moment, callers: Collection[str | None]) -> list[Stint]:
    """The stints of these callers, when every one is over and CEL has spoken about those that were answered."""
    async def look() -> list[Stint]:
        found = [stint for stint in await line.stints(since) if stint.caller in callers]
        return found if {stint.caller for stint in found} == set(callers) and all(map(_is_settled, found)) else []

    return await eventually(look, f"the ledger knows all calls of {sorted(map(str, callers))} to their end")


def _is_settled(stint: Stint) -> bool:
    if stint.finished is None:
        return False
    return stint.outcome is not Outcome.ANSWERED or stint.spoke is not None
