"""The public's telephones behind one gateway: they are called, pick up or do not, press a key, and note what happened.

Every note is by their own clock (epoch seconds). They send no sound.
"""

import asyncio
import re
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.dialogues import SIP_PORT
from bench.sipp import free_address
from tests.support.desk_phone import KEPT, _header, _message, _uri
from tests.support.raw_phone import ended

KEY_SECONDS = (1.2, 1.2, 1.2, 1.2, 1.2)
"""He presses again until he is understood: a key falls between two commands now and then."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the person does when his telephone rings."""

    picks_up: bool = True
    busy: bool = False
    after: float = 0.4
    """Seconds of ringing."""
    key: str = "1"
    """Pressed again and again; empty: none."""
    patience: float | None = None
    """Hangs up after so many seconds; None: never."""


@dataclass
class Rung:
    """One call that came."""

    number: str
    sip_id: str
    at: float
    local: str
    remote: str
    target: str
    invite: str
    answered: float | None = None
    ended: float | None = None
    cseq: int = 1


@dataclass
class PublicPhones:
    """All numbers that are called through the gateway `proxy`."""

    sip: socket.socket
    rtp: socket.socket
    behaviour: Callable[[str, int], Behaviour]
    """Number, and which call to it this is (from 1) → what he does."""
    rung: list[Rung] = field(default_factory=list)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _asterisk: tuple[str, int] = ("", 0)

    @property
    def proxy(self) -> str:
        address, port = self.sip.getsockname()
        return f"{address}:{port}"

    def calls_to(self, number: str) -> list[Rung]:
        return [rung for rung in self.rung if rung.number == number]

    def everything_ends(self) -> None:
        """Asterisk was killed: nobody hears anything any more."""
        for rung in self.rung:
            rung.ended = rung.ended or time.time()

    async def listen(self) -> None:
        """Take what Asterisk sends, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            data, self._asterisk = await loop.sock_recvfrom(self.sip, 65536)
            message = data.decode(errors="replace")
            if not message.startswith("SIP/2.0"):
                await self._on_request(message)

    async def hear(self) -> None:
        """Take the sound and forget it, until cancelled."""
        while True:
            await asyncio.get_running_loop().sock_recv(self.rtp, 2048)

    async def _on_request(self, message: str) -> None:
        method = message.split(" ", 1)[0]
        known = next((rung for rung in self.rung if rung.sip_id == _header(message, "call-id")), None)
        if method == "INVITE" and known is None:
            # Noted at once: a busy machine sends the same INVITE again before it is answered.
            rung = _rung(message)
            self.rung.append(rung)
            self._spawn(self._ring(rung, message))
        elif method == "CANCEL" and known is not None:
            await self._respond(message, "200 OK")
            if known.answered is None:
                known.ended = known.ended or time.time()
                await self._respond(known.invite, "487 Request Terminated", to=known.local)
        elif method == "BYE" and known is not None:
            known.ended = known.ended or time.time()
            await self._respond(message, "200 OK")
        elif method not in {"ACK", "INVITE"}:
            await self._respond(message, "200 OK")

    async def _ring(self, rung: Rung, message: str) -> None:
        does = self.behaviour(rung.number, len(self.calls_to(rung.number)))
        if does.busy:
            rung.ended = time.time()
            await self._respond(message, "486 Busy Here", to=rung.local)
            return
        await self._respond(message, "180 Ringing", to=rung.local)
        await asyncio.sleep(does.after)
        if does.picks_up and rung.ended is None:
            rung.answered = time.time()
            await self._respond(message, "200 OK", self._sdp(), to=rung.local)
            await self._talk(rung, does)

    async def _talk(self, rung: Rung, does: Behaviour) -> None:
        for seconds in KEY_SECONDS if does.key else ():
            await asyncio.sleep(seconds)
            if rung.ended is not None:
                return
            body = f"Signal={does.key}\r\nDuration=160\r\n"
            await self._request(rung, "INFO", {"Content-Type": "application/dtmf-relay"}, body)
        if does.patience is not None:
            await asyncio.sleep(does.patience)
            if rung.ended is None:
                rung.ended = time.time()
                await self._request(rung, "BYE", {}, "")

    async def _request(self, rung: Rung, method: str, headers: dict[str, str], body: str) -> None:
        rung.cseq += 1
        lines = {
            "Via": f"SIP/2.0/UDP {self.proxy};branch=z9hG4bK{secrets.token_hex(8)};rport", "From": rung.local,
            "To": rung.remote, "Call-ID": rung.sip_id, "CSeq": f"{rung.cseq} {method}", "Max-Forwards": "70",
            "Contact": f"<sip:{rung.number}@{self.proxy}>", **headers,
        }
        shown = [f"{name}: {value}" for name, value in lines.items()]
        await self._send(_message(f"{method} {rung.target} SIP/2.0", shown, body))

    async def _respond(self, request: str, status: str, body: str = "", to: str = "") -> None:
        headers = request.partition("\r\n\r\n")[0].split("\r\n")[1:]
        kept = [line for line in headers if line.partition(":")[0].lower() in KEPT]
        if to:
            kept = [f"To: {to}" if line.lower().startswith("to:") else line for line in kept]
        await self._send(_message(f"SIP/2.0 {status}", [*kept, f"Contact: <sip:public@{self.proxy}>"], body))

    async def _send(self, text: str) -> None:
        await asyncio.get_running_loop().sock_sendto(self.sip, text.encode(), self._asterisk)

    def _sdp(self) -> str:
        address, port = self.rtp.getsockname()
        lines = (
            "v=0", f"o=- 1 {time.monotonic_ns()} IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
            f"m=audio {port} RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=sendrecv", "",
        )
        return "\r\n".join(lines)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        await ended(*self._tasks)


def _rung(invite: str) -> Rung:
    uri = re.search(r"^INVITE sips?:([^@;>\s]*)@", invite)
    local = f"{_header(invite, 'to')};tag={secrets.token_hex(4)}"
    return Rung(
        uri[1] if uri else "", _header(invite, "call-id"), time.time(), local, _header(invite, "from"),
        _uri(_header(invite, "contact")), invite,
    )


def always(_number: str, _nth: int) -> Behaviour:
    return Behaviour()


def gateway() -> tuple[socket.socket, socket.socket]:
    """Sockets of a gateway, so that a site can be told of it before it serves."""
    made = []
    address = free_address()
    for port in (SIP_PORT, 0):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setblocking(False)
        one.bind((address, port))
        made.append(one)
    return made[0], made[1]


@asynccontextmanager
async def public_phones(
    sockets: tuple[socket.socket, socket.socket], behaviour: Callable[[str, int], Behaviour] = always,
) -> AsyncIterator[PublicPhones]:
    """The public at its telephones, until the end of the block."""
    phones = PublicPhones(*sockets, behaviour)
    tasks = [asyncio.create_task(phones.listen(), name="sip"), asyncio.create_task(phones.hear(), name="rtp")]
    try:
        yield phones
    finally:
        await phones.close()
        await ended(*tasks)
