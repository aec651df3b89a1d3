"""The live bus: retained JSON on MQTT, the same for our own pages and for anybody's wallboard.

What is published is a set of pictures, one per topic; the broker keeps the newest. A picture is sent when it has
changed, ten times a second at most, and everything again when the broker has been away. docs/bus.md describes the
topics.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiomqtt
import structlog

from foundation.service import back_off

ROOT = "pasokh"
COALESCE_SECONDS = 0.1
KEEPALIVE_SECONDS = 10
ANSWER_SECONDS = 5.0
"""How long the broker may take for one thing."""

log = structlog.get_logger()

Picture = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker listens."""

    port: int
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class BusMessage:
    """One message as a reader gets it."""

    topic: str
    content: dict[str, Any] | None
    """None: the topic was cleared; what it showed is no more."""


@dataclass(slots=True)
class _Topic:
    picture: Picture
    changed: bool = True
    sent_at: float = field(default=float("-inf"))


class Publisher:
    """Keeps the broker's retained pictures equal to the ones set here, whatever happens to the broker.

    `prefixes` are the topics' beginnings that belong to this publisher: once `settle` has been called, whatever the
    broker retains under them that is not set here is cleared. `last_will` is what the broker publishes when this
    process vanishes: topic and picture.
    """

    def __init__(
        self, broker: Broker, name: str, *, prefixes: tuple[str, ...], last_will: tuple[str, Picture],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._broker, self._name, self._prefixes, self._last_will = broker, name, prefixes, last_will
        self._clock = clock
        self._topics: dict[str, _Topic] = {}
        self._stale: set[str] = set()
        self._retained: set[str] = set()
        self._settled = self._leaving = False
        self._work = asyncio.Event()
        self._sequence = int(clock() * 1000)  # so that it goes on growing after a restart
        self.is_up = False

    def show(self, topic: str, picture: Picture) -> None:
        """What `topic` shows from now on; sent soon if it differs from what was shown."""
        known = self._topics.get(topic)
        if known is None:
            self._topics[topic] = _Topic(picture)
        elif known.picture != picture:
            known.picture, known.changed = picture, True
        self._stale.discard(topic)
        self._work.set()

    def repeat(self, topic: str) -> None:
        """Send the topic's picture again, unchanged: a sign of life."""
        if topic in self._topics:
            self._topics[topic].changed = True
            self._work.set()

    def settle(self, topics: set[str]) -> None:
        """These are all topics there are: any other of ours, also one retained by an earlier process, is cleared."""
        self._settled = True
        for topic in [topic for topic in self._topics if self._is_ours(topic) and topic not in topics]:
            del self._topics[topic]
            self._stale.add(topic)
        self._stale |= self._retained - set(self._topics)
        self._work.set()

    async def run(self) -> None:
        """Publish for ever; a broker that is away is waited for."""
        wait = back_off()
        while True:
            try:
                async with self._client() as client:
                    _leave_if_asked()
                    self.is_up, wait = True, back_off()
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                if self._leaving:  # an error while leaving must not hide that we were asked to leave
                    raise asyncio.CancelledError from error
                seconds = wait()
                log.warning("bus_away", port=self._broker.port, error=str(error), seconds=round(seconds, 1))
            finally:
                self.is_up = False
            await asyncio.sleep(seconds)

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Listen and send until one of them fails."""
        # No TaskGroup: in Python 3.11 one that fails leaves its task marked as being cancelled.
        tasks = [
            asyncio.create_task(self._listen(client), name="bus-listen"),
            asyncio.create_task(self._send_all(client), name="bus-send"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except asyncio.CancelledError:
            self._leaving = True
            raise
        finally:
            await _end(tasks)
            if self._leaving:
                await self._say_goodbye(client)

    async def _say_goodbye(self, client: aiomqtt.Client) -> None:
        # Leaving in good order brings no last will, so it is said here.
        topic, picture = self._last_will
        with suppress(aiomqtt.MqttError):
            await self._send(client, topic, _Topic(picture), 0.0)

    def _client(self) -> aiomqtt.Client:
        topic, picture = self._last_will
        # Sequence 0: a last will was written when the connection began, so it has no place in the sequence.
        will = aiomqtt.Will(topic, _text({**picture, "sequence": 0, "at": None}), qos=1, retain=True)
        return aiomqtt.Client(
            self._broker.host, self._broker.port, identifier=self._name, will=will, keepalive=KEEPALIVE_SECONDS,
            timeout=ANSWER_SECONDS,
        )

    async def _listen(self, client: aiomqtt.Client) -> None:
        """Learn what the broker retains under our prefixes."""
        for prefix in self._prefixes:
            await client.subscribe(f"{prefix}#", qos=1)
        async for message in client.messages:
            topic = str(message.topic)
            if message.payload and message.retain:
                self._retained.add(topic)
                if self._settled and topic not in self._topics:
                    self._stale.add(topic)
                    self._work.set()
        raise aiomqtt.MqttError("the broker ended the conversation")

    async def _send_all(self, client: aiomqtt.Client) -> None:
        for topic in self._topics.values():
            topic.changed = True
        while True:
            self._work.clear()
            await self._clear_stale(client)
            now = asyncio.get_running_loop().time()
            for name, topic in list(self._topics.items()):
                if topic.changed and topic.sent_at + COALESCE_SECONDS <= now:
                    await self._send(client, name, topic, now)
            if any(topic.changed for topic in self._topics.values()):
                await asyncio.sleep(COALESCE_SECONDS / 2)
            else:
                await self._work.wait()

    async def _send(self, client: aiomqtt.Client, name: str, topic: _Topic, now: float) -> None:
        self._sequence += 1
        topic.changed, topic.sent_at = False, now
        stamp = {"sequence": self._sequence, "at": instant(self._clock())}
        try:
            await client.publish(name, _text({**topic.picture, **stamp}), qos=1, retain=True)
        except BaseException:
            topic.changed = True
            raise

    async def _clear_stale(self, client: aiomqtt.Client) -> None:
        for name in list(self._stale):
            await client.publish(name, b"", qos=1, retain=True)
            self._stale.discard(name)
            self._retained.discard(name)

    def _is_ours(self, topic: str) -> bool:
        return topic.startswith(self._prefixes)


@asynccontextmanager
async def bus_reader(broker: Broker, *filters: str) -> AsyncIterator[AsyncIterator[BusMessage]]:
    """Messages of these topic filters, the retained ones first; every use has its own connection.

    Raises:
        aiomqtt.MqttError: the broker is not there, or goes away.
    """
    async with aiomqtt.Client(broker.host, broker.port, timeout=ANSWER_SECONDS) as client:
        for wanted in filters:
            await client.subscribe(wanted, qos=1)
        yield _messages(client)


async def read_retained(broker: Broker, *filters: str) -> dict[str, dict[str, Any]]:
    """What the broker retains for these topic filters now.

    Raises:
        aiomqtt.MqttError: the broker is not there.
    """
    end = f"{ROOT}/readers/{uuid.uuid4().hex}"
    found: dict[str, dict[str, Any]] = {}
    try:
        async with asyncio.timeout(ANSWER_SECONDS), bus_reader(broker, *filters, end) as messages:
            # The broker sends what it retains before what comes after the subscription.
            async with aiomqtt.Client(broker.host, broker.port, timeout=ANSWER_SECONDS) as client:
                await client.publish(end, b"{}", qos=1)
            async for message in messages:
                if message.topic == end:
                    break
                if message.content is not None:
                    found[message.topic] = message.content
    except TimeoutError as error:
        raise aiomqtt.MqttError(f"no whole answer in {ANSWER_SECONDS:g} s") from error
    return found


async def _messages(client: aiomqtt.Client) -> AsyncIterator[BusMessage]:
    async for message in client.messages:
        payload = message.payload if isinstance(message.payload, bytes | bytearray) else b""
        yield BusMessage(str(message.topic), _content(bytes(payload)))


def _content(payload: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(payload)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks, and again those that did not notice: aiomqtt's waits lose some in Python 3.11."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.2)
    await asyncio.gather(*tasks, return_exceptions=True)


def _leave_if_asked() -> None:
    """Connecting is such a wait, too."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def instant(at: float) -> str:
    """Epoch seconds as ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(picture: Picture) -> bytes:
    return json.dumps(picture, ensure_ascii=False, separators=(",", ":")).encode()
