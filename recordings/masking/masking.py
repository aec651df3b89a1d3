"""A secret is spoken (a card's number, a PIN): meanwhile both sides of every recording of the conversation are silent.

Silence is written in place of the sound, so every position stays true. That a conversation is masked stands in a
variable of the caller's channel and outlives every process of ours; each beginning and end is a line of the journal.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import structlog

from foundation.asterisk.ami import AmiLink
from foundation.asterisk.ami_protocol import Event
from foundation.asterisk.variables import Variable

CALLERS = "PJSIP/trunk-"
CHANGED = "MaskChanged"
"""The event of ours that tells who shows it; `Until` is empty when the mask is lifted."""
PATIENCE_SECONDS = 5.0
SECOND_US = 1_000_000
_ASKED = (Variable.RECORDED, Variable.VOICE, Variable.MASKED)
_STRANGE = re.compile(r"[^A-Za-z0-9._@:-]")
_WRITTEN = re.compile(r"([0-9]{1,17}) ([0-9]{1,17}) ([A-Za-z0-9._-]+) ([A-Za-z0-9._@:-]+)")

log = structlog.get_logger()


class Lifted(StrEnum):
    """Why a mask ended."""

    WISH = "wish"
    LIMIT = "limit"
    OVER = "over"
    """The caller speaks with nobody any more."""


class MaskRefusalError(Exception):
    """Nothing has changed; `name` is stable and goes over the wire."""

    name: ClassVar[str]
    status: ClassVar[int] = 409

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}")
        self.values = values


class NotTalkingError(MaskRefusalError):
    """The agent speaks with no caller."""

    name = "not-talking"


class NotRecordedError(MaskRefusalError):
    """There is no recording of this conversation."""

    name = "not-recorded"


class NotMutedError(MaskRefusalError):
    """Asterisk did not mute the recording."""

    name = "not-muted"


class AwayError(MaskRefusalError):
    """Asterisk does not answer: most likely recordings hear everything."""

    name = "away"
    status = 503


class StillMaskedError(MaskRefusalError):
    """Asterisk does not answer: the mask is most likely on, until its limit."""

    name = "still-masked"
    status = 503


class NotMaskedError(MaskRefusalError):
    """There is no mask to be lifted."""

    name = "not-masked"


@dataclass(frozen=True, slots=True)
class Mask:
    """A conversation that is masked; epoch microseconds."""

    call_id: str
    channel_id: str
    """The caller's."""
    agent: str
    by: str
    """The user who wished it."""
    since_us: int
    until_us: int
    """When it ends by itself."""

    @property
    def text(self) -> str:
        """As the channel's variable has it."""
        return f"{self.since_us} {self.until_us} {self.agent} {self.by}"


@dataclass(frozen=True, slots=True)
class MaskedCall:
    """A caller's channel, and what of his call is recorded at this moment."""

    call_id: str
    channel_id: str
    is_recorded: bool
    telephones: tuple[str, ...]
    """Channels that he is together with."""
    voices: tuple[str, ...]
    """Channels whose own recording runs: all of the call, not only the one that he is together with."""
    mask: Mask | None


def callers_of(channels: Sequence[Event]) -> list[MaskedCall]:
    """From the answer to `Status`: every channel of the public."""
    return [_call_of(event, channels) for event in channels if event.get("Channel").startswith(CALLERS)]


def caller_of(agent: str, channels: Sequence[Event]) -> MaskedCall | None:
    """Whom this agent speaks with, also one whom he has on hold."""
    mine = (call for call in callers_of(channels) if any(owner_of(name) == agent for name in call.telephones))
    return max(mine, key=lambda call: call.is_recorded, default=None)


def owner_of(channel: str) -> str:
    """The account of a channel like `PJSIP/a101-0000001f`."""
    return channel.removeprefix("PJSIP/").rpartition("-")[0]


def read_mask(text: str, call_id: str, channel_id: str) -> Mask | None:
    """From the channel's variable; None: it says nothing, or nothing of ours."""
    found = _WRITTEN.fullmatch(text)
    return Mask(call_id, channel_id, found[3], found[4], int(found[1]), int(found[2])) if found else None


def _call_of(caller: Event, channels: Sequence[Event]) -> MaskedCall:
    channel_id, bridge = caller.get("Uniqueid"), caller.get("BridgeID")
    call_id = caller.get("Linkedid") or channel_id
    others = [event for event in channels if not event.get("Channel").startswith(CALLERS)]
    variables = _variables(caller)
    return MaskedCall(
        call_id, channel_id, variables.get(Variable.RECORDED) == "1",
        tuple(event.get("Channel") for event in others if bridge and event.get("BridgeID") == bridge),
        tuple(event.get("Channel") for event in others
              if event.get("Linkedid") == call_id and _variables(event).get(Variable.VOICE)),
        read_mask(variables.get(Variable.MASKED, ""), call_id, channel_id),
    )


def _variables(event: Event) -> dict[str, str]:
    pairs = (text.partition("=") for text in event.all("Variable"))
    return {name: value for name, _, value in pairs if value}


def now_us() -> int:
    return time.time_ns() // 1000


class Masks:
    """Masks and lifts masks of conversations, by AMI. Every method may raise AmiError: Asterisk cannot be asked."""

    def __init__(self, link: AmiLink, clock_us: Callable[[], int] = now_us) -> None:
        self._link, self._clock = link, clock_us

    async def channels(self) -> list[Event]:
        """All channels, with the variables that `callers_of` reads."""
        wanted = ",".join(variable.value for variable in _ASKED)
        return await self._link.list_action("Status", Variables=wanted, seconds=PATIENCE_SECONDS)

    async def begin(self, agent: str, by: str, seconds: int) -> Mask:
        """Mask the conversation of this agent; one that is masked already stays as it is.

        The variable and the journal come first: if anything of ours or the link ends in between, the keeper of masks
        still mutes, and lifts in time.

        Raises:
            NotTalkingError, NotRecordedError, NotMutedError
        """
        call = caller_of(agent, await self.channels())
        if call is None:
            raise NotTalkingError(agent=agent)
        if not call.is_recorded:
            raise NotRecordedError(agent=agent)
        if call.mask is not None:
            return call.mask
        since_us = self._clock()
        until_us = since_us + seconds * SECOND_US
        mask = Mask(call.call_id, call.channel_id, agent, _STRANGE.sub("_", by) or "_", since_us, until_us)
        await self._set(mask, mask.text)
        await self.write_begin(mask)
        if call.voices and not await self.mute(call.voices):
            await self.lift(mask, (), Lifted.WISH, mask.by)
            raise NotMutedError(agent=agent)
        await self.tell(mask)
        return mask

    async def keep(self, mask: Mask, voices: Sequence[str]) -> bool:
        """Mute these recordings while the mask is on; False: it has been lifted meanwhile."""
        await self.mute(voices)
        return await self.check(mask, voices)

    async def check(self, mask: Mask, voices: Sequence[str]) -> bool:
        """After these recordings were muted: let them hear if the mask has been lifted meanwhile, and say False."""
        still = await self._link.action("Getvar", Channel=mask.channel_id, Variable=Variable.MASKED.value)
        if still.get("Value") == mask.text:
            return True
        await self.mute(voices, on=False)
        return False

    async def end(self, agent: str, by: str) -> Mask:
        """Lift the mask of this agent's conversation.

        Raises:
            NotTalkingError, NotMaskedError
        """
        call = caller_of(agent, await self.channels())
        if call is None:
            raise NotTalkingError(agent=agent)
        if call.mask is None:
            raise NotMaskedError(agent=agent)
        await self.lift(call.mask, call.voices, Lifted.WISH, _STRANGE.sub("_", by) or "_")
        return call.mask

    async def lift(self, mask: Mask, voices: Sequence[str], why: Lifted, by: str) -> None:
        """End a mask. The variable goes late: while it stands, a mask is never forgotten.

        What `keep` has muted in between hears again by the last look.
        """
        await self.mute(voices, on=False)
        await self._write(mask, "UNMASKED", f"{mask.call_id}|{self._clock()}|{why.value}|{by}")
        await self._set(mask, "")
        await self.tell(mask, lifted=True)
        for call in callers_of(await self.channels()):
            if call.channel_id == mask.channel_id and call.mask is None:
                await self.mute(call.voices, on=False)

    async def mute(self, voices: Sequence[str], *, on: bool = True) -> bool:
        """Mute recordings, or let them hear again; False: not one did as told."""
        done = False
        for channel in voices:
            answer = await self._link.action("MixMonitorMute", Channel=channel, Direction="both", State=int(on))
            done = done or answer.succeeded
            if not answer.succeeded:  # it may have ended meanwhile
                log.info("a recording is not muted", channel=channel, on=on, reason=answer.message)
        return done

    async def write_begin(self, mask: Mask) -> None:
        """The line of a mask's beginning. Written twice, it says nothing new."""
        await self._write(mask, "MASKED", f"{mask.call_id}|{mask.since_us}|{mask.by}|{mask.until_us}")

    async def tell(self, mask: Mask, *, lifted: bool = False) -> None:
        """Tell the floor and the keeper."""
        await self._link.action(
            "UserEvent", UserEvent=CHANGED, Call=mask.call_id, Caller=mask.channel_id,
            Until="" if lifted else mask.until_us, Mask="" if lifted else mask.text,
        )

    async def _set(self, mask: Mask, text: str) -> None:
        await self._link.action("Setvar", Channel=mask.channel_id, Variable=Variable.MASKED.value, Value=text)

    async def _write(self, mask: Mask, event: str, message: str) -> None:
        answer = await self._link.action(
            "QueueLog", Queue="NONE", Uniqueid=mask.channel_id, Interface=mask.agent, Event=event, Message=message,
        )
        if not answer.succeeded:
            log.error("a line is not in the journal", line=event, call_id=mask.call_id, reason=answer.message)
