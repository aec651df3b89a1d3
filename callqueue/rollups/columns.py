"""How long columns of numbers are kept: each as narrow as its largest, those of callers packed byte by byte."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqueue.metrics.callers_tally import Callers
from foundation.numbered import NUMBER

LARGE = np.dtype("<i8")
"""All callers of a day together have more."""
WORTH = 0.6
"""What is packed to less than so much of its length is kept packed."""


def narrow(column: NDArray[np.integer[Any]]) -> NDArray[Any]:
    if column.min(initial=0) < 0:
        return column.astype(LARGE)
    return column.astype(np.min_scalar_type(column.max(initial=0)).newbyteorder("<"))


def encode_callers(callers: Callers) -> tuple[Any, bytes]:
    first = int(callers.numbers[0]) if len(callers.numbers) else 0
    gaps = np.diff(callers.numbers, prepend=NUMBER.type(first))  # a fraction as long as the numbers themselves
    columns = [*map(narrow, (gaps, callers.queue, callers.pattern, callers.own, callers.patterns.ravel()))]
    planes = [[_packed_plane(plane) for plane in _planes(column)] for column in columns]
    shape = [callers.queues, first, len(gaps), callers.patterns.shape, [list(map(len, each)) for each in planes]]
    return shape, b"".join(plane for each in planes for plane in each)


def decode_callers(shape: Any, rows: bytes) -> Callers:
    queues, first, length, (patterns, width), planes = shape
    columns, offset = list[NDArray[Any]](), 0
    for sizes, count in zip(planes, (*[length] * 4, patterns * width), strict=True):
        column = np.zeros((count, len(sizes)), np.uint8)
        for place, size in enumerate(sizes):
            if size:
                column[:, place] = _unpacked_plane(rows[offset:offset + size], count)
                offset += size
        columns.append(column.view(f"<u{len(sizes)}").reshape(count))
    gaps, queue, pattern, own, counted = columns
    return Callers(
        queues, counted.astype(np.int64).reshape(patterns, width), gaps.cumsum(dtype=NUMBER) + NUMBER.type(first),
        queue, pattern, own.astype(np.int64))


def _planes(column: NDArray[Any]) -> NDArray[np.uint8]:
    """All lowest bytes, then the next ones: the upper ones are nothing or few."""
    return column.view(np.uint8).reshape(len(column), column.itemsize).T


def _packed_plane(plane: NDArray[np.uint8]) -> bytes:
    """As it is where packing is of no use: that is read in no time. What is all nothing is left out."""
    if not plane.any():
        return b""
    packed = zlib.compress(plane.tobytes(), 1)
    return packed if len(packed) < WORTH * len(plane) else plane.tobytes()


def _unpacked_plane(packed: bytes, length: int) -> NDArray[np.uint8]:
    return np.frombuffer(packed if len(packed) == length else zlib.decompress(packed), np.uint8, length)
