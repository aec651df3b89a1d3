"""Agents on a real Asterisk: the link, the command line, pauses, and the wrap-up after every conversation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.sipp import calling
from foundation.asterisk.ami import AmiInjection, AmiLink, AmiLoginError, Connected, Event, Reader
from tests.support.live_calls import to
from tests.support.live_line import JournalLine, LiveLine, Moment
from tests.support.waiting import eventually

pytestmark = pytest.mark.live


@asynccontextmanager
async def linked(line: LiveLine) -> AsyncIterator[AmiLink]:
    async with AmiLink("127.0.0.1", line.settings.ports.of("ami"), "pasokh", line.secrets.ami) as link:
        await link.connected(20)
        yield link


async def test_the_link_speaks_with_a_real_asterisk(line: LiveLine) -> None:
    since = line.now()
    async with linked(line) as link:
        status = await link.list_action("QueueStatus")
        assert {event.get("Queue") for event in status if event.name == "QueueParams"} == set(line.settings.queues)
        assert not (await link.action("QueueAdd", Queue="nosuch", Interface="PJSIP/a101")).succeeded
        with pytest.raises(AmiInjection):
            await link.action("QueueLog", Queue="NONE", Event="X", Message="a\r\nAction: Logoff")
        await link.action("QueueLog", Queue="NONE", Event="TEST_LINE", Interface="a101", Message="ضبط")
        assert [one.data for one in await line.written("TEST_LINE", since)] == [("ضبط",)]
        link.drop("the test wants it")
        await link.connected(20)
        assert (await link.action("Ping")).succeeded


async def test_a_wrong_secret_is_said_clearly(line: LiveLine) -> None:
    async with AmiLink("127.0.0.1", line.settings.ports.of("ami"), "pasokh", "wrong") as link:
        with pytest.raises(AmiLoginError, match=r"secrets\.yaml"):
            await link.connected(3)


async def events_until(reader: Reader, last: str) -> list[str]:
    names: list[str] = []
    async with asyncio.timeout(60):
        async for item in reader:
            if isinstance(item, Event):
                names.append(item.name)
            if names[-1:] == [last]:
                break
    return names


async def test_a_call_brings_few_events_and_each_of_them_is_wanted(line: LiveLine) -> None:
    async with linked(line) as link, line.staffed(line.phone("a101", talk=1)):
        reader = link.reader()
        assert isinstance(await anext(reader), Connected)
        async with calling(line.target, [to("insurance", "09124001000")], line.sipp):
            names = await events_until(reader, "AgentComplete")
    assert {"QueueCallerJoin", "AgentCalled", "QueueCallerLeave", "AgentConnect"} <= set(names)
    assert not {"TestEvent", "VarSet", "Newexten"} & set(names)
    assert len(names) < 20


def pauses(line: LiveLine, since: Moment) -> list[tuple[str, str]]:
    """What a101 paused for and when he was back, in order."""
    found: list[JournalLine] = [
        one for one in line.journal(since) if one.agent == "a101" and one.event in {"PAUSE", "UNPAUSE"}
    ]
    return [(one.event, one.data[0] if one.data else "") for one in found]


async def test_agents_are_logged_in_paused_and_logged_out_from_the_command_line(line: LiveLine) -> None:
    since = line.now()
    for words in (["login", "a101"], ["pause", "a101", "lunch"], ["unpause", "a101"], ["logout", "a101"]):
        await asyncio.to_thread(line.command, "agent", *words)
    assert [one.agent for one in line.events("AGENT_LOGIN", since) + line.events("AGENT_LOGOUT", since)] == ["a101"] * 2
    assert pauses(line, since) == [("PAUSE", "lunch"), ("UNPAUSE", "")]
    shown = await asyncio.to_thread(line.command, "agent", "list")
    assert "a101" in shown
    with pytest.raises(AssertionError, match="pasokh: "):
        await asyncio.to_thread(line.command, "agent", "logout", "a101")


async def test_every_conversation_is_followed_by_a_wrap_up_even_if_the_service_is_killed_in_it(line: LiveLine) -> None:
    since = line.now()
    async with line.staffed(line.phone("a101", talk=1)):
        async with calling(line.target, [to("insurance", "09124002000")], line.sipp):
            await line.written("PAUSE", since)
            killed = line.kill("callqueue")
        await line.ready("callqueue", but=killed)
        await line.written("UNPAUSE", since)
        assert pauses(line, since) == [("PAUSE", "wrap-up"), ("UNPAUSE", "")]
        [complete] = [one for one in line.journal(since) if one.event.startswith("COMPLETE")]
        [paused] = [one for one in line.journal(since) if one.event == "PAUSE"]
        assert paused.at - complete.at <= 5

        async def is_ready() -> bool:
            return (await line.picture("agents/a101")).get("state") == "ready"

        await eventually(is_ready, "a101 is shown ready again")


async def test_a_pause_asked_for_in_a_call_holds_after_it(line: LiveLine) -> None:
    since = line.now()
    async with line.staffed(line.phone("a101", talk=3)), line.desk() as desk:
        async with calling(line.target, [to("insurance", "09124003000")], line.sipp):
            await line.written("CONNECT", since)
            await desk.pause("a101", "prayer")
            await eventually(lambda: _completed(line, since), "the conversation is over")
        await asyncio.sleep(line.settings.queues["insurance"].wrap_up_seconds + 1)  # nothing shall happen in it
        assert pauses(line, since) == [("PAUSE", "prayer")]


async def _completed(line: LiveLine, since: Moment) -> bool:
    return any(one.event.startswith("COMPLETE") for one in line.journal(since))
