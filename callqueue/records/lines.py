"""Bytes of a growing file to whole lines, however the bytes are cut."""

from typing import NamedTuple

LONGEST = 16 * 1024
"""Bytes of a line that are kept; Asterisk's own lines are far shorter."""


class Line(NamedTuple):
    offset: int
    """Where in the file its first byte lies."""
    number: int
    """1 for the file's first line."""
    text: bytes
    """Without its end; cut after `LONGEST` + 1 bytes, which tells that it was too long."""


class LineSplitter:
    """Gives each line once it is whole; a half-written last line waits.

    Args:
        position: offset of the first byte that will be fed; a line begins there.
        number: how many lines lie before it.
    """

    def __init__(self, position: int = 0, number: int = 0) -> None:
        self.position = position
        """Just behind the last whole line."""
        self.number = number
        """How many lines have been given, with those before the beginning."""
        self.scanned = position
        """Just behind the last byte that was fed."""
        self._half = b""

    def feed(self, data: bytes) -> list[Line]:
        self.scanned += len(data)
        first, *others = data.split(b"\n")
        if not others:
            self._keep(first)
            return []
        others.pop()
        lines: list[Line] = []
        offset, number = self.position, self.number
        start_of_data = self.scanned - len(data)
        number += 1
        lines.append(Line(offset, number, _trim(self._half + first[:LONGEST + 1 - len(self._half)])))
        offset = start_of_data + len(first) + 1
        for text in others:
            number += 1
            lines.append(Line(offset, number, _trim(text)))
            offset += len(text) + 1
        self.position, self.number = offset, number
        self._half = b""
        self._keep(data[offset - start_of_data:])
        return lines

    def _keep(self, part: bytes) -> None:
        self._half += part[:LONGEST + 1 - len(self._half)]


def _trim(text: bytes) -> bytes:
    return text[:LONGEST + 1].removesuffix(b"\r")
