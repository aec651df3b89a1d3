"""A real mail server on the loopback: it keeps what it is given, and does what a test wants at each step."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Step = Callable[[str], str]
"""Gets the name of the step (RCPT or DATA), gives the answer."""


def accept(_step: str) -> str:
    return "250 OK"


@dataclass
class MailServer:
    port: int
    at: Step = accept
    password: str = ""
    letters: list[EmailMessage] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str],
    ) -> str:
        answer = self.at("RCPT")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        answer = self.at("DATA")
        if answer.startswith("2"):
            self.letters.append(message_from_bytes(content, policy=policy.default))
        return answer

    def sign_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        good = isinstance(given, LoginPassword) and given.password.decode() == self.password
        if good:
            self.signed_in.append(given.login.decode())
        return AuthResult(success=good, handled=False)


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None, password: str = "") -> AsyncIterator[MailServer]:
    """On a free port; with `tls` it speaks only after STARTTLS and a sign-in with `password`."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = MailServer(listener.getsockname()[1], password=password)

    def protocol() -> SMTP:
        return SMTP(server, hostname="mail.test", tls_context=tls, require_starttls=tls is not None,
                    auth_required=tls is not None, authenticator=server.sign_in)

    listening = await asyncio.get_running_loop().create_server(protocol, sock=listener)
    try:
        yield server
    finally:
        listening.close()
