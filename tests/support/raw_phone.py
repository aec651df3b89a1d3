"""A telephone whose every byte is the test's, for what a caller may send and for what he hears."""

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

from bench.dialogues import Target

FRAME = 160
RATE = 8000


@dataclass
class RawCall:
    """One call, of which every header can be replaced before it is placed."""

    target: Target
    address: str
    sip: socket.socket
    rtp: socket.socket
    headers: dict[str, str] = field(default_factory=dict)
    """Headers to replace or to add."""
    uri: str = ""
    sip_id: str = field(default_factory=lambda: secrets.token_hex(10))
    status: int | None = None
    remote_to: str = ""
    remote_target: str = ""
    is_over: bool = False
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    """Sound packets with the instant of their arrival (epoch seconds)."""

    @property
    def sender(self) -> str:
        return self.headers.get("From", f"<sip:anonymous@{self.address}>")

    async def invite(self, within: float = 4.0) -> int | None:
        """Call, and return the final status; None when Asterisk never gave one."""
        lines = {
            "Via": self._via(), "From": f"{self.sender};tag={self.sip_id}", "To": f"<{self._uri()}>",
            "Call-ID": self.sip_id, "CSeq": "1 INVITE", "Max-Forwards": "70",
            "Contact": f"<sip:caller@{self.address}:{self._port()}>", "Content-Type": "application/sdp",
        }
        lines |= {name: value for name, value in self.headers.items() if name != "From"}
        await self._send(f"INVITE {self._uri()} SIP/2.0", lines, self._sdp())
        try:
            async with asyncio.timeout(within):
                while self.status is None:
                    self._on_answer(await self._receive())
        except TimeoutError:
            return None
        await self._send(f"ACK {self.remote_target or self._uri()} SIP/2.0", self._in_dialogue("1 ACK"))
        return self.status

    async def press(self, digit: str) -> None:
        body = f"Signal={digit}\r\nDuration=160\r\n"
        lines = self._in_dialogue("2 INFO") | {"Content-Type": "application/dtmf-relay"}
        await self._send(f"INFO {self.remote_target} SIP/2.0", lines, body)

    async def hang_up(self) -> None:
        if self.status == 200 and not self.is_over:
            self.is_over = True
            await self._send(f"BYE {self.remote_target} SIP/2.0", self._in_dialogue("9 BYE"))

    def first_heard(self, hertz: float) -> float | None:
        """When a tone was first heard, epoch seconds."""
        return next((at for at, packet in self.heard if _loudness(linear_of(packet), hertz) > 0.5), None)

    async def listen(self) -> None:
        """Take what arrives, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            packet = await loop.sock_recv(self.rtp, 2048)
            if packet[1] & 0x7F == 8:
                self.heard.append((time.time(), packet[12:]))

    async def answer_requests(self) -> None:
        """Answer what Asterisk asks while the call is up, until cancelled."""
        while True:
            message = await self._receive()
            if message.startswith("SIP/2.0"):
                continue
            names = ("via", "from", "to", "call-id", "cseq")
            kept = [line for line in message.split("\r\n")[1:] if line.split(":", 1)[0].lower() in names]
            await self._raw("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]))
            self.is_over |= message.startswith("BYE")

    def _on_answer(self, message: str) -> None:
        status = int(message.split()[1]) if message.startswith("SIP/2.0") else 0
        if status < 200:
            return
        self.status = status
        for line in message.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() in {"to", "t"}:
                self.remote_to = value.strip()
            if name.lower() in {"contact", "m"}:
                self.remote_target = value.strip().strip("<>").split(">")[0]

    def _in_dialogue(self, cseq: str) -> dict[str, str]:
        return {
            "Via": self._via(), "From": f"{self.sender};tag={self.sip_id}", "To": self.remote_to,
            "Call-ID": self.sip_id, "CSeq": cseq, "Max-Forwards": "70",
        }

    def _uri(self) -> str:
        return self.uri or f"sip:{self.target.number}@{self.target.address}:{self.target.port}"

    def _via(self) -> str:
        return f"SIP/2.0/UDP {self.address}:{self._port()};branch=z9hG4bK{secrets.token_hex(8)};rport"

    def _port(self) -> int:
        return int(self.sip.getsockname()[1])

    def _sdp(self) -> str:
        lines = (
            "v=0", f"o=- 1 1 IN IP4 {self.address}", "s=-", f"c=IN IP4 {self.address}", "t=0 0",
            f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "",
        )
        return "\r\n".join(lines)

    async def _send(self, first: str, lines: dict[str, str], body: str = "") -> None:
        headers = [f"{name}: {value}" for name, value in lines.items()]
        await self._raw("\r\n".join([first, *headers, f"Content-Length: {len(body.encode())}", "", body]))

    async def _raw(self, message: str) -> None:
        place = (self.target.address, self.target.port)
        await asyncio.get_running_loop().sock_sendto(self.sip, message.encode("utf-8", "surrogateescape"), place)

    async def _receive(self) -> str:
        return (await asyncio.get_running_loop().sock_recv(self.sip, 65536)).decode(errors="replace")


@asynccontextmanager
async def raw_call(target: Target, headers: dict[str, str] | None = None, uri: str = "") -> AsyncIterator[RawCall]:
    """A call, placed; hung up at the end of the block."""
    with _udp() as sip, _udp() as rtp:
        call = RawCall(target, "127.0.0.1", sip, rtp, headers or {}, uri)
        listening = asyncio.create_task(call.listen(), name="listen")
        await call.invite()
        answering = asyncio.create_task(call.answer_requests(), name="answer requests")
        try:
            yield call
        finally:
            await call.hang_up()
            await ended(listening, answering)


async def ended(*tasks: "asyncio.Task[None]") -> None:
    """End tasks that read from sockets, before those are closed.

    A task that is only cancelled lets go of its socket's number a moment later, when the next socket may have it.
    """
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _udp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind(("127.0.0.1", 0))
    return made


def linear_of(packet: bytes) -> list[int]:
    linear: list[int] = _LINEAR[np.frombuffer(packet, np.uint8)].tolist()
    return linear


def _from_alaw(octet: int) -> int:
    """ITU-T G.711, table 1a, the other way."""
    octet ^= 0x55
    segment, mantissa = octet >> 4 & 7, octet & 0x0F
    value = (mantissa << 4) + 8 if segment == 0 else (mantissa << 4) + 0x108 << segment - 1
    return value if octet & 0x80 else -value


_LINEAR = np.array([_from_alaw(octet) for octet in range(256)])


def _loudness(samples: list[int], hertz: float) -> float:
    """How much of the sound's power is at `hertz`: 0 to 1."""
    return float(_loudnesses(np.array([samples], dtype=float), hertz)[0])


def _loudnesses(pieces: npt.NDArray[np.float64], hertz: float) -> npt.NDArray[np.float64]:
    """Of pieces of equal length, a row each."""
    length = pieces.shape[1]
    power = np.einsum("ij,ij->i", pieces, pieces)
    heard = power >= max(1, length * 10000)
    at = np.abs(pieces @ _wave(hertz, length)) ** 2
    shares: npt.NDArray[np.float64] = np.divide(2 * at, length * power, out=np.zeros(len(pieces)), where=heard)
    return shares


@cache
def _wave(hertz: float, length: int) -> npt.NDArray[np.complex128]:
    wave: npt.NDArray[np.complex128] = np.exp(2j * np.pi * hertz * np.arange(length) / RATE)
    return wave


def tone_share(samples: list[int], hertz: float) -> float:
    """How much of the sound's power is at `hertz`: 0 to 1, over many samples in pieces of 20 ms."""
    count = max(0, (len(samples) - 1) // FRAME)
    pieces = np.array(samples[:count * FRAME], dtype=float).reshape(count, FRAME)
    return float(_loudnesses(pieces, hertz).sum()) / max(count, 1)
