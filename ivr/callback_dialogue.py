"""What is asked of and told to who wants to be called: his number, when, and what was promised."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callqueue.outbound.refusals import InvalidNumberError, NumberRefusedError
from foundation.settings import Settings
from ivr.call import Call
from ivr.promises import Given, Promiser, Wish
from ivr.speech import Phrase
from ivr.voice_message import ATTEMPTS, DECISION_SECONDS, LONGEST_NUMBER, grammar_of, say_code

YES, NO, CANCEL = "1", "2", "*"
SOON, IN_AN_HOUR, TOMORROW = "1", "2", "3"
HOUR_MS = 3_600_000
MORNING = time(9)


class Verdict(StrEnum):
    """What became of a request."""

    NOTED = "noted"
    """For an agent, where no calls can go out by themselves."""
    ALREADY = "already"
    """This number waits for this queue's call already."""
    PROMISED = "promised"
    MERGED = "merged"
    """An earlier promise stands."""
    CANCELLED = "cancelled"
    NO_NUMBER = "no_number"
    """None was confirmed."""
    TOO_OFTEN = "too_often"
    NOT_TAKEN = "not_taken"
    """The spool could not be written."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a number is asked for."""

    intro: tuple[str, ...]
    choice: str
    """Offers the number he calls from, another one, or neither."""
    check: Callable[[str], "str | Refused"]
    """The normal form of what was typed or shown."""


@dataclass(frozen=True, slots=True)
class Refused:
    prompt: str
    """Says why."""


def check_by(promiser: Promiser) -> Callable[[str], str | Refused]:
    """Only what may be called."""
    def check(text: str) -> str | Refused:
        try:
            return promiser.number(text)
        except InvalidNumberError:
            return Refused("number-not-valid")
        except NumberRefusedError:
            return Refused("callback-not-permitted")

    return check


async def choose_number(call: Call, caller: str, asking: Asking) -> str | Verdict:
    """The number that the caller confirmed, in its normal form."""
    known, hint = asking.check(caller) if caller else Refused(""), asking.intro
    if isinstance(known, str):
        key = await _decide(call, (*hint, *_said(call, known), asking.choice))
        if key != NO:
            return known if key == YES else _declined(key)
        hint = ()
    for _ in range(ATTEMPTS):
        keys = await call.ask_digits((*hint, "rescue-number"), LONGEST_NUMBER)
        if CANCEL in keys:
            return Verdict.CANCELLED
        number = asking.check(keys) if keys else Refused("")
        if isinstance(number, Refused):
            hint = (number.prompt,) if number.prompt else ()
            continue
        key = await _decide(call, (*_said(call, number), "number-confirm"))
        if key != NO:
            return number if key == YES else _declined(key)
        hint = ()
    return Verdict.NO_NUMBER


async def _decide(call: Call, prompts: tuple[str, ...]) -> str:
    """One of the three keys; "" when none came. A number that nobody confirmed may be somebody else's."""
    for _ in range(ATTEMPTS):
        key = await call.ask_key(prompts, DECISION_SECONDS)
        if key in {YES, NO, CANCEL}:
            return key
    return ""


def _declined(key: str) -> Verdict:
    return Verdict.CANCELLED if key == CANCEL else Verdict.NO_NUMBER


def _said(call: Call, number: str) -> tuple[str, ...]:
    return ("number-heard", *grammar_of(call).phone(number))


async def choose_time(call: Call, settings: Settings, now_ms: int) -> int | None:
    """When he wants to be called, in epoch milliseconds; None: as soon as his turn comes."""
    key = await call.ask_key(("callback-when",), DECISION_SECONDS)
    if key == IN_AN_HOUR:
        return now_ms + HOUR_MS
    return tomorrow_morning(settings, now_ms) if key == TOMORROW else None


def tomorrow_morning(settings: Settings, now_ms: int) -> int:
    """Nine in the site's zone, or when calls may begin; whichever is later."""
    zone = ZoneInfo(settings.site.timezone)
    day = datetime.fromtimestamp(now_ms / 1000, zone).date() + timedelta(days=1)
    first = time.fromisoformat(settings.outbound.callback_hours.first)
    return int(datetime.combine(day, max(first, MORNING), zone).timestamp() * 1000)


async def promise(call: Call, promiser: Promiser, settings: Settings, wish: Wish) -> Verdict:
    """Give the promise and tell of it."""
    if await promiser.has_asked_too_often(wish, call.language):
        await call.play(("callback-too-many",))
        return Verdict.TOO_OFTEN
    given = await promiser.give(call, wish)
    await tell(call, settings, given, wish, promiser.now_ms())
    return Verdict.MERGED if given.merged else Verdict.PROMISED


async def tell(call: Call, settings: Settings, given: Given, wish: Wish, now_ms: int) -> None:
    """What was promised, and its code."""
    not_before_ms = None if given.merged else wish.not_before_ms
    await call.play(said_time(call, settings, given.due_ms, not_before_ms, now_ms))
    await say_code(call, "callback-merged" if given.merged else "callback-promised", given.code)


def said_time(
    call: Call, settings: Settings, due_ms: int | None, not_before_ms: int | None, now_ms: int,
) -> tuple[str, ...]:
    """When he will be called, as far as it is known."""
    if not_before_ms is not None:
        return ("callback-not-before", *_moment(call, settings, not_before_ms, now_ms))
    return () if due_ms is None else ("callback-by", *_moment(call, settings, due_ms, now_ms))


def _moment(call: Call, settings: Settings, at_ms: int, now_ms: int) -> Phrase:
    zone, grammar = ZoneInfo(settings.site.timezone), grammar_of(call)
    at, now = (datetime.fromtimestamp(instant / 1000, zone) for instant in (at_ms, now_ms))
    day = () if at.date() == now.date() else grammar.date(at.date(), weekday=True, year=False)
    return (*day, *grammar.time(at.time()))
