"""The FastAGI protocol without any I/O: bytes in, messages out; words in, one command line out.

Sources: Asterisk's res/res_agi.c (`setup_env`, `parse_args`, `ast_agi_send`). Asterisk sends one block of `key: value`
lines and an empty line, then one reply for each command. A bare `HANGUP` line may come at any place after the block.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote

LONGEST_LINE = 4096
"""Bytes. Asterisk's own replies end at 2 KB; a longer line is no Asterisk."""
MOST_HEADERS = 160
"""Asterisk sends about 20, and at most 128 arguments."""
MOST_USAGE_LINES = 400
LONGEST_COMMAND = 2000
"""Bytes. Asterisk's buffer (AGI_BUF_LEN) is 2048 and it cuts without a word."""

REPLY = re.compile(r"200 result=(?P<result>[^ ]*)(?: \((?P<data>.*)\))?(?: endpos=(?P<endpos>-?\d{1,18}))?", re.DOTALL)
SCRIPT, ARGUMENT = "agi_network_script", "agi_arg_"


class ProtocolError(Exception):
    """The peer does not speak FastAGI; nothing more can be understood from it."""


class LineTooLongError(ProtocolError):
    """A line without an end, or longer than Asterisk ever sends."""


class HeaderError(ProtocolError):
    """The opening block is malformed, too large, or says one thing twice."""


class ReplyError(ProtocolError):
    """A line that is no reply of Asterisk's."""


class CommandError(ValueError):
    """Words that cannot be sent as one command."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The block that opens a session."""

    variables: Mapping[str, str]
    script: str
    """The path of agi://host:port/PATH?query, without the query."""
    query: Mapping[str, str]
    arguments: tuple[str, ...]

    @property
    def call_id(self) -> str:
        """The channel's uniqueid, which is the call's linkedid for the channel that came in on the trunk."""
        return self.variables.get("agi_uniqueid", "")

    @property
    def language(self) -> str:
        return self.variables.get("agi_language", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """A command has run."""

    result: str
    data: str | None = None
    endpos: int | None = None
    """Samples played or recorded."""


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    """510."""


@dataclass(frozen=True, slots=True)
class DeadChannel:
    """511: the channel is gone, and this command needs one."""


@dataclass(frozen=True, slots=True)
class Usage:
    """520: the command's words were wrong."""

    text: str


@dataclass(frozen=True, slots=True)
class Trying:
    """100: the reply itself comes later."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


Answer = Reply | UnknownCommand | DeadChannel | Usage
Message = Opening | Answer | Trying | HungUp


@dataclass(slots=True)
class Parser:
    """Incremental: feed it whatever the network brings.

    After a ProtocolError it must not be fed again.
    """

    _rest: bytes = b""
    _headers: dict[str, str] | None = field(default_factory=dict)
    """None once the opening block is complete."""
    _usage: list[str] | None = None

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages that this chunk completes.

        Raises:
            ProtocolError: the peer is no Asterisk.
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            message = self._line(_text(line))
            if message is not None:
                yield message
        if len(self._rest) > LONGEST_LINE:
            raise LineTooLongError(f"{len(self._rest)} bytes and no end of line; {LONGEST_LINE} is the limit")

    def _line(self, line: str) -> Message | None:
        if self._headers is not None:
            return self._header(self._headers, line)
        if line == "HANGUP":
            return HungUp()
        if self._usage is not None:
            return self._usage_line(self._usage, line)
        return self._reply(line)

    def _header(self, headers: dict[str, str], line: str) -> Opening | None:
        if not line:
            self._headers = None
            return _opening(headers)
        key, colon, value = line.partition(":")
        if not colon or not key.startswith("agi_"):
            raise HeaderError(f"{line[:40]!r} is no agi_ variable")
        if key in headers:
            # A line break smuggled into a caller's name would forge variables like this.
            raise HeaderError(f"{key[:40]!r} is said twice")
        if len(headers) >= MOST_HEADERS:
            raise HeaderError(f"more than {MOST_HEADERS} variables")
        headers[key] = value.removeprefix(" ")
        return None

    def _reply(self, line: str) -> Message | None:
        if line.startswith("100"):
            return Trying()
        if line.startswith("510"):
            return UnknownCommand()
        if line.startswith("511"):
            return DeadChannel()
        if line.startswith("520-"):
            self._usage = [line[4:]]
            return None
        if line.startswith("520"):
            return Usage(line[4:])
        found = REPLY.fullmatch(line)
        if found is None:
            raise ReplyError(f"{line[:40]!r} is no reply")
        endpos = found["endpos"]
        return Reply(found["result"], found["data"], None if endpos is None else int(endpos))

    def _usage_line(self, usage: list[str], line: str) -> Usage | None:
        if line.startswith("520 "):
            self._usage = None
            return Usage("\n".join(usage))
        if len(usage) >= MOST_USAGE_LINES:
            raise ReplyError(f"a usage text of more than {MOST_USAGE_LINES} lines")
        usage.append(line)
        return None


def encode(*words: str) -> bytes:
    """One command line: the first word is the command's name as it stands, the others are quoted.

    Raises:
        CommandError: a word holds a line break or a NUL, or the line is longer than Asterisk's buffer.
    """
    name, *arguments = words
    line = " ".join([name, *(quote(argument) for argument in arguments)])
    if any(forbidden in line for forbidden in "\n\r\0"):
        raise CommandError(f"{name}: a command may hold no line break and no NUL")
    command = f"{line}\n".encode(errors="replace")
    if len(command) > LONGEST_COMMAND:
        raise CommandError(f"{name}: {len(command)} bytes; Asterisk takes {LONGEST_COMMAND}")
    return command


def quote(argument: str) -> str:
    """An argument as `parse_args` reads it back: in quotes, with quotes and backslashes escaped."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(line: bytes) -> str:
    if len(line) > LONGEST_LINE:
        raise LineTooLongError(f"a line of {len(line)} bytes; {LONGEST_LINE} is the limit")
    return line.removesuffix(b"\r").decode(errors="replace")


def _opening(headers: dict[str, str]) -> Opening:
    if not headers:
        raise HeaderError("an empty opening block")
    path, _, query = headers.get(SCRIPT, "").partition("?")
    numbers = sorted(
        int(key.removeprefix(ARGUMENT)) for key in headers if re.fullmatch(rf"{ARGUMENT}[1-9][0-9]{{0,2}}", key)
    )
    return Opening(
        variables=MappingProxyType(dict(headers)),
        script=unquote(path, errors="replace").strip("/"),
        query=MappingProxyType(dict(parse_qsl(query, keep_blank_values=True, errors="replace"))),
        arguments=tuple(headers[f"{ARGUMENT}{number}"] for number in numbers),
    )
