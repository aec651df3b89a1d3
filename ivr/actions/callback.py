"""A key that notes a caller's number, so that an agent of a queue calls him back."""

import asyncio
from enum import StrEnum

import structlog

from foundation.paths import Home
from foundation.settings import Settings
from ivr.actions.context import CallContext
from ivr.actions.outcome import Ending, Outcome
from ivr.actions.voice_message import message_desk
from ivr.call import Call
from ivr.menu import CallbackAction
from ivr.message_draft import callback_number, normal_number
from ivr.voice_message import ATTEMPTS, DECISION_SECONDS, LONGEST_NUMBER, grammar_of, say_code
from recordings.messages import open_request

PATIENCE_SECONDS = 0.5
"""For the store to say whether the number is noted already; the taking-in drops a second request anyway."""
YES, NO, CANCEL = "1", "2", "*"

log = structlog.get_logger()


class Verdict(StrEnum):
    """What became of a request."""

    NOTED = "noted"
    ALREADY = "already"
    """This number waits for this queue's call already."""
    CANCELLED = "cancelled"
    NO_NUMBER = "no_number"
    """None was confirmed."""
    NOT_TAKEN = "not_taken"
    """The spool could not be written."""


ENDINGS = {Verdict.NOTED: Ending.HELPED, Verdict.ALREADY: Ending.HELPED, Verdict.CANCELLED: Ending.CANCELLED}
"""All others have failed."""


def names(_home: Home, settings: Settings) -> frozenset[str]:
    """The queues that a menu may name."""
    return frozenset(settings.queues)


async def run(call: Call, context: CallContext, action: CallbackAction) -> Outcome:
    """Ask for the number and note it. From the moment it is confirmed no hang-up takes it back."""
    chosen = await _choose(call, normal_number(context.caller))
    verdict = chosen if isinstance(chosen, Verdict) else await _note(call, context, chosen, action.queue)
    if verdict not in {Verdict.NOTED, Verdict.ALREADY}:
        await call.play(("callback-not-noted",))
    return Outcome(ENDINGS.get(verdict, Ending.FAILED), verdict)


async def _choose(call: Call, known: str | None) -> str | Verdict:
    """The number that the caller confirmed, in its normal form."""
    hint: tuple[str, ...] = ("callback-intro",)
    if known is not None:
        key = await _decide(call, (*hint, *_said(call, known), "callback-choice"))
        if key != NO:
            return known if key == YES else _declined(key)
        hint = ()
    for _ in range(ATTEMPTS):
        keys = await call.ask_digits((*hint, "rescue-number"), LONGEST_NUMBER)
        if CANCEL in keys:
            return Verdict.CANCELLED
        number = normal_number(callback_number(keys) or "")
        if number is None:
            hint = ("number-not-valid",) if keys else ()
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


async def _note(call: Call, context: CallContext, number: str, queue: str) -> Verdict:
    """Into the spool first: what is asked or said after it may fail, and the caller may go."""
    desk = await context.resources.get(message_desk)
    try:
        code = await asyncio.to_thread(
            desk.request_call, call.call_id, context.caller or None, call.language, number, queue,
        )
    except OSError as error:
        log.error("the spool takes no call-back requests", error=str(error))  # noqa: TRY400 - the reason says all
        return Verdict.NOT_TAKEN
    first = await _open_code(context, number, queue) or code
    verdict = Verdict.NOTED if first == code else Verdict.ALREADY
    await say_code(call, f"callback-{verdict}", first)
    return verdict


async def _open_code(context: CallContext, number: str, queue: str) -> str | None:
    """The code of the request that waits in the store; None: there is none, or the store did not say in time."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), context.main.read() as connection:
            return await open_request(connection, number, queue)
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own; the request is safe
        log.warning("open call-back requests unknown", error=type(error).__name__)
        return None
