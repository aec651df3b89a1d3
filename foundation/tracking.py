"""Tracking codes: nine digits that say nothing, cannot be guessed, and show a slip of the finger.

Eight digits are a number shuffled by the site's key; the ninth is Damm's check digit, which finds every single wrong
digit and every two that changed places. The shuffling is a Feistel network over two halves of four digits, so two
numbers never give one code: even numbers are seconds within a period of 578 days and give the codes of voice messages
and requests, odd ones are drawn by chance and give the codes of cases. So no message ever has the code of a case.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable

from foundation.identity_numbers import has_check_digit, with_check_digit
from foundation.text import latin_digits

LENGTH = 9
HALF = 10_000
ROUNDS = 6
SECONDS = HALF**2 // 2
_MARKS = re.compile(r"[\s.\-–_/]+")


class TrackingCodes:
    """Gives codes of the moment, each once, as long as one process gives them and its clock does not go back."""

    def __init__(self, key: str, now: Callable[[], float] = time.time) -> None:
        self._key = key.encode()
        self._now = now
        self._last = 0

    def next(self) -> str:
        self._last = max(int(self._now()), self._last + 1)
        return _code(self._last % SECONDS * 2, self._key)


def drawn_code(key: str, below: Callable[[int], int]) -> str:
    """A code by chance; `below(n)` draws one of 0 to n - 1. Whoever keeps it must see that it is there only once."""
    return _code(below(SECONDS) * 2 + 1, key.encode())


def is_tracking_code(text: str) -> bool:
    """Whether it may be one of ours: length and check digit."""
    return len(text) == LENGTH and text.isascii() and has_check_digit(text)


def read_tracking_code(text: str) -> str | None:
    """The code that somebody wrote, in groups and in whatever digits; None: it is none, or was written wrongly."""
    plain = _MARKS.sub("", latin_digits(text))
    return plain if is_tracking_code(plain) else None


def grouped(code: str) -> str:
    """As it is written for people: `123 456 789`."""
    return " ".join(code[start : start + 3] for start in range(0, len(code), 3))


def shuffle(number: int, key: bytes) -> int:
    """Another number below 10**8; different numbers give different ones."""
    left, right = divmod(number, HALF)
    for turn in range(ROUNDS):
        left, right = right, (left + _mix(key, turn, right)) % HALF
    return left * HALF + right


def _code(number: int, key: bytes) -> str:
    return with_check_digit(f"{shuffle(number, key):08}")


def _mix(key: bytes, turn: int, half: int) -> int:
    found = hmac.digest(key, f"{turn}:{half}".encode(), hashlib.sha256)
    return int.from_bytes(found[:8], "big")
