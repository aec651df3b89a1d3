"""Cuts long numbers into the groups in which people say them."""

import re
from itertools import accumulate, pairwise

from foundation.text import latin_digits
from ivr.speech.measures import SpeechError

PAIRS = {4: (2, 2), 6: (2, 2, 2), 7: (3, 2, 2), 8: (2, 2, 2, 2), 10: (3, 3, 2, 2)}
MOBILE = (4, 3, 2, 2)
"""0912 345 67 89; in Türkiye all national numbers."""
AREA = (3, 2, 2, 2, 2)
"""021 88 77 66 55."""
MOBILE_STARTS = {"98": ("09",), "90": ("0",)}


def digit_groups(text: str) -> list[str]:
    """The groups that spaces or dashes make; without them groups of three, of which the last may have four or two."""
    plain = latin_digits(text).strip()
    if not re.fullmatch(r"[0-9]+([ -]+[0-9]+)*", plain):
        raise SpeechError(f"{text!r}: only digits, with spaces or dashes between groups, are said one by one")
    marked = re.split(r"[ -]+", plain)
    return marked if len(marked) > 1 else _cut(plain, _threes(len(plain)))


def phone_groups(text: str, home: str) -> tuple[bool, list[str]]:
    """Whether a plus belongs before it, and the groups."""
    plain = re.sub(r"[ ()-]", "", latin_digits(text))
    if not re.fullmatch(r"\+?[0-9]{2,15}", plain):
        raise SpeechError(f"{text!r}: no telephone number")
    number = re.sub(rf"^(?:\+|00){home}(?=[1-9][0-9]{{9}}$)", "0", plain)
    foreign = number.startswith(("+", "00"))
    bare = re.sub(r"^(?:\+|00)", "", number) or number
    return foreign, _cut(bare, _threes(len(bare)) if foreign else _national(bare, home))


def _national(number: str, home: str) -> tuple[int, ...]:
    if len(number) == 11 and number.startswith("0"):
        return MOBILE if number.startswith(MOBILE_STARTS.get(home, ())) else AREA
    return PAIRS.get(len(number), _threes(len(number)))


def _threes(length: int) -> tuple[int, ...]:
    if length <= 4:
        return (length,)
    whole, rest = divmod(length, 3)
    return (3,) * (whole - 1) + ((4,) if rest == 1 else (3, rest))


def _cut(text: str, sizes: tuple[int, ...]) -> list[str]:
    return [text[start:end] for start, end in pairwise((0, *accumulate(sizes))) if end > start]
