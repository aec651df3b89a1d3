"""Takes national IDs out of what people write, so that no text in the database has one. Pure.

In their place stands a mark, ⟦1⟧; what it stands for is sealed elsewhere, and put back for who may see it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from foundation.identity_numbers import is_national_id
from foundation.text import latin_digits

_APART = r"[\s\-–—._/\u200c\u200e\u200f]{0,2}"
_TEN = re.compile(rf"(?<!\d)\d(?:{_APART}\d){{9}}(?!\d)")
_MARK = re.compile(r"⟦(\d{1,6})⟧")
_BRACKETS = str.maketrans("⟦⟧", "[]")


@dataclass(frozen=True, slots=True)
class SealedText:
    text: str
    """With marks."""
    ids: Mapping[int, str]
    """Number of the mark to national ID."""


def take_out(text: str, first: int = 1) -> SealedText:
    """Put marks, numbered from `first`, in the place of national IDs, however they are grouped and in any digits."""
    ids: dict[int, str] = {}

    def mark(found: re.Match[str]) -> str:
        plain = re.sub(r"\D", "", latin_digits(found[0]))
        if not is_national_id(plain):
            return found[0]
        number = next((n for n, known in ids.items() if known == plain), first + len(ids))
        ids[number] = plain
        return f"⟦{number}⟧"

    return SealedText(_TEN.sub(mark, text.translate(_BRACKETS)), ids)


def put_back(text: str, shown: Callable[[int], str | None]) -> str:
    """The text with what `shown` gives for each mark; marks it knows nothing of stay."""
    return _MARK.sub(lambda found: shown(int(found[1])) or found[0], text)
