"""A citizen at his telephone: he hears tones, and presses keys when he has heard the one that asks for them.

What a prompt says is a tone of its own height here, so a test waits for what is asked and not for a time.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.dialogues import Target
from tests.support.agent_call import AgentCall
from tests.support.public_phones import Behaviour, PublicPhones, Rung
from tests.support.raw_phone import FRAME, _loudness, _udp, ended, linear_of

PATIENCE = 60.0
KEY_SECONDS = 0.4
LOOK_SECONDS = 0.05
CLEAR = 0.5
"""Share of a packet's power at one height that makes it this tone."""
Packet = tuple[float, bytes]


@dataclass(frozen=True, slots=True)
class On:
    """When a tone is heard, press keys; "" hangs up in the middle of it."""

    hertz: float
    keys: str


class NothingHeardError(Exception):
    """The tone that he waits for did not come."""


async def play_script(
    script: Sequence[On], heard: Sequence[Packet], press: Callable[[str], Awaitable[None]],
    hang_up: Callable[[], Awaitable[None]], is_over: Callable[[], bool],
) -> None:
    """Do what the script says, as far as the call goes."""
    since = time.time()
    for on in script:
        if not await _tone(on.hertz, heard, since, is_over):
            return
        if not on.keys:
            await hang_up()
            return
        for key in on.keys:
            await asyncio.sleep(KEY_SECONDS)
            await press(key)
        since = time.time()
        await asyncio.sleep(KEY_SECONDS)


async def _tone(hertz: float, heard: Sequence[Packet], since: float, is_over: Callable[[], bool]) -> bool:
    """Wait until it is heard; False: the call has ended."""
    limit, place = time.monotonic() + PATIENCE, 0
    while time.monotonic() < limit:
        fresh = heard[place:]
        place += len(fresh)
        if any(at > since and is_tone(packet, hertz) for at, packet in fresh):
            return True
        if is_over():
            return False
        await asyncio.sleep(LOOK_SECONDS)
    raise NothingHeardError(f"{hertz} Hz was not heard within {PATIENCE:.0f} s")


def is_tone(packet: bytes, hertz: float) -> bool:
    return len(packet) == FRAME and _loudness(linear_of(packet), hertz) > CLEAR


def tone_seconds(heard: Sequence[Packet], hertz: float) -> float:
    """For how long a tone was heard in all."""
    return sum(is_tone(packet, hertz) for _, packet in heard) * FRAME / 8000


@dataclass
class CitizenPhones(PublicPhones):
    """The called public; one talks at a time, by the script of his number."""

    scripts: dict[str, Sequence[On]] = field(default_factory=dict)
    heard: list[Packet] = field(default_factory=list)

    async def hear(self) -> None:
        """Keep the sound, with the instant of its arrival."""
        while True:
            packet = await asyncio.get_running_loop().sock_recv(self.rtp, 2048)
            if packet[1] & 0x7F == 8:
                self.heard.append((time.time(), packet[12:]))

    async def _talk(self, rung: Rung, does: Behaviour) -> None:  # noqa: ARG002 - his script says what he does
        async def press(key: str) -> None:
            body = f"Signal={key}\r\nDuration=160\r\n"
            await self._request(rung, "INFO", {"Content-Type": "application/dtmf-relay"}, body)

        async def hang_up() -> None:
            rung.ended = rung.ended or time.time()
            await self._request(rung, "BYE", {}, "")

        await play_script(self.scripts.get(rung.number, ()), self.heard, press, hang_up, lambda: rung.ended is not None)

    def heard_by(self, rung: Rung) -> list[Packet]:
        """What was heard in one call."""
        until = rung.ended or time.time()
        return [one for one in self.heard if rung.at <= one[0] <= until]


@asynccontextmanager
async def own_call(target: Target, number: str, script: Sequence[On]) -> AsyncIterator[list[Packet]]:
    """A citizen calls the line and does what his script says; what he hears. Hung up at the end of the block."""
    with _udp() as sip, _udp() as rtp:
        made = AgentCall(target, "127.0.0.1", sip, rtp, {"From": f"<sip:{number}@127.0.0.1>"})
        listening = asyncio.create_task(made.listen(), name="listen")
        status = await made.invite(PATIENCE)
        assert status == 200, f"the call of {number}: {status}"
        answering = asyncio.create_task(made.answer_requests(), name="answer requests")
        try:
            await play_script(script, made.heard, made.press, made.hang_up, lambda: made.is_over)
            yield made.heard
        finally:
            await made.hang_up()
            await ended(listening, answering)
