"""A thing given whole or in parts, as players ask for sound (RFC 9110, section 14)."""

import re
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

_RANGE: Final = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE | re.ASCII)


class UnsatisfiableRangeError(Exception):
    """Nothing of what is asked for exists."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def part_response(request: Request, content: bytes, media_type: str, tag: str) -> Response:
    """200, 206 or 416, by the request's Range and If-Range; kept by nobody on the way. `tag` without quotes."""
    size, etag = len(content), f'"{tag}"'
    headers = {
        "accept-ranges": "bytes", "cache-control": "private, no-store", "content-disposition": "inline", "etag": etag,
        "content-encoding": "identity",  # packed a second time, its parts would be parts of something else
    }
    try:
        part = wanted_part(request.headers.get("range"), request.headers.get("if-range"), etag, size)
    except UnsatisfiableRangeError:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    if part is None:
        return Response(content, 200, headers, media_type)
    headers["content-range"] = f"bytes {part.first}-{part.last}/{size}"
    return Response(content[part.first : part.last + 1], 206, headers, media_type)


def wanted_part(header: str | None, if_range: str | None, tag: str, size: int) -> Part | None:
    """The part that is asked for; None: the whole, as for a header that is not understood, of several parts at once, or
    where `if_range` names another state of the thing than `tag`.

    Raises:
        UnsatisfiableRangeError
    """
    found = _RANGE.fullmatch(header or "")
    if found is None or (if_range is not None and if_range.strip() != tag):
        return None
    first, last = found.groups()
    if not first:
        return _tail(last, size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise UnsatisfiableRangeError
    return Part(int(first), min(int(last) if last else size - 1, size - 1))


def _tail(length: str, size: int) -> Part | None:
    """The last so many bytes."""
    if not length:
        return None
    if int(length) == 0 or size == 0:
        raise UnsatisfiableRangeError
    return Part(max(0, size - int(length)), size - 1)
