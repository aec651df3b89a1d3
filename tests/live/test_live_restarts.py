"""Services that are killed, hang or are restarted while calls are up: nobody is lost, and nobody is blamed."""

import asyncio
import signal
import time
from collections.abc import Callable

import pytest

from bench.sipp import Caller, call, calling
from callqueue.ledger.stint import Ending, Outcome
from tests.support.agreement import disagreements, witnesses_of
from tests.support.live_calls import numbers, served_by, settled_stints, to
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import APOLOGY_HERTZ
from tests.support.raw_phone import RawCall, raw_call
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

RESCUE_SECONDS = 30.0
"""Six times what is promised: the machine may be busy."""
OPERATORS = ("a104", "a108", "a109")


async def test_an_ivr_killed_with_callers_in_its_menus_costs_an_apology_and_no_caller(line: LiveLine) -> None:
    since = line.now()
    callers = numbers(1001000, 3)
    async with line.staffed(*(line.phone(agent, talk=2) for agent in OPERATORS)) as agents:
        async with calling(line.target, [Caller(number) for number in callers], line.sipp, rate=30) as runs:
            async def in_menus() -> bool:
                return all(one.answered for run in runs for one in run.calls()) and len(runs[0].calls()) == 3

            await eventually(in_menus, "the menus have answered three callers")
            killed = line.kill("ivr")
            truth = [one for run in runs for one in await run.finished()]
        await line.ready("ivr", but=killed)
        served = await served_by(agents)
    assert len(line.events("RESCUED", since)) == 3
    stints = await settled_stints(line, since, callers)
    witnesses = witnesses_of(truth, served)
    assert {stint.caller: (stint.queue, stint.outcome) for stint in stints} == dict.fromkeys(
        callers, ("operator", Outcome.ANSWERED))
    assert [disagreements(stint, witnesses[str(stint.caller)]) for stint in stints] == [[], [], []]


async def test_an_ivr_that_hangs_costs_an_apology_soon(line: LiveLine) -> None:
    since = line.now()
    async with line.staffed(*(line.phone(agent, talk=2) for agent in OPERATORS)):
        async with raw_call(line.target, {"From": "<sip:09121002000@127.0.0.1>"}) as in_menu:
            assert in_menu.status == 200
            hung = line.kill("ivr", signal.SIGSTOP)
            began = time.time()
            async with raw_call(line.target, {"From": "<sip:09121002001@127.0.0.1>"}) as new:
                heard = await asyncio.gather(_apology(in_menu), _apology(new))
                assert max(heard) - began < RESCUE_SECONDS
                await line.written("CONNECT", since, 2)
                await eventually(lambda: _is_over(in_menu, new), "both have spoken with an operator")
        await line.ready("ivr", but=hung)
    stints = await settled_stints(line, since, ["09121002000", "09121002001"])
    assert [(stint.queue, stint.outcome) for stint in stints] == [("operator", Outcome.ANSWERED)] * 2
    assert len(line.events("RESCUED", since)) == 2


async def _apology(call: RawCall) -> float:
    async def look() -> float | None:
        return call.first_heard(APOLOGY_HERTZ)

    heard = await eventually(look, "the caller hears the apology", within=20)
    assert heard is not None
    return heard


async def _is_over(*calls: RawCall) -> bool:
    return all(one.is_over for one in calls)


def kill_asterisk(line: LiveLine) -> None:
    line.kill_asterisk()


def stop_asterisk(line: LiveLine) -> None:
    line.restart("asterisk")


@pytest.mark.parametrize("end", [kill_asterisk, stop_asterisk])
async def test_asterisk_goes_away_and_whoever_waited_was_interrupted_by_us(
    line: LiveLine, end: Callable[[LiveLine], None],
) -> None:
    since = line.now()
    first = 1003000 if end is kill_asterisk else 1004000
    talking, *waiting = numbers(first, 3)
    async with line.staffed(line.phone("a101"), line.phone("a103")) as agents, line.desk() as desk:
        await desk.pause("a103", "lunch")
        callers = [to("insurance", talking), *(to("idle", number) for number in waiting)]
        async with calling(line.target, callers, line.sipp, rate=30) as runs:
            await line.written("CONNECT", since)
            await line.written("ENTERQUEUE", since, 3)
            gone = line.standing("asterisk").state.pid
            await asyncio.to_thread(end, line)
            await line.ready("asterisk", but=gone)
            truth = [one for run in runs for one in run.calls()]
        served = [one for run in agents for one in run.calls()]
        await _agents_are_back(line, since)
        stints = {stint.caller: stint for stint in await settled_stints(line, since, [talking, *waiting])}
        await _call_works(line, since)
    assert [stints[number].outcome for number in waiting] == [Outcome.INTERRUPTED] * 2
    conversation = stints[talking]
    assert (conversation.outcome, conversation.ending) == (Outcome.ANSWERED, Ending.INTERRUPTED)
    assert conversation.agent == "a101"
    answered = next(one.answered for one in served if one.answered)
    assert abs((conversation.answered or 0) - answered) < 2
    assert len(truth) == 3


async def _agents_are_back(line: LiveLine, since: Moment) -> None:
    """Both are members again, the one who had paused is paused for his own reason, and the journal says so."""
    restored = await line.written("AGENT_RESTORED", since, 2)
    assert {one.agent for one in restored} == {"a101", "a103"}
    async with line.desk() as desk:
        assert {queue: member.paused for queue, member in (await desk.members("a101")).items()} == {"insurance": False}
        members = await desk.members("a103")
    assert {queue: (member.paused, member.reason) for queue, member in members.items()} == {
        "pensions": (True, "lunch"), "idle": (True, "lunch"),
    }
    assert [one.data[0] for one in line.events("PAUSE", since) if one.agent == "a103"][-1:] == ["lunch"]


async def _call_works(line: LiveLine, since: Moment) -> None:
    """The line serves the next caller; the agent hangs up nothing, so the caller does."""
    before = len(line.events("CONNECT", since))
    async with calling(line.target, [to("insurance", "09121009999", patience=6)], line.sipp):
        await line.written("CONNECT", since, before + 1)


async def test_a_restarted_recordings_service_touches_no_call(line: LiveLine) -> None:
    since = line.now()
    async with line.staffed(line.phone("a101", talk=3)):
        restarting = asyncio.to_thread(line.restart, "recordings")
        truth, _ = await asyncio.gather(call(line.target, [to("insurance", "09121005000")], line.sipp), restarting)
    assert truth[0].status == 200
    (stint,) = await settled_stints(line, since, ["09121005000"])
    assert (stint.outcome, stint.ending) == (Outcome.ANSWERED, Ending.AGENT)
