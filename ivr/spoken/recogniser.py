"""What the server asks of an engine that recognises speech."""

import unicodedata
from typing import Protocol

from ivr.spoken.aeap import Hearing


class Ear(Protocol):
    """Listens to one caller."""

    def hear(self, samples: bytes) -> Hearing | None:
        """Take more sound (16-bit, 8 kHz, mono); a phrase when one has been said to its end. It may take its time."""


class Recogniser(Protocol):
    languages: frozenset[str]

    def listen(self, language: str, phrases: tuple[str, ...]) -> Ear:
        """An ear for these phrases and no others. It may take its time."""


def same(phrase: str) -> str:
    """A phrase, in small letters, in the form in which two spellings of it are equal: Persian letters, no joiners."""
    persian = unicodedata.normalize("NFC", phrase).replace("ي", "ی").replace("ك", "ک")
    return " ".join(persian.replace("\u200c", " ").split())
