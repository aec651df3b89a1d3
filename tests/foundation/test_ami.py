import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from foundation.asterisk.ami import (
    AmiAwayError,
    AmiInjection,
    AmiLink,
    AmiLoginError,
    AmiLostError,
    AmiRefusedError,
    AmiTimeoutError,
    Connected,
    Event,
    Lost,
    Patience,
    Reader,
)
from tests.support.manager import BOOTED, PlayedManager, event, played_manager, respond

QUICK = Patience(
    connect=5, answer=5, boot=5, ping_every=30, retry_first=0.01, retry_longest=0.05, refused_first=0.02,
    refused_longest=0.05,
)


@pytest.fixture
async def manager() -> AsyncIterator[PlayedManager]:
    async with played_manager() as played:
        yield played


@asynccontextmanager
async def linked(manager: PlayedManager, patience: Patience = QUICK, key: str = "secret") -> AsyncIterator[AmiLink]:
    async with AmiLink("127.0.0.1", manager.port, "pasokh", key, patience=patience) as link:
        yield link


async def following(reader: Reader) -> Connected | Event | Lost:
    async with asyncio.timeout(60):
        return await anext(reader)


async def following_event(reader: Reader) -> Event:
    item = await following(reader)
    assert isinstance(item, Event)
    return item


async def test_an_action_gets_its_response(manager: PlayedManager) -> None:
    manager.answers["queueadd"] = lambda fields: respond(fields, "Success", "Added interface to queue")
    async with linked(manager) as link:
        await link.connected(10)
        response = await link.action("QueueAdd", Queue="insurance", Paused=True)
        assert response.succeeded
        assert response.message == "Added interface to queue"
        assert manager.actions[-1]["Paused"] == "true"


async def test_a_list_action_gets_its_events_and_others_go_on(manager: PlayedManager) -> None:
    def answer(fields: dict[str, str]) -> bytes:
        own = fields["ActionID"]
        return (
            respond(fields, "Success", "Queue status will follow", "EventList: start")
            + event("QueueMember", Name="a101", ActionID=own) + event("Hangup", Uniqueid="7")
            + event("QueueMember", Name="a102", ActionID=own)
            + event("QueueStatusComplete", ActionID=own, EventList="Complete")
        )

    manager.answers["queuestatus"] = answer
    async with linked(manager) as link:
        await link.connected(10)
        reader = link.reader()
        members = await link.list_action("QueueStatus")
        assert [member.get("Name") for member in members] == ["a101", "a102"]
        assert isinstance(await following(reader), Connected)
        assert (await following_event(reader)).name == "Hangup"


async def test_a_refused_list_action_says_asterisks_words(manager: PlayedManager) -> None:
    manager.answers["queuestatus"] = lambda fields: respond(fields, "Error", "Permission denied")
    async with linked(manager) as link:
        await link.connected(10)
        with pytest.raises(AmiRefusedError, match="Permission denied"):
            await link.list_action("QueueStatus")


async def test_an_event_that_answers_nobody_reaches_the_readers_with_its_action_id(manager: PlayedManager) -> None:
    def answer(fields: dict[str, str]) -> bytes:
        return (
            respond(fields, "Success", "Originate successfully queued")
            + event("OriginateResponse", ActionID=fields["ActionID"], Reason="4")
        )

    manager.answers["originate"] = answer
    async with linked(manager) as link:
        await link.connected(10)
        reader = link.reader()
        await link.action("Originate", Async=True)
        assert isinstance(await following(reader), Connected)
        assert (await following_event(reader)).get("Reason") == "4"


async def test_an_action_without_an_answer_ends_in_time_and_the_link_lives_on(manager: PlayedManager) -> None:
    manager.answers["queueadd"] = lambda _: None
    async with linked(manager) as link:
        await link.connected(10)
        with pytest.raises(AmiTimeoutError, match=r"QueueAdd .* no whole answer in 0\.05 s"):
            await link.action("QueueAdd", seconds=0.05)
        assert (await link.action("Ping")).succeeded


async def test_an_action_under_way_when_the_link_is_lost_fails_and_is_never_sent_again(manager: PlayedManager) -> None:
    manager.answers["originate"] = lambda _: None
    async with linked(manager) as link:
        await link.connected(10)
        under_way = asyncio.create_task(link.action("Originate", Channel="Local/1@x"))
        await manager.received("Originate")
        manager.cut()
        with pytest.raises(AmiLostError, match="not repeated"):
            await under_way
        await manager.received("Login", 2)
        await link.connected(10)
        assert (await link.action("Ping")).succeeded
        assert len(await manager.received("Originate")) == 1


async def test_a_callback_that_raises_harms_nothing(manager: PlayedManager) -> None:
    seen: list[str] = []

    def broken(_: Event) -> None:
        raise RuntimeError("broken")

    async def broken_later(_: Event) -> None:
        raise RuntimeError("broken")

    async with linked(manager) as link:
        link.on_event(broken)
        link.on_event(broken_later)
        link.on_event(lambda event: seen.append(event.get("Uniqueid")), "Hangup")
        await link.connected(10)
        manager.say(event("Hangup", Uniqueid="1") + event("Newchannel", Uniqueid="2") + event("Hangup", Uniqueid="3"))
        assert (await link.action("Ping")).succeeded
        assert seen == ["1", "3"]
        assert len(manager.connections) == 1


async def test_the_letters_of_an_event_survive_any_cutting(manager: PlayedManager) -> None:
    async with linked(manager) as link:
        await link.connected(10)
        reader = link.reader()
        assert isinstance(await following(reader), Connected)
        for byte in event("Hangup", CallerIDName="ضحی"):
            manager.say(bytes([byte]))
            await manager.connections[-1].drain()
            await asyncio.sleep(0)
        assert (await following_event(reader)).get("CallerIDName") == "ضحی"


async def test_noise_is_kept_away(manager: PlayedManager) -> None:
    async with linked(manager) as link:
        await link.connected(10)
        reader = link.reader()
        assert isinstance(await following(reader), Connected)
        manager.say(event("TestEvent", Type="x") + event("VarSet", Variable="x") + event("Hangup"))
        assert (await following_event(reader)).name == "Hangup"


async def test_a_refused_secret_is_a_clear_error_and_is_tried_again(manager: PlayedManager) -> None:
    async with linked(manager, key="wrong") as link:
        with pytest.raises(AmiLoginError, match="refused the log-in"):
            await link.connected(0.5)
        with pytest.raises(AmiAwayError, match="nothing was sent"):
            await link.action("Ping")
        await manager.received("Login", 3)
        manager.secret = "wrong"
        await link.connected(10)


async def test_a_user_without_fully_booted_is_told_why(manager: PlayedManager) -> None:
    manager.booted = b""
    async with linked(manager, Patience(boot=0.05, refused_first=5)) as link:
        with pytest.raises(AmiLoginError, match="read=system"):
            await link.connected(1)


async def test_the_link_is_up_only_when_asterisk_has_booted(manager: PlayedManager) -> None:
    manager.booted = b""
    async with linked(manager) as link:
        await manager.received("Login")
        reader = link.reader()
        manager.say(event("Hangup", Uniqueid="before"))
        assert not link.is_up
        manager.say(BOOTED)
        assert isinstance(await following(reader), Connected)
        manager.say(event("Hangup", Uniqueid="after"))
        assert (await following_event(reader)).get("Uniqueid") == "after"


async def test_a_shutdown_of_asterisk_ends_the_connection_and_a_new_one_begins(manager: PlayedManager) -> None:
    manager.answers["originate"] = lambda _: None
    async with linked(manager) as link:
        await link.connected(10)
        reader = link.reader()
        under_way = asyncio.create_task(link.action("Originate"))
        await manager.received("Originate")
        manager.say(event("Shutdown", Shutdown="Cleanly", Restart="False"))
        with pytest.raises(AmiLostError, match="shutting down"):
            await under_way
        kinds = [type(await following(reader)) for _ in range(4)]
        assert kinds == [Connected, Event, Lost, Connected]


async def test_a_half_open_connection_is_found_by_a_ping_and_replaced(manager: PlayedManager) -> None:
    patience = Patience(ping_every=0.02, ping_answer=0.1, retry_first=0.01)
    async with linked(manager, patience) as link:
        await link.connected(10)
        reader = link.reader()
        manager.deaf = True
        assert isinstance(await following(reader), Connected)
        lost = await following(reader)
        assert isinstance(lost, Lost)
        assert "no answer to a ping" in lost.reason
        manager.deaf = False
        assert isinstance(await following(reader), Connected)


async def test_callbacks_are_told_of_every_connection_and_every_loss(manager: PlayedManager) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()

    async def on_connected() -> None:
        said.put_nowait("connected")

    async with linked(manager) as link:
        link.on_connected(on_connected)
        link.on_lost(lambda: said.put_nowait("lost"))
        async with asyncio.timeout(60):
            assert await said.get() == "connected"
            manager.cut()
            assert [await said.get(), await said.get()] == ["lost", "connected"]


async def test_a_closed_link_does_not_connect_again(manager: PlayedManager) -> None:
    async with linked(manager) as link:
        await link.connected(10)
        manager.cut()
        await manager.received("Login", 2)
        await link.connected(10)
    logins = len(manager.actions)
    await asyncio.sleep(0.3)  # panoramisk came back here; nothing to wait for when nothing shall happen
    assert len(manager.actions) == logins
    assert not link.is_up


async def test_asterisk_away_is_waited_for() -> None:
    async with played_manager() as first:
        port = first.port
    async with AmiLink("127.0.0.1", port, "pasokh", "secret", patience=QUICK) as link:
        with pytest.raises(AmiAwayError):
            await link.connected(0.2)
        async with played_manager(port):
            await link.connected(10)


async def test_a_peer_that_is_silent_or_speaks_something_else_is_left_in_time() -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\xff\xfe")

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, AmiLink("127.0.0.1", port, "pasokh", "secret", patience=Patience(answer=0.05)) as link:
        with pytest.raises(AmiAwayError, match=r"Login .* no whole answer"):
            await link.connected(1)


async def test_a_banner_in_pieces_is_understood(manager: PlayedManager) -> None:
    manager.banner = [b"Aster", b"isk Call Mana", b"ger/9.9.9\r", b"\n"]
    async with linked(manager) as link:
        await link.connected(10)


async def test_an_injected_header_is_refused_before_anything_is_sent(manager: PlayedManager) -> None:
    async with linked(manager) as link:
        await link.connected(10)
        before = len(manager.actions)
        with pytest.raises(AmiInjection):
            await link.action("QueueLog", Message="x\r\nAction: Originate")
        assert len(manager.actions) == before


async def test_a_reader_that_falls_too_far_behind_starts_again_from_a_new_connection(manager: PlayedManager) -> None:
    async with linked(manager) as link:
        await link.connected(10)
        reader = link.reader(limit=10)
        manager.say(b"".join(event("Hangup", Uniqueid=str(number)) for number in range(50)))
        await manager.received("Login", 2)
        await link.connected(10)
        items = [await following(reader)]
        while not isinstance(items[-1], Connected):
            items.append(await following(reader))
        assert any(isinstance(item, Lost) for item in items)
