"""An agent's telephone with two lines, which SIPp cannot be: it consults a colleague while the caller is on hold.

It sends no sound. Each line notes by the telephone's own clock what happened to it (epoch seconds).
"""

import asyncio
import hashlib
import re
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from bench.dialogues import SIP_PORT, Target
from bench.sipp import free_address

ANSWER_SECONDS = 30.0
AGAIN_SECONDS = 0.5
RUNG_SECONDS = 60.0
KEPT = ("via", "from", "to", "call-id", "cseq")


class PhoneError(Exception):
    """Asterisk did otherwise than the telephone expects."""


@dataclass
class Line:
    """One call, seen from the telephone."""

    sip_id: str
    local: str
    """Our name and tag."""
    remote: str
    remote_target: str
    caller: str = ""
    """Who called us; empty where we called."""
    answered: float | None = None
    ended: float | None = None
    status: int | None = None
    holds: list[float] = field(default_factory=list)
    """When it was put on hold and taken back, in turn."""
    cseq: int = 1
    over: asyncio.Event = field(default_factory=asyncio.Event)
    notified: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    """The last statuses that a transfer came to, as NOTIFY told them."""

    def replaces(self) -> str:
        """For a Refer-To that puts the caller in the place of this call."""
        values = f"{self.sip_id};to-tag={_tag(self.remote)};from-tag={_tag(self.local)}"
        return f"Replaces={quote(values, safe='')}"


class DeskPhone:
    """Answers what rings after `ring` seconds; the rest is the test's to do."""

    def __init__(self, target: Target, agent: str, password: str, sip: socket.socket, ring: float) -> None:
        self._target, self.agent, self._password, self._sip, self._ring = target, agent, password, sip, ring
        self._answers: dict[tuple[str, str], asyncio.Future[str]] = {}
        self._lines: dict[str, Line] = {}
        self._rung: asyncio.Queue[Line] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def lines(self) -> list[Line]:
        return list(self._lines.values())

    async def rung(self) -> Line:
        """The next call that came and was answered."""
        async with asyncio.timeout(RUNG_SECONDS):
            return await self._rung.get()

    async def call(self, extension: str) -> Line:
        """Call, and wait for the final status."""
        sip_id, tag = secrets.token_hex(10), secrets.token_hex(4)
        uri = f"sip:{extension}@{self._target.address}:{self._target.port}"
        line = Line(sip_id, f"<sip:{self.agent}@{self._where()}>;tag={tag}", f"<{uri}>", uri)
        self._lines[sip_id] = line
        answer = await self._authorised("INVITE", uri, line, self._sdp("sendrecv"))
        line.status = _status(answer)
        line.remote = _header(answer, "to")
        if line.status == 200:
            line.answered = time.time()
            line.remote_target = _uri(_header(answer, "contact"))
            await self._acknowledge(line)
        else:
            self._end(line)
        return line

    async def hold(self, line: Line) -> None:
        await self._invite_again(line, "sendonly")

    async def resume(self, line: Line) -> None:
        await self._invite_again(line, "sendrecv")

    async def refer(self, line: Line, extension: str, replaces: Line | None = None) -> int:
        """Transfer the other side, blindly or into the place of another line; the status that it came to."""
        other = f"?{replaces.replaces()}" if replaces else ""
        to = f"<sip:{extension}@{self._target.address}:{self._target.port}{other}>"
        headers = {"Refer-To": to, "Referred-By": f"<sip:{self.agent}@{self._where()}>"}
        answer = await self._request("REFER", line, headers)
        if _status(answer) != 202:
            return _status(answer)
        async with asyncio.timeout(ANSWER_SECONDS):
            while (status := await line.notified.get()) < 200:
                pass
        return status

    async def hang_up(self, line: Line) -> None:
        if line.ended is None:
            self._end(line)
            await self._request("BYE", line)

    async def register(self, expires: int) -> None:
        uri = f"sip:{self._target.address}:{self._target.port}"
        name = f"<sip:{self.agent}@{self._target.address}>"
        line = Line(secrets.token_hex(10), f"{name};tag={secrets.token_hex(4)}", name, uri)
        answer = await self._authorised("REGISTER", uri, line, "", {"Expires": str(expires)})
        if _status(answer) != 200:
            raise PhoneError(f"{self.agent}: could not register: {answer}")

    async def listen(self) -> None:
        """Take what Asterisk sends, until cancelled."""
        while True:
            message = (await asyncio.get_running_loop().sock_recv(self._sip, 65536)).decode(errors="replace")
            if message.startswith("SIP/2.0"):
                self._on_answer(message)
            else:
                await self._on_request(message)

    def _on_answer(self, message: str) -> None:
        waiting = self._answers.get((_header(message, "call-id"), _header(message, "cseq")))
        if waiting is not None and not waiting.done() and _status(message) >= 200:
            waiting.set_result(message)

    async def _on_request(self, message: str) -> None:
        method = message.split(" ", 1)[0]
        line = self._lines.get(_header(message, "call-id"))
        if method == "ACK":
            return
        if method == "INVITE" and line is None:
            self._spawn(self._answer_call(message))
            return
        await self._respond(message, "200 OK", self._sdp("sendrecv") if method == "INVITE" else "")
        if line is not None and method in {"BYE", "CANCEL"}:
            self._end(line)
        if line is not None and method == "NOTIFY" and (found := re.search(r"\r\n\r\nSIP/2.0 (\d+)", message)):
            line.notified.put_nowait(int(found[1]))

    async def _answer_call(self, message: str) -> None:
        local = f"{_header(message, 'to')};tag={secrets.token_hex(4)}"
        remote = _header(message, "from")
        caller = re.search(r"sip:([^@;>]*)", remote)
        line = Line(
            _header(message, "call-id"), local, remote, _uri(_header(message, "contact")), caller[1] if caller else "",
        )
        self._lines[line.sip_id] = line
        await self._respond(message, "180 Ringing", to=local)
        await asyncio.sleep(self._ring)
        if line.ended is None:
            line.answered, line.status = time.time(), 200
            await self._respond(message, "200 OK", self._sdp("sendrecv"), to=local)
            self._rung.put_nowait(line)

    async def _invite_again(self, line: Line, direction: str) -> None:
        line.holds.append(time.time())
        answer = await self._request("INVITE", line, body=self._sdp(direction))
        if _status(answer) != 200:
            raise PhoneError(f"{self.agent}: re-INVITE {direction}: {answer}")
        await self._acknowledge(line)

    async def _acknowledge(self, line: Line) -> None:
        await self._send(self._text("ACK", line))

    async def _authorised(
        self, method: str, uri: str, line: Line, body: str, headers: dict[str, str] | None = None,
    ) -> str:
        answer = await self._request(method, line, headers, body)
        if _status(answer) != 401:
            return answer
        if method == "INVITE":
            line.remote = _header(answer, "to")
            await self._acknowledge(line)
            line.remote = line.remote.split(";tag=")[0]
        challenge = dict(re.findall(r'(\w+)="?([^",]+)"?', _header(answer, "www-authenticate")))
        proof = {"Authorization": self._proof(challenge, method, uri)}
        return await self._request(method, line, {**(headers or {}), **proof}, body)

    def _proof(self, challenge: dict[str, str], method: str, uri: str) -> str:
        realm, nonce, count, mine = challenge["realm"], challenge["nonce"], "00000001", secrets.token_hex(4)
        secret = _md5(f"{self.agent}:{realm}:{self._password}")
        proof = _md5(f"{secret}:{nonce}:{count}:{mine}:auth:{_md5(f'{method}:{uri}')}")
        fields = {
            "username": self.agent, "realm": realm, "nonce": nonce, "uri": uri, "response": proof, "cnonce": mine,
            "opaque": challenge.get("opaque", ""),
        }
        quoted = ", ".join(f'{name}="{value}"' for name, value in fields.items())
        return f"Digest {quoted}, algorithm=MD5, qop=auth, nc={count}"

    async def _request(
        self, method: str, line: Line, headers: dict[str, str] | None = None, body: str = "",
    ) -> str:
        """Send until there is a final answer."""
        line.cseq += 1
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[line.sip_id, f"{line.cseq} {method}"] = waiting
        text = self._text(method, line, headers, body)
        limit = time.monotonic() + (60 if method == "INVITE" else ANSWER_SECONDS)
        await self._send(text)
        while time.monotonic() < limit:
            done, _ = await asyncio.wait([waiting], timeout=None if method == "INVITE" else AGAIN_SECONDS)
            if done:
                return waiting.result()
            await self._send(text)
        raise PhoneError(f"{self.agent}: no answer to {method}")

    def _text(self, method: str, line: Line, headers: dict[str, str] | None = None, body: str = "") -> str:
        lines = {
            "Via": f"SIP/2.0/UDP {self._where()};branch=z9hG4bK{secrets.token_hex(8)};rport", "From": line.local,
            "To": line.remote, "Call-ID": line.sip_id, "CSeq": f"{line.cseq} {method}", "Max-Forwards": "70",
            "Contact": f"<sip:{self.agent}@{self._where()}>", **(headers or {}),
        }
        shown = [f"{name}: {value}" for name, value in lines.items()]
        return _message(f"{method} {line.remote_target} SIP/2.0", shown, body)

    async def _respond(self, request: str, status: str, body: str = "", to: str = "") -> None:
        headers = request.partition("\r\n\r\n")[0].split("\r\n")[1:]
        kept = [line for line in headers if line.partition(":")[0].lower() in KEPT]
        if to:
            kept = [f"To: {to}" if line.lower().startswith("to:") else line for line in kept]
        await self._send(_message(f"SIP/2.0 {status}", [*kept, f"Contact: <sip:{self.agent}@{self._where()}>"], body))

    async def _send(self, text: str) -> None:
        place = (self._target.address, self._target.port)
        await asyncio.get_running_loop().sock_sendto(self._sip, text.encode(), place)

    def _where(self) -> str:
        return f"{self._sip.getsockname()[0]}:{SIP_PORT}"

    def _sdp(self, direction: str) -> str:
        address = self._sip.getsockname()[0]
        lines = (
            "v=0", f"o=- 1 {time.monotonic_ns()} IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
            "m=audio 40000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", f"a={direction}", "",
        )
        return "\r\n".join(lines)

    def _end(self, line: Line) -> None:
        line.ended = line.ended or time.time()
        line.over.set()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _message(first: str, headers: list[str], body: str) -> str:
    kind = ["Content-Type: application/sdp"] if body else []
    return "\r\n".join([first, *headers, *kind, f"Content-Length: {len(body)}", "", body])


def _header(message: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*?)\r?$", message, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def _tag(name: str) -> str:
    found = re.search(r"tag=([^;>\s]+)", name)
    return found[1] if found else ""


def _status(message: str) -> int:
    return int(message.split()[1])


def _uri(contact: str) -> str:
    found = re.search(r"sip:[^>;\s]*", contact)
    return found[0] if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@asynccontextmanager
async def desk_phone(target: Target, agent: str, password: str, ring: float = 0.2) -> AsyncIterator[DeskPhone]:
    """A registered telephone; its calls are hung up at the end of the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
        sip.setblocking(False)
        sip.bind((free_address(), SIP_PORT))
        phone = DeskPhone(target, agent, password, sip, ring)
        listening = asyncio.create_task(phone.listen(), name=f"telephone of {agent}")
        try:
            await phone.register(3600)
            yield phone
            for line in phone.lines:
                if line.answered is not None:
                    await phone.hang_up(line)
            await phone.register(0)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

