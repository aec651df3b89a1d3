"""The promised callback: who is called says that it is he, and comes back to his place in the queue.

A machine presses no key, so it never reaches an agent.
"""

import asyncio

import structlog

from callqueue.callbacks.desk import CallbackDesk
from callqueue.ledger.stint import Origin
from callqueue.outbound.model import AttemptOutcome, Result
from foundation.asterisk.variables import Variable
from ivr.actions.context import Resources
from ivr.call import Call
from ivr.outbound import Owed, tell
from ivr.places import entry_position
from ivr.voice_message import grammar_of

JOIN, OTHER_PERSON, CANCEL = "1", "2", "9"
ASKED = 2
"""How often it is asked: whoever picks up may still have the telephone on its way to the ear."""
WAIT_SECONDS = 5.0
PATIENCE_SECONDS = 1.0
"""For the store, before he is joined."""
ENDINGS = {
    OTHER_PERSON: (AttemptOutcome.WRONG_PERSON, "outbound-wrong-person"),
    CANCEL: (AttemptOutcome.CANCELLED, "outbound-cancelled"),
    "": (AttemptOutcome.NOT_CONFIRMED, "outbound-not-confirmed"),
}

log = structlog.get_logger()


async def run(call: Call, owed: Owed, resources: Resources) -> None:
    key = await _ask(call, resources.settings.site.number)
    if key == JOIN and not await _is_taken_back(owed, resources):
        await _join(call, owed, resources)
        return
    outcome, prompt = ENDINGS[CANCEL if key == JOIN else key]
    # Before the farewell: he may not hear it to its end.
    await tell(call, owed, outcome)
    await call.play((prompt,))
    await call.finish()


async def _ask(call: Call, line: str) -> str:
    """One of the keys; "" when none of them came."""
    hello = ("outbound-hello", *grammar_of(call).digits(line), "outbound-callback", "outbound-choice")
    for _ in range(ASKED):
        key = await call.ask_key(hello, WAIT_SECONDS)
        if key in {JOIN, OTHER_PERSON, CANCEL}:
            return key
    return ""


async def _is_taken_back(owed: Owed, resources: Resources) -> bool:
    """Whether the promise was cancelled while he was on the telephone. A store that is away has cancelled nothing."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            promise = await CallbackDesk(resources.main, resources.settings).find(owed.id)
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own
        log.warning("nobody knows whether it was cancelled", promise=owed.id, error=type(error).__name__)
        return False
    return promise is not None and promise.result is Result.CANCELLED


async def _join(call: Call, owed: Owed, resources: Resources) -> None:
    await call.play(("outbound-joining",))
    position = await entry_position(owed, resources)
    await call.set(Variable.ORIGIN, Origin.CALLBACK)
    await call.set(Variable.POSITION, str(position))
    await call.enter_queue(owed.queue, owed.priority)
