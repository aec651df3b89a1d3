"""The speech grammar: numbers, dates, money and times as rows of prompts that a caller hears in his language."""

from collections.abc import Mapping

from foundation.settings import Language
from ivr.speech.en import English
from ivr.speech.fa import Persian
from ivr.speech.grammar import PAUSE, Grammar
from ivr.speech.measures import LARGEST, Phrase, SpeechError, Unit
from ivr.speech.tr import Turkish

GRAMMARS: Mapping[Language, Grammar] = {"fa": Persian(), "tr": Turkish(), "en": English()}

__all__ = ["GRAMMARS", "LARGEST", "PAUSE", "Grammar", "Phrase", "SpeechError", "Unit"]
