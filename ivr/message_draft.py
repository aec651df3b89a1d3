"""A message while it is being taken: in the spool from before its first word, so that no kill loses it."""

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path

from foundation.paths import Home
from foundation.provinces import NATIONAL
from foundation.settings import RESCUE_BOX
from foundation.tracking import TrackingCodes
from recordings.messages.spoken import SHORTEST_MS, Facts, Kind, Progress

WAV_HEADER, WAV_BYTES_PER_MS = 44, 16
_GOOD_NUMBER = re.compile(r"0[1-9][0-9]{8,9}|00[1-9][0-9]{7,12}")
_ONE_DIGIT = re.compile(r"([0-9])\1{7,}")


def callback_number(keys: str) -> str | None:
    """What a caller typed as a number to be called at: with its area code, or 00 and a country's code; else None."""
    if not (keys.isascii() and _GOOD_NUMBER.fullmatch(keys)) or _ONE_DIGIT.search(keys):
        return None
    return keys


def normal_number(text: str) -> str | None:
    """A number in one form, so that one telephone is one number: a home one begins with 0, a foreign one with 00.

    None where nobody can be called at it.
    """
    home = NATIONAL.fullmatch(text)
    return callback_number(f"0{home[1]}" if home else text.replace("+", "00", 1))


class Draft:
    """One message's files in the spool. Each take of it is a file of its own; the facts name the one that counts."""

    def __init__(self, folder: Path, facts: Facts) -> None:
        self._stem = folder / f"{facts.call_id}-{facts.tracking}"
        self._facts = facts
        self._takes = 0
        self._kept: Path | None = None
        self._recording = False
        self._final = False

    @property
    def tracking(self) -> str:
        return str(self._facts.tracking)

    @property
    def caller(self) -> str | None:
        return self._facts.caller

    @property
    def kept(self) -> Path | None:
        """The sound that is to be sent, as far as there is one."""
        return self._kept

    def next_take(self) -> Path:
        """Where to record the next attempt; the one before stays until this one proves to be something.

        Raises:
            OSError: the disk is full or away.
        """
        self._takes += 1
        self._recording = True
        path = self._take(self._takes)
        self._write((self._kept or path).name)
        return path

    def keep(self, take: Path) -> None:
        """The last attempt is the message now."""
        self._kept, self._recording = take, False
        self._write(take.name)

    def drop(self) -> None:
        """The last attempt was nothing."""
        self._recording = False
        self._write(self._kept.name if self._kept else None)

    def finish(self, progress: Progress, number: str | None = None) -> None:
        """Hand it over. After the first time nothing changes any more: the recordings may have it already."""
        if self._final or not self._takes:
            return
        if self._recording and self._last_words():
            self._kept = self._take(self._takes)
        self._facts = replace(self._facts, progress=progress, callback_number=number)
        self._write(self._kept.name if self._kept else None)
        self._final = True

    def _last_words(self) -> bool:
        last = self._take(self._takes)
        return last.exists() and _milliseconds(last) >= SHORTEST_MS

    def _take(self, number: int) -> Path:
        return self._stem.with_name(f"{self._stem.name}.take{number}.wav")

    def _write(self, sound: str | None) -> None:
        _write_facts(self._stem, replace(self._facts, sound=sound))


class MessageDesk:
    """Begins messages for one site."""

    def __init__(self, home: Home, codes: TrackingCodes) -> None:
        self._folder = home.voice_spool
        self._codes = codes

    def begin(self, call_id: str, caller: str | None, language: str, box: str = RESCUE_BOX) -> Draft:
        """A message that has a tracking code and nothing else yet."""
        return Draft(self._folder, Facts(
            call_id=call_id, taken_ms=int(time.time() * 1000), progress=Progress.BEGUN, kind=Kind.VOICE_MESSAGE,
            box=box, caller=caller, language=language, tracking=self._codes.next(),
        ))

    def next_code(self) -> str:
        """A tracking code that nothing else has."""
        return self._codes.next()

    def request_call(self, call_id: str, caller: str | None, language: str, number: str, queue: str) -> str:
        """Hand over that an agent of this queue shall call this number; returns the tracking code.

        Raises:
            OSError: the disk is full or away.
        """
        facts = Facts(
            call_id=call_id, taken_ms=int(time.time() * 1000), progress=Progress.COMPLETE, kind=Kind.CALLBACK_REQUEST,
            caller=caller, callback_number=number, language=language, tracking=self._codes.next(), queue=queue,
        )
        _write_facts(self._folder / f"{call_id}-{facts.tracking}", facts)
        return str(facts.tracking)


def _write_facts(stem: Path, facts: Facts) -> None:
    content = {
        "kind": facts.kind, "box": facts.box, "call_id": facts.call_id, "caller": facts.caller,
        "callback_number": facts.callback_number, "language": facts.language, "tracking": facts.tracking,
        "taken_at": facts.taken_ms / 1000, "sound": facts.sound, "state": facts.progress, "queue": facts.queue,
    }
    write_whole(stem.with_name(f"{stem.name}.json"), json.dumps(content))


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, and surely on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    with half.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _milliseconds(sound: Path) -> int:
    """Length of a 16-bit 8 kHz WAV file by its size: its header may not be complete yet."""
    return max(0, sound.stat().st_size - WAV_HEADER) // WAV_BYTES_PER_MS
