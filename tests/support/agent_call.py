"""An agent's telephone that calls an extension: signs itself, presses keys, speaks a tone, hears."""

import asyncio
import hashlib
import math
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.dialogues import Target
from bench.tones import LOUD, alaw
from tests.support.raw_phone import FRAME, RATE, RawCall, _udp, ended

FRAME_SECONDS = FRAME / RATE
PATIENCE = 60.0


class AgentCall(RawCall):
    """A call that answers Asterisk's challenge."""

    account: tuple[str, str] = ("", "")
    _media: tuple[str, int] = ("", 0)
    _challenge: str = ""
    _number: int = 2
    """CSeq of the last request."""

    def _in_dialogue(self, cseq: str) -> dict[str, str]:
        method = cseq.split()[1]
        if method == "ACK":
            return super()._in_dialogue(f"{self.headers.get('CSeq', cseq).split()[0]} ACK")
        self._number += 1
        return super()._in_dialogue(f"{self._number} {method}")

    def _on_answer(self, message: str) -> None:
        if found := re.search(r"^WWW-Authenticate: Digest (.*?)\r$", message, re.MULTILINE | re.IGNORECASE):
            self._challenge = found[1]
        if found := re.search(r"^m=audio (\d+) .*$", message, re.MULTILINE):
            self._media = (self.target.address, int(found[1]))
        super()._on_answer(message)

    async def call(self) -> int | None:
        """Call, be challenged, and call again with the answer."""
        if await self.invite(PATIENCE) != 401:
            return self.status
        self.headers["Authorization"] = self._authorization()
        self.headers["CSeq"] = "2 INVITE"
        self.status = None
        return await self.invite(PATIENCE)

    def _authorization(self) -> str:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', self._challenge))
        name, password = self.account
        one = _md5(f"{name}:{given['realm']}:{password}")
        two = _md5(f"INVITE:{self._uri()}")
        once = secrets.token_hex(4)
        response = _md5(f"{one}:{given['nonce']}:00000001:{once}:auth:{two}")
        return (
            f'Digest username="{name}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{self._uri()}", '
            f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{once}"'
            + (f', opaque="{given["opaque"]}"' if "opaque" in given else "")
        )

    async def speak(self, hertz: float, seconds: float) -> None:
        """A tone, packet by packet."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number in range(int(seconds / FRAME_SECONDS)):
            samples = (int(LOUD * math.sin(2 * math.pi * hertz * (number * FRAME + n) / RATE)) for n in range(FRAME))
            header = bytes((0x80, 8)) + number.to_bytes(2, "big") + (number * FRAME).to_bytes(4, "big") + b"talk"
            await loop.sock_sendto(self.rtp, header + bytes(map(alaw, samples)), self._media)
            await asyncio.sleep(max(0.0, begun + (number + 1) * FRAME_SECONDS - loop.time()))

    async def keys(self, digits: str, wait: float = 0.35) -> None:
        for digit in digits:
            await self.press(digit)
            await asyncio.sleep(wait)


@asynccontextmanager
async def agent_call(target: Target, account: tuple[str, str], extension: str) -> AsyncIterator[AgentCall]:
    """A call of an agent to an extension, answered; hung up at the end of the block."""
    uri = f"sip:{extension}@{target.address}:{target.port}"
    with _udp() as sip, _udp() as rtp:
        made = AgentCall(target, "127.0.0.1", sip, rtp, {"From": f"<sip:{account[0]}@{target.address}>"}, uri)
        made.account = account
        listening = asyncio.create_task(made.listen(), name="listen")
        status = await made.call()
        assert status == 200, f"the call of {account[0]} to {extension}: {status}"
        answering = asyncio.create_task(made.answer_requests(), name="answer requests")
        try:
            yield made
        finally:
            await made.hang_up()
            await ended(listening, answering)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - SIP's own digest
