"""The words of a menu that callers may say, as its file names them."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from foundation.settings import Language
from ivr.spoken.recogniser import same

LONGEST_PHRASE = 60
MOST_BYTES = 1000
"""Of all phrases of a menu in one language: they travel to Asterisk in one command."""


def _phrase(value: str) -> str:
    # What is no letter could become a part of Asterisk's command.
    if not all(sign in " '\u200c" or unicodedata.category(sign)[0] in "LM" for sign in value) or not value.strip():
        raise ValueError("a phrase has words of letters and nothing else; write numbers out")
    if value != value.lower() or len(value) > LONGEST_PHRASE:
        raise ValueError(f"write it in small letters, {LONGEST_PHRASE} at most")
    return value


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Phrases = Annotated[tuple[Annotated[str, AfterValidator(_phrase)], ...], BeforeValidator(_several)]
Words = Mapping[str, Mapping[Language, tuple[str, ...]]]
"""Key to language to phrases."""


def keys_of_phrases(words: Words, language: str) -> dict[str, str]:
    """Phrase (as `same` has it) to the key that it stands for."""
    return {same(phrase): key for key, phrase in _phrases(words, language)}


def grammar(words: Words, language: str) -> tuple[str, ...]:
    """The phrases to expect."""
    return tuple(phrase for _, phrase in _phrases(words, language))


def word_fault(words: Words, language: str) -> str | None:
    """Why these words cannot be told apart, or not be sent."""
    seen: dict[str, str] = {}
    for key, phrase in _phrases(words, language):
        if seen.setdefault(same(phrase), key) != key:
            return f"{phrase!r} stands for the keys {seen[same(phrase)]} and {key} in {language}"
    size = sum(len(phrase.encode()) + 1 for _, phrase in _phrases(words, language))
    if size > MOST_BYTES:
        return f"the words in {language} are {size} bytes long together; {MOST_BYTES} is the limit"
    return None


def _phrases(words: Words, language: str) -> Iterator[tuple[str, str]]:
    for key, languages in words.items():
        for known, phrases in languages.items():
            if known == language:
                yield from ((key, phrase) for phrase in phrases)
