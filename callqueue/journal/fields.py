"""The fields of a journal line: times, numbers and names, checked before anything believes them."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

NAMELESS = frozenset({"", "NONE", "REALTIME", "MANAGER", "CLI"})
LONGEST_NAME = 150
LONGEST_WORD = 40
LAST_SECOND = 9_999_999_999
LARGEST = 2_147_483_647

Fields = list[str]

_NUMBER = re.compile(r"\+?[0-9]{2,24}")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")


class MalformedError(Exception):
    """A line cannot be believed; the text says why."""


def read_instant(field: str, zone: ZoneInfo | None) -> int:
    if len(field) == 10 and field.isdecimal() and field.isascii():
        return int(field)
    whole, _, fraction = field.partition(".")
    if whole.isdecimal() and field.isascii() and len(whole) <= 10 and (not fraction or fraction.isdecimal()):
        return int(whole)
    if not _LOCAL_TIME.fullmatch(field):
        raise MalformedError(f"{field[:40]!r} is no time")
    if zone is None:
        raise MalformedError(f"{field} is a local time; say its time zone")
    try:
        at = int(datetime.fromisoformat(field[:19]).replace(tzinfo=zone).timestamp())
    except (ValueError, OverflowError) as error:
        raise MalformedError(f"{field} is no time") from error
    if not 0 <= at <= LAST_SECOND:
        raise MalformedError(f"{field} is no time of a call")
    return at


def data(fields: Fields, index: int) -> str:
    return fields[5 + index] if len(fields) > 5 + index else ""


def read_count(value: str) -> int | None:
    """A count; empty (older Asterisk) is None."""
    if not value:
        return None
    if len(value) < 10 and value.isdecimal() and value.isascii():
        return int(value)
    digits = value.removeprefix("-")
    if not (digits.isdecimal() and digits.isascii() and len(digits) <= 10 and int(digits) <= LARGEST):
        raise MalformedError(f"{value[:40]!r} is no number of seconds")
    return 0 if value.startswith("-") else int(digits)


def read_name(value: str, what: str) -> str:
    if not value:
        raise MalformedError(f"no {what}")
    if len(value) > LONGEST_NAME:
        raise MalformedError(f"{what} of {len(value)} characters; {LONGEST_NAME} at most")
    return value


def read_optional(value: str, what: str) -> str | None:
    return read_name(value, what) if value else None


def read_caller(value: str) -> str | None:
    return value if _NUMBER.fullmatch(value) and value.isascii() else None


def read_instant_ms(value: str) -> int | None:
    """Epoch milliseconds; None where there are none that can be believed."""
    if not (value.isdecimal() and value.isascii() and len(value) <= 13):
        return None
    return int(value) if int(value) <= LAST_SECOND * 1000 else None


def read_word(value: str) -> str:
    """A word of our own; cut where a table could not take it."""
    return value[:LONGEST_WORD]


def channel_of(fields: Fields) -> str:
    if fields[1] in NAMELESS:
        raise MalformedError(f"{fields[4]} without a call's id")
    return fields[1]


def queue_of(fields: Fields) -> str:
    if fields[2] in {"", "NONE"}:
        raise MalformedError(f"{fields[4]} without a queue")
    return fields[2]


def agent_of(fields: Fields) -> str:
    if fields[3] in {"", "NONE"}:
        raise MalformedError(f"{fields[4]} without an agent")
    return fields[3]
