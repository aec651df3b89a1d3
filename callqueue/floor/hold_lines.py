"""When an agent puts the other side on hold, and comes back: lines in the journal, for CEL knows no hold.

A line carries the event's own microsecond, so it may be written late: after a slow answer, or another connection.
"""

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import structlog

from callqueue.cel.conversations import owner_of
from callqueue.floor.events import instant_of
from foundation.asterisk.ami import AmiError, AmiLink, Event

WORDS = {"Hold": "HOLD", "Unhold": "UNHOLD"}
RETRY_SECONDS = 1.0
SECOND_US = 1_000_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One line to be written: `T|channel_id|NONE|agent|word|call_id|at_us`."""

    channel_id: str
    agent: str
    word: str
    call_id: str
    at_us: int


def hold_line(event: Event, agents: Collection[str], at: float) -> HoldLine | None:
    """The line that an event calls for; None when it is not an agent who holds.

    Args:
        event: any AMI event.
        agents: ids of the site's agents.
        at: when it came, for an Asterisk that tells no time of its own.
    """
    word = WORDS.get(event.name)
    agent = owner_of(event.get("Channel"))
    if word is None or agent is None or agent not in agents:
        return None
    channel_id = event.get("Uniqueid")
    call_id = event.get("Linkedid") or channel_id
    return HoldLine(channel_id, agent, word, call_id, round(instant_of(event, at) * SECOND_US))


class HoldLines:
    """Takes AMI's events and writes the lines, each as often as it needs until Asterisk has taken it."""

    def __init__(self, link: AmiLink, agents: Collection[str]) -> None:
        self._link, self._agents = link, agents
        self._waiting: deque[HoldLine] = deque()
        self._some = asyncio.Event()

    def on_event(self, event: Event, at: float) -> None:
        line = hold_line(event, self._agents, at)
        if line is not None:
            self._waiting.append(line)
            self._some.set()

    async def run(self) -> None:
        """Write for ever. A line that was perhaps written is written again: two equal ones say nothing new."""
        while True:
            while not self._waiting:
                self._some.clear()
                await self._some.wait()
            try:
                await self._write(self._waiting[0])
            except AmiError as error:
                log.warning("hold_line_later", line=self._waiting[0], error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._waiting.popleft()

    async def _write(self, line: HoldLine) -> None:
        response = await self._link.action(
            "QueueLog", Queue="NONE", Uniqueid=line.channel_id, Interface=line.agent, Event=line.word,
            Message=f"{line.call_id}|{line.at_us}",
        )
        if not response.succeeded:
            log.error("hold_line_refused", line=line, message=response.message)
