"""Another voice is another recording, also where an agent leaves his caller with the colleague whom he has asked.

Asterisk puts the colleague in his place without a step of the dialplan, and then drops, from a recording that goes on,
all sound of a telephone whose packets are numbered lower than those of the one before. So the recording is begun anew
here; where the dialplan rings the next telephone, it does the same (dialplans/offer.conf).
"""

import asyncio

import structlog

from foundation.asterisk.ami import AmiLink
from foundation.asterisk.ami_connection import AmiError
from foundation.asterisk.ami_protocol import Event
from foundation.asterisk.variables import Variable
from foundation.paths import Home
from foundation.settings import Settings, load_secrets

FORGETTING_SECONDS = 0.15
"""Asterisk lets go of what it remembers of a voice at the next packet of sound."""
CALLERS = "PJSIP/trunk-"

log = structlog.get_logger()


async def watch_voices(home: Home, settings: Settings) -> None:
    """Begin recordings anew after attended transfers; runs until cancelled."""
    async with AmiLink("127.0.0.1", settings.ports.of("ami"), "pasokh", load_secrets(home, settings).ami) as link:
        async def on_transfer(event: Event) -> None:
            channel = event.get("TransfereeChannel")
            if event.get("Result") != "Success" or not channel.startswith(CALLERS):
                return
            try:
                await begin_anew(link, channel)
            except AmiError as error:
                log.warning("a recording could not be begun anew", channel=channel, error=str(error))

        link.on_event(on_transfer, "AttendedTransfer")
        await asyncio.Event().wait()


async def begin_anew(link: AmiLink, channel: str) -> None:
    """Go on in a new pair of legs with the recording of this caller, if he is recorded.

    Raises:
        AmiError: Asterisk does not answer.
    """
    if await _variable(link, channel, Variable.RECORDED) != "1":
        return
    part = int(await _variable(link, channel, Variable.PART) or 0) + 1
    legs = f"{await _variable(link, channel, Variable.LEGS)}.{part}"
    await link.action("StopMixMonitor", Channel=channel)
    await asyncio.sleep(FORGETTING_SECONDS)
    await link.action("Setvar", Channel=channel, Variable=Variable.PART.value, Value=str(part))
    begun = await link.action("MixMonitor", Channel=channel, Options=f"bSr({legs}-caller.wav)t({legs}-agent.wav)")
    if not begun.succeeded:  # he may have hung up meanwhile
        log.info("a recording was not begun anew", channel=channel, reason=begun.message)


async def _variable(link: AmiLink, channel: str, name: Variable) -> str:
    return (await link.action("Getvar", Channel=channel, Variable=name.value)).get("Value")
