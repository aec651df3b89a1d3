"""A call's recordings, told so that they can be checked without Pasokh."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from recordings.store import Recording


@dataclass(frozen=True)
class Place:
    """From this position in the recording on (ms), it is this moment of the call (ms from its beginning)."""

    position_ms: int
    call_ms: int


@dataclass(frozen=True)
class Masked:
    """Positions in the recording (ms)."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class Piece:
    """One recording of the call."""

    id: str
    kind: str
    agent: str | None
    queue: str | None
    started_ms: int
    """Epoch milliseconds."""
    begins_ms: int | None
    """From the call's beginning; None: it is not known (yet)."""
    ends_ms: int | None
    length_ms: int
    places: tuple[Place, ...]
    """Where it leaves out what was not spoken with an agent, more than one."""
    masked: tuple[Masked, ...]
    """Where both sides are silent, for a secret was spoken."""
    legs: dict[str, int]
    """Side to the length (ms) of what Asterisk wrote of it."""
    loudness: dict[str, float | None]
    """dBFS."""
    path: str
    codec: str
    key: str | None
    bytes: int
    sha256: str
    """Of the file."""
    sound_sha256: str | None
    """Of the file before it was encrypted."""
    damaged: bool


@dataclass(frozen=True)
class Manifest:
    call_id: str
    call_started_ms: int | None
    """Epoch milliseconds."""
    recordings: tuple[Piece, ...]


def manifest_of(call_id: str, recordings: Sequence[Recording]) -> Manifest:
    """Of a call's recordings, in the order of their beginning."""
    begun = next((one.call_started_ms for one in recordings if one.call_started_ms is not None), None)
    pieces = (_piece(one, begun) for one in sorted(recordings, key=lambda one: one.started_ms))
    return Manifest(call_id, begun, tuple(pieces))


def _piece(kept: Recording, begun: int | None) -> Piece:
    parts = json.loads(kept.parts) if kept.parts else []
    places = tuple(Place(position, at - begun) for position, at in parts) if begun is not None else ()
    begins = kept.started_ms - begun if begun is not None else None
    last = places[-1] if places else Place(0, begins or 0)
    return Piece(
        id=kept.id, kind=kept.kind, agent=kept.agent, queue=kept.queue, started_ms=kept.started_ms, begins_ms=begins,
        ends_ms=None if begins is None else last.call_ms + kept.duration_ms - last.position_ms,
        length_ms=kept.duration_ms, places=places,
        masked=tuple(Masked(start, end) for start, end in kept.masks), legs=json.loads(kept.legs) if kept.legs else {},
        loudness={name: getattr(kept, name) for name in ("caller_peak", "caller_rms", "agent_peak", "agent_rms")},
        path=kept.path, codec=kept.codec, key=kept.key, bytes=kept.bytes, sha256=kept.sha256,
        sound_sha256=kept.sound_sha256, damaged=kept.damaged,
    )
