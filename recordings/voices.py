"""Another voice is another recording, also where an agent leaves his caller with the colleague whom he has asked.

Where the dialplan joins a telephone with a caller, it begins the recording on that telephone's channel
(`pasokh-voice` in dialplans/offer.conf). An attended transfer joins them without a step of the dialplan: we begin it.
"""

import asyncio

import structlog

from foundation.asterisk.ami import AmiLink
from foundation.asterisk.ami_connection import AmiError
from foundation.asterisk.ami_protocol import Event
from foundation.asterisk.variables import Variable
from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from recordings.masking.keeper import MaskKeeper
from recordings.masking.masking import CALLERS, Masks, read_mask

log = structlog.get_logger()


async def watch_voices(home: Home, settings: Settings) -> None:
    """Record whoever gets a recorded caller by an attended transfer, and keep masks; runs until cancelled."""
    async with AmiLink("127.0.0.1", settings.ports.of("ami"), "pasokh", load_secrets(home, settings).ami) as link:
        async def on_transfer(event: Event) -> None:
            caller, agent = event.get("TransfereeChannel"), event.get("TransferTargetChannel")
            if event.get("Result") != "Success" or not caller.startswith(CALLERS) or not agent:
                return
            try:
                await record_voice(link, caller, agent)
            except AmiError as error:
                log.warning("a conversation is not recorded", channel=agent, error=str(error))

        link.on_event(on_transfer, "AttendedTransfer")
        await MaskKeeper(link).run()


async def record_voice(link: AmiLink, caller: str, agent: str) -> None:
    """Begin a recording of this agent's channel, if the caller whom he has got is recorded and he is not yet.

    Raises:
        AmiError: Asterisk does not answer.
    """
    if await _variable(link, caller, Variable.RECORDED) != "1" or await _variable(link, agent, Variable.VOICE):
        return
    part = int(await _variable(link, caller, Variable.PART) or 0) + 1
    legs = f"{await _variable(link, caller, Variable.LEGS)}.{part}"
    await link.action("Setvar", Channel=caller, Variable=f"__{Variable.PART.value}", Value=str(part))
    await link.action("Setvar", Channel=agent, Variable=Variable.VOICE.value, Value=legs)
    mask = read_mask(await _variable(link, caller, Variable.MASKED), caller, caller)
    # Said in one breath with the mute, so nothing is heard in between.
    begun, _ = await asyncio.gather(
        link.action("MixMonitor", Channel=agent, Options=f"bSr({legs}-agent.wav)t({legs}-caller.wav)"),
        Masks(link).mute([agent] if mask else ()),
    )
    if not begun.succeeded:  # he may have hung up meanwhile
        log.info("a conversation is not recorded", channel=agent, reason=begun.message)
        return
    # Read again: a mask that is set meanwhile either finds this recording or is found here.
    now = read_mask(await _variable(link, caller, Variable.MASKED), caller, caller)
    if now is not None:
        await Masks(link).keep(now, [agent])
    elif mask is not None:
        await Masks(link).check(mask, [agent])


async def _variable(link: AmiLink, channel: str, name: Variable) -> str:
    return (await link.action("Getvar", Channel=channel, Variable=name.value)).get("Value")
