"""Every way to hold, consult and pass on a caller, all at once: each agent is credited with what he spoke."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.sipp import Caller, CallTruth, Hold, Keys, Pickup, Refer, agents, call
from callqueue.cel.conversation_store import read_conversations
from callqueue.cel.conversations import Kind, Talk
from callqueue.ledger.stint import Ending, Origin, Outcome, Stint
from tests.support.desk_phone import DeskPhone, Line, desk_phone
from tests.support.live_calls import served_by, settled_stints, to
from tests.support.live_line import LiveLine, Moment
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

NEAR = 0.6
"""Seconds from a telephone's message to Asterisk's bridge, on a busy machine; a second is promised."""

HELD = to("insurance", "09127000001")
"""a101 holds and comes back, fails to pass him on to a number that does not exist, and hangs up."""
LEFT_ON_HOLD = Caller("09127000002", (Keys(0.6, "0"),))
"""a104 hangs up while holding."""
TO_QUEUE = to("ring", "09127000003")
"""a105 passes him on to the queue crowd."""
TO_AGENT = to("idle", "09127000004")
"""a103 passes him on to a108."""
CONSULTED = to("empty", "09127000005")
"""a110 consults a109 and leaves the caller with him."""
CONSULTED_QUEUE = to("medical", "09127000006")
"""a102 consults the queue crowd and leaves the caller with whoever answered."""
WANDERER = to("full", "09127000007")
"""a107 consults b203, who is busy, then a106, comes back, passes the caller on to b203 in vain, and has him again."""
CALLERS = (HELD, LEFT_ON_HOLD, TO_QUEUE, TO_AGENT, CONSULTED, CONSULTED_QUEUE, WANDERER)

ASIDE = ("a108", "a109", "a106")
"""Logged in, paused: nobody's queue rings them."""


@dataclass
class Desk:
    """What a two-line telephone did: the caller's line, the lines of consultation, and when callers were left."""

    lines: list[Line] = field(default_factory=list)
    consulted: list[Line] = field(default_factory=list)
    left: float = 0.0


@dataclass(frozen=True)
class Traffic:
    since: Moment
    phones: list[CallTruth]
    desks: dict[str, Desk]
    stints: list[Stint]
    talks: list[Talk]
    report: dict[str, Any]

    def of(self, caller: Caller) -> list[Stint]:
        return [stint for stint in self.stints if stint.caller == caller.number]

    def phone(self, agent: str) -> CallTruth:
        return next(call for call in self.phones if call.agent == agent and call.answered is not None)

    def spoke(self, agent: str, kind: Kind) -> float:
        return sum(talk.end - talk.start for talk in self.talks if (talk.agent, talk.kind) == (agent, kind)) / 1000


@pytest.fixture(scope="module")
def traffic(line: LiveLine) -> Traffic:
    return asyncio.run(_drive(line))


async def _drive(line: LiveLine) -> Traffic:
    since = line.now()
    phones = (
        line.phone("a101", acts=(Hold(1, 1.5), Refer(0.7, "999", fails=True)), talk=1),
        line.phone("a104", acts=(Hold(1, None),), talk=1.5), line.phone("a105", acts=(Refer(1.5, "queue-crowd"),)),
        line.phone("a103", acts=(Refer(1, "a108"),)), line.phone("b201", talk=3), line.phone("b202", talk=3),
        line.phone("a108", talk=2.5), line.phone("a109", talk=4), line.phone("a106"),
    )
    errands = {"a110": _consult_and_leave, "a102": _consult_queue_and_leave, "a107": _wander}
    desks = {agent: Desk() for agent in errands}
    async with AsyncExitStack() as stack:
        busy = [line.phone("b203", pickup=Pickup.BUSY)]
        runs = [*await stack.enter_async_context(agents(line.target, busy, line.sipp)),
                *await stack.enter_async_context(line.staffed(*phones))]
        keeper = await stack.enter_async_context(line.desk())
        for agent in ASIDE:
            await keeper.pause(agent, "break")
        two_lines = {}
        for agent in errands:
            secret = line.secrets.agents[agent]
            two_lines[agent] = await stack.enter_async_context(desk_phone(line.target, agent, secret))
            await keeper.log_in(agent)
            stack.push_async_callback(keeper.log_out, agent, "test")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(call(line.target, CALLERS, line.sipp, rate=20))
            for agent, errand in errands.items():
                tasks.create_task(errand(two_lines[agent], desks[agent]))
        told = await served_by(runs)
    await line.quiet()
    return await _ledger(line, since, told, desks)


async def _consult_and_leave(phone: DeskPhone, desk: Desk, target: str = "a109") -> None:
    line = await phone.rung()
    desk.lines.append(line)
    await asyncio.sleep(1)
    await phone.hold(line)
    consulted = await phone.call(target)
    desk.consulted.append(consulted)
    await asyncio.sleep(1.2)
    assert await phone.refer(line, target, consulted) == 200
    desk.left = time.time()
    await phone.hang_up(line)
    await phone.hang_up(consulted)


async def _consult_queue_and_leave(phone: DeskPhone, desk: Desk) -> None:
    await _consult_and_leave(phone, desk, "queue-crowd")


async def _wander(phone: DeskPhone, desk: Desk) -> None:
    line = await phone.rung()
    desk.lines.append(line)
    await phone.hold(line)
    assert (await phone.call("b203")).status == 486
    consulted = await phone.call("a106")
    desk.consulted.append(consulted)
    await asyncio.sleep(1)
    await phone.hang_up(consulted)
    await phone.resume(line)
    await asyncio.sleep(1)
    desk.left = time.time()
    await phone.refer(line, "b203")
    await phone.hang_up(line)
    again = await phone.rung()
    desk.lines.append(again)
    await asyncio.sleep(1)
    await phone.hang_up(again)


async def _ledger(line: LiveLine, since: Moment, told: list[CallTruth], desks: dict[str, Desk]) -> Traffic:
    async def talks() -> list[Talk]:
        async with line.ledger() as connection:
            found = await read_conversations(connection, None, since.at, int(time.time()) + 1)
        known = {(talk.agent, talk.kind) for talk in found}
        served = {talk.stint for talk in found} >= {(stint.channel_id, stint.number) for stint in stints}
        return found if served and {("a109", Kind.TRANSFER), ("a108", Kind.TRANSFER)} <= known else []

    stints = await settled_stints(line, since, {caller.number for caller in CALLERS})
    found = await eventually(talks, "all conversations are credited")
    start = datetime.fromtimestamp(since.at, UTC).isoformat().replace("+00:00", "Z")
    report = line.command("report", "agents", "--from", start, "--format", "json")
    return Traffic(since, told, desks, stints, found, json.loads(report))


def _near(told: float | None, true: float) -> bool:
    return told is not None and abs(told - true) < NEAR


def _until(left: float, answered: float | None) -> float:
    assert answered is not None
    return left - answered


def test_a_hold_is_taken_from_the_talk_to_the_tenth(traffic: Traffic) -> None:
    (stint,) = traffic.of(HELD)
    truth = traffic.phone("a101")
    held = truth.invited_again[1] - truth.invited_again[0]
    assert _near((stint.hold_ms or 0) / 1000, held)
    assert _near((stint.talk_ms or 0) / 1000, (truth.seconds or 0) - held)


def test_an_agent_who_hangs_up_while_holding_held_to_the_end(traffic: Traffic) -> None:
    (stint,) = traffic.of(LEFT_ON_HOLD)
    truth = traffic.phone("a104")
    assert _near((stint.hold_ms or 0) / 1000, _until(truth.ended or 0, truth.invited_again[0]))


def test_who_never_held_has_a_hold_of_nothing(traffic: Traffic) -> None:
    assert [stint.hold_ms for stint in (*traffic.of(TO_QUEUE), *traffic.of(TO_AGENT))] == [0, 0, 0]


def test_a_transfer_that_fails_leaves_the_conversation_as_it_was(traffic: Traffic) -> None:
    (stint,) = traffic.of(HELD)
    assert (stint.ending, stint.agent) == (Ending.AGENT, "a101")


def test_a_blind_transfer_to_a_queue_is_a_stint_of_its_own(traffic: Traffic) -> None:
    first, second = traffic.of(TO_QUEUE)
    truth = traffic.phone("a105")
    assert (first.ending, second.origin, second.queue) == (Ending.TRANSFER, Origin.TRANSFER, "crowd")
    assert first.call_id == second.call_id
    assert _near(traffic.spoke("a105", Kind.DIRECT), _until(truth.referred or 0, truth.answered))
    assert second.outcome is Outcome.ANSWERED


def test_a_blind_transfer_to_an_agent_credits_both(traffic: Traffic) -> None:
    (stint,) = traffic.of(TO_AGENT)
    truth = traffic.phone("a103")
    assert stint.ending is Ending.TRANSFER
    assert _near(traffic.spoke("a103", Kind.DIRECT), _until(truth.referred or 0, truth.answered))
    assert _near(traffic.spoke("a108", Kind.TRANSFER), traffic.phone("a108").seconds or 0)
    assert {talk.call_id for talk in traffic.talks if talk.agent == "a108"} == {stint.call_id}


def test_a_consulted_agent_is_credited_from_when_the_caller_was_left_with_him(traffic: Traffic) -> None:
    (stint,) = traffic.of(CONSULTED)
    desk, colleague = traffic.desks["a110"], traffic.phone("a109")
    consultation = _until(desk.left, desk.consulted[0].answered)
    assert stint.ending is Ending.TRANSFER
    assert _near(traffic.spoke("a110", Kind.DIRECT), _until(desk.left, desk.lines[0].answered))
    assert _near(traffic.spoke("a110", Kind.CONSULTATION), consultation)
    assert _near(traffic.spoke("a109", Kind.CONSULTATION), consultation)
    assert _near(traffic.spoke("a109", Kind.TRANSFER), (colleague.ended or 0) - desk.left)
    assert _near((stint.hold_ms or 0) / 1000, desk.left - desk.lines[0].holds[0])


def test_a_consulted_queue_belongs_to_the_callers_call(traffic: Traffic) -> None:
    first, second = traffic.of(CONSULTED_QUEUE)
    desk = traffic.desks["a102"]
    assert (first.ending, second.queue, second.origin) == (Ending.TRANSFER, "crowd", Origin.TRANSFER)
    assert first.call_id == second.call_id
    truth = next(call for call in traffic.phones if call.agent == second.agent and call.caller == "a102")
    mine = [talk for talk in traffic.talks if talk.stint == (second.channel_id, second.number)]
    with_caller = sum(talk.end - talk.start for talk in mine if talk.kind is Kind.TRANSFER) / 1000
    assert _near(with_caller, (truth.ended or 0) - desk.left)
    assert _near(traffic.spoke("a102", Kind.CONSULTATION), _until(desk.left, desk.consulted[0].answered))


def test_a_consultation_given_up_leaves_the_caller_where_he_was(traffic: Traffic) -> None:
    first, again = traffic.of(WANDERER)
    desk = traffic.desks["a107"]
    consultation = _until(desk.consulted[0].ended or 0, desk.consulted[0].answered)
    assert _near(traffic.spoke("a106", Kind.CONSULTATION), consultation)
    assert traffic.spoke("a106", Kind.TRANSFER) == 0
    assert _near((first.hold_ms or 0) / 1000, desk.lines[0].holds[1] - desk.lines[0].holds[0])
    assert (first.ending, again.ending) == (Ending.TRANSFER, Ending.AGENT)


def test_whoever_is_passed_on_to_a_busy_agent_returns_to_his_queue(traffic: Traffic) -> None:
    first, again = traffic.of(WANDERER)
    assert (again.queue, again.origin, again.agent, again.call_id) == ("full", Origin.REQUEUE, "a107", first.call_id)
    desk = traffic.desks["a107"]
    spoken = _until(desk.left, desk.lines[0].answered) + _until(desk.lines[1].ended or 0, desk.lines[1].answered)
    assert _near(traffic.spoke("a107", Kind.DIRECT), spoken)


def test_the_agents_report_tells_the_same_and_sums_up(traffic: Traffic) -> None:
    rows = {row["agent"]: row for row in traffic.report["rows"]}
    assert traffic.report["sums_up"] is True
    parts = ("ready", "ringing", "talk_time", "hold_time", "consultation", "wrap_up_time", "paused")
    for row in rows.values():
        assert round(sum(row[name] for name in parts), 3) == row["logged_in"]
    assert _near(rows["a109"]["consultation"], traffic.spoke("a109", Kind.CONSULTATION))
    assert _near(rows["a108"]["talk_time"], traffic.phone("a108").seconds or 0)
    assert rows["a108"]["pauses"]["break"] > 0
    assert (rows["a109"]["conversations"], rows["a106"]["conversations"]) == (1, 0)
    assert rows["a101"]["wrap_up_time"] > 0
