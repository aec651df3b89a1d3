"""Words in the one form in which two spellings of them are equal, for searching.

Persian is written in many ways: Arabic or Persian ye and kaf, with or without marks, and «می‌شود» with a half-space, a
space or neither. What is searched and what is searched for go through the same functions here, and so find each other.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from foundation.text import latin_digits

LONGEST = 60
"""Letters of a form; what is longer is cut off."""
SHORTEST_STEM = 3
"""Letters that must remain when an ending is taken off: «سلام» does not end in «ام»."""
HALF_SPACE = "\u200c"
PREFIXES = ("نمی", "می")
SUFFIXES = (
    "هایمان", "هایتان", "هایشان", "هایی", "هایم", "هایت", "هایش", "های", "ها",
    "ترین", "تر", "ایم", "اید", "اند", "ام", "ات", "اش", "ای",
)
"""Written apart, with a half-space or together with the word before them; the longer ones first."""
EZAFE = "ی"
"""«خانه‌ی», «خانهٔ» and «خانه» are one word."""
_LETTERS = str.maketrans({
    **dict.fromkeys("يىېےۍ", "ی"), **dict.fromkeys("كڪګ", "ک"), **dict.fromkeys("ةەہھۂ", "ه"), "ٱ": "ا", "ı": "i",
    **dict.fromkeys("ءـ", ""),
})


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it is searched, and where it stands."""

    form: str
    first: int
    """Index of the word that it begins in."""
    last: int
    """Index of the word that it ends in: «می» and «شود» are two words and one token."""


def fold(text: str) -> str:
    """Letters and digits alone, in one form, with single spaces: small, without marks, Persian ye and kaf, 0–9.

    A half-space becomes a space, a tatweel nothing. Folding twice is folding once.
    """
    plain = text.replace(HALF_SPACE, " ").replace("\u200b", " ")
    bare = "".join(sign for sign in _taken_apart(plain) if unicodedata.category(sign) not in {"Mn", "Me", "Cf"})
    whole = unicodedata.normalize("NFKC", latin_digits(bare.translate(_LETTERS)))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in whole).split())


def _taken_apart(text: str) -> str:
    small = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKD", small)


def tokens(words: Sequence[str]) -> list[Token]:
    """The words as they are searched; Persian endings and «می» joined to the words that they belong to."""
    return list(_joined(_parts(words)))


def search_forms(text: str) -> list[str]:
    """What is searched for when somebody types `text`."""
    return [token.form for token in tokens([text])]


@lru_cache(maxsize=1 << 15)  # the same words are said again and again
def forms_of(form: str) -> frozenset[str]:
    """Under which forms a token is found: its own, and that of its stem, so that «کتاب» finds «کتاب‌ها»."""
    return frozenset({form, _stem(form)})


def indexed(found: Iterable[Token]) -> str:
    """All forms of a text, each once, with spaces between them: what a database searches."""
    return " ".join(sorted(set(chain.from_iterable(forms_of(token.form) for token in found))))


def _parts(words: Sequence[str]) -> Iterator[Token]:
    for number, word in enumerate(words):
        for part in _folded(word):
            yield Token(part, number, number)


@lru_cache(maxsize=1 << 15)
def _folded(word: str) -> tuple[str, ...]:
    return tuple(part for part in fold(word).split() if part != EZAFE)


def _joined(parts: Iterable[Token]) -> Iterator[Token]:
    held: Token | None = None
    for part in parts:
        if held is None:
            held = part
        elif part.form in SUFFIXES or (held.form in PREFIXES and part.form not in PREFIXES):
            held = Token(held.form + part.form, held.first, part.last)
        else:
            yield _cut(held)
            held = part
    if held is not None:
        yield _cut(held)


def _cut(token: Token) -> Token:
    return Token(token.form[:LONGEST], token.first, token.last)


def _stem(form: str) -> str:
    for prefix in PREFIXES:
        if form.startswith(prefix) and len(form) - len(prefix) >= SHORTEST_STEM:
            form = form[len(prefix):]
            break
    for suffix in SUFFIXES:
        if form.endswith(suffix) and len(form) - len(suffix) >= SHORTEST_STEM:
            return form[: -len(suffix)]
    return form
