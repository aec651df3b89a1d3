"""Tracking codes: nine digits that say nothing, cannot be guessed, and show a slip of the finger.

Eight digits are the second within a period of 1,157 days, shuffled by the site's key; the ninth is Damm's check digit,
which finds every single wrong digit and every two that changed places (H. M. Damm, "Total anti-symmetrische
Quasigruppen", Marburg 2004). The shuffling is a Feistel network over two halves of four digits, so two seconds never
give one code.
"""

import hashlib
import hmac
import time
from collections.abc import Callable

LENGTH = 9
HALF = 10_000
ROUNDS = 6
DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978", "3674209581", "5869720134", "8945362017",
    "9438617205", "2581436790",
)


class TrackingCodes:
    """Gives codes, each once, as long as one process gives them and its clock does not go back."""

    def __init__(self, key: str, now: Callable[[], float] = time.time) -> None:
        self._key = key.encode()
        self._now = now
        self._last = 0

    def next(self) -> str:
        self._last = max(int(self._now()), self._last + 1)
        return with_check_digit(f"{shuffle(self._last % HALF**2, self._key):08}")


def with_check_digit(digits: str) -> str:
    return digits + str(_damm(digits))


def is_tracking_code(text: str) -> bool:
    """Whether it may be one of ours: length and check digit."""
    return len(text) == LENGTH and text.isascii() and text.isdecimal() and _damm(text) == 0


def shuffle(number: int, key: bytes) -> int:
    """Another number below 10**8; different numbers give different ones."""
    left, right = divmod(number, HALF)
    for turn in range(ROUNDS):
        left, right = right, (left + _mix(key, turn, right)) % HALF
    return left * HALF + right


def _mix(key: bytes, turn: int, half: int) -> int:
    found = hmac.digest(key, f"{turn}:{half}".encode(), hashlib.sha256)
    return int.from_bytes(found[:8], "big")


def _damm(digits: str) -> int:
    state = 0
    for digit in digits:
        state = int(DAMM[state][int(digit)])
    return state
