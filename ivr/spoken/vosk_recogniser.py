"""Vosk as the recogniser: one model for each language, shared by all callers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
import vosk

from foundation.settings import Language
from ivr.spoken.aeap import Hearing
from ivr.spoken.alaw import RATE

OTHER = "[unk]"
"""Everything that is none of the words; without it any noise would become one of them."""

log = structlog.get_logger()


class VoskRecogniser:
    """Loading the models takes seconds and hundreds of megabytes each.

    The folders must have been checked (foundation/speech.py): Vosk downloads a model that it has only a name of, and
    ends the process over one that it cannot read.
    """

    def __init__(self, models: Mapping[Language, Path]) -> None:
        vosk.SetLogLevel(-1)
        self._models = {str(language): _load(path) for language, path in models.items()}
        self.languages = frozenset(self._models)
        self._told: set[tuple[str, str]] = set()

    def listen(self, language: str, phrases: tuple[str, ...]) -> "VoskEar":
        model = self._models[language]
        known = [phrase for phrase in phrases if self._knows(language, model, phrase)]
        recogniser = vosk.KaldiRecognizer(model, RATE, json.dumps([*known, OTHER], ensure_ascii=False))
        recogniser.SetWords(enable_words=True)
        return VoskEar(recogniser)

    def _knows(self, language: str, model: Any, phrase: str) -> bool:
        missing = [word for word in phrase.split() if model.vosk_model_find_word(word) < 0]
        if missing and (language, phrase) not in self._told:
            self._told.add((language, phrase))
            log.warning("the model has no such word: callers cannot say it", language=language, words=missing)
        return not missing


def _load(path: Path) -> Any:
    return vosk.Model(model_path=str(path))


class VoskEar:
    def __init__(self, recogniser: Any) -> None:
        self._recogniser = recogniser

    def hear(self, samples: bytes) -> Hearing | None:
        if not self._recogniser.AcceptWaveform(samples):
            return None
        return understood(self._recogniser.Result())


def understood(result: str) -> Hearing | None:
    """Vosk's result as a hearing: as sure as its least sure word; None when nothing of the grammar was said."""
    words = [word for word in json.loads(result).get("result", ()) if word["word"] != OTHER]
    if not words:
        return None
    return Hearing(" ".join(word["word"] for word in words), round(100 * min(word["conf"] for word in words)))
