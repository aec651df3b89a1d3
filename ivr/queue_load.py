"""How long a caller would wait in a queue, by the floor that is shown on the bus. Stale or unknown: nobody knows."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiomqtt
import structlog

from foundation.bus import ROOT, Broker, BusMessage, bus_reader
from foundation.service import back_off

FLOOR = f"{ROOT}/floor"
QUEUES = f"{ROOT}/queues/"
STALE_SECONDS = 5.0
SERVICE_SECONDS = 180.0
"""How long an agent is taken by one caller, conversation and wrap-up: a usual figure of public hotlines."""
AT_WORK = ("talking", "ringing", "wrap-up", "ready")
NOBODY = float("inf")

log = structlog.get_logger()


def estimate_wait(picture: Mapping[str, Any], service_seconds: float = SERVICE_SECONDS) -> float:
    """Seconds that one more caller would wait: the picture's own estimate, from what calls took lately.

    While there were too few of them: those before him, over the agents at work, one service each. Without any agent
    at work the wait has no end.
    """
    agents = {state: len(ids) for state, ids in picture["agents"].items()}
    waiting = len(picture["waiting"])
    at_work = sum(agents.get(state, 0) for state in AT_WORK)
    if not at_work:
        return NOBODY
    estimated = picture.get("estimated_wait")
    if isinstance(estimated, int | float):
        return float(estimated)
    before = max(0, waiting + 1 - agents.get("ready", 0))
    return before * service_seconds / at_work


@dataclass(slots=True)
class QueueLoad:
    """The newest pictures of the queues, in memory: asking costs a call nothing."""

    pictures: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    live: bool = False
    seen: float = 0.0
    """When the floor was last said to be live, in epoch seconds."""

    def on_message(self, message: BusMessage) -> None:
        if message.topic == FLOOR:
            self.live = message.content is not None and message.content.get("status") == "live"
            self.seen = _epoch(message.content) if message.content else 0.0
        elif message.content is None:
            self.pictures.pop(message.topic.removeprefix(QUEUES), None)
        else:
            self.pictures[message.topic.removeprefix(QUEUES)] = message.content

    def wait(self, queue: str, now: float) -> float | None:
        """Estimated seconds in this queue; None when the floor is not seen at this moment."""
        picture = self.pictures.get(queue)
        if picture is None or not self.live or now - self.seen > STALE_SECONDS:
            return None
        try:
            # By the last hour's conversations, where there were enough of them.
            told: float | None = picture.get("estimated_wait")
            return estimate_wait(picture) if told is None else told
        except (KeyError, TypeError, AttributeError):
            return None


    def place(self, queue: str, joined_ms: int, now: float) -> int | None:
        """At which position (from 1) one who first joined then stands among those who wait; None: nobody knows."""
        picture = self.pictures.get(queue)
        if picture is None or not self.live or now - self.seen > STALE_SECONDS:
            return None
        try:
            joined = [datetime.fromisoformat(str(caller["joined"])).timestamp() for caller in picture["waiting"]]
        except (KeyError, TypeError, ValueError):
            return None
        return 1 + sum(instant * 1000 < joined_ms for instant in joined)

    def wait_at(self, queue: str, place: int, now: float) -> float | None:
        """Estimated seconds until who stands at `place` is answered; None: nobody knows, or nobody is at work."""
        last = self.wait(queue, now)
        if last is None or last == NOBODY:
            return None
        picture = self.pictures[queue]
        ready, waiting = len(picture["agents"].get("ready", ())), len(picture["waiting"])
        turns = waiting + 1 - ready
        each = last / turns if turns > 0 and last else SERVICE_SECONDS / max(1, self._at_work(picture))
        return max(0.0, (place - ready) * each)

    @staticmethod
    def _at_work(picture: Mapping[str, Any]) -> int:
        return sum(len(ids) for state, ids in picture["agents"].items() if state in AT_WORK)


async def watch_queues(load: QueueLoad, broker: Broker) -> None:
    """Read the bus for ever; a broker that is away is waited for."""
    wait, away = back_off(), False
    while True:
        try:
            async with bus_reader(broker, FLOOR, f"{QUEUES}#") as messages:
                wait, away = back_off(), False
                async for message in messages:
                    load.on_message(message)
        except aiomqtt.MqttError as error:
            if not away:
                log.info("queue load unknown", reason=str(error))
            away = True
        await asyncio.sleep(wait())


def _epoch(content: Mapping[str, Any]) -> float:
    try:
        return datetime.fromisoformat(str(content["at"])).timestamp()
    except (KeyError, ValueError):
        return 0.0
