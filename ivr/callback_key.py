"""Who waits has pressed the key: his place may be kept, and he called back. Or he goes on waiting where he was."""

from callqueue.outbound.model import Channel
from foundation.asterisk.variables import Variable
from ivr.actions.context import Resources
from ivr.agi.protocol import Opening
from ivr.call import Call
from ivr.callback_dialogue import Asking, Verdict, check_by, choose_number, promise
from ivr.places import position_in
from ivr.promises import Wish, promiser_of


async def keep_place(call: Call, opening: Opening, resources: Resources) -> None:
    """Offer the call; `PASOKH_DONE` then says that it was promised, and otherwise `PASOKH_POSITION` his place.

    The dialplan gives the caller's number, the queue, his place (epoch milliseconds of first joining) and priority.
    """
    caller, queue, place, priority = (*opening.arguments, "", "", "", "")[:4]
    place_ms = int(place) if place.isdecimal() else None
    if not resources.settings.calls_back(queue):
        return
    rank = int(priority) if priority.isdecimal() else 0
    await _stand(call, resources, queue, place_ms, rank)
    promiser = await promiser_of(resources)
    asking = Asking(("callback-keep",), "callback-choice-waiting", check_by(promiser))
    number = await choose_number(call, caller, asking)
    if not isinstance(number, Verdict):
        wish = Wish(number, queue, Channel.QUEUE, place_ms, rank)
        if await promise(call, promiser, resources.settings, wish) is not Verdict.TOO_OFTEN:
            await call.play(("goodbye",))
            return
    await call.play(("callback-waiting-on",))
    await _stand(call, resources, queue, place_ms, rank)


async def _stand(call: Call, resources: Resources, queue: str, place_ms: int | None, priority: int) -> None:
    """Where he would stand now: those before him have moved on. Unknown: where he stood when he left."""
    position = None if place_ms is None else await position_in(queue, place_ms, priority, resources)
    if position is not None:
        await call.set(Variable.POSITION, str(position))
