"""Numbers by which an insured person is known, and check digits of numbers that are read out."""

import re
from collections.abc import Sequence

NATIONAL_ID_DIGITS = 10
INSURANCE_NUMBER = re.compile(r"[0-9]{8}|[0-9]{10}")

# The quasigroup of order 10 of H. Michael Damm, "Total anti-symmetrische Quasigruppen" (2004): it finds every single
# wrong digit and every swap of neighbours.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978", "3674209581", "5869720134", "8945362017",
    "9438617205", "2581436790",
)


def is_national_id(text: str) -> bool:
    """Whether ten digits are an Iranian national ID: weights 10 to 2, modulo 11, and not ten equal digits."""
    if not re.fullmatch(r"[0-9]{10}", text) or len(set(text)) == 1:
        return False
    return text[-1] == str(_national_check(text[:9]))


def national_id(nine: str) -> str:
    """Nine digits with their check digit.

    Raises:
        ValueError: they are not nine digits, or all equal.
    """
    if not re.fullmatch(r"[0-9]{9}", nine) or len(set(nine)) == 1:
        raise ValueError(f"{nine!r}: a national ID begins with nine digits that are not all equal")
    return f"{nine}{_national_check(nine)}"


def is_insurance_number(text: str) -> bool:
    """Whether this can be a number of the insurance: eight digits, or ten."""
    return bool(INSURANCE_NUMBER.fullmatch(text))


def with_check_digit(digits: str) -> str:
    """Digits with Damm's check digit behind them."""
    return f"{digits}{_damm(digits)}"


def has_check_digit(digits: str) -> bool:
    """Whether a number that was made by `with_check_digit` was heard and written rightly."""
    return bool(re.fullmatch(r"[0-9]{2,}", digits)) and _damm(digits) == 0


def _national_check(nine: str) -> int:
    rest = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), nine, strict=True)) % 11
    return rest if rest < 2 else 11 - rest


def _damm(digits: Sequence[str] | str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return interim
