"""Recordings with real sound in the store of a small site, for tests of those who listen to them."""

import hashlib
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recordings.measuring.store import keep_outline, outline_of
from recordings.sound import decode, read_kept
from recordings.store import Recording, add_recording
from tests.support.page_site import PageSite

Samples = npt.NDArray[np.int16]
RATE = 8000


def tone(seconds: float, hertz: float = 440, height: int = 8000) -> Samples:
    return (height * np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE)).astype(np.int16)


def noise(seconds: float, height: int = 6) -> Samples:
    """What a microphone brings while nobody speaks."""
    return np.random.default_rng(7).integers(-height, height + 1, round(RATE * seconds)).astype(np.int16)


def nothing(seconds: float) -> Samples:
    return np.zeros(round(RATE * seconds), np.int16)


def write_sound(path: Path, *sides: Samples) -> None:
    """A WAV file of one or two sides; the shorter one ends in silence."""
    length = max(map(len, sides))
    both = np.zeros((length, len(sides)), "<i2")
    for number, side in enumerate(sides):
        both[: len(side), number] = side
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((len(sides), 2, RATE, 0, "NONE", ""))
        file.writeframes(both.tobytes())


def conversation() -> tuple[Samples, Samples]:
    """Ten seconds: the agent greets, the caller asks, three seconds of silence, both at once, the agent ends."""
    agent = np.concatenate([tone(2, 300), noise(5.5), tone(1, 300), noise(0.5), tone(1, 300)])
    caller = np.concatenate([noise(2), tone(2, 700), noise(3), tone(1, 700), noise(2)])
    return caller, agent


async def keep_sound(
    site: PageSite, recording_id: str, *sides: Samples, measured: bool = True, **more: Any,
) -> Recording:
    """A recording in store and database; with its outline, unless it is not `measured` yet."""
    path = site.web.home.recordings_store / f"{recording_id}.wav"
    write_sound(path, *(sides or conversation()))
    content = path.read_bytes()
    fields: dict[str, Any] = {
        "kind": "call", "call_id": "pasokh-1.1", "channel_id": "pasokh-1.1", "stint": 1, "caller": "09121234567",
        "started_ms": site.clock() - 3_600_000, "queue": "operator", "agent": "a101",
        "duration_ms": max(map(len, sides or conversation())) * 1000 // RATE,
    }
    kept = Recording(**{
        "id": recording_id, "path": path.name, "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), **fields, **more,
    })
    async with site.web.database.write() as connection:
        await add_recording(connection, kept)
        if measured:
            heard = decode(read_kept(site.web.home, site.web.settings, path))
            await keep_outline(connection, kept.id, outline_of(heard.caller, heard.agent), site.clock())
    return kept
