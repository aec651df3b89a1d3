"""What the dialplan may ask of the IVR besides the menus: `agi://…/NAME` to the function that does it."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import structlog

from foundation.settings import RESCUE_BOX, Box
from ivr.actions.context import Resources
from ivr.actions.voice_message import message_desk
from ivr.agi.protocol import Opening
from ivr.call import Call
from ivr.callback_key import keep_place
from ivr.emergency_phone import switch_by_phone
from ivr.listening_phone import hear_recordings
from ivr.outbound import answered
from ivr.pin import agent_of, doorkeeper, let_in
from ivr.result_voice import record_result
from ivr.studio import record_prompts
from ivr.survey import after_call
from ivr.voice_message import take_message

OFFER_SECONDS = 5.0

Script = Callable[[Call, Opening, Resources], Awaitable[None]]

log = structlog.get_logger()


async def leave_word(call: Call, _opening: Opening, resources: Resources) -> None:
    """While the line is closed: a message into the rescue box, or goodbye."""
    if await call.ask_key(("closed-offer",), OFFER_SECONDS) == "1":
        await take_message(call, await resources.get(message_desk), RESCUE_BOX, Box())
    await call.play(("goodbye",))
    await call.finish()


async def studio(call: Call, opening: Opening, resources: Resources) -> None:
    """An agent records prompts."""
    who = await _agent(call, opening, resources)
    if who is not None:
        await record_prompts(call, resources.home, resources.settings, who)


async def emergency(call: Call, opening: Opening, resources: Resources) -> None:
    """An agent switches the emergency announcement or the closure."""
    who = await _agent(call, opening, resources)
    if who is not None:
        await switch_by_phone(call, resources.home, resources.settings, who)


async def result_voice(call: Call, opening: Opening, resources: Resources) -> None:
    """A specialist says the result of a case."""
    who = await _agent(call, opening, resources)
    if who is not None:
        await record_result(call, resources, who)


async def listening(call: Call, opening: Opening, resources: Resources) -> None:
    """An agent hears messages, and his last conversation where he may."""
    who = await _agent(call, opening, resources)
    if who is not None:
        await hear_recordings(call, resources, who)


async def _agent(call: Call, opening: Opening, resources: Resources) -> str | None:
    """The agent who calls, once he has given the PIN."""
    who = agent_of(opening.variables.get("agi_channel", ""), resources.settings)
    if who is None:
        log.warning("only agents' telephones may use this extension", script=opening.script)
        return None
    await call.answer()
    if await let_in(call, await resources.get(doorkeeper)):
        return who
    log.warning("refused by PIN", agent=who, script=opening.script)
    return None


SCRIPTS: Mapping[str, Script] = MappingProxyType({
    "closed": leave_word, "callback": keep_place, "studio": studio, "emergency": emergency, "survey": after_call,
    "outbound": answered, "result-voice": result_voice, "listening": listening,
})
