"""A supervisor at a running line: he listens, whispers and joins in by his own telephone; forces a pause; takes a
caller out of the queue; leaves a message; takes calls for a while. The ledger stays true through all of it.
"""

import asyncio
import getpass
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from agent_softphone.supervisor_desk import SupervisorDesk
from agent_softphone.supervisor_office import Supervisor
from agent_softphone.supervisor_refusals import NotTalkingError, TelephoneAwayError
from agent_softphone.supervisor_shift_desk import ShiftDesk
from agent_softphone.supervisor_spy import Mode, conversation_of
from callqueue.cel.conversation_store import read_conversations
from callqueue.cel.conversations import Kind, Talk
from callqueue.ledger.stint import Origin, Outcome
from foundation.web.audit_log import Wanted, read_audit
from tests.support.agent_call import AgentCall, agent_call
from tests.support.kept_sound import kept_recordings, kept_sides
from tests.support.live_calls import settled_stints
from tests.support.live_floor import floor_of
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import PROMPT_HERTZ
from tests.support.live_start import running_line
from tests.support.raw_phone import tone_share
from tests.support.tone_phone import TonePhone, shares, tone_phone
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

CALLER_HERTZ, AGENT_HERTZ, SUPERVISOR_HERTZ = 700, 1100, 1900
AGENT, OWN = "a104", "a110"
LALE = Supervisor("lale", "lale", frozenset({"supervisor"}), OWN, "127.0.0.1")
PART, NOTHING = 0.2, 0.05
"""Shares of the sound: a voice among two or three, and one that is not there."""


@pytest.fixture(scope="module")
def line(model: Path) -> Iterator[LiveLine]:
    with running_line(model, services=("web",)) as made:
        yield made


@asynccontextmanager
async def caller_of(line: LiveLine, number: str) -> AsyncIterator[AgentCall]:
    """He presses nothing, and comes to the operator; he speaks all the time."""
    async with agent_call(line.target, (number, ""), line.target.number) as caller:
        speaking = asyncio.create_task(caller.speak(CALLER_HERTZ, 120), name="caller speaks")
        try:
            yield caller
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)


def phone_of(line: LiveLine, agent: str, hertz: float) -> AbstractAsyncContextManager[TonePhone]:
    return tone_phone(line.target, (agent, line.secrets.agents[agent]), hertz)


async def test_he_listens_whispers_and_joins_in(line: LiveLine) -> None:
    since = line.now()
    async with (
        phone_of(line, AGENT, AGENT_HERTZ) as agent, phone_of(line, OWN, SUPERVISOR_HERTZ) as own,
        floor_of(line) as floor,
    ):
        with pytest.raises(NotTalkingError):
            await floor.join(AGENT, Mode.LISTEN, LALE)
        await floor.agents.log_in(AGENT)
        async with caller_of(line, "09126000001") as caller:
            await agent.rung()
            await _in_conversation(floor)
            for mode in Mode:
                await _joined(floor, mode, (caller, agent, own), line, since)
        await floor.agents.log_out(AGENT, "test")
        await line.quiet()
    (stint,) = await settled_stints(line, since, ["09126000001"])
    assert (stint.outcome, stint.agent, stint.queue) == (Outcome.ANSWERED, AGENT, "operator")
    talks = await _credited(line, since)
    assert [(talk.agent, talk.kind, talk.call_id) for talk in talks] == [(AGENT, Kind.DIRECT, stint.call_id)]
    told = [one for one in line.journal(since) if one.event.startswith("SUPERV")]
    assert [(one.event, one.call, one.agent, one.data) for one in told] == [
        (event, stint.call_id, AGENT, ("lale", mode.value, AGENT))
        for mode in Mode for event in ("SUPERVISED", "SUPERVISION_ENDED")
    ]
    assert await _audited(line, "floor") >= {f"floor.{mode.value}" for mode in Mode}
    left, right = await _recorded(line, stint.call_id)
    assert tone_share(left, CALLER_HERTZ) > 0.7
    assert tone_share(right, AGENT_HERTZ) > 0.7
    assert tone_share(left, SUPERVISOR_HERTZ) + tone_share(right, SUPERVISOR_HERTZ) < NOTHING


async def _in_conversation(floor: SupervisorDesk, agent: str = AGENT) -> None:
    async def look() -> bool:
        return conversation_of(agent, await floor.channels()) is not None

    await eventually(look, "they speak with each other")


async def _joined(
    floor: SupervisorDesk, mode: Mode, phones: tuple[AgentCall, TonePhone, TonePhone], line: LiveLine, since: Moment,
) -> None:
    """He joins so, and everybody hears whom he shall hear."""
    caller, agent, own = phones
    begun = time.time()
    await floor.join(AGENT, mode, LALE)
    leg = await own.rung()

    async def told() -> bool:
        return shares(agent.heard, begun)(PROMPT_HERTZ) > 0

    await eventually(told, "the agent is told")
    by_agent_too, by_caller_too = mode is not Mode.LISTEN, mode is Mode.BARGE

    async def heard_by_whom_they_shall() -> bool:
        lately = time.time() - 1.5
        by_own, by_agent, by_caller = (shares(phone.heard, lately) for phone in (own, agent, caller))
        others = (by_own(CALLER_HERTZ), by_own(AGENT_HERTZ), by_agent(CALLER_HERTZ), by_caller(AGENT_HERTZ))
        return (min(others) > PART and (by_agent(SUPERVISOR_HERTZ) > PART) == by_agent_too
                and (by_caller(SUPERVISOR_HERTZ) > PART) == by_caller_too)

    await eventually(heard_by_whom_they_shall, f"{mode.value}: everybody hears whom he shall")
    if not by_caller_too:
        assert shares(caller.heard, begun)(SUPERVISOR_HERTZ) < PART
    if not by_agent_too:
        assert shares(agent.heard, begun)(SUPERVISOR_HERTZ) < PART
    assert shares(caller.heard, begun)(PROMPT_HERTZ) < NOTHING
    ends = len(line.events("SUPERVISION_ENDED", since))
    await own.hang_up(leg)
    await line.written("SUPERVISION_ENDED", since, ends + 1)


async def test_a_caller_is_taken_out_of_the_queue_and_the_ledger_says_so(line: LiveLine) -> None:
    since = line.now()
    async with phone_of(line, OWN, SUPERVISOR_HERTZ) as own, floor_of(line) as floor:
        await floor.agents.log_in(AGENT)
        await floor.pause(AGENT, "break", LALE)
        (forced,) = await line.written("FORCED", since)
        assert (forced.agent, forced.data) == (AGENT, ("lale", "pause", "break"))

        async def paused() -> bool:
            return (await line.picture(f"agents/{AGENT}")).get("state") == "paused"

        await eventually(paused, "the floor shows the pause")
        async with caller_of(line, "09126000002") as caller:
            call = await _waiting(line)
            away = Supervisor("mina", "mina", LALE.roles, "a109")
            with pytest.raises(TelephoneAwayError):
                await floor.pick_up(call, away)
            own.rejects = True
            await floor.pick_up(call, LALE)
            back = (await line.written("ENTERQUEUE", since, 2))[1]
            assert back.data[2] == "1"
            own.rejects = False
            await floor.pick_up(await _waiting(line), LALE)
            leg = await own.rung()

            async def both_heard() -> bool:
                lately = time.time() - 1.5
                by_caller, by_own = shares(caller.heard, lately), shares(own.heard, lately)
                return by_caller(SUPERVISOR_HERTZ) > 0.7 and by_own(CALLER_HERTZ) > 0.7

            await eventually(both_heard, "both hear each other")
            await own.hang_up(leg)
            await line.quiet()
        await floor.log_out(AGENT, LALE)
    first, stint = await settled_stints(line, since, ["09126000002"])
    assert [first.outcome, stint.outcome] == [Outcome.WITHDRAWN] * 2
    assert [first.origin, stint.origin] == [Origin.DIRECT, Origin.REQUEUE]
    picked = [(one.call, one.agent, one.data) for one in line.events("PICKED_UP", since)]
    assert picked == [(stint.channel_id, OWN, ("lale",))] * 2
    (talk,) = await _credited(line, since)
    assert (talk.agent, talk.kind, talk.call_id) == (OWN, Kind.TRANSFER, stint.call_id)
    left, right = await _recorded(line, stint.call_id)
    assert tone_share(left, CALLER_HERTZ) > 0.7
    assert tone_share(right, SUPERVISOR_HERTZ) > 0.7


async def test_the_shell_does_what_the_page_does(line: LiveLine) -> None:
    since, who = line.now(), getpass.getuser()

    async def typed(*words: str) -> str:
        return await asyncio.to_thread(line.command, "floor", *words)

    async with phone_of(line, OWN, SUPERVISOR_HERTZ) as own, floor_of(line) as floor:
        await floor.agents.log_in(AGENT)
        await typed("pause", AGENT, "break")
        await typed("message", "a103", "call me")
        async with caller_of(line, "09126000003"):
            call = await _waiting(line)
            await typed("raise", call, "7")
            await typed("move", call, "1")
            await typed("pick-up", call, "--to", OWN)
            leg = await own.rung()
            await _in_conversation(floor, OWN)
            await own.hang_up(leg)
            await line.quiet()
        await typed("unpause", AGENT)
        await typed("logout", AGENT)
        acts = await read_audit(floor.database, Wanted(action="floor"))
    deeds = {one.act.action.removeprefix("floor.") for one in acts if one.act.actor == f"command:{who}"}
    assert deeds >= {"pause", "message", "raise", "move", "pick-up", "unpause", "log-out"}
    forced = [one.data[:2] for one in line.events("FORCED", since)]
    assert forced == [(who, "pause"), (who, "unpause"), (who, "log-out")]
    assert [one.data for one in line.events("PICKED_UP", since)] == [(who,)]
    (talk,) = await _credited(line, since)
    assert (talk.agent, talk.kind) == (OWN, Kind.TRANSFER)


async def test_a_message_is_on_the_bus_until_it_is_read_and_a_shift_ends_once_although_the_service_is_killed(
    line: LiveLine,
) -> None:
    since = line.now()
    async with floor_of(line) as floor, floor_of(line, lambda: time.time() - 296) as earlier:
        await floor.tell(AGENT, "سلام", LALE)

        async def shown() -> bool:
            return (await line.picture(f"messages/{AGENT}")).get("unread") == 1

        await eventually(shown, "the message is on the bus")
        await ShiftDesk(earlier).begin(5, LALE)
        await line.ready("web", but=line.kill("web"))
        (out,) = await line.written("AGENT_LOGOUT", since)
        assert (out.agent, out.data) == (OWN, ("shift",))
        assert await eventually(shown, "the message is still there")
    assert len(line.events("AGENT_LOGOUT", since)) == 1


async def _waiting(line: LiveLine) -> str:
    async def look() -> str:
        waiting = (await line.picture("queues/operator")).get("waiting", [])
        return str(waiting[0]["call_id"]) if waiting else ""

    return await eventually(look, "the caller waits")


async def _credited(line: LiveLine, since: Moment) -> list[Talk]:
    async def look() -> list[Talk]:
        async with line.ledger() as connection:
            return await read_conversations(connection, None, since.at, int(time.time()) + 1)

    return await eventually(look, "a conversation is credited")


async def _audited(line: LiveLine, noun: str) -> set[str]:
    async with floor_of(line) as floor:
        return {entry.act.action for entry in await read_audit(floor.database, Wanted(action=noun))}


async def _recorded(line: LiveLine, call_id: str) -> tuple[list[int], list[int]]:
    """What the caller's side of the recording holds, and the other."""
    return await kept_sides(line, (await kept_recordings(line, call_id))[0])
