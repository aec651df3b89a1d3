"""Random lives of a line: calls flow while services are killed and hung; the ledger stays true. And one long call.

A run is told by its seed (`SOAK_SEED`). A short one belongs to the suite; `bin/pasokh test soak` makes long ones.
"""

import asyncio
import os
import random
import signal
from pathlib import Path
from statistics import median

import pytest
import structlog

from bench.sipp import Caller, calling
from callqueue.ledger.stint import Outcome
from recordings.store import Recording
from tests.support.agreement import Witnesses, disagreements, witnesses_of
from tests.support.echo_phone import echo_phone, echoes, write_marks
from tests.support.kept_sound import kept_recordings, kept_sides
from tests.support.live_calls import numbers, served_by, settled_stints, to
from tests.support.live_line import LiveLine
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

log = structlog.get_logger()

SEED = int(os.environ.get("SOAK_SEED", "1420"))
TEN_MINUTES, STRETCH = 600, 12
FURTHEST_APART_MS = 50
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


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_both_sides_of_a_recording_keep_step_for_ten_minutes(line: LiveLine, tmp_path: Path) -> None:
    since, number = line.now(), "09127200000"
    marks = write_marks(tmp_path / "marks.al")
    accounts = [(agent, line.secrets.agents[agent]) for agent in ("a101", "a108")]
    async with (
        echo_phone(line.target, accounts[0]) as first, echo_phone(line.target, accounts[1], 4) as second,
        line.desk() as desk,
    ):
        await desk.log_in("a101")
        caller = to("insurance", number, patience=2 * TEN_MINUTES)
        async with calling(line.target, [caller], line.sipp, tone=marks):
            taken = await first.rung()
            await asyncio.sleep(STRETCH)
            await first.hold(taken)
            await asyncio.sleep(2)
            await first.resume(taken)
            await asyncio.sleep(STRETCH)
            assert await first.refer(taken, "a108") == 200
            passed = await second.rung()
            await asyncio.sleep(TEN_MINUTES + STRETCH)
            await second.hang_up(passed)
        await desk.log_out("a101", "test")
    (stint,) = await settled_stints(line, since, [number])

    async def both_kept() -> list[Recording]:
        found = await kept_recordings(line, stint.call_id)
        return found if len(found) == 2 else []

    begun, passed_on = await eventually(both_kept, "both recordings are kept")
    whole_minutes = range(1, passed_on.duration_ms // 60_000)
    apart = {
        "at the start": await _apart(line, begun, 0), "after the hold": await _apart(line, begun, -STRETCH),
        "after the transfer": await _apart(line, passed_on, 0),
        **{f"{minute} minutes later": await _apart(line, passed_on, minute * 60) for minute in whole_minutes},
        "ten minutes later": await _apart(line, passed_on, -STRETCH),
    }
    log.info("how far the sides lie apart (ms)", kept_seconds=passed_on.duration_ms / 1000, **apart)
    assert max(abs(ms) for ms in apart.values()) <= FURTHEST_APART_MS, apart


async def _apart(line: LiveLine, kept: Recording, since: float) -> float:
    """How far (ms) the agent's side lies behind the caller's, from a place in the recording (seconds; below 0: from its
    end) on, as most of the stretch has it.
    """
    first = round(since * 8000)
    caller, agent = (side[first:][: STRETCH * 8000] for side in await kept_sides(line, kept))
    return median(one.lag_ms for one in echoes(caller, agent))


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
