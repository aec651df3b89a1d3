"""From what Asterisk wrote to what is kept, so that a kill at any moment loses nothing and keeps nothing twice.

The order makes it so: the joined file is moved into the store under a name that follows from the legs, then entered
into the database (once, by its id), and only then are the legs removed. Until it is entered, whatever was interrupted
is done again with the same result; once it is, the legs only go.
"""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recordings.legs import Legs
from recordings.spoken import SHORTEST_MS, Spooled
from recordings.store import Recording
from recordings.wav import RATE, read_mono, write_stereo

UNEQUAL_MS = 1000
"""Legs whose lengths differ by more than this are marked damaged: one side ended early."""


def join_legs(legs: Legs, store: Path) -> Recording | None:
    """Join both sides into one stereo file in the store: caller left, agent right.

    Returns None where nobody spoke (the caller left before an agent answered).

    Raises:
        BrokenSoundError: a leg is no telephone sound.
        OSError: the disk is full, or a file cannot be read.
    """
    files = legs.files()
    sides = {path: read_mono(path) for path in files}
    caller, agent = (sides.get(path, read_mono(Path(os.devnull))) for path in (legs.caller, legs.agent))
    length_ms = max(len(caller), len(agent)) * 1000 // RATE
    if length_ms == 0:
        return None
    ended_ms = max(int(path.stat().st_mtime * 1000) for path in files)
    started_ms = ended_ms - length_ms
    target = store / _day(started_ms) / f"{legs.name}.wav"
    _keep(target, lambda half: write_stereo(half, caller, agent))
    return Recording(
        id=legs.name, kind="call", call_id=legs.call_id, channel_id=legs.channel_id, stint=legs.stint,
        started_ms=started_ms, duration_ms=length_ms, path=str(target.relative_to(store)),
        bytes=target.stat().st_size, sha256=_sha256(target),
        damaged=abs(len(caller) - len(agent)) * 1000 // RATE > UNEQUAL_MS,
    )


def keep_message(message: Spooled, store: Path) -> Recording | None:
    """Copy what a caller said into the store; None where he said nothing that could be heard.

    Raises:
        BrokenSoundError: the sound is no telephone sound.
        OSError: the disk is full.
    """
    if message.sound is None or not message.sound.exists():
        return None
    samples = read_mono(message.sound)
    duration_ms = len(samples) * 1000 // RATE
    if duration_ms < SHORTEST_MS:
        return None
    sound = message.sound.read_bytes()
    started_ms = int(message.sound.stat().st_mtime * 1000) - duration_ms
    target = store / _day(started_ms) / f"{message.id}.wav"
    _keep(target, lambda half: half.write_bytes(sound))
    facts = message.facts
    return Recording(
        id=message.id, kind="voice_message", call_id=facts.call_id, channel_id=facts.call_id, stint=0,
        started_ms=started_ms, duration_ms=duration_ms, path=str(target.relative_to(store)), bytes=len(sound),
        sha256=_sha256(target), caller=facts.caller, language=facts.language,
    )


def _keep(target: Path, write: Any) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(".half")
    write(half)
    descriptor = os.open(half, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    half.replace(target)


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y/%m/%d")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


__all__ = ["join_legs", "keep_message"]
