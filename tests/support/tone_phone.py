"""An agent's telephone that answers, speaks one steady tone, and keeps what it hears."""

import asyncio
import math
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from bench.dialogues import SIP_PORT, Target
from bench.sipp import free_address
from bench.tones import LOUD, alaw
from tests.support.desk_phone import DeskPhone
from tests.support.raw_phone import FRAME, RATE, ended, linear_of, tone_share

RTP_PORT = 40000
"""What DeskPhone's session description names."""
Heard = Sequence[tuple[float, bytes]]


class TonePhone(DeskPhone):
    def __init__(
        self, target: Target, account: tuple[str, str], hertz: float, address: str, rtp: socket.socket,
    ) -> None:
        sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sip.setblocking(False)
        sip.bind((address, SIP_PORT))
        super().__init__(target, *account, sip, ring=0.3)
        self._hertz, self._rtp, self._media = hertz, rtp, (target.address, 0)
        self.heard: list[tuple[float, bytes]] = []
        """Sound packets with the instant of their arrival (epoch seconds)."""
        self.rejects = False
        """Whether it refuses what rings."""

    async def _on_request(self, message: str) -> None:
        if found := re.search(r"^m=audio (\d+)", message, re.MULTILINE):
            self._media = (self._media[0], int(found[1]))
        await super()._on_request(message)

    async def _answer_call(self, message: str) -> None:
        if self.rejects:
            await self._respond(message, "603 Decline")
        else:
            await super()._answer_call(message)

    def close(self) -> None:
        self._sip.close()

    async def speak(self) -> None:
        """Into every call that is up, until cancelled."""
        loop, number = asyncio.get_running_loop(), 0
        begun = loop.time()
        while True:
            number += 1
            turns = (2 * math.pi * self._hertz * (number * FRAME + n) / RATE for n in range(FRAME))
            sound = bytes(alaw(int(LOUD * math.sin(turn))) for turn in turns)
            header = b"\x80\x08" + (number % 65536).to_bytes(2, "big") + (number * FRAME).to_bytes(4, "big") + b"tone"
            if any(line.answered is not None and line.ended is None for line in self.lines):
                await loop.sock_sendto(self._rtp, header + sound, self._media)
            await asyncio.sleep(max(0.0, begun + number * FRAME / RATE - loop.time()))

    async def hear(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            packet = await loop.sock_recv(self._rtp, 2048)
            if packet[1] & 0x7F == 8:
                self.heard.append((time.time(), packet[12:]))


def shares(heard: Heard, since: float) -> Callable[[float], float]:
    """Of what was heard since then, how much was at a frequency: 0 to 1."""
    samples = [sample for at, packet in heard if at >= since for sample in linear_of(packet)]
    return lambda hertz: tone_share(samples, hertz)


@asynccontextmanager
async def tone_phone(target: Target, account: tuple[str, str], hertz: float) -> AsyncIterator[TonePhone]:
    """A registered telephone; its calls are hung up at the end of the block."""
    address = free_address()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
        rtp.setblocking(False)
        rtp.bind((address, RTP_PORT))
        phone = TonePhone(target, account, hertz, address, rtp)
        works = (phone.listen(), phone.speak(), phone.hear())
        tasks = [asyncio.create_task(work, name=f"{account[0]} {number}") for number, work in enumerate(works)]
        try:
            await phone.register(3600)
            yield phone
            for line in phone.lines:
                if line.answered is not None:
                    await phone.hang_up(line)
            await phone.register(0)
        finally:
            await ended(*tasks)
            phone.close()
