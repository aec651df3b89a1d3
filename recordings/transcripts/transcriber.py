"""One process that listens to recordings with Vosk: `python -m recordings.transcripts.transcriber`, begun by the pool.

It reads lines of JSON from its standard input, first the site and then a recording each, and answers with lines of
JSON: `{"ready": true}` when it has the model, what it understood, then `{"done": true}`; or `{"failed": reason}`. What
ends it before it is ready is no fault of the recording. It has no database, keeps nothing, and dies
with the process that began it. It runs when nothing else wants the processor.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from foundation.paths import Home
from foundation.settings import Settings
from recordings.sound import BrokenSoundError, Samples, SoundGoneError, SoundLockedError, decode, read_kept
from recordings.transcripts.transcripts import Side
from recordings.wav import RATE

NICENESS = 19
PR_SET_PDEATHSIG = 1
PIECE = RATE // 2
"""Samples that the recogniser gets at once."""
HANGING_SECONDS = 600
"""Of the processor's time, for one piece of sound or for loading a model; whoever needs more hangs, and is ended."""
MOST_LETTERS = 100
"""Of one word."""


def step_back() -> None:
    """Leave the processor to everything else."""
    os.nice(NICENESS)
    with suppress(OSError):  # where a container forbids it, niceness has to do
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def die_with(parent: int) -> None:
    """End when the parent does, however it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        sys.exit(1)


def limit_time() -> None:
    """Allow HANGING_SECONDS of the processor from now on; waiting for it costs nothing."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + HANGING_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.getrlimit(resource.RLIMIT_CPU)[1]))


class Listener:
    """Has the model of one language in memory, the last one that was asked for."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home, self._settings = home, settings
        self._path, self._model = "", None

    def listen(self, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What is answered for one recording."""
        model = self._load(asked["model"])
        yield {"ready": True}
        path = self._home.recordings_store / asked["path"]
        try:
            sides = decode(read_kept(self._home, self._settings, path))
        except (SoundGoneError, SoundLockedError, BrokenSoundError) as error:
            yield {"failed": str(error)}
            return
        for side, samples in ((Side.CALLER, sides.caller), (Side.AGENT, sides.agent)):
            for result in _results(model, samples):
                words = [_row(side, word) for word in json.loads(result).get("result", ()) if _is_word(word["word"])]
                if words:
                    yield {"words": words}
        yield {"done": True}

    def _load(self, path: str) -> Any:
        if path != self._path:
            import vosk  # noqa: PLC0415 - a package that most sites do not have

            vosk.SetLogLevel(-1)
            limit_time()
            self._model = None  # the old one leaves before the new one comes
            self._path, self._model = path, vosk.Model(model_path=path)
        return self._model


def _results(model: Any, samples: Samples) -> Iterator[str]:
    """Vosk's answers for one side, a stretch of speech each."""
    import vosk  # noqa: PLC0415

    if not len(samples):
        return
    recogniser = vosk.KaldiRecognizer(model, float(RATE))
    recogniser.SetWords(True)  # noqa: FBT003 - Vosk's own signature
    for start in range(0, len(samples), PIECE):
        limit_time()
        if recogniser.AcceptWaveform(samples[start : start + PIECE].astype("<i2").tobytes()):
            yield recogniser.Result()
    limit_time()
    yield recogniser.FinalResult()


def _is_word(word: str) -> bool:
    """Models have signs among their words, `[unk]` and `<NOISE>`, for what is none."""
    return not word.startswith(("[", "<"))


def _row(side: Side, word: dict[str, Any]) -> tuple[int, int, int, int, str]:
    """Side, begin and end in milliseconds, confidence in per cent, word."""
    confidence = max(0, min(100, round(100 * word.get("conf", 1.0))))
    return int(side), round(1000 * word["start"]), round(1000 * word["end"]), confidence, word["word"][:MOST_LETTERS]


def main(asked: TextIO, answers: TextIO) -> None:
    """Serve until nobody asks any more."""
    site = json.loads(asked.readline())
    die_with(site["parent"])
    if site["idle"]:
        step_back()
    listener = Listener(Home(Path(site["home"])), Settings.model_validate(site["settings"]))
    for line in asked:
        for answer in listener.listen(json.loads(line)):
            answers.write(json.dumps(answer, ensure_ascii=False) + "\n")
            answers.flush()


if __name__ == "__main__":
    # Whatever a library prints must not come among the answers.
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    main(os.fdopen(0, "r", encoding="utf-8"), kept)
