"""Ends simulated calls whose SIPp is gone, so that no call is ever left up."""

import asyncio
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass

SIP_PORT = 5060
ANSWER_SECONDS = 0.5
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Target:
    """Where to call."""

    address: str
    port: int
    number: str = "1420"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A call as SIP knows it, seen from the simulated phone."""

    sip_id: str
    remote_target: str
    """Where to send requests, like `sip:127.0.0.1:5060`."""
    local: str
    """Our name and tag."""
    remote: str
    """Asterisk's name and tag."""
    agent: str = ""
    caller: str = ""

    def bye(self, address: str) -> bytes:
        lines = (
            f"BYE {self.remote_target} SIP/2.0",
            f"Via: SIP/2.0/UDP {address}:{SIP_PORT};branch=z9hG4bK{secrets.token_hex(8)};rport",
            f"From: {self.local}", f"To: {self.remote}", f"Call-ID: {self.sip_id}", "CSeq: 99 BYE", "Max-Forwards: 70",
            "Content-Length: 0", "", "",
        )
        return "\r\n".join(lines).encode()


def parse_dialogues(text: str) -> list[Dialogue]:
    """The lines that our scenarios log; a last line without its end is left out."""
    rows = (line.split("|") for line in text.split("\n")[:-1])
    return [Dialogue(*(cell.strip() for cell in row)) for row in rows if len(row) == 6]


async def hang_up(dialogues: Sequence[Dialogue], address: str, target: Target) -> None:
    """Say BYE for each of them, from the address at which its SIPp lived."""
    open_ones = {dialogue.sip_id: dialogue for dialogue in dialogues}
    if not open_ones:
        return
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaker:
        speaker.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        speaker.bind((address, SIP_PORT))
        for _ in range(ATTEMPTS):
            for dialogue in open_ones.values():
                await loop.sock_sendto(speaker, dialogue.bye(address), (target.address, target.port))
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    while open_ones:
                        answer = await loop.sock_recv(speaker, 65536)
                        for sip_id in [sip_id for sip_id in open_ones if _answers(answer, sip_id)]:
                            del open_ones[sip_id]
            except TimeoutError:
                continue
            return


def _answers(message: bytes, sip_id: str) -> bool:
    return message.startswith(b"SIP/2.0") and sip_id.encode() in message
