"""Who is owed a call rings us himself: he is told, and may keep it, cancel it, or wait on the line in his place."""

from enum import StrEnum

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callqueue.outbound.model import OutboundCall
from callqueue.outbound.refusals import OutboundRefusalError
from foundation.asterisk.variables import Variable
from ivr.actions.context import CallContext
from ivr.call import Call
from ivr.callback_dialogue import said_time
from ivr.places import position_in
from ivr.promises import Promiser, promiser_of
from ivr.voice_message import ATTEMPTS, DECISION_SECONDS, grammar_of

KEEP, WITHDRAW, WAIT, OTHER = "1", "2", "3", "4"
LONGEST_PUT_OFF_SECONDS = 900

log = structlog.get_logger()


class Chosen(StrEnum):
    KEPT = "kept"
    WITHDRAWN = "withdrawn"
    WAITS = "waits"
    """On the line, in the place that was kept."""
    OTHER = "other"


async def ask_owed(call: Call, context: CallContext) -> tuple[Chosen, OutboundCall] | None:
    """What a caller who is owed a call wants; None: he is owed none. The call has been answered already."""
    if not context.caller or context.caller in context.settings.shared_numbers:
        return None
    promiser = await promiser_of(context.resources)
    owed = await promiser.open_promise(context.caller)
    if owed is None or owed.queue not in context.settings.queues:
        return None
    await call.set_language(owed.language)
    chosen = await _choose(call, context, promiser, owed)
    if chosen is Chosen.WITHDRAWN:
        await _withdraw(call, promiser, owed)
    elif chosen is Chosen.WAITS:
        await _wait_in_place(call, context, promiser, owed)
    return chosen, owed


async def _choose(call: Call, context: CallContext, promiser: Promiser, owed: OutboundCall) -> Chosen:
    told = said_time(call, context.settings, owed.due_ms, owed.not_before_ms, promiser.now_ms())
    place = context.resources.load.place(owed.queue or "", owed.place_ms, context.now())
    ahead = ("callback-ahead", *grammar_of(call).number(place - 1)) if place is not None else ()
    prompts: tuple[str, ...] = ("callback-open", *ahead, *told, "callback-open-choice")
    keys = {KEEP: Chosen.KEPT, WITHDRAW: Chosen.WITHDRAWN, WAIT: Chosen.WAITS, OTHER: Chosen.OTHER}
    for _ in range(ATTEMPTS):
        key = await call.ask_key(prompts, DECISION_SECONDS)
        if key in keys:
            return keys[key]
        prompts = ("callback-open-choice",)
    return Chosen.OTHER


async def _withdraw(call: Call, promiser: Promiser, owed: OutboundCall) -> None:
    try:
        await promiser.desk.cancel(owed.id, "phone")
    except OutboundRefusalError:
        await call.play(("callback-none",))  # settled in this very moment
    else:
        await call.play(("callback-withdrawn",))


async def _wait_in_place(call: Call, context: CallContext, promiser: Promiser, owed: OutboundCall) -> None:
    """He is not dialled while he waits here; once he is answered the promise is settled by that."""
    queue = owed.queue or ""
    position = await position_in(queue, owed.place_ms, owed.priority, context.resources)
    await call.set(Variable.PROMISE, owed.id)
    await call.set(Variable.PLACE, str(owed.place_ms))
    if position is not None:
        await call.set(Variable.POSITION, str(position))
    longest = min(context.settings.queues[queue].stay_seconds, LONGEST_PUT_OFF_SECONDS)
    try:
        await promiser.desk.put_off(owed.id, promiser.now_ms() + longest * 1000)
    except (SQLAlchemyError, OSError) as error:
        log.warning("callback not put off", promise=owed.id, error=type(error).__name__)
