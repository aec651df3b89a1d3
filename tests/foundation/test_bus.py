import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from foundation.bus import Broker, BusMessage, Publisher, bus_reader
from tests.support.broker import TestBroker, running_broker

FLOOR = "pasokh/floor"
PREFIXES = ("pasokh/queues/", "pasokh/agents/")


@pytest.fixture
async def mosquitto(tmp_path: Path) -> AsyncIterator[TestBroker]:
    async with running_broker(tmp_path) as broker:
        yield broker


@asynccontextmanager
async def publishing(broker: Broker, name: str = "test") -> AsyncIterator[Publisher]:
    publisher = Publisher(
        broker, name, prefixes=PREFIXES, last_will=(FLOOR, {"status": "blind"}), clock=lambda: 1_700_000_000.5,
    )
    task = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def following(messages: AsyncIterator[BusMessage], topic: str) -> dict[str, Any] | None:
    async with asyncio.timeout(60):
        async for message in messages:
            if message.topic == topic:
                return message.content
    raise AssertionError("the broker ended")


async def retained(broker: Broker) -> dict[str, Any]:
    """What a newcomer gets at once."""
    found: dict[str, Any] = {}
    async with aiomqtt.Client(broker.host, broker.port) as client, bus_reader(broker, "pasokh/#", "end") as messages:
        await client.publish("end", b"{}", qos=1)
        async for message in messages:
            if message.topic == "end":
                break
            found[message.topic] = message.content
    return found


async def test_a_newcomer_gets_the_newest_picture_with_its_sequence_and_time(mosquitto: TestBroker) -> None:
    async with publishing(mosquitto.broker) as publisher, bus_reader(mosquitto.broker, "pasokh/#") as messages:
        publisher.show("pasokh/queues/insurance", {"queue": "insurance", "title": "بیمه"})
        first = await following(messages, "pasokh/queues/insurance")
        publisher.show("pasokh/queues/insurance", {"queue": "insurance", "title": "درمان"})
        second = await following(messages, "pasokh/queues/insurance")
        assert first
        assert second
        assert (first["title"], second["title"]) == ("بیمه", "درمان")
        assert first["sequence"] < second["sequence"]
        assert second["at"] == "2023-11-14T22:13:20.500Z"
        assert (await retained(mosquitto.broker))["pasokh/queues/insurance"] == second


async def test_an_unchanged_picture_is_not_sent_again_but_a_sign_of_life_is(mosquitto: TestBroker) -> None:
    async with publishing(mosquitto.broker) as publisher, bus_reader(mosquitto.broker, "pasokh/#") as messages:
        publisher.show(FLOOR, {"status": "live"})
        publisher.show("pasokh/queues/a", {"n": 1})
        first = await following(messages, "pasokh/queues/a")
        publisher.show("pasokh/queues/a", {"n": 1})
        publisher.show("pasokh/queues/b", {"n": 1})
        publisher.repeat(FLOOR)
        seen = [await anext(messages) for _ in range(2)]
        assert first
        assert {message.topic for message in seen} == {FLOOR, "pasokh/queues/b"}


async def test_a_storm_of_changes_is_coalesced_and_ends_with_the_newest(mosquitto: TestBroker) -> None:
    seen: list[int] = []
    async with publishing(mosquitto.broker) as publisher, bus_reader(mosquitto.broker, "pasokh/#") as messages:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(300):
            publisher.show("pasokh/agents/a101", {"n": number})
            await asyncio.sleep(0.002)
        async with asyncio.timeout(60):
            async for message in messages:
                assert message.content
                seen.append(message.content["n"])
                if seen[-1] == 299:
                    break
        assert seen == sorted(seen)
        assert len(seen) <= 10 * (loop.time() - began) + 2


async def test_everything_is_published_again_when_the_broker_comes_back(mosquitto: TestBroker) -> None:
    async with publishing(mosquitto.broker) as publisher:
        publisher.show("pasokh/queues/a", {"n": 1})
        async with bus_reader(mosquitto.broker, "pasokh/#") as messages:
            before = await following(messages, "pasokh/queues/a")
        await mosquitto.kill()
        publisher.show("pasokh/queues/b", {"n": 2})
        await mosquitto.start()
        async with bus_reader(mosquitto.broker, "pasokh/queues/b") as messages:
            await following(messages, "pasokh/queues/b")
        async with bus_reader(mosquitto.broker, "pasokh/queues/a") as messages:
            after = await following(messages, "pasokh/queues/a")
        assert before
        assert after
        assert after["n"] == 1
        assert after["sequence"] > before["sequence"]


async def test_topics_of_queues_that_are_no_more_are_cleared(mosquitto: TestBroker) -> None:
    async with aiomqtt.Client(mosquitto.broker.host, mosquitto.broker.port) as earlier:
        for topic in ("pasokh/queues/removed", "pasokh/queues/kept", "other/queues/removed"):
            await earlier.publish(topic, b'{"n":0}', qos=1, retain=True)
    async with (
        publishing(mosquitto.broker) as publisher,
        bus_reader(mosquitto.broker, "pasokh/queues/removed", "pasokh/queues/kept") as messages,
    ):
        assert await following(messages, "pasokh/queues/removed") == {"n": 0}
        publisher.show("pasokh/queues/kept", {"n": 1})
        publisher.show("pasokh/queues/short", {"n": 1})
        publisher.settle({"pasokh/queues/kept", "pasokh/queues/short"})
        assert await following(messages, "pasokh/queues/removed") is None
        async with bus_reader(mosquitto.broker, "pasokh/queues/short") as others:
            assert await following(others, "pasokh/queues/short")
            publisher.settle({"pasokh/queues/kept"})
            assert await following(others, "pasokh/queues/short") is None
    assert set(await retained(mosquitto.broker)) == {"pasokh/queues/kept", FLOOR}


async def test_the_last_word_is_blind_whether_the_publisher_leaves_or_vanishes(mosquitto: TestBroker) -> None:
    async with publishing(mosquitto.broker) as publisher, bus_reader(mosquitto.broker, FLOOR) as messages:
        publisher.show(FLOOR, {"status": "live"})
        assert (await following(messages, FLOOR) or {})["status"] == "live"
    assert (await retained(mosquitto.broker))[FLOOR]["status"] == "blind"
    async with publishing(mosquitto.broker, "twin") as publisher, bus_reader(mosquitto.broker, FLOOR) as messages:
        publisher.show(FLOOR, {"status": "live"})
        while (await following(messages, FLOOR) or {})["status"] != "live":
            pass
        # A second client of the same name makes the broker cut the first one off, as if it had vanished.
        async with aiomqtt.Client(mosquitto.broker.host, mosquitto.broker.port, identifier="twin"):
            assert (await following(messages, FLOOR) or {})["status"] == "blind"


async def test_garbage_on_the_bus_is_read_as_nothing(mosquitto: TestBroker) -> None:
    host, port = mosquitto.broker.host, mosquitto.broker.port
    async with aiomqtt.Client(host, port) as client, bus_reader(mosquitto.broker, "x") as messages:
        for payload in (b"\xff", b"[1]", b"{"):
            await client.publish("x", payload)
            assert await following(messages, "x") is None
