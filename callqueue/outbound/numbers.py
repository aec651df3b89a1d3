"""Telephone numbers that we may call: one form for each, and the site's rules about them. Pure.

The normal form is that which is dialled: `0`, area or mobile code and the rest (11 digits) at home, `00` and the
country's code abroad. Iran's numbering plan: area codes of two digits with subscribers' numbers of eight, mobile
numbers of ten digits that begin with 9, and service numbers of up to seven digits.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final

from callqueue.outbound.refusals import (
    ForeignNumberError,
    InvalidNumberError,
    NotPermittedNumberError,
    OwnNumberError,
    PremiumNumberError,
    ShortNumberError,
)
from foundation.settings import Numbers, Settings
from foundation.text import latin_digits

LONGEST_TEXT = 60
FOREIGN_PREMIUM: Final = ("00808", "00870", "00878", "00881", "00882", "00883", "00888", "00979")
"""Shared-cost, satellite and premium codes of no country (ITU E.164); only an entry of their own permits them."""
_BETWEEN = re.compile(r"[\s().\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_HOME = re.compile(r"(?:(?:\+98|0098|98)0?|0)([1-9][0-9]{9})")
_MOBILE = re.compile(r"9[0-9]{9}")
_ABROAD = re.compile(r"(?:\+|00)([1-9][0-9]{7,13})")
_LOCAL = re.compile(r"[2-9][0-9]{7}")
_SHORT = re.compile(r"[0-9]{2,7}")
_ONE_DIGIT = re.compile(r"([0-9])\1{7}")


def number_to_call(text: str, rules: Numbers, own: Collection[str], area_codes: Collection[str]) -> str:
    """The normal form of a number that may be called.

    Args:
        text: as a person typed it or a carrier showed it.
        rules: the site's.
        own: the site's own numbers, in whatever form.
        area_codes: those of the country, without their 0.

    Raises:
        NumberRefusedError: one of its classes; it is no number, or not one that we call.
    """
    check_own(text, rules.area_code, own)
    number = normalise(text, rules.area_code, area_codes)
    check_permitted(number, rules)
    return number


def own_numbers(settings: Settings) -> tuple[str, ...]:
    """The numbers under which the site itself is called, as its settings write them."""
    return tuple(filter(None, (settings.site.number, settings.sip.trunk.caller_id)))


def normalise(text: str, area_code: str | None, area_codes: Collection[str]) -> str:
    """A number in its normal form; one normal form stays as it is.

    Raises:
        InvalidNumberError: nobody has such a number.
        ShortNumberError: it is a service's.
    """
    plain = _plain(text)
    number = _home(plain, area_code) or _abroad(plain)
    if number is None:
        kind = ShortNumberError if _SHORT.fullmatch(plain) else InvalidNumberError
        raise kind(number=shown(plain))
    if _ONE_DIGIT.search(number) or not (number[:2] in {"00", "09"} or number[1:3] in area_codes):
        raise InvalidNumberError(number=shown(number))
    return number


def check_permitted(number: str, rules: Numbers) -> None:
    """Whether the site calls this number, which is in its normal form.

    Raises:
        PremiumNumberError, ForeignNumberError, NotPermittedNumberError: it does not.
    """
    if _begins(number, rules.refused):
        raise NotPermittedNumberError(number=shown(number))
    if _begins(number, rules.premium):
        raise PremiumNumberError(number=shown(number))
    if number.startswith("00"):
        _check_foreign(number, rules)
    elif not _begins(number, rules.permitted):
        raise NotPermittedNumberError(number=shown(number))


def check_own(text: str, area_code: str | None, own: Collection[str]) -> None:
    """Calling ourselves would take a caller's place.

    Raises:
        OwnNumberError: the number is one of the site's.
    """
    plain = _plain(text)
    forms = {plain, _home(plain, area_code)} - {None}
    for number in own:
        if forms & ({number, _home(_plain(number), area_code)} - {None}):
            raise OwnNumberError(number=shown(plain))


def shown_forms(number: str) -> tuple[str, ...]:
    """The forms in which carriers show a number that is in its normal form."""
    if number.startswith("00"):
        return (number, f"+{number[2:]}", number[2:])
    return (number, number[1:], f"+98{number[1:]}", f"0098{number[1:]}", f"98{number[1:]}")


def shown(number: str) -> str:
    """What may be shown of a number in messages and logs: its last digits."""
    return f"***{number[-3:]}" if len(number) > 6 else "***"


def _check_foreign(number: str, rules: Numbers) -> None:
    special = next((code for code in FOREIGN_PREMIUM if number.startswith(code)), None)
    if special is not None and not any(entry.startswith(special) for entry in rules.foreign):
        raise PremiumNumberError(number=shown(number))
    if not _begins(number, rules.foreign):
        raise ForeignNumberError(number=shown(number))


def _begins(number: str, prefixes: Iterable[str]) -> bool:
    return any(number.startswith(prefix) for prefix in prefixes)


def _plain(text: str) -> str:
    return _BETWEEN.sub("", latin_digits(text[:LONGEST_TEXT]))


def _home(plain: str, area_code: str | None) -> str | None:
    if found := _HOME.fullmatch(plain):
        return f"0{found[1]}"
    if _MOBILE.fullmatch(plain):
        return f"0{plain}"
    return f"{area_code}{plain}" if area_code and _LOCAL.fullmatch(plain) else None


def _abroad(plain: str) -> str | None:
    found = _ABROAD.fullmatch(plain)
    return None if found is None or found[1].startswith("98") else f"00{found[1]}"
