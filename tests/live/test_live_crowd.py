"""Many callers at once: every one is told truly, and no agent is given two."""

from itertools import pairwise

import pytest

from bench.sipp import Caller, CallTruth, call
from callqueue.ledger.stint import Outcome
from tests.support.agreement import disagreements, witnesses_of
from tests.support.live_calls import numbers, served_by, settled_stints, to
from tests.support.live_line import LiveLine

pytestmark = pytest.mark.live

CALLERS = 50
AGENTS = [f"b{number}" for number in range(201, 211)]
IMPATIENT = 14.0
"""Seconds after which every fifth caller gives up."""


async def test_fifty_callers_at_once_are_served_by_ten_agents_and_told_truly(line: LiveLine) -> None:
    since = line.now()
    callers = [_caller(n, number) for n, number in enumerate(numbers(2000000, CALLERS))]
    async with line.staffed(*(line.phone(agent, talk=2) for agent in AGENTS)) as agents:
        truth = await call(line.target, callers, line.sipp, rate=50)
        served = await served_by(agents)
    stints = await settled_stints(line, since, [caller.number for caller in callers])
    witnesses = witnesses_of(truth, served)
    wrong = {stint.caller: disagreements(stint, witnesses[str(stint.caller)]) for stint in stints}
    assert {number: found for number, found in wrong.items() if found} == {}
    assert len(stints) == CALLERS
    assert {stint.outcome for stint in stints} <= {Outcome.ANSWERED, Outcome.ABANDONED}
    assert sum(stint.outcome is Outcome.ANSWERED for stint in stints) == sum(one.answered is not None for one in served)
    for agent in AGENTS:
        _assert_one_at_a_time([one for one in served if one.agent == agent and one.answered])


def _caller(n: int, number: str) -> Caller:
    return to("crowd", number, IMPATIENT if n % 5 == 0 else None)


def _assert_one_at_a_time(calls: list[CallTruth]) -> None:
    assert calls
    ordered = sorted(calls, key=lambda one: one.invited)
    for one, following in pairwise(ordered):
        assert one.ended is not None
        assert one.ended <= following.invited, f"{one.agent} was rung for {following.caller} while talking"
