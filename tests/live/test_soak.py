"""Random lives of a line: calls flow while services are killed and hung; the ledger stays true.

A run is told by its seed (`SOAK_SEED`). A short one belongs to the suite; `bin/pasokh test soak` makes long ones.
"""

import asyncio
import os
import random
import signal

import pytest

from bench.sipp import Caller, calling
from callqueue.stint import Outcome
from tests.support.agreement import Witnesses, disagreements, witnesses_of
from tests.support.live_calls import numbers, served_by, settled_stints, to
from tests.support.live_line import LiveLine

pytestmark = pytest.mark.live

SEED = int(os.environ.get("SOAK_SEED", "1420"))
AGENTS = ("a101", "a102", "a104", "a108", "a109")
BLOWS = (
    ("callqueue", signal.SIGKILL), ("recordings", signal.SIGKILL), ("mosquitto", signal.SIGKILL),
    ("ivr", signal.SIGKILL), ("watchdog", signal.SIGKILL), ("callqueue", signal.SIGSTOP), ("ivr", signal.SIGSTOP),
)
"""What may happen to a service while Asterisk lives; one that is stopped is killed by the watchdog."""


async def test_a_short_life_with_blows_is_told_truly(line: LiveLine) -> None:
    await _live(line, random.Random(SEED), first=5000000, callers=12, blows=3)  # noqa: S311 - it must be repeatable


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(SEED, SEED + 3))
async def test_a_long_life_with_blows_is_told_truly(line: LiveLine, seed: int) -> None:
    first = 6000000 + (seed - SEED) * 10000
    await _live(line, random.Random(seed), first=first, callers=240, blows=20)  # noqa: S311


async def _live(line: LiveLine, chance: random.Random, *, first: int, callers: int, blows: int) -> None:
    since = line.now()
    plans = [_caller(chance, number) for number in numbers(first, callers)]
    async with line.staffed(*(line.phone(agent, talk=1.5) for agent in AGENTS)) as agents:
        async with calling(line.target, plans, line.sipp, rate=1.5) as runs:
            for _ in range(blows):
                await _strike(line, chance)
            truth = [one for run in runs for one in await run.finished()]
        served = await served_by(agents)
    entered = {one.data[1] for one in line.events("STINT", since)}
    stints = await settled_stints(line, since, entered)
    witnesses = witnesses_of(truth, served)
    last = {str(stint.caller): stint for stint in stints}
    wrong = {number: disagreements(stint, witnesses[number]) for number, stint in last.items()}
    assert {number: found for number, found in wrong.items() if found} == {}
    assert {stint.outcome for stint in stints} <= {Outcome.ANSWERED, Outcome.ABANDONED, Outcome.TIMED_OUT}
    _assert_nobody_is_missing(entered, witnesses)


def _caller(chance: random.Random, number: str) -> Caller:
    """Most wait for an agent, some give up, some press nothing."""
    kind = chance.random()
    if kind < 0.2:
        return Caller(number)
    patience = chance.uniform(1.0, 12.0) if kind < 0.5 else None
    return to(chance.choice(("insurance", "medical")), number, patience)


async def _strike(line: LiveLine, chance: random.Random) -> None:
    """One blow; returns when the line has got over it."""
    service, number = chance.choice(BLOWS)
    pid = await asyncio.to_thread(line.kill, service, number)
    await line.ready(service, but=pid)


def _assert_nobody_is_missing(entered: set[str], witnesses: dict[str, Witnesses]) -> None:
    """Whoever was served has a stint; who has none gave up in the menus."""
    for number, truth in witnesses.items():
        assert truth.caller.answered is not None, number
        if number not in entered:
            assert truth.agent is None
            assert truth.caller.ended_by == "self", f"{number} was hung up without having been in a queue"
