"""A recogniser with Vosk's interface, for sound in which each word is a level of its own (tests/support/levels.py).

Its model is a folder whose `am/final.mdl` names the words, one a line: the n-th is said by level n. Some do more than
be said: `@die`, `@die-once` and `@wait`.
"""

import json
import os
import signal
import time
from array import array
from pathlib import Path

LOWEST, STEP = 1000, 100
FRAME = 80
PAUSE_FRAMES = 30
"""So long a silence ends a stretch of speech."""


def SetLogLevel(level: int) -> None:  # noqa: N802
    assert level == -1


class Model:
    def __init__(self, model_path: str) -> None:
        self.folder = Path(model_path)
        self.words = (self.folder / "am/final.mdl").read_text(encoding="utf-8").split()
        if "@broken" in self.words:
            os._exit(1)  # as Vosk does over a model that it cannot read


class KaldiRecognizer:
    def __init__(self, model: Model, rate: float) -> None:
        assert rate == 8000.0
        self._model, self._rate = model, rate
        self._rest: array[int] = array("h")
        self._frame, self._silent = 0, 0
        self._words: list[dict[str, object]] = []
        self._level, self._since = -1, 0

    def SetWords(self, enable_words: bool) -> None:  # noqa: N802
        assert enable_words

    def AcceptWaveform(self, sound: bytes) -> bool:  # noqa: N802
        self._rest.extend(array("h", sound))
        while len(self._rest) >= FRAME:
            self._hear(self._rest[:FRAME])
            del self._rest[:FRAME]
        return bool(self._words) and self._silent >= PAUSE_FRAMES

    def Result(self) -> str:  # noqa: N802
        words, self._words = self._words, []
        return json.dumps({"result": words, "text": " ".join(str(one["word"]) for one in words)}
                          if words else {"text": ""})

    def FinalResult(self) -> str:  # noqa: N802
        self._on_level(-1)
        return self.Result()

    def _hear(self, frame: "array[int]") -> None:
        loudest = max(frame)
        self._on_level(round((loudest - LOWEST) / STEP) if loudest >= LOWEST - STEP / 2 else -1)
        self._frame += 1
        self._silent = self._silent + 1 if self._level < 0 else 0

    def _on_level(self, level: int) -> None:
        if level == self._level:
            return
        if self._level >= 0:
            self._say(self._model.words[self._level])
        self._level, self._since = level, self._frame

    def _say(self, word: str) -> None:
        once = self._model.folder / "died"
        if word == "@die" or (word == "@die-once" and not once.exists()):
            (once if word == "@die-once" else self._model.folder / "dies").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "@wait":
            (self._model.folder / "waits").touch()
            while not (self._model.folder / "go").exists():
                time.sleep(0.02)
        seconds = FRAME / self._rate
        self._words.append({
            "word": word, "start": self._since * seconds, "end": self._frame * seconds,
            "conf": 1 - len(self._words) % 5 / 10,
        })
