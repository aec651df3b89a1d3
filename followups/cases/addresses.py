"""Where people are met, in one form each, so that one telephone or mailbox is one. Pure."""

import re

from followups.cases.case import Channel
from foundation.identity_numbers import is_national_id
from foundation.provinces import NATIONAL
from foundation.text import latin_digits

TELEPHONE = frozenset({Channel.CALL, Channel.VOICE_MESSAGE, Channel.SMS, Channel.DESK})
_FOREIGN = re.compile(r"00[1-9][0-9]{6,13}")
_MARKS = re.compile(r"[\s().\-–/]+")
_MAILBOX = re.compile(r"[a-z0-9._%+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
LONGEST_MAILBOX = 254


def telephone(text: str) -> str | None:
    """A number in its dialling form: 0 and ten digits at home, 00 and a country's code abroad; None: it is neither."""
    plain = _MARKS.sub("", latin_digits(text))
    # Many national IDs begin like a call abroad; one that is typed into the wrong field must not be kept as a number.
    if is_national_id(plain):
        return None
    if not (plain.lstrip("+").isascii() and plain.lstrip("+").isdecimal()):
        return None
    home = NATIONAL.fullmatch(plain)
    if home:
        return f"0{home[1]}" if home[1][0] != "0" else None
    foreign = plain.replace("+", "00", 1)
    return foreign if _FOREIGN.fullmatch(foreign) else None


def mailbox(text: str) -> str | None:
    """An e-mail address in small letters; None: it is none."""
    plain = text.strip().lower()
    return plain if len(plain) <= LONGEST_MAILBOX and _MAILBOX.fullmatch(plain) else None


def address(channel: Channel, text: str) -> str | None:
    """An address as it is kept; None where nobody can be met at it. The web knows people by both."""
    number = telephone(text)
    if number is not None or channel in TELEPHONE:
        return number
    return mailbox(text)
