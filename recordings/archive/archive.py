"""From what Asterisk wrote to what is kept, so that a kill at any moment loses nothing and keeps nothing twice.

The order makes it so: the joined file is moved into the store under a name that follows from the legs, then entered
into the database (once, by its id), and only then are the legs removed. Until it is entered, whatever was interrupted
is done again with the same result; once it is, the legs only go.
"""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recordings.archive.kept_file import Codec, KeptName, write_whole
from recordings.archive.legs import Legs
from recordings.measuring.loudness import level_of
from recordings.messages.spoken import SHORTEST_MS, Spooled
from recordings.store import Recording
from recordings.wav import RATE, read_mono, wav_bytes

UNEQUAL_MS = 1000
"""Legs whose lengths differ by more than this are marked damaged: one side ended early."""


def join_legs(legs: Legs, store: Path) -> Recording | None:
    """Join both sides into one stereo file in the store: caller left, agent right.

    Asterisk writes both legs in step, silence where a side is not heard; so one that is shorter ended early.
    Returns None where nobody spoke (the caller left before an agent answered).

    Raises:
        BrokenSoundError: a leg is no telephone sound.
        OSError: the disk is full, or a file cannot be read.
    """
    files = legs.files()
    caller, agent = (_leg(path) for path in (legs.caller, legs.agent))
    lengths = {"caller": _ms(caller), "agent": _ms(agent)}
    length_ms = max(lengths.values())
    if length_ms == 0:
        return None
    started_ms = max(int(path.stat().st_mtime * 1000) for path in files) - length_ms
    both = np.zeros((max(len(caller), len(agent)), 2), np.int16)
    both[: len(caller), 0] = caller
    both[: len(agent), 1] = agent
    return Recording(
        id=legs.name, kind="call", call_id=legs.call_id, channel_id=legs.channel_id, stint=legs.stint,
        started_ms=started_ms, duration_ms=length_ms,
        damaged=abs(lengths["caller"] - lengths["agent"]) > UNEQUAL_MS, legs=json.dumps(lengths),
        **loudness(both), **_keep(store, legs.name, started_ms, wav_bytes(both)),
    )


def keep_message(message: Spooled, store: Path) -> Recording | None:
    """Copy what a caller said into the store; None where he said nothing that could be heard.

    Raises:
        BrokenSoundError: the sound is no telephone sound.
        OSError: the disk is full.
    """
    if message.sound is None or not message.sound.exists():
        return None
    said = _leg(message.sound)
    duration_ms = _ms(said)
    if duration_ms < SHORTEST_MS:
        return None
    started_ms = int(message.sound.stat().st_mtime * 1000) - duration_ms
    alone = said.reshape(-1, 1)
    facts = message.facts
    return Recording(
        id=message.id, kind="voice_message", call_id=facts.call_id, channel_id=facts.call_id, stint=0,
        started_ms=started_ms, duration_ms=duration_ms, caller=facts.caller, language=facts.language,
        legs=json.dumps({"caller": duration_ms}),
        **loudness(alone), **_keep(store, message.id, started_ms, wav_bytes(alone)),
    )


def loudness(samples: "npt.NDArray[np.int16]") -> dict[str, Any]:
    """The columns about it; samples have a row for each moment and a column for each side, the caller's first."""
    columns: dict[str, Any] = {}
    for number, side in enumerate(("caller", "agent")):
        level = level_of(samples[:, number]) if number < samples.shape[1] else None
        columns |= {f"{side}_peak": level and level.peak, f"{side}_rms": level and level.rms}
    return columns


def fingerprint_of(content: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def day_folder(at_ms: int) -> str:
    """Where under the store the sound of that moment (epoch ms) lies; days of UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y/%m/%d")


def _leg(path: Path) -> "npt.NDArray[np.int16]":
    return np.asarray(read_mono(path), np.int16) if path.exists() else np.zeros(0, np.int16)


def _ms(side: "npt.NDArray[np.int16]") -> int:
    return len(side) * 1000 // RATE


def _keep(store: Path, name: str, started_ms: int, content: bytes) -> dict[str, Any]:
    """Write the file; returns the columns about it."""
    path = Path(day_folder(started_ms), str(KeptName(name, Codec.WAV)))
    write_whole(store / path, content)
    digest = fingerprint_of(content)
    return {"path": str(path), "bytes": len(content), "sha256": digest, "sound_sha256": digest}


__all__ = ["day_folder", "fingerprint_of", "join_legs", "keep_message", "loudness"]
