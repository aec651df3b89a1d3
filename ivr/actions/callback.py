"""A key by which a caller is promised a call; where no calls can go out, his number is noted for an agent."""

import asyncio

import structlog

from callqueue.outbound.model import Channel
from foundation.paths import Home
from foundation.settings import Settings
from ivr.actions.context import CallContext
from ivr.actions.outcome import Ending, Outcome
from ivr.actions.voice_message import message_desk
from ivr.call import Call
from ivr.callback_dialogue import Asking, Refused, Verdict, check_by, choose_number, choose_time, promise
from ivr.menu.menu import CallbackAction
from ivr.message_draft import normal_number
from ivr.promises import Wish, promiser_of
from ivr.voice_message import say_code
from recordings.messages.messages import open_request

PATIENCE_SECONDS = 0.5
"""For the store to say whether the number is noted already; the taking-in drops a second request anyway."""
HELPED = {Verdict.NOTED, Verdict.ALREADY, Verdict.PROMISED, Verdict.MERGED}

log = structlog.get_logger()


def names(_home: Home, settings: Settings) -> frozenset[str]:
    """The queues that a menu may name."""
    return frozenset(settings.queues)


async def run(call: Call, context: CallContext, action: CallbackAction) -> Outcome:
    """Ask for the number and promise a call. From the moment it is confirmed no hang-up takes it back."""
    promising = context.settings.calls_back(action.queue)
    verdict = await (_promise if promising else _note)(call, context, action)
    if verdict not in HELPED:
        await call.play(("callback-not-noted",))
    return Outcome(_ending(verdict), verdict)


def _ending(verdict: Verdict) -> Ending:
    if verdict is Verdict.CANCELLED:
        return Ending.CANCELLED
    return Ending.HELPED if verdict in HELPED else Ending.FAILED


async def _promise(call: Call, context: CallContext, action: CallbackAction) -> Verdict:
    promiser = await promiser_of(context.resources)
    asking = Asking(("callback-intro",), "callback-choice", check_by(promiser))
    number = await choose_number(call, context.caller, asking)
    if isinstance(number, Verdict):
        return number
    not_before = await choose_time(call, context.settings, promiser.now_ms()) if action.choose_time else None
    wish = Wish(number, action.queue, Channel.MENU, not_before_ms=not_before)
    return await promise(call, promiser, context.settings, wish)


async def _note(call: Call, context: CallContext, action: CallbackAction) -> Verdict:
    """Into the spool first: what is asked or said after it may fail, and the caller may go."""
    number = await choose_number(call, context.caller, Asking(("callback-intro",), "callback-choice", _check_note))
    if isinstance(number, Verdict):
        return number
    desk = await context.resources.get(message_desk)
    try:
        code = await asyncio.to_thread(
            desk.request_call, call.call_id, context.caller or None, call.language, number, action.queue,
        )
    except OSError as error:
        log.error("the spool takes no call-back requests", error=str(error))  # noqa: TRY400 - the reason says all
        return Verdict.NOT_TAKEN
    first = await _open_code(context, number, action.queue) or code
    verdict = Verdict.NOTED if first == code else Verdict.ALREADY
    await say_code(call, f"callback-{verdict}", first)
    return verdict


def _check_note(text: str) -> str | Refused:
    return normal_number(text) or Refused("number-not-valid")


async def _open_code(context: CallContext, number: str, queue: str) -> str | None:
    """The code of the request that waits in the store; None: there is none, or the store did not say in time."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), context.main.read() as connection:
            return await open_request(connection, number, queue)
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own; the request is safe
        log.warning("open call-back requests unknown", error=type(error).__name__)
        return None
