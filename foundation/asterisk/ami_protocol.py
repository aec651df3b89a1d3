"""AMI on the wire, without a socket: bytes to messages, actions to bytes.

panoramisk's `Message` and `Action` do the header work; what bites in them is mended here. Its protocol decodes every
TCP chunk by itself with errors ignored, so a letter cut in two vanished: here bytes become text only when a whole
message is there. Its `Message` decodes percent signs in `Result` headers, which can make line ends out of nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from panoramisk.actions import Action
from panoramisk.message import Message

END = b"\r\n\r\n"
BANNER = "Asterisk Call Manager/"
LONGEST_MESSAGE = 1_000_000
"""Bytes; a longer message is dropped and counted, so that a broken peer cannot fill the memory."""

Headers = Mapping[str, tuple[str, ...]]


class AmiInjection(ValueError):  # noqa: N818 - named for what was tried
    """A value for an AMI action would have ended its line and begun headers of its own."""


@dataclass(frozen=True, slots=True)
class Packet:
    """Headers of one message. Names are compared without regard to case; a repeated header keeps all its values."""

    headers: Headers

    def get(self, header: str, default: str = "") -> str:
        """The header's first value, or `default`."""
        values = self.headers.get(header.lower())
        return values[0] if values else default

    def all(self, header: str) -> tuple[str, ...]:
        return self.headers.get(header.lower(), ())

    def number(self, header: str, default: int = 0) -> int:
        """The header as a whole number; `default` where it is missing or not a number."""
        try:
            return int(self.get(header))
        except ValueError:
            return default

    @property
    def action_id(self) -> str:
        return self.get("ActionID")


@dataclass(frozen=True, slots=True)
class Event(Packet):
    name: str


@dataclass(frozen=True, slots=True)
class Response(Packet):
    succeeded: bool

    @property
    def message(self) -> str:
        return self.get("Message")

    @property
    def output(self) -> tuple[str, ...]:
        """Lines of a Command's output."""
        return self.all("Output")


class WireMessage(Message):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's headers, left as they came."""

    quoted_keys: list[str] = []  # noqa: RUF012 - the parent's own way


class Decoder:
    """Turns bytes, cut anywhere, into messages. Garbage is skipped, never raised."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._searched = 0
        self._dropping = False
        self.version: str | None = None
        """From Asterisk's greeting, like `11.0.0`."""
        self.dropped = 0
        """Messages too long or without a meaning."""

    def feed(self, data: bytes) -> list[Event | Response]:
        """The messages that `data` completes, in order."""
        self._waiting += data
        return list(self._complete())

    def _complete(self) -> Iterator[Event | Response]:
        while (end := self._waiting.find(END, self._searched)) >= 0:
            block = bytes(self._waiting[:end])
            del self._waiting[:end + len(END)]
            self._searched = 0
            if message := self._decode(block):
                yield message
            self._dropping = False
        if len(self._waiting) > LONGEST_MESSAGE + len(END):
            self._dropping = True
            del self._waiting[:-len(END)]
        self._searched = max(0, len(self._waiting) - len(END) + 1)

    def _decode(self, block: bytes) -> Event | Response | None:
        if self._dropping or len(block) > LONGEST_MESSAGE:
            self.dropped += 1
            return None
        text = self._greeted(block.decode("utf-8", "replace").lstrip("\r\n"))
        message = parse(text)
        if message is None and text:
            self.dropped += 1
        return message

    def _greeted(self, text: str) -> str:
        if self.version is None and text.startswith(BANNER):
            first, _, rest = text.partition("\r\n")
            self.version = first.removeprefix(BANNER).strip()
            return rest
        return text


def parse(text: str) -> Event | Response | None:
    """One message from its lines, or None if it is neither an event nor a response."""
    message = WireMessage.from_line(text)
    if message is None:
        return None
    headers = MappingProxyType({name.lower(): _values(value) for name, value in message.items() if name != "content"})
    if "event" in headers:  # first: the event OriginateResponse has a header Response, too
        return Event(headers, name=headers["event"][0])
    if "response" in headers:
        return Response(headers, succeeded=headers["response"][0] in Message.success_responses)
    return None


def _values(value: str | list[str]) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def encode(action: Action) -> bytes:
    """An action's bytes.

    Raises:
        AmiInjection: a header's name or value holds a line end or a NUL.
    """
    for name, value in action.items():
        for part in value if isinstance(value, list | tuple) else [value]:
            if any(sign in f"{name}{part}" for sign in "\r\n\0"):
                raise AmiInjection(f"AMI action {action['Action']}: {name}={part!r} holds a line end; not sent")
    return str(action).encode()


def fields_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as Asterisk writes them: booleans as words, absent ones left out."""
    words = {True: "true", False: "false"}
    return {
        name: words[value] if isinstance(value, bool) else value for name, value in fields.items() if value is not None
    }
