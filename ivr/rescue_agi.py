#!/usr/bin/env python3
"""The rescue script: takes a voice message, or a number to call back, when nothing of ours runs and no queue can take
the caller.

Asterisk starts it as a process of its own (classic AGI): `AGI(script,SPOOL,CALL_ID,CALLER,LANGUAGE)`. It imports the
standard library and pyst2 and nothing else, so it works with everything else broken.

Into SPOOL it writes `NAME.json`, and Asterisk `NAME.wav`. The JSON is there first, so what was said is never without
its caller, wherever we are stopped: `state` is `begun`, then `complete`, `hung_up` or `no_sound` (then only the
caller's number is known). `kind` is `voice_message` or `callback_request`.
"""

import io
import json
import os
import re
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from asterisk.agi import AGI, AGIAppError, AGIHangup, AGIUnknownError

LONGEST_SECONDS = 180
SILENCE_SECONDS = 6
SHORTEST_SECONDS = 0.5
"""Less is the click of a caller who hung up."""
WAV_HEADER, WAV_BYTES_PER_SECOND = 44, 16000
END_KEY = "#"
CHOICE_MS, DIGITS_MS = 6000, 5000
CALL_BACK = "2"
SAME_NUMBER = "1"
LONGEST_NUMBER = 15
ATTEMPTS = 3
GONE = (AGIHangup, AGIUnknownError)
"""What tells that there is no caller any more; a dead channel answers all with 511, which pyst2 does not know."""
NUMBER = re.compile(r"0[1-9][0-9]{8,9}|00[1-9][0-9]{7,12}")
"""With its area code, or 00 and a country's code."""
ONE_DIGIT = re.compile(r"([0-9])\1{7,}")
LANGUAGES = ("fa", "tr", "en")


@dataclass(frozen=True)
class Message:
    """What lies in the spool beside the sound."""

    call_id: str
    caller: str
    """Validated number, or empty."""
    language: str
    taken_at: float
    """Epoch seconds."""
    sound: str | None
    """Name of the sound file in the same folder."""
    seconds: float = 0.0
    state: str = "begun"
    kind: str = "voice_message"
    callback_number: str = ""


class Deaf(io.TextIOBase):
    """pyst2 writes everything that it hears and says to its standard error, the caller's number too."""

    def write(self, text: str, /) -> int:
        return len(text)


def main(arguments: list[str]) -> None:
    os.umask(0o077)
    spool, call_id, caller, language = (*arguments, "", "", "", "")[:4]
    if not spool:
        sys.exit("rescue_agi: no spool folder was given: AGI(rescue,SPOOL,CALL_ID,CALLER,LANGUAGE)")
    agi = AGI(stderr=Deaf())
    # Whatever breaks on the wire means that the caller is gone; what he said stays.
    with suppress(*GONE, OSError, ValueError):
        _serve(agi, Path(spool), _message(call_id, caller, language, time.time()))


def _serve(agi: AGI, folder: Path, message: Message) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = take_message(agi, folder, message)
    except OSError as error:
        # Asterisk's log shows it; no caller stands in it.
        sys.stderr.write(f"rescue_agi: nothing can be kept in {folder}: {error}\n")
        kept = False
    _play(agi, "message-saved" if kept else "message-not-taken")
    _play(agi, "goodbye")


def take_message(agi: AGI, folder: Path, message: Message) -> bool:
    """Ask whether to call back or to record, and do it; returns whether there is something to keep."""
    stem = _free_stem(folder, message.call_id)
    facts = folder / f"{stem}.json"
    message = replace(message, sound=f"{stem}.wav")
    _write(facts, message)
    try:
        number = _number_to_call(agi, message.caller)
    except GONE:
        _write(facts, replace(message, sound=None, state="no_sound"))
        raise
    if number:
        _write(facts, replace(
            message, sound=None, state="complete", kind="callback_request", callback_number=number,
        ))
        return True
    state = _record(agi, folder / stem)
    _settle(agi)
    message = _finished(folder, message, state)
    _write(facts, message)
    return message.sound is not None


def _number_to_call(agi: AGI, caller: str) -> str:
    """The number at which the caller wants to be called; empty where he would rather speak."""
    if _keys(agi, "rescue-choice", CHOICE_MS, 1) != CALL_BACK:
        return ""
    if caller and _keys(agi, "rescue-same-number", CHOICE_MS, 1) == SAME_NUMBER:
        return caller
    for _ in range(ATTEMPTS):
        keys = _keys(agi, "rescue-number", DIGITS_MS, LONGEST_NUMBER)
        if NUMBER.fullmatch(keys) and not ONE_DIGIT.search(keys):
            return keys
        _play(agi, "number-not-valid")
    return caller


def _keys(agi: AGI, prompt: str, patience_ms: int, most: int) -> str:
    """What the caller presses; empty for nothing."""
    try:
        return str(agi.get_data(prompt, patience_ms, most))
    except AGIHangup:
        raise
    except AGIAppError:
        # The prompt is not there.
        return ""


def _message(call_id: str, caller: str, language: str, now: float) -> Message:
    return Message(
        call_id=call_id if re.fullmatch(r"[A-Za-z0-9._-]{1,100}", call_id) else f"unknown-{int(now)}",
        caller=caller if re.fullmatch(r"\+?[0-9]{3,15}", caller) else "",
        language=language if language in LANGUAGES else LANGUAGES[0],
        taken_at=round(now, 3),
        sound=None,
    )


def _play(agi: AGI, prompt: str) -> None:
    # pyst2 quotes without escaping: only constant names are passed here.
    try:
        agi.stream_file(prompt, END_KEY)
    except AGIHangup:
        raise
    except AGIAppError:
        # The prompt is not there: the tone that follows is understood without it.
        return


def _record(agi: AGI, sound: Path) -> str:
    """Ask and record; returns the state that the message is in afterwards."""
    if '"' in str(sound) or "\\" in str(sound):
        raise ValueError(f"{sound}: a spool folder's name may hold no quotes and no backslashes")
    try:
        _play(agi, "leave-message")
        agi.record_file(str(sound), "wav", END_KEY, LONGEST_SECONDS * 1000, 0, "beep", SILENCE_SECONDS)
    except (*GONE, AGIAppError, OSError, ValueError):
        return "hung_up"
    return "complete"


def _settle(agi: AGI) -> None:
    # Asterisk says that the caller hung up before it has written the last seconds: an answer to another command means
    # that it has. pyst2's execute() would refuse to ask after a hang-up.
    with suppress(*GONE, AGIAppError, OSError, ValueError):
        agi.send_command("NOOP")
        agi.get_result()


def _finished(folder: Path, message: Message, state: str) -> Message:
    sound = folder / str(message.sound)
    seconds = _seconds(sound)
    if seconds < SHORTEST_SECONDS:
        sound.unlink(missing_ok=True)
        return replace(message, sound=None, state="no_sound")
    return replace(message, seconds=round(seconds, 2), state=state)


def _seconds(sound: Path) -> float:
    """Length of a 16-bit 8 kHz WAV file by its size: its header may never have been completed."""
    try:
        return max(0, sound.stat().st_size - WAV_HEADER) / WAV_BYTES_PER_SECOND
    except FileNotFoundError:
        return 0.0


def _free_stem(folder: Path, call_id: str) -> str:
    """The call's id; with a number behind it where this call has left a message already."""
    stem, number = call_id, 1
    while (folder / f"{stem}.json").exists():
        number += 1
        stem = f"{call_id}-{number}"
    return stem


def _write(path: Path, message: Message) -> None:
    half = path.with_suffix(".half")
    with half.open("w", encoding="utf-8") as file:
        json.dump(asdict(message), file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


if __name__ == "__main__":
    main(sys.argv[1:])
