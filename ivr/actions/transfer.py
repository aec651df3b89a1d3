"""To a queue as a transfer, or to an internal number."""

from foundation.asterisk.variables import Variable
from ivr.actions.context import CallContext
from ivr.actions.outcome import Ending, Outcome
from ivr.call import Call
from ivr.menu.menu import TransferAction

ORIGIN = "transfer"


async def run(call: Call, context: CallContext, action: TransferAction) -> Outcome:  # noqa: ARG001 - the form of all
    """A queue's stint begins as a transfer's; a number is dialled by the dialplan, which has the default queue left."""
    if action.queue is not None:
        await call.set(Variable.ORIGIN, ORIGIN)
        return Outcome(Ending.QUEUE, queue=action.queue)
    await call.set(Variable.NUMBER, action.number or "")
    return Outcome(Ending.AWAY)
