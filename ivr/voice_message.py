"""Takes a caller's voice message: record, listen, record again, send or cancel, and a tracking code at the end."""

import asyncio
import math
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import cast

import structlog

from foundation.asterisk.variables import Variable
from foundation.settings import Box, Language
from ivr.agi.connection import FailedCommandError
from ivr.call import Call
from ivr.message_draft import Draft, MessageDesk, callback_number
from ivr.prompts.sound import FRAME, Sound
from ivr.speech import GRAMMARS, Grammar
from recordings.messages.spoken import SHORTEST_MS, Progress
from recordings.wav import RATE, read_mono

TAKES = 5
ATTEMPTS = 3
"""At a decision, at a number."""
DECISION_SECONDS = 5.0
SEND, LISTEN, AGAIN, CANCEL = "1", "2", "3", "*"
LONGEST_NUMBER = 15
LOUD_FRAMES = 10
"""Of 20 ms; fewer are a click."""

log = structlog.get_logger()


class Verdict(StrEnum):
    """What became of a message."""

    SENT = "sent"
    CANCELLED = "cancelled"
    NOTHING = "nothing"
    """Nothing was said, or it could not be recorded."""


async def take_message(call: Call, desk: MessageDesk, name: str, box: Box) -> Verdict:
    """Take one message for the box of this name.

    Raises:
        HangupError: the caller is gone; what he said until then is on its way to the box.
    """
    caller = await call.get(Variable.CALLER) or None
    draft = desk.begin(call.call_id, caller, call.language, name)
    try:
        verdict = await _take(call, draft, box)
    except OSError as error:
        log.error("the spool takes no messages", error=str(error))  # noqa: TRY400 - the reason says all
        verdict = Verdict.NOTHING
    await _tell(call, draft, verdict)
    return verdict


async def _take(call: Call, draft: Draft, box: Box) -> Verdict:
    try:
        verdict = await _speak(call, draft, box)
        if verdict is Verdict.SENT:
            number = None if draft.caller else await _ask_number(call)
            await asyncio.to_thread(draft.finish, Progress.COMPLETE, number)
        else:
            await asyncio.to_thread(draft.finish, Progress.CANCELLED)
    finally:
        # After a hang-up, or whatever broke: what was said counts.
        await asyncio.to_thread(draft.finish, Progress.HUNG_UP)
    return verdict


async def _speak(call: Call, draft: Draft, box: Box) -> Verdict:
    hint: tuple[str, ...] = ()
    for _ in range(TAKES):
        if await call.ask_key((*hint, *box.say, "leave-message"), 0.1) == CANCEL:
            return Verdict.CANCELLED
        if not await _record(call, draft, box):
            hint = ("message-empty",)
            continue
        decision = await _decide(call, draft)
        if decision is not None:
            return decision
        hint = ()
    return Verdict.SENT if draft.kept else Verdict.NOTHING


async def _record(call: Call, draft: Draft, box: Box) -> bool:
    """One take; whether anything was said in it."""
    # A disk that is slow must not hold up the other calls.
    take = await asyncio.to_thread(draft.next_take)
    try:
        await call.record(take, box.longest_seconds, box.silence_seconds)
    except FailedCommandError as error:
        log.error("a message could not be recorded", error=str(error), folder=str(take.parent))  # noqa: TRY400
        await asyncio.to_thread(draft.drop)
        return False
    if await asyncio.to_thread(has_words, take):
        await asyncio.to_thread(draft.keep, take)
        return True
    await asyncio.to_thread(draft.drop)
    return False


def has_words(sound: Path) -> bool:
    """Whether a recording is long and loud enough to be something."""
    samples = read_mono(sound)
    if len(samples) * 1000 // RATE < SHORTEST_MS:
        return False
    frames = (Sound(samples[at : at + FRAME].tobytes()) for at in range(0, len(samples), FRAME))
    loud = (frame for frame in frames if frame.speech_level() > -math.inf)
    # The first loud ones decide: a message of minutes need not be measured to its end.
    return sum(1 for _ in islice(loud, LOUD_FRAMES)) == LOUD_FRAMES


async def _decide(call: Call, draft: Draft) -> Verdict | None:
    """Send or cancel; None is another take. Who presses nothing has said all that he wanted to."""
    prompts: tuple[str, ...] = ("message-review",)
    for _ in range(ATTEMPTS):
        key = await call.ask_key(prompts, DECISION_SECONDS)
        if key == SEND:
            return Verdict.SENT
        if key == AGAIN:
            return None
        if key == CANCEL:
            return Verdict.CANCELLED
        heard = (str(draft.kept).removesuffix(".wav"),) if key == LISTEN else ()
        prompts = (*heard, "message-review")
    return Verdict.SENT


async def _ask_number(call: Call) -> str | None:
    """The number at which an unknown caller wants to be called, as he confirmed it; None where he gives none."""
    hint: tuple[str, ...] = ()
    for _ in range(ATTEMPTS):
        keys = await call.ask_digits((*hint, "message-number"), LONGEST_NUMBER)
        if not keys:
            return None
        number = callback_number(keys)
        if number is None:
            hint = ("number-not-valid",)
            continue
        said = ("number-heard", *grammar_of(call).phone(number), "number-confirm")
        if await call.ask_key(said, DECISION_SECONDS) != "2":
            return number
        hint = ()
    return None


async def _tell(call: Call, draft: Draft, verdict: Verdict) -> None:
    if verdict is not Verdict.SENT:
        await call.play(("message-cancelled" if verdict is Verdict.CANCELLED else "message-not-taken",))
        return
    await say_code(call, "message-saved", draft.tracking)


async def say_code(call: Call, first: str, tracking: str) -> None:
    """Say a prompt and a tracking code; the code again as often as the caller wants, up to a limit."""
    code = ("tracking-code", *grammar_of(call).digits(tracking))
    prompts: tuple[str, ...] = (first, *code, "tracking-again")
    for _ in range(ATTEMPTS):
        if await call.ask_key(prompts, DECISION_SECONDS) != "1":
            return
        prompts = (*code, "tracking-again")


def grammar_of(call: Call) -> Grammar:
    """How things are said in the caller's language."""
    return GRAMMARS[cast("Language", call.language)]
