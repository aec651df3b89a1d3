"""From what Asterisk wrote to what is kept, so that a kill at any moment loses nothing and keeps nothing twice.

The order makes it so: the joined file is moved into the store under a name that follows from the legs, then entered
into the database (once, by its id), and only then are the legs removed. Until it is entered, whatever was interrupted
is done again with the same result; once it is, the legs only go.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recordings.legs import Legs
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


@dataclass(frozen=True)
class Message:
    """A voice message in the rescue script's spool: the sound, and what is known about it."""

    sound: Path
    facts: Path

    @property
    def id(self) -> str:
        return f"message-{self.sound.stem}"

    def files(self) -> list[Path]:
        # The sound first: as long as the facts are there, the message is looked at again.
        return [path for path in (self.sound, self.facts) if path.exists()]

    def read_facts(self) -> dict[str, Any]:
        content = json.loads(self.facts.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"{self.facts}: wanted a JSON object")  # noqa: TRY004 - a broken file, not a programmer's mistake
        return content


def find_messages(spool: Path) -> list[Message]:
    """Messages whose facts are written: the script writes them last."""
    return [Message(facts.with_suffix(".wav"), facts) for facts in sorted(spool.glob("*.json"))]


def keep_message(message: Message, store: Path) -> Recording:
    """Copy a voice message into the store.

    Raises:
        ValueError: the facts are not readable.
        OSError: the disk is full, or the sound is missing.
    """
    facts = message.read_facts()
    sound = message.sound.read_bytes()
    samples = read_mono(message.sound)
    started_ms = int(message.sound.stat().st_mtime * 1000) - len(samples) * 1000 // RATE
    target = store / _day(started_ms) / f"{message.id}.wav"
    _keep(target, lambda half: half.write_bytes(sound))
    return Recording(
        id=message.id, kind="voice_message", call_id=str(facts["call_id"]),
        channel_id=str(facts["call_id"]), stint=0, started_ms=started_ms,
        duration_ms=len(samples) * 1000 // RATE, path=str(target.relative_to(store)), bytes=len(sound),
        sha256=_sha256(target), caller=facts.get("caller") or None, language=facts.get("language") or None,
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


__all__ = ["Message", "find_messages", "join_legs", "keep_message"]
