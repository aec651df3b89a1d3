"""Lines of Asterisk's channel event log (CSV, see asterisk-config/pasokh/cel_custom.conf) to events.

Any bytes give an event or a `BadLine`, never an exception.
"""

import csv
import json
from dataclasses import dataclass

from callqueue.journal.events import BadLine
from callqueue.journal.parser import show
from callqueue.records.lines import LONGEST

FIELDS = 10
LONGEST_NAME = 150
MICROSECONDS = 6
HIGHEST_CAUSE = 127
TRANSFERS = ("BLINDTRANSFER", "ATTENDEDTRANSFER")


@dataclass(frozen=True, slots=True)
class Passing:
    """What CEL tells about a transfer beside who did it; empty where it does not."""

    target: str = ""
    """The extension or the application that it led to."""
    second_id: str = ""
    """The transferring agent's other channel."""
    transferee_id: str = ""


@dataclass(frozen=True, slots=True)
class CelEvent:
    """One event of one channel."""

    at_us: int
    kind: str
    """CHAN_START, BRIDGE_ENTER, ...; of a user-defined event, its own name."""
    channel_id: str
    call_id: str
    channel: str
    app: str = ""
    bridge: str = ""
    hangup_source: str | None = None
    """Name of the channel that hung up, `dialplan/...` when we did; only at HANGUP."""
    passing: Passing | None = None
    """Only at BLINDTRANSFER and ATTENDEDTRANSFER."""
    cause: int | None = None
    """Why the channel ended, by Q.850; only at HANGUP."""


def parse_cel(text: bytes) -> CelEvent | BadLine:
    """What one line (without its end) says."""
    if len(text) > LONGEST:
        return BadLine(show(text), f"longer than {LONGEST} bytes")
    line = text.decode("utf-8", "replace")
    if "\x00" in line:
        return BadLine(show(text), "a NUL in the line")
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error as error:
        return BadLine(show(text), f"not CSV: {error}")
    if not line.endswith('"'):
        return BadLine(show(text), "the line's end is missing")
    if len(rows) != 1 or len(rows[0]) != FIELDS:
        return BadLine(show(text), f"{len(rows[0]) if rows else 0} fields; a line has {FIELDS}")
    return _event(rows[0], text)


def _event(fields: list[str], text: bytes) -> CelEvent | BadLine:
    time, kind, channel_id, call_id, channel, _context, _exten, app, _peer, extra = fields
    at_us = _microseconds(time)
    if at_us is None:
        return BadLine(show(text), f"{time[:40]!r} is no time")
    if not (kind and channel_id and call_id):
        return BadLine(show(text), "no event, channel or call")
    if max(map(len, fields[1:9])) > LONGEST_NAME:
        return BadLine(show(text), f"a field longer than {LONGEST_NAME} characters")
    facts = _facts(extra)
    if facts is None:
        return BadLine(show(text), "the facts are not JSON")
    bridge = str(facts.get("bridge_id", ""))
    source = facts.get("hangupsource") if kind == "HANGUP" else None
    if len(bridge) > LONGEST_NAME:
        return BadLine(show(text), "a bridge's name that is too long")
    passing = _passing(facts) if kind in TRANSFERS else None
    return CelEvent(
        at_us, kind, channel_id, call_id, channel, app, bridge, None if source is None else str(source), passing,
        _cause(facts) if kind == "HANGUP" else None,
    )


def _cause(facts: dict[str, object]) -> int | None:
    cause = facts.get("hangupcause")
    return cause if isinstance(cause, int) and 0 <= cause <= HIGHEST_CAUSE else None


def _passing(facts: dict[str, object]) -> Passing:
    def fact(*names: str) -> str:
        value = next((str(facts[name]) for name in names if name in facts), "")
        return "" if value == "N/A" or len(value) > LONGEST_NAME else value

    return Passing(
        fact("extension", "app"), fact("channel2_uniqueid"), fact("transferee_channel_uniqueid"),
    )


def _microseconds(time: str) -> int | None:
    seconds, _, fraction = time.partition(".")
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 10):
        return None
    if fraction and not (fraction.isascii() and fraction.isdecimal() and len(fraction) <= MICROSECONDS):
        return None
    return int(seconds) * 1_000_000 + int(fraction.ljust(MICROSECONDS, "0"))


def _facts(extra: str) -> dict[str, object] | None:
    """The facts beside an event; those of user-defined events are plain text and none of ours."""
    if not extra.startswith("{"):
        return {}
    try:
        found = json.loads(extra)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
